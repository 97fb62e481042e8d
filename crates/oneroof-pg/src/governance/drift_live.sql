-- What the detectors see now, the worst first.
select jsonb_build_object(
    'severity',    f.severity,
    'detector',    f.detector_code,
    'object_type', f.object_type,
    'object_ref',  f.object_ref,
    'axis',        f.axis_code,
    'value',       f.value_code,
    'detail',      f.detail
)
from v_drift_finding as f
where ($1::text is null or f.severity = $1)
  and ($2::text is null or f.detector_code = $2)
order by
    case f.severity when 'critical' then 1 when 'warning' then 2 else 3 end,
    f.detector_code,
    f.object_type,
    f.object_ref,
    f.axis_code,
    f.value_code
