-- Rows of governance_responsibility_scope that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.scope_code::text, ', ' order by r.scope_code::text)
from jsonb_populate_recordset(
         null::governance_responsibility_scope,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'governance_responsibility_scope') as r
left join governance_responsibility_scope as t
  on t.scope_code = r.scope_code
where row (t.description, t.default_owner_hint, t.status, t.sort)
      is distinct from row (r.description, r.default_owner_hint, r.status, r.sort)
