//! Each detector fires, stays, closes and comes back, with the key that decides how many rows the state has.

use crate::database::Database;
use crate::world::World;

/// One way in which a detector fires and closes again. `fire` and `close` are run twice, in turn.
struct Case {
    detector: &'static str,
    severity: &'static str,
    /// Object, axis and value, as `type:ref | axis | value`.
    key: &'static str,
    event: &'static str,
    setup: &'static [&'static str],
    fire: &'static str,
    close: &'static str,
}

const COVERAGE: &str = "coverage.scan_completed | health";
const UNTRUSTED: &str = "input.untrusted_source | alert";
const CANDIDATE: &str = "candidate.scan_completed | health";

/// The coverage rule that the release leaves to a follow-up.
const TOPIC_RULE: &str = "insert into coverage_rule
    (rule_code, axis_code, applies_to, coverage_mode, confidence_threshold, staleness_days, required_owner_kind)
    values ('CR-TOPIC', 'topic', 'collection', 'per_assignment', 0.70, 30, 'accountable');";

const OWNED_AGENTS: &str = "insert into axis_object_ownership
    (object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance)
    values ('collection', 'agents', 'topic', 'ai-ops', 'GOV-DOT', 'accountable', '{\"kind\": \"human_ratified\"}');";

const TOPIC_ENDS: &str = "update axis_value set status = 'deprecated', provenance = jsonb_set(provenance, '{transitions}',
                   provenance -> 'transitions' || '{\"to\": \"deprecated\"}') where value_code = 'observability'";

/// A label of the rule of agents that is newer than the topic.
const FRESH_LABEL: &str = "insert into entity_labels (id, entity_code, label_code, assigned_by, rule_id, assigned_at)
    values (9000001, 'AGENTS-9999', 'LBL-104', 'rule', 13, (now() at time zone 'UTC') + interval '1 day');";

const CASES: &[Case] = &[
    Case {
        detector: "label_orphan",
        severity: "warning",
        key: "label:LBL-999 | ∅ | ∅",
        event: COVERAGE,
        setup: &[],
        fire: "insert into entity_labels (id, entity_code, label_code, assigned_at) values (9000002, 'E-1', 'LBL-999', now())
               on conflict do nothing; delete from taxonomy where code = 'LBL-999'",
        close: "insert into taxonomy (id, code, name, facet_id)
                select 9000001, 'LBL-999', 'new', min(id) from taxonomy_facets",
    },
    Case {
        detector: "label_orphan",
        severity: "warning",
        key: "label:LBL-999 | ∅ | ∅",
        event: COVERAGE,
        setup: &[],
        fire: "insert into entity_labels (id, entity_code, label_code, assigned_at) values (9000002, 'E-1', 'LBL-999', now())",
        close: "delete from entity_labels where label_code = 'LBL-999'",
    },
    Case {
        detector: "topic_without_label",
        severity: "info",
        key: "axis_value:observability | topic | observability",
        event: COVERAGE,
        setup: &[],
        fire: "delete from topic_taxonomy_map where value_code = 'observability'",
        close: "insert into topic_taxonomy_map (value_code, label_code, map_kind)
                values ('observability', 'LBL-014', 'direct')",
    },
    Case {
        detector: "topic_without_label",
        severity: "info",
        key: "axis_value:observability | topic | observability",
        event: COVERAGE,
        setup: &[
            "delete from topic_taxonomy_map where value_code = 'observability'",
            TOPIC_ENDS,
        ],
        fire: "update axis_value set status = 'active', provenance = jsonb_set(provenance, '{transitions}',
                   provenance -> 'transitions' || '{\"to\": \"active\"}') where value_code = 'observability'",
        close: TOPIC_ENDS,
    },
    // The labels of a rule contradict the topic: same facet, no shared label. No decision can hide it.
    Case {
        detector: "projection_lag",
        severity: "warning",
        key: "collection:agents | topic | ai-ops",
        event: COVERAGE,
        setup: &[],
        fire: "update label_rules set result_label = 'LBL-002' where id = 13",
        close: "update label_rules set result_label = 'LBL-104' where id = 13",
    },
    Case {
        detector: "projection_lag",
        severity: "warning",
        key: "collection:agents | topic | ai-ops",
        event: COVERAGE,
        setup: &[],
        fire: "update label_rules set result_label = 'LBL-002' where id = 13;
               delete from topic_taxonomy_map where label_code = 'LBL-002' and value_code = 'ai-ops'",
        close: "insert into topic_taxonomy_map (value_code, label_code, map_kind) values ('ai-ops', 'LBL-002', 'direct')",
    },
    Case {
        detector: "projection_lag",
        severity: "info",
        key: "collection:agents | topic | ai-ops",
        event: COVERAGE,
        setup: &[],
        fire: "update label_rules set status = 'inactive' where id = 13",
        close: "update label_rules set status = 'active' where id = 13",
    },
    // Closed by an owner and a decision that is bound to the facts.
    Case {
        detector: "projection_lag",
        severity: "info",
        key: "collection:governance_registry | topic | registry-kg",
        event: COVERAGE,
        setup: &["insert into axis_object_ownership
                (object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance)
                values ('collection', 'governance_registry', 'topic', 'registry-kg', 'GOV-KG-SYS', 'accountable',
                        '{\"kind\": \"human_ratified\"}');
                insert into topic_label_reconcile_decision
                (coll, topic_value, decision_kind, rationale, evidence_fingerprint, decided_by)
                select coll, topic_value, 'accept_projection_pending', 'labels will come', evidence_fingerprint, 'tester'
                from v_reconcile_collection_topic_vs_label where coll = 'governance_registry'"],
        fire: "update topic_label_reconcile_decision set status = 'withdrawn' where coll = 'governance_registry'",
        close: "update topic_label_reconcile_decision set status = 'active' where coll = 'governance_registry'",
    },
    Case {
        detector: "low_confidence_assignment",
        severity: "warning",
        key: "collection:modules | topic | workflow",
        event: UNTRUSTED,
        setup: &[TOPIC_RULE, "update axis_assignment set confidence = 0.70 where object_ref = 'modules' and axis_code = 'topic'"],
        fire: "update axis_assignment set confidence = 0.55 where object_ref = 'modules' and axis_code = 'topic'",
        close: "update axis_assignment set confidence = 0.70 where object_ref = 'modules' and axis_code = 'topic'",
    },
    Case {
        detector: "stale_candidate",
        severity: "info",
        key: "collection:agents | topic | ai-ops",
        event: CANDIDATE,
        setup: &[TOPIC_RULE],
        fire: "update axis_assignment set assigned_at = now() - interval '31 days' where object_ref = 'agents' and axis_code = 'topic'",
        close: "update axis_assignment set assigned_at = now() - interval '29 days' where object_ref = 'agents' and axis_code = 'topic'",
    },
    Case {
        detector: "stale_candidate",
        severity: "info",
        key: "axis_value:old-idea | topic | old-idea",
        event: CANDIDATE,
        setup: &["insert into axis_value (axis_code, value_code, status, provenance, created_at)
                values ('topic', 'old-idea', 'active', '{\"kind\": \"ai_proposed\", \"transitions\": [{\"to\": \"active\"}]}',
                        now() - interval '31 days')"],
        fire: "update axis_value set status = 'candidate', provenance = jsonb_set(provenance, '{transitions}',
                   provenance -> 'transitions' || '{\"to\": \"candidate\"}') where value_code = 'old-idea'",
        close: "update axis_value set status = 'deprecated', provenance = jsonb_set(provenance, '{transitions}',
                   provenance -> 'transitions' || '{\"to\": \"deprecated\"}') where value_code = 'old-idea'",
    },
    Case {
        detector: "conflicting_parentage",
        severity: "critical",
        key: "collection:agents | topic | ∅",
        event: COVERAGE,
        setup: &[],
        fire: "insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, provenance, assigned_kind)
               values ('collection', 'agents', 'topic', 'data-platform', 'candidate', '{\"kind\": \"test\"}', 'agent')",
        close: "update axis_assignment set status = 'retired', valid_to = now()
                where object_ref = 'agents' and value_code = 'data-platform' and status = 'active'",
    },
    Case {
        detector: "unregistered_axis",
        severity: "warning",
        key: "collection:agents | containment | GRP-AI",
        event: COVERAGE,
        setup: &[],
        fire: "update axis_registry set status = 'deprecated' where axis_code = 'containment'",
        close: "update axis_registry set status = 'active' where axis_code = 'containment'",
    },
    Case {
        detector: "axis_assignment_missing",
        severity: "warning",
        key: "collection:agents | containment | ∅",
        event: COVERAGE,
        setup: &[],
        fire: "update axis_assignment set status = 'retired', valid_to = now()
               where object_ref = 'agents' and axis_code = 'containment'",
        close: "update axis_assignment set status = 'active', valid_to = null
                where object_ref = 'agents' and axis_code = 'containment'",
    },
    Case {
        detector: "axis_assignment_missing",
        severity: "info",
        key: "collection:task_comments | topic | ∅",
        event: COVERAGE,
        setup: &[TOPIC_RULE, "update coverage_rule set status = 'deprecated' where rule_code = 'CR-TOPIC'"],
        fire: "update coverage_rule set status = 'active' where rule_code = 'CR-TOPIC'",
        close: "update coverage_rule set status = 'deprecated' where rule_code = 'CR-TOPIC'",
    },
    Case {
        detector: "axis_assignment_missing",
        severity: "warning",
        key: "collection:agents | containment | GRP-AI",
        event: COVERAGE,
        setup: &[],
        fire: "update collection_registry set \"group\" = 'GRP-WORKFLOW' where collection_name = 'agents'",
        close: "update collection_registry set \"group\" = 'GRP-AI' where collection_name = 'agents'",
    },
    Case {
        detector: "axis_assignment_missing",
        severity: "warning",
        key: "collection:agents | topic | ai-ops",
        event: COVERAGE,
        setup: &[],
        fire: "update collection_registry set coverage_status = 'BIRTH_EXEMPT' where collection_name = 'agents'",
        close: "update collection_registry set coverage_status = 'BIRTH_REQUIRED' where collection_name = 'agents'",
    },
    Case {
        detector: "ui_visible_unapproved",
        severity: "warning",
        key: "collection:agents | topic | ai-ops",
        event: UNTRUSTED,
        setup: &[OWNED_AGENTS],
        fire: "update axis_object_ownership set lifecycle_status = 'revoked' where axis_code = 'topic'",
        close: "update axis_object_ownership set lifecycle_status = 'active' where axis_code = 'topic'",
    },
    Case {
        detector: "ui_visible_unapproved",
        severity: "warning",
        key: "collection:agents | topic | ai-ops",
        event: UNTRUSTED,
        setup: &["update axis_assignment set zone = 'approved' where object_ref = 'agents'"],
        fire: "update axis_assignment set zone = 'candidate' where object_ref = 'agents' and axis_code = 'topic'",
        close: "update axis_assignment set zone = 'approved' where object_ref = 'agents' and axis_code = 'topic'",
    },
    // A cell of responsibility has its owner by inheritance, and loses it with the anchor.
    Case {
        detector: "ui_visible_unapproved",
        severity: "warning",
        key: "collection:agents | responsibility | audit",
        event: UNTRUSTED,
        setup: &["insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, provenance, assigned_kind)
                values ('collection', 'agents', 'responsibility', 'audit', 'candidate', '{\"kind\": \"test\"}', 'agent')"],
        fire: "update governance_object_ownership set is_inherited_anchor = false where object_ref = 'GRP-AI' and scope = 'audit'",
        close: "update governance_object_ownership set is_inherited_anchor = true where object_ref = 'GRP-AI' and scope = 'audit'",
    },
    Case {
        detector: "coverage_rule_missing",
        severity: "info",
        key: "axis:topic | topic | ∅",
        event: COVERAGE,
        setup: &[TOPIC_RULE],
        fire: "update coverage_rule set status = 'deprecated' where rule_code = 'CR-TOPIC'",
        close: "update coverage_rule set status = 'active' where rule_code = 'CR-TOPIC'",
    },
    Case {
        detector: "projection_lag_timing",
        severity: "info",
        key: "collection:agents | topic | ai-ops",
        event: COVERAGE,
        setup: &[FRESH_LABEL],
        fire: "update entity_labels set assigned_at = (now() at time zone 'UTC') - interval '29 days' where id = 9000001",
        close: "update entity_labels set assigned_at = (now() at time zone 'UTC') + interval '1 day' where id = 9000001",
    },
    Case {
        detector: "projection_lag_timing",
        severity: "warning",
        key: "collection:agents | topic | ai-ops",
        event: COVERAGE,
        setup: &[FRESH_LABEL],
        fire: "update entity_labels set assigned_at = (now() at time zone 'UTC') - interval '32 days' where id = 9000001",
        close: "update entity_labels set assigned_at = (now() at time zone 'UTC') + interval '1 day' where id = 9000001",
    },
    // Never projected at all.
    Case {
        detector: "projection_lag_timing",
        severity: "warning",
        key: "collection:workflows | topic | workflow",
        event: COVERAGE,
        setup: &["update label_rules set status = 'inactive' where id in (3, 4)"],
        fire: "update label_rules set status = 'active' where id in (3, 4)",
        close: "update label_rules set status = 'inactive' where id in (3, 4)",
    },
];

#[tokio::test]
async fn every_detector_fires_stays_closes_and_comes_back() {
    let world = World::new().await;
    let reference = world.governed().await;
    let detectors = reference
        .database
        .rows("select detector_code from v_drift_event_map")
        .await;
    for detector in &detectors {
        let has_case = CASES.iter().any(|case| case.detector == detector);
        assert!(has_case, "no case for detector {detector}");
    }
    assert_eq!(detectors.len(), 11);
    // Each case in a transaction that is rolled back; scans across transactions are the subject of `scans`.
    let database = reference.database.held().await;
    for case in CASES {
        database.run("begin").await;
        for setup in case.setup {
            database.run(setup).await;
        }
        let settled = database.scan().await;
        live(case, &database, settled).await;
        database.run("rollback").await;
    }
}

/// The whole life of one finding.
async fn live(case: &Case, database: &Database, settled: i64) {
    let name = format!("{}: {}", case.detector, case.key);
    let of = |columns: &str| finding(case, columns);
    let events = |column: &str| {
        let finding = of("state_id");
        format!("select {column} from governance_event_log where state_id = ({finding})")
    };
    let count = async |query: &str| database.row(query).await.parse::<i64>().unwrap();
    let resolved_before = database.rows(&of("status")).await;
    assert!(
        resolved_before.is_empty() || resolved_before == ["resolved"],
        "{name}: open before it fired: {resolved_before:?}"
    );
    let (seen_before, reopened_before, events_before) = match resolved_before.is_empty() {
        true => (0, 0, 0),
        false => (
            count(&of("scan_count")).await,
            count(&of("reopened_count")).await,
            count(&events("count(*)")).await,
        ),
    };
    let reopened = |more: i64| match resolved_before.is_empty() {
        true => reopened_before + more,
        false => reopened_before + more + 1,
    };

    // Fires.
    database.run(case.fire).await;
    let fired = database.scan().await;
    assert_eq!(fired, settled + 1, "{name}");
    let state =
        "state_id, status, severity, scan_count, reopened_count, opened_scan_id, last_scan_id,
                 resolved_scan_id, resolved_at";
    let id = database.row(&of("state_id")).await;
    let expected = |scan_count: i64, more: i64, opened: i64, last: i64| {
        format!(
            "{id} | open | {} | {} | {} | {opened} | {last} | ∅ | ∅",
            case.severity,
            seen_before + scan_count,
            reopened(more)
        )
    };
    assert_eq!(
        database.row(&of(state)).await,
        expected(1, 0, fired, fired),
        "{name}"
    );
    let event = format!(
        "{fired} | governance | {} | delayed | {} | governance_drift_state | {id} | {} | gov:drift-scanner | one-roof | f | f | event_type_inactive (governance disabled)",
        case.event,
        case.severity,
        case.key.split(" | ").next().unwrap()
    );
    let event_columns = "scan_id, event_domain, event_type, event_stream, delivery_lane, event_severity,
        event_subject_table, event_subject_ref, canonical_address, actor_ref, source_system, emittable, emitted,
        blocked_reason";
    let newest = format!("{} order by event_id desc limit 1", events(event_columns));
    assert_eq!(database.row(&newest).await, event, "{name}");
    assert_eq!(
        count(&events("count(*)")).await,
        events_before + 1,
        "{name}"
    );
    run_row_is_right(database, fired, &name).await;

    // Stays: the same row, one more scan, no event.
    let stayed = database.scan().await;
    assert_eq!(
        database.row(&of(state)).await,
        expected(2, 0, fired, stayed),
        "{name}"
    );
    let silent = "select new_count, resolved_count, (select count(*) from governance_event_log e where e.scan_id = r.scan_id)
                  from governance_scan_run r where scan_id = (select max(scan_id) from governance_scan_run)";
    assert_eq!(database.row(silent).await, "0 | 0 | 0", "{name}");
    run_row_is_right(database, stayed, &name).await;

    // Closes: the row stays and says when and by which scan.
    database.run(case.close).await;
    let closed = database.scan().await;
    let resolved = database
        .row(&of(
            "state_id, status, scan_count, last_scan_id, resolved_scan_id, resolved_at is not null",
        ))
        .await;
    let seen = seen_before + 2;
    assert_eq!(
        resolved,
        format!("{id} | resolved | {seen} | {stayed} | {closed} | t"),
        "{name}"
    );
    run_row_is_right(database, closed, &name).await;
    assert_eq!(
        count(&events("count(*)")).await,
        events_before + 1,
        "{name}"
    );

    // Comes back: the same row once more, and one event.
    database.run(case.fire).await;
    let back = database.scan().await;
    assert_eq!(
        database.row(&of(state)).await,
        expected(3, 1, back, back),
        "{name}"
    );
    assert_eq!(
        count(&events("count(*)")).await,
        events_before + 2,
        "{name}"
    );
    run_row_is_right(database, back, &name).await;
}

/// What the run says about itself is what the rows say.
async fn run_row_is_right(database: &Database, scan: i64, name: &str) {
    let wrong = database
        .rows(&format!(
            "select r.*, s.*
             from governance_scan_run r
             cross join (
                 select count(*) filter (where s.status = 'open')                                  as open,
                        count(*) filter (where s.opened_scan_id = {scan} and s.reopened_count = 0) as new,
                        count(*) filter (where s.resolved_scan_id = {scan})                        as resolved,
                        count(*) filter (where s.status = 'open' and s.severity = 'critical')      as critical,
                        (select count(*) from v_drift_finding)                                     as live,
                        (select jsonb_object_agg(d.detector_code, d.findings)
                           from (select detector_code, count(*) as findings from governance_drift_state
                                 where status = 'open' group by detector_code) d)                  as summary
                 from governance_drift_state s
             ) s
             where r.scan_id = {scan}
               and (row(r.actor, r.mode, r.finding_count, r.new_count, r.resolved_count, r.open_count,
                        r.critical_count, r.summary)
                    is distinct from
                    row('tester'::text, 'manual'::text, s.live, s.new, s.resolved, s.open, s.critical, s.summary)
                    or r.finding_count <> r.open_count
                    or r.finished_at is null)"
        ))
        .await;
    assert!(wrong.is_empty(), "{name}: {wrong:?}");
}

/// A query for columns of the finding.
fn finding(case: &Case, columns: &str) -> String {
    format!(
        "select {columns} from governance_drift_state
         where detector_code = '{}'
           and concat(object_type, ':', object_ref, ' | ', coalesce(axis_code, '∅'), ' | ', coalesce(value_code, '∅')) = '{}'",
        case.detector, case.key
    )
}
