select m.detector_code from v_drift_event_map as m order by 1
