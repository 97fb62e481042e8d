//! One change of governance at a time: a lock that ends with the transaction.

use crate::connect::Session;
use crate::error::PgError;

/// Takes the turn for the present transaction; waits as long as `lock_timeout` lets it.
///
/// # Errors
/// What the server says: 55P03 where somebody else keeps it.
pub async fn take_turn(session: &Session) -> Result<(), PgError> {
    session.query(include_str!("turn_take.sql"), &[]).await?;
    Ok(())
}
