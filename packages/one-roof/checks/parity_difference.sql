-- Cells in which the gap of the axis views and the gap of the base differ, as sets.
select count(*)
from (
    select g.object_type, g.object_ref, g.value_code
    from v_axis_coverage_gap g
    where g.axis_code = 'responsibility'
) generalized
full join (
    select g.object_type, g.object_ref, g.scope
    from v_object_owner_gap g
) canonical
  on canonical.object_type = generalized.object_type
 and canonical.object_ref = generalized.object_ref
 and canonical.scope = generalized.value_code
where generalized.object_ref is null
   or canonical.object_ref is null
