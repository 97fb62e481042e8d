//! What leads out of a clone: foreign servers, subscriptions and the like. A copy has them as its source has.

use crate::connect::Session;
use crate::error::PgError;

/// The doors of the session's database, in words.
///
/// # Errors
/// What the server says.
pub async fn doors(session: &Session) -> Result<Vec<String>, PgError> {
    let rows = session.query(include_str!("doors.sql"), &[]).await?;
    rows.iter()
        .map(|row| row.try_get("door").map_err(PgError::from))
        .collect()
}
