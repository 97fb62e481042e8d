//! The golden variant, as far as its figures can be derived, and what time does to it.

use crate::world::{World, file};

/// Ownership, axes, values, assignments, owners of axes, decisions, open findings.
const FIGURES: &str = "select
    (select count(*) from governance_object_ownership),
    (select count(*) from axis_registry),
    (select count(*) from axis_value),
    (select count(*) from axis_assignment),
    (select count(*) from axis_object_ownership),
    (select count(*) from topic_label_reconcile_decision),
    (select count(*) from governance_drift_state where status = 'open')";

const BY_DETECTOR: &str = "select string_agg(detector_code || ' ' || findings, ', ' order by detector_code) from (
    select detector_code, count(*) as findings from governance_drift_state where status = 'open' group by 1) d";

const EVENTS: &str = "select count(*) filter (where event_type = 'coverage.scan_completed'),
    count(*) filter (where event_type = 'input.untrusted_source'),
    count(*) filter (where event_type = 'candidate.scan_completed'),
    count(*), count(*) filter (where emittable) from governance_event_log";

#[tokio::test]
async fn golden_has_its_figures_and_ages_as_it_must() {
    let world = World::new().await;
    let database = world.governed().await.database;
    database.run(&file("fixtures/golden.sql")).await;
    assert_eq!(
        database.row(FIGURES).await,
        "30 | 3 | 20 | 41 | 40 | 6 | 38"
    );
    let mix = "axis_assignment_missing 29, low_confidence_assignment 1, projection_lag_timing 4, \
               stale_candidate 1, topic_without_label 2, ui_visible_unapproved 1";
    assert_eq!(database.row(BY_DETECTOR).await, mix);
    let severities = "select string_agg(severity || ' ' || n, ', ' order by severity) from (
        select severity, count(*) as n from governance_drift_state where status = 'open' group by 1) s";
    assert_eq!(database.row(severities).await, "info 33, warning 5");
    assert_eq!(database.row(EVENTS).await, "35 | 2 | 1 | 38 | 0");
    let flags = "select string_agg(distinct flag, ', ' order by flag) from v_reconcile_collection_topic_vs_label";
    assert_eq!(
        database.row(flags).await,
        "reconciled_accept_orthogonal_facet, reconciled_accept_projection_pending, reconciled_accept_quarantine_hold"
    );
    let runs = "select count(*), min(scan_id), max(scan_id), max(new_count), sum(new_count) from governance_scan_run";
    assert_eq!(database.row(runs).await, "7 | 1 | 7 | 38 | 38");
    let topics = "select count(*) filter (where status = 'active'), count(*) from axis_value where axis_code = 'topic'";
    assert_eq!(database.row(topics).await, "8 | 9");
    let transitions = "select sum(jsonb_array_length(provenance -> 'transitions')) from axis_value";
    assert_eq!(database.row(transitions).await, "22");
    let dashboard = "select ownership_gap, topic_gap, active_axes, open_drift, critical_drift, review_queue_size
        from v_ui_coverage_dashboard";
    assert_eq!(database.row(dashboard).await, "0 | 1 | 3 | 38 | 0 | 6");
    let lanes = "select string_agg(lane || ' ' || objects, ', ' order by lane) from v_ui_lane";
    assert_eq!(database.row(lanes).await, "candidate 1, official 5");

    // Two more scans change nothing.
    for scan in 8..=9 {
        assert_eq!(database.scan().await, scan);
        assert_eq!(
            database.row(FIGURES).await,
            "30 | 3 | 20 | 41 | 40 | 6 | 38"
        );
        assert_eq!(database.row(EVENTS).await, "35 | 2 | 1 | 38 | 0");
    }

    // 29 days later nothing has turned stale; two days later three have. The times go back instead of waiting.
    for (days, open, stale) in [
        (29, 38, "tasks"),
        (2, 41, "agents, governance_registry, tasks, workflows"),
    ] {
        database
            .run(&format!(
                "update axis_assignment set assigned_at = assigned_at - interval '{days} days';
                 update entity_labels set assigned_at = assigned_at - interval '{days} days';
                 update axis_value set created_at = created_at - interval '{days} days'"
            ))
            .await;
        let _ = database.scan().await;
        let seen = "select count(*), string_agg(object_ref, ', ' order by object_ref)
            filter (where detector_code = 'stale_candidate') from governance_drift_state where status = 'open'";
        assert_eq!(database.row(seen).await, format!("{open} | {stale}"));
    }
    assert_eq!(database.row(EVENTS).await, "35 | 2 | 4 | 41 | 0");
}

#[tokio::test]
async fn the_state_before_golden_had_41_findings() {
    let world = World::new().await;
    let database = world.governed().await.database;
    database.run(&file("fixtures/golden.sql")).await;
    // No decisions, containment without rule and rows, kg-domain-x not ratified yet.
    database
        .run(
            "truncate governance_event_log, governance_drift_state, governance_scan_run restart identity;
             delete from topic_label_reconcile_decision;
             delete from axis_object_ownership where axis_code = 'containment';
             delete from axis_assignment where axis_code = 'containment';
             delete from coverage_rule where axis_code = 'containment';
             update axis_value set status = 'candidate', parent_value_code = null, parent_level = 0, provenance =
                 jsonb_build_object('kind', 'kg_provisional', 'transitions', jsonb_build_array(jsonb_build_object('to', 'candidate')))
             where value_code = 'kg-domain-x'",
        )
        .await;
    let _ = database.scan().await;
    let mix = "axis_assignment_missing 29, coverage_rule_missing 1, low_confidence_assignment 1, projection_lag 2, \
               projection_lag_timing 4, stale_candidate 1, topic_without_label 2, ui_visible_unapproved 1";
    assert_eq!(database.row(BY_DETECTOR).await, mix);
    assert_eq!(database.row(EVENTS).await, "38 | 2 | 1 | 41 | 0");
}
