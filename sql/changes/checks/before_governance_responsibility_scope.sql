-- Rows of governance_responsibility_scope that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.scope_code::text, ', ' order by r.scope_code::text)
from jsonb_populate_recordset(
         null::governance_responsibility_scope,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_responsibility_scope') as r
left join governance_responsibility_scope as t
  on t.scope_code = r.scope_code
where t is distinct from r
