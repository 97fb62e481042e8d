-- What the detectors see now.
select distinct jsonb_build_object(
    'detector', f.detector_code,
    'severity', f.severity,
    'object_type', f.object_type,
    'object_ref', f.object_ref,
    'axis', f.axis_code,
    'value', f.value_code
)
from v_drift_finding as f
