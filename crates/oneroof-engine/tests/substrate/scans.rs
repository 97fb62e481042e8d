//! Scans: two in a row change nothing, two at once are one, and keys hold what they must hold apart.

use oneroof_pg::testing::SUPERUSER;

use crate::world::World;

/// What a scan may write.
const WRITTEN: &[&str] = &[
    "governance_scan_run",
    "governance_drift_state",
    "governance_event_log",
];

const SCAN: &str = "select fn_governance_scan('tester', 'manual')";

#[tokio::test]
async fn a_scan_without_news_writes_its_run_and_the_columns_of_last_sight() {
    let world = World::new().await;
    let database = world.governed().await.database;
    let everything = database.digest_without(WRITTEN).await;
    let log =
        "select md5(string_agg(e::text, chr(10) order by e.event_id)) from governance_event_log e";
    // Every column but the three of last sight.
    let findings = "select md5(string_agg((to_jsonb(s) - 'scan_count' - 'last_scan_id' - 'last_seen_at')::text,
        chr(10) order by s.state_id)) from governance_drift_state s";
    let (log_before, findings_before) = (database.row(log).await, database.row(findings).await);
    for scan in 2..=3 {
        assert_eq!(database.scan().await, scan);
        assert_eq!(database.row(log).await, log_before);
        assert_eq!(database.row(findings).await, findings_before);
        assert_eq!(database.digest_without(WRITTEN).await, everything);
        let run = format!(
            "select finding_count, new_count, resolved_count, open_count, critical_count, summary,
                    finished_at is not null, (select count(distinct scan_count) from governance_drift_state),
                    (select min(scan_count) from governance_drift_state),
                    (select min(last_scan_id) from governance_drift_state)
             from governance_scan_run where scan_id = {scan}"
        );
        assert_eq!(
            database.row(&run).await,
            format!(
                "14 | 0 | 0 | 14 | 0 | {{\"projection_lag\": 1, \"topic_without_label\": 2, \"coverage_rule_missing\": 1, \"projection_lag_timing\": 4, \"ui_visible_unapproved\": 6}} | t | 1 | {scan} | {scan}"
            )
        );
    }
    // The base's own scan table is another one.
    assert_eq!(
        database
            .row("select count(*) from candidate_scan_run")
            .await,
        "0"
    );
}

#[tokio::test]
async fn findings_of_two_axes_and_of_two_assignments_are_kept_apart() {
    let world = World::new().await;
    let database = world.governed().await.database;
    // Two rules miss the same object on two axes: a key without the axis would lose one.
    database
        .run(
            "insert into coverage_rule (rule_code, axis_code, applies_to, coverage_mode, required_owner_kind)
             values ('CR-TOPIC', 'topic', 'collection', 'per_assignment', 'accountable');
             update axis_assignment set status = 'retired', valid_to = now()
             where object_ref = 'agents'",
        )
        .await;
    let _ = database.scan().await;
    let both = "select string_agg(axis_code || ' ' || severity, ', ' order by axis_code) from governance_drift_state
        where status = 'open' and detector_code = 'axis_assignment_missing' and object_ref = 'agents'";
    assert_eq!(database.row(both).await, "containment warning, topic info");

    // No finding has gone: what was open for agents is resolved, not deleted.
    let first_scan = "select count(*) from governance_drift_state where opened_scan_id = 1";
    assert_eq!(database.row(first_scan).await, "14");
    let (code, message) = database
        .fails("one_roof_operator", "delete from governance_drift_state")
        .await;
    assert_eq!(code, "42501", "{message}");
    // Nor does the scanner have words for it.
    let words = "select prosrc ~* '\\m(delete|truncate|event_outbox|notify|temp)\\M' from pg_proc
        where proname = 'fn_governance_scan'";
    assert_eq!(database.row(words).await, "f");
}

/// Whoever works with the packages: none of them can take a finding or its event away, or say that it was resolved.
#[tokio::test]
async fn findings_and_their_events_cannot_be_deleted() {
    let world = World::new().await;
    let database = world.governed().await.database;
    for role in [
        "one_roof_reader",
        "one_roof_operator",
        "oneroof_read",
        "oneroof_clone",
        "oneroof_apply",
    ] {
        for table in ["governance_drift_state", "governance_event_log"] {
            for sql in [
                format!("delete from {table}"),
                format!("truncate {table} cascade"),
                format!("drop table {table} cascade"),
            ] {
                let (code, message) = database.fails(role, &sql).await;
                assert_eq!(code, "42501", "{role}: {sql}: {message}");
            }
        }
        let resolve = "update governance_drift_state set status = 'resolved'";
        assert_eq!(database.fails(role, resolve).await.0, "42501", "{role}");
    }
    // A scan that a finding or an event names stays, whoever deletes it: foreign keys hold it.
    let (code, message) = database
        .fails("one_roof_operator", "delete from governance_scan_run")
        .await;
    assert_eq!(code, "23503", "{message}");
}

#[tokio::test]
async fn of_two_scans_at_once_the_second_is_refused() {
    let world = World::new().await;
    let database = world.governed().await.database;
    let first = database.session(SUPERUSER).await;
    let begun = first.simple(&format!("begin; {SCAN}")).await.unwrap();
    assert_eq!(begun.rows[0][0].as_deref(), Some("2"));
    let (code, message) = database.fails("one_roof_operator", SCAN).await;
    assert_eq!(code, "55P03", "{message}");
    assert!(message.contains("SCAN BUSY"), "{message}");
    // Nothing of the refused one stays; after the end of the first the next one passes, also after its rollback.
    let _ = first.simple("rollback").await.unwrap();
    first.close().await;
    assert_eq!(
        database
            .row("select count(*) from governance_scan_run")
            .await,
        "1"
    );
    let scan = database.scan().await;
    assert_eq!(
        database
            .row("select max(scan_id) from governance_scan_run")
            .await,
        scan.to_string()
    );
    // A reader may look and not scan; a mode that nobody knows is refused by the row.
    assert_eq!(database.fails("one_roof_reader", SCAN).await.0, "42501");
    let unknown = "select fn_governance_scan('tester', 'nightly')";
    assert_eq!(
        database.fails("one_roof_operator", unknown).await.0,
        "23514"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_scans_at_once_leave_no_double_finding_and_lose_no_run() {
    const SCANNERS: usize = 6;
    const TRIES: usize = 12;
    let world = World::new().await;
    let database = world.governed().await.database;
    let mut scanners = Vec::new();
    for _ in 0..SCANNERS {
        let database = database.clone();
        scanners.push(tokio::spawn(async move {
            let session = database.session(SUPERUSER).await;
            let (mut done, mut busy) = (0_usize, 0_usize);
            for _ in 0..TRIES {
                match session.simple(SCAN).await {
                    Ok(_) => done += 1,
                    Err(error) => {
                        assert_eq!(error.sqlstate(), Some("55P03"), "{error}");
                        busy += 1;
                    }
                }
            }
            session.close().await;
            (done, busy)
        }));
    }
    // Meanwhile the application works: findings open and close under the scanners.
    for round in 0..10 {
        let label = format!("LBL-9{round:02}");
        database
            .run(&format!(
                "insert into entity_labels (id, entity_code, label_code, assigned_at)
                 values (9000000 + {round}, 'E-{round}', '{label}', now());
                 update axis_assignment set zone = case zone when 'approved' then 'candidate' else 'approved' end
                 where object_ref = 'agents' and axis_code = 'topic'"
            ))
            .await;
    }
    let mut done = 0;
    let mut tries = 0;
    for scanner in scanners {
        let (ended, busy) = scanner.await.unwrap();
        done += ended;
        tries += ended + busy;
    }
    assert_eq!(tries, SCANNERS * TRIES);
    assert!(done > 0);
    let _ = database.scan().await;
    let runs =
        "select count(*), count(*) filter (where finished_at is null) from governance_scan_run";
    assert_eq!(database.row(runs).await, format!("{} | 0", done + 2));
    let doubles = "select detector_code, axis_code, object_type, object_ref, value_code from governance_drift_state
        group by 1, 2, 3, 4, 5 having count(*) > 1";
    assert_eq!(database.rows(doubles).await, Vec::<String>::new());
    // The store is what the detectors see, and each opening has its one event.
    let difference = "select count(*) from (
        (select detector_code, object_type, object_ref, axis_code, value_code from v_drift_finding
         except select detector_code, object_type, object_ref, axis_code, value_code from governance_drift_state where status = 'open')
        union all
        (select detector_code, object_type, object_ref, axis_code, value_code from governance_drift_state where status = 'open'
         except select detector_code, object_type, object_ref, axis_code, value_code from v_drift_finding)) d";
    assert_eq!(database.row(difference).await, "0");
    let events = "select count(*) = sum(1 + reopened_count) filter (where true) from (
        select s.state_id, s.reopened_count from governance_drift_state s) s,
        lateral (select 1) x having (select count(*) from governance_event_log) = sum(1 + s.reopened_count)";
    assert_eq!(
        database.rows(events).await.len(),
        1,
        "events do not fit the openings"
    );
    let booked = "select sum(new_count) = (select count(*) from governance_drift_state) from governance_scan_run";
    assert_eq!(database.row(booked).await, "t");
}

#[tokio::test]
async fn statistics_that_are_out_of_date_do_not_make_a_scan_endless() {
    let world = World::new().await;
    let database = world.governed().await.database;
    // Analyzed while there were 14 findings; then there are thousands. A loop over all pairs needs minutes.
    database
        .run(
            "analyze;
             insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, provenance, assigned_kind)
             select 'collection', 'lost_' || n, 'topic', 'ai-ops', 'candidate', '{\"kind\": \"test\"}', 'agent'
             from generate_series(1, 6000) n",
        )
        .await;
    let session = database.session(SUPERUSER).await;
    let _ = session
        .simple("set statement_timeout = '30s'")
        .await
        .unwrap();
    for expected in ["2", "3"] {
        let scan = session.simple(SCAN).await.unwrap();
        assert_eq!(scan.rows[0][0].as_deref(), Some(expected));
    }
    session.close().await;
    let runs = "select finding_count, new_count, resolved_count from governance_scan_run where scan_id > 1 order by scan_id";
    // Unapproved, gone, without rule: three for each.
    assert_eq!(
        database.rows(runs).await,
        ["18014 | 18000 | 0", "18014 | 0 | 0"]
    );
}
