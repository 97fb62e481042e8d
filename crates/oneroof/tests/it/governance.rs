//! The governance schema, read: topics, reconciling, the event log.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::governed::{DIRECTUS, Governed};
use crate::world::{says, tier};

#[test]
fn topics_and_their_labels() {
    let governed = Governed::one_roof();
    let topics = governed.done("topic list --target directus");
    let paths = column(&topics, "path");
    assert_eq!(
        paths,
        [
            "data-platform",
            "governance",
            "governance/ai-ops",
            "governance/registry-kg",
            "governance/registry-kg/kg-domain-x",
            "observability",
            "workflow",
            "workflow/workflow-exec"
        ]
    );
    let tree = governed.run("topic tree --target directus").exits(0).stdout;
    assert!(
        tree.contains("\n    kg-domain-x (active)\n")
            && tree.contains("  ai-ops (active, 3 objects)"),
        "{tree}"
    );
    assert_eq!(
        governed.done("topic list --target directus --status candidate"),
        json!([])
    );

    let rows = governed.done("reconcile list --target directus");
    assert_eq!(rows.as_array().unwrap().len(), 6, "{rows:#}");
    let open = governed.done("reconcile list --target directus --open");
    assert_eq!(column(&open, "collection"), ["governance_registry"]);
    assert_eq!(open[0]["flag"], "no_label_rule");
    // A new fact reopens a row, and the old decision is named.
    let changed = "update public.label_rules set result_label = 'LBL-006'
        where id = (select min(id) from public.label_rules
                    where rule_type = 'collection' and status = 'active' and condition ->> 'collection' = 'tasks')";
    let fingerprint = |rows: &Value| {
        let rows = rows.as_array().unwrap();
        let row = rows.iter().find(|row| row["collection"] == "workflows");
        row.unwrap()["fingerprint"].as_str().unwrap().to_owned()
    };
    assert_eq!(fingerprint(&rows).len(), 32);
    governed.sql(DIRECTUS, &changed.replace("'tasks'", "'workflows'"));
    let rows = governed.done("reconcile list --target directus");
    let rows = rows.as_array().unwrap();
    let row = rows.iter().find(|row| row["collection"] == "workflows");
    let row = row.unwrap();
    assert_eq!(row["decision"], Value::Null, "{row:#}");
    assert_eq!(row["outdated"][0]["kind"], "accept_orthogonal_facet");
    assert_ne!(row["outdated"][0]["fingerprint"], row["fingerprint"]);
}

#[test]
fn events_as_cloud_events() {
    let governed = Governed::one_roof();
    governed.copy("live");
    let text = governed.run("event export --target live").exits(0).stdout;
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len(), 14);
    for event in &events {
        let members = event.as_object().unwrap();
        for (name, value) in members {
            let is_name = name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            assert!(is_name && name.len() <= 20, "{name}");
            let is_simple = value.is_string() || value.is_boolean() || name == "data";
            assert!(is_simple && *value != json!(""), "{name}: {value}");
        }
        assert_eq!(event["specversion"], "1.0");
        let source = event["source"].as_str().unwrap();
        assert!(
            source.starts_with("urn:oneroof:governance-event-log:")
                && source.ends_with(":live:public"),
            "{source}"
        );
        assert_eq!(event["datacontenttype"], "application/json");
        assert!(
            event["type"]
                .as_str()
                .unwrap()
                .starts_with("oneroof.governance.")
        );
        let time = event["time"].as_str().unwrap();
        assert!(
            DateTime::parse_from_rfc3339(time).is_ok() && time.ends_with('Z'),
            "{time}"
        );
        assert!(event["data"].is_object() && event["emittable"] == false);
        // What the specification requires of every event.
        for required in ["id", "source", "specversion", "type"] {
            assert!(
                event[required]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{required}: {event:#}"
            );
        }
    }
    assert_eq!(events[0]["id"], "1");
    let identities: BTreeSet<_> = events
        .iter()
        .map(|event| (event["source"].as_str(), event["id"].as_str()))
        .collect();
    assert_eq!(
        identities.len(),
        events.len(),
        "source and id name one event"
    );
    let count = |line: &str| governed.done(line).as_array().unwrap().len();
    assert_eq!(count("event export --target live --since 12"), 2);
    assert_eq!(count("event export --target live --since 2020-01-01"), 14);
    assert_eq!(
        count("event export --target live --since 2999-01-01T00:00:00+07:00"),
        0
    );
    let report = governed.done("event export --target live --out events.jsonl");
    assert_eq!(
        (&report["events"], &report["last"]),
        (&json!(14), &json!("14"))
    );
    assert_eq!(governed.sandbox.read("events.jsonl"), text);
    let error = governed.error("event export --target live --out events.jsonl", 2, "input");
    says(&error, "message", &["events.jsonl", "there already"]);
    let error = governed.error("event export --target live --since yesterday", 2, "input");
    says(&error, "hint", &["2026-11-21T12:00:00Z"]);
    assert_eq!(
        governed.value(
            "live",
            "select count(*) from governance_event_log where emitted or emittable"
        ),
        "0"
    );
}

/// Every verb that writes, and a package that tries: the types stay as they were.
#[test]
fn no_verb_switches_an_event_type_on() {
    let governed = Governed::one_roof();
    let types = |database: &str| {
        governed.value(
            database,
            "select format('%s %s',
                 (select string_agg(t::text, ';' order by t::text) from event_type_registry t),
                 (select count(*) from event_outbox))",
        )
    };
    let before = types(DIRECTUS);
    governed.sql(
        DIRECTUS,
        "insert into governance_responsibility_scope (scope_code, description, sort) values ('privacy', '-', 7)",
    );
    governed
        .sandbox
        .write("wish.toml", "[[retire]]\nscope = 'privacy'\n");
    for line in [
        "owner assign --object agents --scope audit --agency GOV-SIV --approval A --execute",
        "owner end --object agents --scope audit --approval A --execute",
        "topic propose billing --reason x --execute",
        "topic ratify billing --by GOV-DOT --approval A --execute",
        "topic merge billing --into workflow --execute",
        "reconcile withdraw agents ai-ops --execute",
        "sync --params wish.toml --execute",
        "scan",
        "drift prune --older-than 1d --execute",
        "event export",
    ] {
        let _ = governed.run(&format!("{line} --target directus")).exits(0);
        assert_eq!(types(DIRECTUS), before, "{line}");
    }

    // A parameter file has no word for it, and a package comes to a production through its gate alone.
    governed.sandbox.write(
        "wish.toml",
        "[packages.one-roof-base]\nevent_types = [{ event_type = 'coverage.scan_completed', active = true }]\n",
    );
    let error = governed.error("sync --target directus --params wish.toml", 2, "input");
    says(&error, "message", &["event_types"]);
    governed.copy("live");
    governed.package(
        "switch-on",
        "",
        &[tier(
            "on",
            "update event_type_registry set active = true where event_domain = 'governance';",
            "update event_type_registry set active = false where event_domain = 'governance';",
        )],
    );
    let _ = governed.refused("apply switch-on --target live --execute", "gate-closed");
    assert_eq!(types("live"), before);
}

fn column(rows: &Value, member: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    let texts = rows.iter().map(|row| row[member].as_str().unwrap());
    texts.map(str::to_owned).collect()
}
