-- The newest scan.
select jsonb_build_object(
    'scan_id',     r.scan_id,
    'actor',       r.actor,
    'mode',        r.mode,
    'started_at',  to_char(r.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'finished_at', to_char(r.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'age_seconds', floor(extract(epoch from now() - r.started_at))::bigint,
    'findings',    r.finding_count,
    'opened',      r.new_count,
    'resolved',    r.resolved_count,
    'open',        r.open_count,
    'critical',    r.critical_count
)
from governance_scan_run as r
order by r.scan_id desc
limit 1
