-- Rows that are still active although their end has passed, over both stores. They count for nobody and
-- block their successor until somebody closes them.
select count(*),
       string_agg(o.row_name, ', ' order by o.row_name)
from (
    select format('governance_object_ownership %s', o.id) as row_name
    from governance_object_ownership o
    where o.lifecycle_status = 'active'
      and o.effective_to <= now()
    union all
    select format('axis_object_ownership %s', o.ownership_id)
    from axis_object_ownership o
    where o.lifecycle_status = 'active'
      and o.effective_to <= now()
) o
