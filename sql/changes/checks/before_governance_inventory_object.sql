-- Rows of governance_inventory_object that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.object_ref::text, ', ' order by r.object_ref::text)
from jsonb_populate_recordset(
         null::governance_inventory_object,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_inventory_object') as r
left join governance_inventory_object as t
  on t.object_ref = r.object_ref
where t is distinct from r
