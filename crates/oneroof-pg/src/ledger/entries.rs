//! Reading the ledger.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// Entries that are asked for at a time.
pub(super) const BATCH: i64 = 1000;

/// One entry. The fields are the columns of `oneroof.entry`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// 1, 2, 3 without a gap.
    pub seq: u64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The word of an [`EntryKind`](super::EntryKind).
    pub kind: String,
    /// Run that it belongs to.
    pub run_id: Option<String>,
    /// Package that it is about.
    pub package_digest: Option<String>,
    /// Parameters of the run.
    pub params_digest: Option<String>,
    /// Tier that it is about.
    pub tier: Option<String>,
    /// Statement that it is about.
    pub statement: Option<String>,
    /// Everything else.
    pub body: serde_json::Value,
    /// Login that wrote it.
    pub operator: String,
    /// Version of oneroof.
    pub engine_version: Option<String>,
    /// Hash of the entry before; of the first one, the genesis.
    pub prev_hash: String,
    /// SHA-256 of the canonical text.
    pub hash: String,
    /// `at` as it was hashed.
    #[serde(skip)]
    pub at_text: String,
    /// `body` as it was hashed.
    #[serde(skip)]
    pub body_text: String,
}

/// All entries after `after_seq` (0 for all), in order.
///
/// # Errors
/// What the server says: 42501 without select on `oneroof.entry`, 42P01 in a database that was not
/// adopted.
pub async fn entries(session: &Session, after_seq: u64) -> Result<Vec<LedgerEntry>, PgError> {
    read(session, after_seq, include_str!("entries.sql")).await
}

/// The same without what is long and no decision needs: the objects that each tier made, and the text
/// that was hashed.
///
/// # Errors
/// As [`entries`].
pub async fn entries_in_short(
    session: &Session,
    after_seq: u64,
) -> Result<Vec<LedgerEntry>, PgError> {
    read(session, after_seq, include_str!("entries_in_short.sql")).await
}

async fn read(session: &Session, after_seq: u64, query: &str) -> Result<Vec<LedgerEntry>, PgError> {
    let mut all = Vec::new();
    let mut after = after_seq;
    loop {
        let some = ask(session, after, query).await?;
        let is_last = i64::try_from(some.len()).is_ok_and(|count| count < BATCH);
        after = some.last().map_or(after, |last| last.seq);
        all.extend(some);
        if is_last {
            return Ok(all);
        }
    }
}

/// The next entries after `after_seq`, at most [`BATCH`].
pub(super) async fn batch(session: &Session, after_seq: u64) -> Result<Vec<LedgerEntry>, PgError> {
    ask(session, after_seq, include_str!("entries.sql")).await
}

async fn ask(session: &Session, after_seq: u64, query: &str) -> Result<Vec<LedgerEntry>, PgError> {
    let after_seq = i64::try_from(after_seq).unwrap_or(i64::MAX);
    let rows = session.query(query, &[&after_seq, &BATCH]).await?;
    rows.iter()
        .map(|row| {
            Ok(LedgerEntry {
                seq: row.try_get::<_, i64>("seq")?.unsigned_abs(),
                at: row.try_get("at")?,
                kind: row.try_get("kind")?,
                run_id: row.try_get("run_id")?,
                package_digest: row.try_get("package_digest")?,
                params_digest: row.try_get("params_digest")?,
                tier: row.try_get("tier")?,
                statement: row.try_get("statement")?,
                body: row.try_get("body")?,
                operator: row.try_get("operator")?,
                engine_version: row.try_get("engine_version")?,
                prev_hash: row.try_get("prev_hash")?,
                hash: row.try_get("hash")?,
                at_text: row.try_get("at_text")?,
                body_text: row.try_get("body_text")?,
            })
        })
        .collect()
}
