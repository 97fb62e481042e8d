//! Which locks the present transaction holds on relations, and what these are called.
//!
//! Both are read in the tier's own session: another one would wait for the very locks that it asks about.

use std::collections::BTreeMap;

use oneroof_model::locks::LockMode;

use crate::connect::Session;
use crate::error::PgError;

/// A relation that was there when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockableRelation {
    /// `schema.name`, quoted where needed.
    pub name: String,
    /// `table`, `view`, `index`, …
    pub kind: &'static str,
}

/// Every relation whose locks somebody can notice, by OID.
pub async fn lockable_relations(
    session: &Session,
) -> Result<BTreeMap<u32, LockableRelation>, PgError> {
    let rows = session
        .query(include_str!("lockable_relations.sql"), &[])
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let relation = LockableRelation {
                name: row.get(1),
                kind: kind(row.get(2)),
            };
            (row.get(0), relation)
        })
        .collect())
}

/// The locks on relations that the session's present transaction holds, those on the system's own apart.
pub async fn locks(session: &Session) -> Result<Vec<(u32, LockMode)>, PgError> {
    // By the simple protocol: it is asked after every statement, and needs one round trip instead of two.
    let outcome = session.simple(include_str!("locks.sql")).await?;
    Ok(outcome
        .rows
        .iter()
        .filter_map(|row| match &row[..] {
            // A mode without a place in the table (SIReadLock) blocks nobody.
            [Some(oid), Some(mode)] => Some((oid.parse().ok()?, LockMode::of_pg_locks(mode)?)),
            _ => None,
        })
        .collect())
}

fn kind(relkind: &str) -> &'static str {
    match relkind {
        "r" => "table",
        "p" => "partitioned table",
        "v" => "view",
        "m" => "materialized view",
        "f" => "foreign table",
        "S" => "sequence",
        _ => "index",
    }
}
