//! The canonical text of an entry, as `sql/ledger/code/20_append.sql` documents it: computed here
//! once more, so that the database is not its own judge.

use std::fmt::Write as _;

use oneroof_model::Digest;

use super::LedgerEntry;

/// What the hash of an entry must be.
pub(super) fn entry_hash(entry: &LedgerEntry) -> String {
    Digest::of(canonical_entry(entry).as_bytes()).to_string()
}

fn canonical_entry(entry: &LedgerEntry) -> String {
    let seq = entry.seq.to_string();
    let lines: [(&str, Option<&str>); 12] = [
        ("prev_hash", Some(&entry.prev_hash)),
        ("seq", Some(&seq)),
        ("at", Some(&entry.at_text)),
        ("kind", Some(&entry.kind)),
        ("run_id", entry.run_id.as_deref()),
        ("package_digest", entry.package_digest.as_deref()),
        ("params_digest", entry.params_digest.as_deref()),
        ("tier", entry.tier.as_deref()),
        ("statement", entry.statement.as_deref()),
        ("body", Some(&entry.body_text)),
        ("operator", Some(&entry.operator)),
        ("engine_version", entry.engine_version.as_deref()),
    ];
    let mut text = "oneroof.entry/1\n".to_owned();
    for (name, value) in lines {
        // Writing to a string cannot fail.
        let _ = match value {
            Some(value) => writeln!(text, "{name}={}:{value}", value.len()),
            None => writeln!(text, "{name}=null"),
        };
    }
    text
}
