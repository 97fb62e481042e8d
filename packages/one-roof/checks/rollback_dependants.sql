-- Objects of somebody else that stand on ours: views and rules, foreign keys, columns and defaults of
-- other tables. Without cascade they would stop the rollback in the middle of its statement.
with ours as (
    select c.oid
    from unnest(array[
             'axis_registry', 'axis_value', 'axis_assignment', 'coverage_rule', 'axis_object_ownership',
             'axis_candidate_finding', 'topic_taxonomy_map', 'governance_scan_run', 'governance_drift_state',
             'governance_event_log', 'topic_label_reconcile_decision',
             'v_axis_required_cell', 'v_axis_effective_owner', 'v_axis_coverage_gap', 'v_axis_assignment_quality',
             'v_axis_registry_coverage', 'v_axis_missing_assignment', 'v_axis_coverage_summary', 'v_axis_issue_payload',
             'v_axis_topic_parentage_conflict',
             'v_reconcile_label_orphan', 'v_reconcile_topic_without_label', 'v_reconcile_label_without_topic',
             'v_reconcile_collection_topic_vs_label', 'v_reconcile_topic_projection_gap', 'v_reconcile_summary',
             'v_drift_finding', 'v_drift_summary', 'v_drift_unregistered_axis', 'v_drift_ui_visible_unapproved',
             'v_drift_coverage_rule_missing', 'v_drift_stale_candidate_value', 'v_drift_event_map',
             'v_drift_issue_payload',
             'v_ui_coverage_dashboard', 'v_ui_axis_browser', 'v_ui_lane', 'v_ui_topic_tree', 'v_ui_review_queue',
             'v_ui_detector_findings', 'v_ui_object_topic', 'v_projection_lag_timing']) as n (name)
    join pg_class c
      on c.oid = to_regclass(n.name)
), dependant as (
    select distinct
           case
               when w.ev_class is not null then w.ev_class::regclass::text
               when k.oid is not null      then k.conrelid::regclass || ' (' || k.conname || ')'
               else pg_describe_object(d.classid, d.objid, d.objsubid)
           end as name
    from pg_depend d
    -- a relation is depended on by itself, or by its row type
    join (
        select o.oid as refobjid, 'pg_class'::regclass::oid as refclassid from ours o
        union all
        select t.oid, 'pg_type'::regclass::oid from ours o join pg_type t on t.typrelid = o.oid
    ) r
      on r.refobjid = d.refobjid
     and r.refclassid = d.refclassid
    left join pg_rewrite w
      on d.classid = 'pg_rewrite'::regclass
     and w.oid = d.objid
    left join pg_constraint k
      on d.classid = 'pg_constraint'::regclass
     and k.oid = d.objid
    where d.deptype in ('n', 'a')
      and (w.oid is null or w.ev_class not in (select o.oid from ours o))
      and (k.oid is null or (k.conrelid <> 0 and k.conrelid not in (select o.oid from ours o)))
      and (w.oid is not null or k.oid is not null or d.classid = 'pg_proc'::regclass
           or (d.classid = 'pg_class'::regclass and d.deptype = 'n'))
)
select count(*),
       string_agg(p.name, ', ' order by p.name)
from dependant p
