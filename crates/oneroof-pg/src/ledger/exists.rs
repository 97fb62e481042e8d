//! Was this database adopted?

use crate::connect::Session;
use crate::error::PgError;

/// Is there a ledger in the session's database? Needs no right.
///
/// # Errors
/// What the server says.
pub async fn exists(session: &Session) -> Result<bool, PgError> {
    let rows = session.query(include_str!("exists.sql"), &[]).await?;
    match rows.first() {
        Some(row) => Ok(row.try_get("ledger_exists")?),
        None => Ok(false),
    }
}
