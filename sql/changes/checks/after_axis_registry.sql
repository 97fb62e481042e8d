-- Rows of axis_registry that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.axis_code::text, ', ' order by r.axis_code::text)
from jsonb_populate_recordset(
         null::axis_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'axis_registry') as r
left join axis_registry as t
  on t.axis_code = r.axis_code
where row (t.axis_name, t.owner_scope_ref, t.status, t.lifecycle_status)
      is distinct from row (r.axis_name, r.owner_scope_ref, r.status, r.lifecycle_status)
