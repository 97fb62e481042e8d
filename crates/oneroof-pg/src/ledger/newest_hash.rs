//! The head of the ledger: what evidence keeps, so that a tail that was cut off shows.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// The newest entry's number and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// Number of the entry.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// Reads the head; `None` if the ledger is empty, which after an adopt means that it was cut off.
///
/// # Errors
/// What the server says.
pub async fn newest_hash(session: &Session) -> Result<Option<LedgerHead>, PgError> {
    let rows = session.query(include_str!("newest_hash.sql"), &[]).await?;
    rows.first()
        .map(|row| {
            Ok(LedgerHead {
                seq: row.try_get::<_, i64>("seq")?.unsigned_abs(),
                hash: row.try_get("hash")?,
            })
        })
        .transpose()
}
