-- Rows of axis_object_ownership that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.ownership_id::text, ', ' order by r.ownership_id::text)
from jsonb_populate_recordset(
         null::axis_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'axis_object_ownership') as r
left join axis_object_ownership as t
  on t.ownership_id = r.ownership_id
where row (t.owner_gov_code, t.lifecycle_status)
      is distinct from row (r.owner_gov_code, r.lifecycle_status)
