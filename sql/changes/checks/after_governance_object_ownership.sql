-- Rows of governance_object_ownership that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.id::text, ', ' order by r.id::text)
from jsonb_populate_recordset(
         null::governance_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'governance_object_ownership') as r
left join governance_object_ownership as t
  on t.id = r.id
where row (t.owner_gov_code, t.lifecycle_status, t.updated_by)
      is distinct from row (r.owner_gov_code, r.lifecycle_status, r.updated_by)
