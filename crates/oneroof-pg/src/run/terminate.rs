//! Ends another session from outside, as a crash of its server process would.

use crate::connect::Session;
use crate::error::PgError;

/// Terminates the backend `pid` and waits until it is gone. `false`: there was none, or it is still there.
///
/// # Errors
/// What the server says: 42501 unless the session's role may do this.
pub async fn terminate(session: &Session, pid: i32) -> Result<bool, PgError> {
    let rows = session
        .query(include_str!("terminate.sql"), &[&pid])
        .await?;
    match rows.first() {
        Some(row) => Ok(row.try_get("gone")?),
        None => Ok(false),
    }
}
