-- Rows of governance_inventory_object that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.object_ref::text, ', ' order by r.object_ref::text)
from jsonb_populate_recordset(
         null::governance_inventory_object,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'governance_inventory_object') as r
left join governance_inventory_object as t
  on t.object_ref = r.object_ref
where row (t.group_code, t.requires_owner, t.born)
      is distinct from row (r.group_code, r.requires_owner, r.born)
