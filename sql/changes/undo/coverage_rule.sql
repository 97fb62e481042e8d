-- coverage_rule: rows of the change go, rows that it changed or removed are as they were.

delete from coverage_rule
where created_by = current_setting('oneroof.release_tag', true);

update coverage_rule as t
set (
        axis_code, applies_to, coverage_mode, confidence_threshold, staleness_days,
        required_owner_kind, status, created_at, created_by
    ) = row (
        r.axis_code, r.applies_to, r.coverage_mode, r.confidence_threshold, r.staleness_days,
        r.required_owner_kind, r.status, r.created_at, r.created_by
    )
from jsonb_populate_recordset(
         null::coverage_rule,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'coverage_rule') as r
where r.rule_code = t.rule_code;

insert into coverage_rule (
    rule_code, axis_code, applies_to, coverage_mode, confidence_threshold, staleness_days,
    required_owner_kind, status, created_at, created_by
)
select
    r.rule_code, r.axis_code, r.applies_to, r.coverage_mode, r.confidence_threshold,
    r.staleness_days, r.required_owner_kind, r.status, r.created_at, r.created_by
from jsonb_populate_recordset(
         null::coverage_rule,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'coverage_rule') as r
where not exists (
    select
    from coverage_rule as t
    where r.rule_code = t.rule_code);
