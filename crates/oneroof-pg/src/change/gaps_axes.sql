-- Cells of the other axes without owner.
select jsonb_build_object(
    'axis', g.axis_code,
    'object_type', g.object_type,
    'object_ref', g.object_ref,
    'value', g.value_code
)
from v_axis_coverage_gap as g
where g.axis_code <> 'responsibility'
