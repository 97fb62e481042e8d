-- Tables of package one-roof that stand on ours.
select
    count(*),
    string_agg(c.relname, ', ' order by c.relname)
from pg_catalog.pg_class as c
where c.relnamespace = current_schema()::regnamespace
  and pg_catalog.pg_get_userbyid(c.relowner) = 'one_roof_owner'
  and c.relname in (
      'axis_registry', 'axis_value', 'axis_assignment', 'coverage_rule', 'axis_object_ownership',
      'axis_candidate_finding', 'topic_taxonomy_map', 'governance_scan_run', 'governance_drift_state',
      'governance_event_log', 'topic_label_reconcile_decision'
  )
