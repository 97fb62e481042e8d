-- Rows of governance_registry that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.code::text, ', ' order by r.code::text)
from jsonb_populate_recordset(
         null::governance_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'governance_registry') as r
left join governance_registry as t
  on t.code = r.code
where row (t.name, t.status)
      is distinct from row (r.name, r.status)
