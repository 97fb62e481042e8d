-- Rows of governance_inventory_group that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.container_name::text, ', ' order by r.container_name::text)
from jsonb_populate_recordset(
         null::governance_inventory_group,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_inventory_group') as r
left join governance_inventory_group as t
  on t.container_name = r.container_name
where t is distinct from r
