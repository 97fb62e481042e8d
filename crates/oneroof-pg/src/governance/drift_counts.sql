-- Both stores of findings, counted by severity.
select jsonb_build_object(
    'stored', jsonb_build_object('critical', s.critical, 'warning', s.warning, 'info', s.info),
    'live',   jsonb_build_object('critical', l.critical, 'warning', l.warning, 'info', l.info)
)
from (
    select
        count(*) filter (where f.severity = 'critical') as critical,
        count(*) filter (where f.severity = 'warning')  as warning,
        count(*) filter (where f.severity = 'info')     as info
    from v_ui_detector_findings as f
) as s
cross join (
    select
        coalesce(sum(f.findings) filter (where f.severity = 'critical'), 0) as critical,
        coalesce(sum(f.findings) filter (where f.severity = 'warning'), 0)  as warning,
        coalesce(sum(f.findings) filter (where f.severity = 'info'), 0)     as info
    from v_drift_summary as f
) as l
