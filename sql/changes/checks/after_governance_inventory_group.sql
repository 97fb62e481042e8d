-- Rows of governance_inventory_group that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.container_name::text, ', ' order by r.container_name::text)
from jsonb_populate_recordset(
         null::governance_inventory_group,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'governance_inventory_group') as r
left join governance_inventory_group as t
  on t.container_name = r.container_name
where row (t.group_code, t.governed)
      is distinct from row (r.group_code, r.governed)
