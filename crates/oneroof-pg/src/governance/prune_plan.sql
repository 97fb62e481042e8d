-- Scans by what pruning makes of them. One that a finding or an event names stays, whatever its own counters say.
with scan as materialized (
    select
        r.scan_id,
        r.started_at,
        r.mode = 'baseline'
        or r.new_count > 0
        or r.resolved_count > 0
        or r.finished_at is null
        or r.scan_id = (select max(n.scan_id) from governance_scan_run as n)
        or r.scan_id in (select s.opened_scan_id from governance_drift_state as s)
        or r.scan_id in (select s.last_scan_id from governance_drift_state as s)
        or r.scan_id in (
            select s.resolved_scan_id
            from governance_drift_state as s
            where s.resolved_scan_id is not null
        )
        or r.scan_id in (select e.scan_id from governance_event_log as e) as stays,
        r.started_at >= now() - make_interval(days => $1::integer)        as is_young
    from governance_scan_run as r
)
select jsonb_build_object(
    'prunable', coalesce(
        jsonb_agg(s.scan_id order by s.scan_id) filter (where not s.stays and not s.is_young),
        '[]'
    ),
    'oldest',   to_char(
        min(s.started_at) filter (where not s.stays and not s.is_young) at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    ),
    'newest',   to_char(
        max(s.started_at) filter (where not s.stays and not s.is_young) at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    ),
    'scans',    count(*),
    'kept',     count(*) filter (where s.stays),
    'young',    count(*) filter (where not s.stays and s.is_young)
)
from scan as s
