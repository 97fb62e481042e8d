-- Rows of coverage_rule that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.rule_code::text, ', ' order by r.rule_code::text)
from jsonb_populate_recordset(
         null::coverage_rule,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'coverage_rule') as r
left join coverage_rule as t
  on t.rule_code = r.rule_code
where t is distinct from r
