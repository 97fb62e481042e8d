-- The newest scans, oldest first.
select jsonb_build_object(
    'scan_id',    r.scan_id,
    'mode',       r.mode,
    'started_at', to_char(r.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'opened',     r.new_count,
    'resolved',   r.resolved_count,
    'open',       r.open_count,
    'critical',   r.critical_count
)
from (
    select s.scan_id, s.mode, s.started_at, s.new_count, s.resolved_count, s.open_count, s.critical_count
    from governance_scan_run as s
    where s.finished_at is not null
    order by s.scan_id desc
    limit $1::bigint
) as r
order by r.scan_id
