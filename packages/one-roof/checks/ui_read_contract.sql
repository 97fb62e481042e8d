-- The seven views that pages read: position, name and type of each column. A difference is a new release.
with agreed (view_name, columns) as (
    values
    ('v_ui_coverage_dashboard', 'ownership_gap bigint, topic_gap bigint, active_axes bigint, open_drift bigint, critical_drift bigint, review_queue_size bigint, reconcile jsonb'),
    ('v_ui_axis_browser',       'axis_code text, axis_name text, axis_family text, axis_kind text, status text, active_values bigint, active_rules bigint, required_cells bigint, gap_cells bigint, quarantine bigint'),
    ('v_ui_lane',               'lane text, objects bigint'),
    ('v_ui_topic_tree',         'topic text, value_name text, parent text, status text, provenance_kind text, depth integer, path text'),
    ('v_ui_review_queue',       'item_kind text, severity text, object_type text, object_ref text, axis_code text, value_code text, reason text'),
    ('v_ui_detector_findings',  'severity_rank integer, detector_code text, severity text, object_type text, object_ref text, axis_code text, value_code text, detail text, first_seen_at timestamp with time zone, last_seen_at timestamp with time zone, scan_count bigint'),
    ('v_ui_object_topic',       'object_type text, object_ref text, topic text, zone text, confidence numeric, assigned_kind text, owner_gov_code text, owner_kind text, lane text')
), found as (
    select g.view_name,
           string_agg(t.attname || ' ' || format_type(t.atttypid, t.atttypmod), ', ' order by t.attnum) as columns
    from agreed g
    join pg_attribute t
      on t.attrelid = to_regclass(g.view_name)
     and t.attnum > 0
     and not t.attisdropped
    group by g.view_name
)
select count(*),
       string_agg(g.view_name || ': ' || coalesce(f.columns, 'absent'), '; ' order by g.view_name)
from agreed g
left join found f
  on f.view_name = g.view_name
where f.columns is distinct from g.columns
