//! Did the running transaction write? A transaction gets an id with its first write, and only then.

use crate::connect::Session;
use crate::error::PgError;

/// The id of the running transaction, `None` while it wrote nothing.
///
/// # Errors
/// What the server says.
pub async fn assigned_transaction_id(session: &Session) -> Result<Option<u64>, PgError> {
    let row = session.query(include_str!("transaction.sql"), &[]).await?;
    let id: Option<String> = match row.first() {
        Some(row) => row.try_get("transaction_id")?,
        None => None,
    };
    id.map(|id| {
        id.parse().map_err(|_| PgError::Client {
            detail: format!("`{id}` is no transaction id"),
        })
    })
    .transpose()
}
