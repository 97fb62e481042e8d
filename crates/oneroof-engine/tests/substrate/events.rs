//! Nothing leaves the database: types of governance are inactive, the outbox refuses, and no role of ours can
//! change that.

use std::path::{Path, PathBuf};

use crate::world::World;

/// An active type of a domain of its own: the checks behind the first two can be met without touching ours.
const TRIED: &str = "insert into event_type_registry (event_domain, event_type, event_stream, delivery_lane, active)
    values ('tried', 'type', 'activity', 'immediate', true);";

fn event(columns: &str, values: &str) -> String {
    format!(
        "insert into event_outbox (event_domain, event_type, event_stream, delivery_lane{columns}) values ({values})"
    )
}

#[tokio::test]
async fn the_outbox_refuses_what_it_must_and_no_role_of_ours_can_open_it() {
    let world = World::new().await;
    let database = world.governed().await.database;
    let address = ", canonical_address";
    for (sql, sqlstate, says) in [
        (
            event(
                address,
                "'governance', 'no.such', 'health', 'delayed', 'x:1'",
            ),
            "23514",
            "unknown event type: governance.no.such",
        ),
        (
            event(
                address,
                "'governance', 'coverage.scan_completed', 'wrong', 'wrong', 'x:1'",
            ),
            "23514",
            "inactive event type: governance.coverage.scan_completed",
        ),
        // The trigger comes first, so a row without provenance hears about its type.
        (
            event(
                "",
                "'governance', 'coverage.scan_completed', 'health', 'delayed'",
            ),
            "23514",
            "inactive event type",
        ),
        (
            TRIED.to_owned() + &event(address, "'tried', 'type', 'health', 'wrong', 'x:1'"),
            "23514",
            "stream mismatch",
        ),
        (
            TRIED.to_owned() + &event(address, "'tried', 'type', 'activity', 'delayed', 'x:1'"),
            "23514",
            "lane mismatch",
        ),
        (
            TRIED.to_owned() + &event("", "'tried', 'type', 'activity', 'immediate'"),
            "23502",
            "canonical_address",
        ),
    ] {
        // The owner has every right on both tables: it is the database that refuses.
        let (code, message) = database.fails("one_roof_owner", &sql).await;
        assert_eq!(code, sqlstate, "{message}");
        assert!(message.contains(says), "{message}");
    }
    for kind in [
        "backfill.sweep_completed",
        "candidate.scan_completed",
        "coverage.scan_completed",
        "handoff.object_born",
        "input.untrusted_source",
    ] {
        let values = format!("'governance', '{kind}', 'health', 'delayed', 'x:1'");
        let (code, message) = database
            .fails("one_roof_owner", &event(address, &values))
            .await;
        assert_eq!(
            (code.as_str(), message.contains("inactive")),
            ("23514", true),
            "{message}"
        );
    }

    // What somebody who works with the packages may do: not this. The apply role has the owner's rights only
    // where a release takes them.
    for role in [
        "one_roof_reader",
        "one_roof_operator",
        "oneroof_read",
        "oneroof_clone",
        "oneroof_apply",
    ] {
        for sql in [
            "update event_type_registry set active = true where event_domain = 'governance'",
            "insert into event_type_registry (event_domain, event_type, event_stream, delivery_lane, active) values ('governance', 'x', 'x', 'x', true)",
            "delete from event_type_registry",
            "insert into event_outbox (event_domain, event_type, event_stream, delivery_lane, canonical_address) values ('content', 'content.created', 'activity', 'immediate', 'x:1')",
            "update event_outbox set event_domain = 'governance'",
            "delete from event_outbox",
            "alter table event_type_registry alter column active set default true",
            "update governance_event_log set emittable = true, blocked_reason = null",
            "insert into governance_event_log (state_id, scan_id, event_type, event_severity, event_subject_table, event_subject_ref, canonical_address, actor_ref, source_system, safe_payload) values (1, 1, 'x', 'info', 'x', 'x', 'x', 'x', 'x', '{}')",
            "alter table event_outbox disable trigger trg_event_outbox_type_validate",
            "drop trigger trg_event_outbox_type_validate on event_outbox",
            "create or replace function fn_event_type_validate() returns trigger language plpgsql as 'begin return new; end'",
        ] {
            let (code, message) = database.fails(role, sql).await;
            assert_eq!(code, "42501", "{role}: {sql}: {message}");
        }
    }
    // The functions that run with the owner's rights have no words for it.
    let words = "select proname from pg_proc p where p.proowner = 'one_roof_owner'::regrole and p.prosecdef
        and (p.prosrc ~* '(update|insert\\s+into|delete\\s+from|truncate)\\s+(only\\s+)?(\\w+\\.)?event_(type_registry|outbox)'
             or p.prosrc ~* '\\mexecute\\M')";
    assert_eq!(database.rows(words).await, Vec::<String>::new());
    assert_eq!(
        database
            .fails(
                "one_roof_owner",
                "update governance_event_log set emitted = true"
            )
            .await
            .0,
        "23514"
    );

    // No dispatcher: no trigger after an insert, no rule, no listener of ours.
    let triggers = "select tgname, tgtype from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where not t.tgisinternal and c.relowner = 'one_roof_owner'::regrole";
    // 7 = for each row, before, insert
    assert_eq!(
        database.rows(triggers).await,
        ["trg_event_outbox_type_validate | 7"]
    );
    let rules = "select count(*) from pg_rewrite r join pg_class c on c.oid = r.ev_class
        where c.relowner = 'one_roof_owner'::regrole and c.relkind = 'r'";
    assert_eq!(database.row(rules).await, "0");
}

#[tokio::test]
async fn an_active_type_makes_its_findings_emittable_and_still_emits_nothing() {
    let world = World::new().await;
    let database = world.governed().await.database;
    let switched_on = "begin;
        update event_type_registry set active = true
        where event_domain = 'governance' and event_type = 'input.untrusted_source';
        select fn_governance_scan('tester', 'manual');
        select (select count(*) from v_drift_issue_payload where not emit_blocked),
               (select count(*) from event_outbox where event_domain = 'governance'),
               (select count(*) from governance_event_log where emitted);";
    // The session ends without a commit.
    assert_eq!(database.row(switched_on).await, "6 | 0 | 0");
    // A finding that opens while its type is active is logged as emittable, without reason, and not emitted.
    let opened = format!(
        "{switched_on}
         insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, provenance, assigned_kind)
         values ('collection', 'dot_tools', 'topic', 'ai-ops', 'candidate', '{{\"kind\": \"test\"}}', 'agent');
         select fn_governance_scan('tester', 'manual');
         select string_agg(concat_ws(' ', event_type, emittable, emitted, blocked_reason), ', ' order by event_type)
         from governance_event_log where scan_id = (select max(scan_id) from governance_scan_run)"
    );
    assert_eq!(
        database.row(&opened).await,
        "coverage.scan_completed f f event_type_inactive (governance disabled), input.untrusted_source t f"
    );
    let after = "select (select count(*) from event_type_registry where event_domain = 'governance' and active),
        (select count(*) from v_drift_issue_payload where not emit_blocked),
        (select count(*) from event_outbox where event_domain = 'governance')";
    assert_eq!(database.row(after).await, "0 | 0 | 0");
}

/// Nothing that we ship switches a type on or writes the outbox: packages, and the SQL beside the code. The fixture
/// stands for the application and may fill what is the application's; attempts that must fail are in release.toml.
#[test]
fn no_file_of_the_product_switches_a_type_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["packages", "sql", "crates"] {
        sql_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "{}", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap().to_lowercase();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for forbidden in [
            "update event_type_registry",
            "update event_outbox",
            "insert into event_outbox",
        ] {
            let is_there = words.contains(forbidden);
            assert!(!is_there, "`{forbidden}` in {}", file.display());
        }
    }
}

/// Every `.sql` file below, without fixtures and tests.
fn sql_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["fixtures", "tests", "target"].contains(&name.as_str()) {
            sql_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
}
