-- R1: the structure goes: 1 function, 31 views in reverse order of their dependencies, 11 tables.
-- Nothing here cascades: whatever somebody else has built on it stops the rollback with its name.

do $precondition$
declare
    filled text;
begin
    if exists (select from axis_registry a where a.axis_code = 'responsibility') then
        raise exception 'ROLLBACK REFUSED: T2 is not rolled back: axis responsibility is present';
    end if;

    -- Tables 8..10 are derived and go as they are. What people or releases wrote must be gone by now.
    select string_agg(t.name, ', ') into filled
    from (
        select 'axis_registry' as name where exists (select from axis_registry)
        union all select 'axis_value' where exists (select from axis_value)
        union all select 'axis_assignment' where exists (select from axis_assignment)
        union all select 'coverage_rule' where exists (select from coverage_rule)
        union all select 'axis_object_ownership' where exists (select from axis_object_ownership)
        union all select 'topic_taxonomy_map' where exists (select from topic_taxonomy_map)
        union all select 'topic_label_reconcile_decision' where exists (select from topic_label_reconcile_decision)
    ) t;
    if filled is not null then
        raise exception 'ROLLBACK REFUSED: not empty: %', filled;
    end if;
end
$precondition$;

drop function fn_governance_scan(text, text);

drop view v_ui_coverage_dashboard;
drop view v_ui_axis_browser;
drop view v_ui_detector_findings;
drop view v_ui_review_queue;
drop view v_ui_topic_tree;
drop view v_ui_lane;
drop view v_ui_object_topic;
drop view v_drift_issue_payload;
drop view v_axis_issue_payload;
drop view v_drift_summary;
drop view v_drift_finding;
drop view v_projection_lag_timing;
drop view v_drift_event_map;
drop view v_drift_stale_candidate_value;
drop view v_drift_coverage_rule_missing;
drop view v_drift_ui_visible_unapproved;
drop view v_drift_unregistered_axis;
drop view v_reconcile_summary;
drop view v_reconcile_topic_projection_gap;
drop view v_reconcile_collection_topic_vs_label;
drop view v_reconcile_label_without_topic;
drop view v_reconcile_topic_without_label;
drop view v_reconcile_label_orphan;
drop view v_axis_topic_parentage_conflict;
drop view v_axis_coverage_summary;
drop view v_axis_missing_assignment;
drop view v_axis_registry_coverage;
drop view v_axis_assignment_quality;
drop view v_axis_coverage_gap;
drop view v_axis_effective_owner;
drop view v_axis_required_cell;

drop table governance_event_log;
drop table governance_drift_state;
drop table governance_scan_run;
drop table topic_label_reconcile_decision;
drop table topic_taxonomy_map;
drop table axis_candidate_finding;
drop table axis_object_ownership;
drop table coverage_rule;
drop table axis_assignment;
drop table axis_value;
drop table axis_registry;

do $assert$
declare
    cells   bigint;
    covered bigint;
    gap     bigint;
begin
    -- Computed, not remembered: the inventory may have grown since, and others may own cells.
    select (select count(*) from v_governance_object_inventory i where i.born and i.requires_owner)
         * (select count(*) from governance_responsibility_scope s where s.status = 'active')
    into cells;

    select count(distinct (e.object_type, e.object_ref, e.scope)) into covered
    from v_object_effective_owner e
    join v_governance_object_inventory i
      on i.object_type = e.object_type
     and i.object_ref = e.object_ref
     and i.born
     and i.requires_owner
    join governance_responsibility_scope s
      on s.scope_code = e.scope
     and s.status = 'active';

    select count(*) into gap from v_object_owner_gap;
    if gap <> cells - covered then
        raise exception 'ROLLBACK ABORT: gap=%, expected %', gap, cells - covered;
    end if;
end
$assert$;
