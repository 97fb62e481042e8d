//! Writing to the ledger.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// What an entry tells. The database checks the word too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The schema was installed; always the first entry, written by the adopt itself.
    Adopted,
    /// A run began.
    RunStarted,
    /// A tier that commits on its way began: one outside a transaction, or in batches.
    TierStarted,
    /// A statement of a tier outside a transaction begins.
    StatementStarted,
    /// A statement of a tier outside a transaction is done.
    StatementDone,
    /// A batch of a tier is done; in the batch's own transaction.
    BatchDone,
    /// A tier is done; in the tier's own transaction.
    TierApplied,
    /// All tiers of a run are done.
    RunFinished,
    /// A run stopped after it had changed something.
    RunFailed,
    /// A tier was undone; in the transaction that undid it.
    TierRolledBack,
    /// A whole release was undone.
    ReleaseRolledBack,
    /// A fixture was sealed: the database is a production from here on.
    Sealed,
    /// Approvals were consumed, for good.
    ApprovalUsed,
    /// Anything else worth keeping, a correction for example.
    Note,
}

impl EntryKind {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adopted => "adopted",
            Self::RunStarted => "run_started",
            Self::TierStarted => "tier_started",
            Self::StatementStarted => "statement_started",
            Self::StatementDone => "statement_done",
            Self::BatchDone => "batch_done",
            Self::TierApplied => "tier_applied",
            Self::RunFinished => "run_finished",
            Self::RunFailed => "run_failed",
            Self::TierRolledBack => "tier_rolled_back",
            Self::ReleaseRolledBack => "release_rolled_back",
            Self::Sealed => "sealed",
            Self::ApprovalUsed => "approval_used",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What the ledger answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendedEntry {
    /// Number of the new entry.
    pub seq: u64,
    /// Its hash: the head of the chain, if the transaction commits.
    pub hash: String,
}

/// Appends one entry in the caller's transaction; see [`append_all`].
///
/// # Errors
/// As [`append_all`].
pub async fn append(
    session: &Session,
    kind: EntryKind,
    body: &serde_json::Value,
) -> Result<AppendedEntry, PgError> {
    append_all(session, kind, std::slice::from_ref(body))
        .await?
        .ok_or_else(|| PgError::Client {
            detail: "`oneroof.append` gave no row".to_owned(),
        })
}

/// Appends an entry for each body, in their order, in the caller's transaction and as the session's
/// current role, who needs execute on `oneroof.append` (the apply role has it; a tier's `run_as` role has
/// not). Gives the last one.
///
/// `run_id`, `package_digest`, `params_digest`, `tier` and `statement` of a body become columns;
/// `engine_version` is added if the body has none. Two appending transactions wait for each other.
///
/// # Errors
/// What the server says: 22023 and 23514 for a body or kind that it does not take, 42501 without
/// the right, 3F000 in a database that was not adopted, 55P03 where `lock_timeout` ran out.
pub async fn append_all(
    session: &Session,
    kind: EntryKind,
    bodies: &[serde_json::Value],
) -> Result<Option<AppendedEntry>, PgError> {
    let mut bodies = bodies.to_vec();
    for members in bodies
        .iter_mut()
        .filter_map(serde_json::Value::as_object_mut)
    {
        members
            .entry("engine_version")
            .or_insert_with(|| env!("CARGO_PKG_VERSION").into());
    }
    let rows = session
        .query(include_str!("append.sql"), &[&kind.as_str(), &bodies])
        .await?;
    let Some(row) = rows.last() else {
        return Ok(None);
    };
    let seq: i64 = row.try_get("seq")?;
    Ok(Some(AppendedEntry {
        seq: seq.unsigned_abs(),
        hash: row.try_get("hash")?,
    }))
}
