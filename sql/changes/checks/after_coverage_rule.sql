-- Rows of coverage_rule that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.rule_code::text, ', ' order by r.rule_code::text)
from jsonb_populate_recordset(
         null::coverage_rule,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'coverage_rule') as r
left join coverage_rule as t
  on t.rule_code = r.rule_code
where row (t.confidence_threshold, t.staleness_days, t.required_owner_kind, t.status)
      is distinct from row (r.confidence_threshold, r.staleness_days, r.required_owner_kind, r.status)
