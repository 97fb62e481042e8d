-- Rows of governance_registry that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.code::text, ', ' order by r.code::text)
from jsonb_populate_recordset(
         null::governance_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_registry') as r
left join governance_registry as t
  on t.code = r.code
where t is distinct from r
