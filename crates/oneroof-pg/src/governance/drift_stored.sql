-- Open findings that scans stored, the worst first.
select jsonb_build_object(
    'severity',      f.severity,
    'detector',      f.detector_code,
    'object_type',   f.object_type,
    'object_ref',    f.object_ref,
    'axis',          f.axis_code,
    'value',         f.value_code,
    'detail',        f.detail,
    'first_seen_at', to_char(f.first_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'last_seen_at',  to_char(f.last_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'scan_count',    f.scan_count
)
from v_ui_detector_findings as f
where ($1::text is null or f.severity = $1)
  and ($2::text is null or f.detector_code = $2)
order by f.severity_rank, f.detector_code, f.object_type, f.object_ref, f.axis_code, f.value_code
