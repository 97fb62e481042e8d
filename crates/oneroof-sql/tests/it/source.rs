//! The door `source`: our own statements are files, and each passes the guard of the channel for foreign text, but for
//! a list that was reviewed by hand.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, helpers included"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use oneroof_model::readonly::TrustedNames;
use oneroof_sql::guard;

/// File, what it is refused for, and why it may stay. A writing door is never opened on a production but by an approved
/// plan; the door `source` runs in READ ONLY transactions and proves that it was given no transaction id.
#[rustfmt::skip]
const REVIEWED: &[(&str, &str, &str)] = &[
    ("catalog/database_statements.sql", "size-limit: format", "only reads; its templates of `format` are literals in a list"),
    ("catalog/definition.sql", "size-limit: format", "only reads; its templates of `format` are literals in a list"),
    ("catalog/definition_beside.sql", "relation-not-allowed: pg_catalog.pg_subscription", "only reads, and not the column with the connection strings"),
    ("catalog/jobs.sql", "relation-not-allowed: pg_catalog.pg_subscription", "only reads, and not the column with the connection strings"),
    ("catalog/pin.sql", "one-statement: ", "settings of the transaction that holds a digest"),
    ("catalog/pin_row_order.sql", "one-statement: ", "settings of the transaction that holds a digest"),
    ("catalog/roles.sql", "size-limit: format", "only reads; its templates of `format` are literals in a list"),
    ("catalog/system_identifier.sql", "function-not-allowed: pg_catalog.pg_control_system", "reads the control file: the identity of the server"),
    ("change/turn_take.sql", "function-not-allowed: pg_advisory_xact_lock", "writing door: the turn of a change of governance"),
    ("clone/alone.sql", "function-not-allowed: pg_catalog.pg_advisory_lock", "on private servers only: one rehearsal at a time"),
    ("clone/doors.sql", "relation-not-allowed: pg_catalog.pg_subscription", "only reads, and not the column with the connection strings"),
    ("clone/export_snapshot.sql", "function-not-allowed: pg_catalog.pg_export_snapshot", "only lends the snapshot of its reading transaction to others"),
    ("clone/hosted_room.sql", "function-not-allowed: pg_catalog.pg_stat_file", "on servers that are there for clones only: when a folder was touched"),
    ("clone/left_out.sql", "function-not-allowed: pg_catalog.pg_relation_filepath", "on private servers only: where the files of a table are"),
    ("clone/load_session.sql", "one-statement: ", "settings of a session on a clone"),
    ("clone/look_anew.sql", "function-not-allowed: pg_catalog.pg_stat_clear_snapshot", "forgets what our own transaction has seen of other sessions"),
    ("clone/mask_key.sql", "function-not-allowed: pg_catalog.set_config", "a setting of our own reading transaction"),
    ("clone/physical_settle.sql", "relation-not-allowed: pg_catalog.pg_authid", "on private servers only: names of roles whose passwords are taken away"),
    ("clone/read_session.sql", "one-statement: ", "settings of our own reading transaction"),
    ("clone/subscriptions.sql", "relation-not-allowed: pg_catalog.pg_subscription", "on private servers only: ends them"),
    ("clone/terminate.sql", "function-not-allowed: pg_catalog.pg_terminate_backend", "on clones only, before one is dropped"),
    ("effects/beside.sql", "relation-not-allowed: pg_catalog.pg_subscription", "only reads, and not the column with the connection strings"),
    ("effects/counters.sql", "function-not-allowed: pg_stat_get_xact_tuples_inserted", "only reads the counters of its own transaction"),
    ("effects/depends.sql", "sql-syntax: ", "a piece: the loader puts it together"),
    ("effects/touched.sql", "sql-syntax: ", "a piece: the loader puts three together"),
    ("effects/touched_gone.sql", "sql-syntax: ", "a piece: the loader puts three together"),
    ("effects/touched_sums.sql", "sql-syntax: ", "a piece: the loader puts three together"),
    ("effects/touched_written.sql", "sql-syntax: ", "a piece: the loader puts three together"),
    ("governance/plan_settings.sql", "function-not-allowed: set_config", "settings of our own transaction"),
    ("governance/prune.sql", "data-change: DeleteStmt", "writing door: `drift prune` as one_roof_operator"),
    ("governance/scan.sql", "function-not-allowed: fn_governance_scan", "writing door: `scan` as one_roof_operator"),
    ("ledger/append.sql", "function-not-allowed: oneroof.append", "writing door: the ledger"),
    ("posture/make_read.sql", "size-limit: format", "only reads; its templates of `format` are literals in a CASE"),
    ("posture/mappings.sql", "relation-not-allowed: pg_catalog.pg_user_mappings", "only reads, and not the options that hold passwords"),
    ("readonly/end.sql", "one-statement: ", "ends a turn of the channel: rolls back, takes away"),
    ("readonly/limits.sql", "function-not-allowed: pg_catalog.set_config", "settings of a turn of the channel, local to its transaction"),
    ("readonly/terminate.sql", "function-not-allowed: pg_catalog.pg_terminate_backend", "ends a session of our own that ignores its limits"),
    ("run/act_for.sql", "function-not-allowed: set_config", "writing door: the role of a tier"),
    ("run/autovacuum_off.sql", "statement-kind: AlterSystemStmt", "on private servers only"),
    ("run/autovacuum_on.sql", "statement-kind: AlterSystemStmt", "on private servers only"),
    ("run/hanging_rows.sql", "size-limit: format", "only reads; its templates of `format` are of names of columns"),
    ("run/leave_role.sql", "function-not-allowed: set_config", "writing door: the role of a tier"),
    ("run/lock_confirm.sql", "function-not-allowed: pg_advisory_xact_lock", "writing door: the lock of a run"),
    ("run/lock_release.sql", "function-not-allowed: pg_advisory_unlock", "writing door: the lock of a run"),
    ("run/lock_take.sql", "function-not-allowed: pg_try_advisory_lock", "writing door: the lock of a run"),
    ("run/locks.sql", "function-not-allowed: pg_catalog.pg_lock_status", "only reads: who holds which lock"),
    ("run/origin.sql", "function-not-allowed: pg_catalog.pg_replication_origin_session_is_setup", "only reads: is it set in this session?"),
    ("run/reload.sql", "function-not-allowed: pg_catalog.pg_reload_conf", "on private servers only"),
    ("run/reset.sql", "one-statement: ", "writing door: gives up what is left in a session of our own"),
    ("run/settings_apply.sql", "function-not-allowed: set_config", "settings of our own transaction"),
    ("run/synchronous_commit.sql", "function-not-allowed: set_config", "writing door: a commit that outlives a crash"),
    ("run/terminate.sql", "function-not-allowed: pg_catalog.pg_terminate_backend", "in a rehearsal on a clone: the crash drill"),
    ("sync/containers_try.sql", "data-change: InsertStmt", "tried in a transaction that is rolled back"),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "sql") {
            found.push(path);
        }
    }
}

/// Each statement file of `oneroof-pg`, by its name below `src`, and the rule that refuses it.
fn refused() -> (usize, BTreeMap<String, String>) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../oneroof-pg/src");
    let mut all = Vec::new();
    files(&source, &mut all);
    let mut refused = BTreeMap::new();
    for path in &all {
        let text = fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(&source).unwrap().display().to_string();
        if let Err(refusal) =
            guard::admit_with_parameters(text.as_bytes(), &TrustedNames::default(), 9)
        {
            let object = refusal.object.unwrap_or_default();
            refused.insert(name, format!("{}: {object}", refusal.rule));
        }
    }
    (all.len(), refused)
}

#[test]
fn our_own_statements_pass_the_guard_but_for_a_reviewed_list() {
    let (count, refused) = refused();
    assert!(count > 150, "{count} files");
    let reviewed: BTreeMap<String, String> = REVIEWED
        .iter()
        .map(|(file, refused_for, _)| ((*file).to_owned(), (*refused_for).to_owned()))
        .collect();
    assert_eq!(
        refused, reviewed,
        "what is new is looked at: does it only read? Then it is listed with the reason"
    );
    for (file, _, why) in REVIEWED {
        assert!(!why.is_empty(), "{file}");
    }
}
