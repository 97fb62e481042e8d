//! Findings of the drift detectors, and the scans that store them.

use serde_json::json;

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

/// A second topic under another root.
const CONFLICT: &str = "
    insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, confidence, provenance, assigned_kind)
    values ('collection', 'agents', 'topic', 'observability', 'candidate', 0.9, '{\"kind\": \"test\"}', 'human');";

#[test]
fn a_scan_of_a_production_needs_no_gate_and_touches_its_tables_only() {
    let governed = Governed::one_roof();
    governed.copy("live");
    let before = counts(&governed);
    let scan = governed.done("scan --target live --mode scheduled --actor night");
    assert_eq!(
        scan,
        json!({
            "target": "live", "scan_id": 2, "actor": "night", "mode": "scheduled", "findings": 14,
            "opened": 0, "reopened": 0, "resolved": 0, "open": 14, "critical": 0,
            "open_by_detector": {
                "topic_without_label": 2, "projection_lag": 1, "ui_visible_unapproved": 6,
                "coverage_rule_missing": 1, "projection_lag_timing": 4
            }
        })
    );
    let after = counts(&governed);
    let changed: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(
        changed[0].starts_with("governance_scan_run "),
        "{changed:?}"
    );
    let drift = governed.done("drift --target live");
    assert_eq!(drift["findings"].as_array().unwrap().len(), 14);
    assert_eq!(drift["scan_status"]["scan_id"], 2);
    assert_eq!(drift["counts"]["stored"], drift["counts"]["live"]);
    let warnings = governed.done("drift --target live --live --severity warning");
    assert_eq!(warnings["findings"].as_array().unwrap().len(), 10);
    let lag = governed.done("drift --target live --detector projection_lag");
    assert_eq!(lag["findings"][0]["object_ref"], "governance_registry");

    // What a scan may not do it cannot do: the role has no right.
    governed.sql(
        "live",
        "set role one_roof_operator; delete from governance_scan_run where false",
    );
    let outcome = governed.value(
        "live",
        "select count(*) from pg_class c, unnest(array['insert', 'update', 'delete', 'truncate']) as r (right_name)
         where c.relkind in ('r', 'v') and c.relnamespace = 'public'::regnamespace
           and has_table_privilege('one_roof_operator', c.oid, r.right_name)",
    );
    assert_eq!(outcome, "1", "only delete on governance_scan_run");
}

#[test]
fn a_critical_finding_ends_with_4_until_it_is_gone() {
    let governed = Governed::one_roof();
    governed.sql(DIRECTUS, CONFLICT);
    // Not stored yet, but there.
    let error = governed.error("drift --target directus", 4, "failed");
    says(
        &error,
        "message",
        &["1 critical", "not stored by a scan yet"],
    );
    let error = governed.error(
        "drift --target directus --live --severity info",
        4,
        "failed",
    );
    says(&error, "message", &["1 critical"]);
    let (exit, report) = governed.json("scan --target directus");
    assert_eq!(
        (exit, &report["critical"], &report["error"]["exit"]),
        (4, &json!(1), &json!(4)),
        "{report:#}"
    );
    let (exit, report) = governed.json("drift --target directus --severity critical");
    assert_eq!(
        (exit, &report["findings"][0]["detector"]),
        (4, &json!("conflicting_parentage"))
    );
    assert!(
        report["findings"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("observability")
    );

    governed.sql(
        DIRECTUS,
        "update axis_assignment set status = 'retired', valid_to = now() where value_code = 'observability'",
    );
    let error = governed.error("drift --target directus", 4, "failed");
    says(&error, "message", &["the next scan resolves them"]);
    let drift = governed.done("drift --target directus --scan");
    assert!(drift["scan"]["resolved"].as_u64() > Some(0), "{drift:#}");
    governed.sql(
        DIRECTUS,
        "update axis_assignment set status = 'active', valid_to = null where value_code = 'observability'",
    );
    let (exit, report) = governed.json("scan --target directus");
    assert_eq!(exit, 4);
    assert!(report["reopened"].as_u64() > Some(0), "{report:#}");
    let text = governed.run("scan --target directus").exits(4);
    assert!(
        text.stdout.contains("conflicting_parentage"),
        "{}",
        text.stdout
    );
}

#[test]
fn one_scan_at_a_time_and_only_by_who_may() {
    let governed = Governed::one_roof();
    governed.copy("live");
    let scanner = governed.session(DIRECTUS);
    governed.on(&scanner, "begin");
    governed.on(
        &scanner,
        "select pg_advisory_xact_lock(hashtextextended('oneroof.scan', 0))",
    );
    let error = governed.refused("scan --target directus", "scan-busy");
    let pid = scanner.backend_pid().to_string();
    says(&error, "reasons", &["SCAN BUSY", &pid]);
    governed.on(&scanner, "rollback");
    let _ = governed.done("scan --target directus");

    governed.sql("postgres", "revoke one_roof_operator from oneroof_apply");
    let error = governed.refused("scan --target directus", "right-missing");
    says(
        &error,
        "message",
        &["`oneroof_apply`", "`one_roof_operator`"],
    );
    says(
        &error,
        "hint",
        &["grant one_roof_operator to oneroof_apply;"],
    );
    // A connection of its own.
    governed.sql(
        "postgres",
        "create role night login; grant one_roof_operator to night",
    );
    let operator = governed.words("live", "night");
    let config = governed.sandbox.read("oneroof.toml");
    let config = config.replace(
        "[targets.live]",
        &format!("[targets.live]\noperator = \"{operator}\""),
    );
    governed.sandbox.write("oneroof.toml", &config);
    let _ = governed.done("scan --target live");
    governed.sql(
        "live",
        "revoke execute on function fn_governance_scan(text, text) from one_roof_operator",
    );
    let error = governed.refused("scan --target live", "right-missing");
    let hint = error["hint"].as_str().unwrap();
    governed.sql("live", hint.strip_prefix("a DBA runs: ").unwrap());
    let _ = governed.done("scan --target live");
    let nobody = ["scan", "--target", "live", "--actor", " "];
    let _ = governed
        .sandbox
        .run(&nobody)
        .exits(2)
        .says(&["--actor NAME"]);
}

#[test]
fn pruning_keeps_what_tells_a_story() {
    let governed = Governed::one_roof();
    // 1 baseline; 2 nothing; 3 opens; 4 nothing; 5 resolves; 6 nothing; 7 nothing, newest.
    let scan = || governed.json("scan --target directus").0;
    assert_eq!(scan(), 0);
    governed.sql(DIRECTUS, CONFLICT);
    assert_eq!((scan(), scan()), (4, 4));
    governed.sql(
        DIRECTUS,
        "update axis_assignment set status = 'retired', valid_to = now() where value_code = 'observability'",
    );
    assert_eq!((scan(), scan(), scan()), (0, 0, 0));
    let plan = governed.done("drift prune --target directus");
    assert_eq!(
        (&plan["prunable"], &plan["young"]),
        (&json!([]), &json!(2)),
        "{plan:#}"
    );
    governed.sql(
        DIRECTUS,
        "update governance_scan_run set started_at = now() - interval '91 days' + scan_id * interval '1 hour'",
    );
    let plan = governed.done("drift prune --target directus");
    // Scan 4 is the last that saw the finding: it stays too.
    assert_eq!(plan["prunable"], json!([2, 6]), "{plan:#}");
    assert_eq!(plan["executed"], false);
    let later = governed.done("drift prune --target directus --older-than 120d");
    assert_eq!(later["prunable"], json!([]));
    let text = governed.run("drift prune --target directus").exits(0);
    let _ = text.says(&["nothing was changed"]);

    governed.sql(
        DIRECTUS,
        "revoke delete on governance_scan_run from one_roof_operator",
    );
    let error = governed.refused("drift prune --target directus --execute", "right-missing");
    says(
        &error,
        "hint",
        &["grant delete on public.governance_scan_run to one_roof_operator;"],
    );
    let hint = error["hint"].as_str().unwrap();
    governed.sql(DIRECTUS, hint.strip_prefix("a DBA runs: ").unwrap());
    let findings = || {
        governed.value(
            DIRECTUS,
            "select string_agg(s::text, ' ' order by s.state_id) from governance_drift_state s",
        )
    };
    let before = findings();
    let done = governed.done("drift prune --target directus --execute");
    assert_eq!(
        (&done["deleted"], &done["executed"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(
        governed.value(
            DIRECTUS,
            "select string_agg(scan_id::text, ' ' order by scan_id) from governance_scan_run"
        ),
        "1 3 4 5 7"
    );
    assert_eq!(findings(), before);
    let again = governed.done("drift prune --target directus --execute");
    assert_eq!(again["deleted"], 0);
    for line in [
        "drift prune --target directus --older-than 0d",
        "drift prune --target directus --older-than soon",
        "drift",
        "drift --target directus --live --scan",
    ] {
        let _ = governed.run(line).exits(2);
    }
}

/// Name and number of rows of each table of `live`, and what its outbox holds.
fn counts(governed: &Governed) -> Vec<String> {
    let text = governed.value(
        "live",
        "select string_agg(relname || ' ' ||
             (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %s', oid::regclass), false, true, '')))[1]::text,
             ',' order by relname)
         from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    );
    text.split(',').map(str::to_owned).collect()
}
