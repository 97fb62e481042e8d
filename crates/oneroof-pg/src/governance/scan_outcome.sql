-- What a scan did. A finding that came back carries this scan as the one that opened it.
select jsonb_build_object(
    'scan_id',          r.scan_id,
    'actor',            r.actor,
    'mode',             r.mode,
    'findings',         r.finding_count,
    'opened',           r.new_count,
    'reopened',         (
        select count(*)
        from governance_drift_state as s
        where s.opened_scan_id = r.scan_id
          and s.reopened_count > 0
    ),
    'resolved',         r.resolved_count,
    'open',             r.open_count,
    'critical',         r.critical_count,
    'open_by_detector', r.summary
)
from governance_scan_run as r
where r.scan_id = $1::bigint
