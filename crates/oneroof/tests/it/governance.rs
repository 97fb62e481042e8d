//! The governance schema, read: topics, reconciling, the event log.

use serde_json::{Value, json};

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

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
        assert!(event["time"].as_str().unwrap().ends_with('Z'));
        assert!(event["data"].is_object() && event["emittable"] == false);
    }
    assert_eq!(events[0]["id"], "1");
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

fn column(rows: &Value, member: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    let texts = rows.iter().map(|row| row[member].as_str().unwrap());
    texts.map(str::to_owned).collect()
}
