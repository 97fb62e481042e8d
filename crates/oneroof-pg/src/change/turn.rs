//! One change of governance at a time: a lock that ends with the transaction.

use crate::connect::Session;
use crate::error::PgError;

/// Who has the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnHolder {
    /// Process id of its session.
    pub pid: i32,
    /// Its role.
    pub role: Option<String>,
    /// Its `application_name`.
    pub application: Option<String>,
    /// Since when its transaction runs, UTC.
    pub since: Option<String>,
}

/// Takes the turn for the present transaction; waits as long as `lock_timeout` lets it.
///
/// # Errors
/// What the server says: 55P03 where somebody else keeps it.
pub async fn take_turn(session: &Session) -> Result<(), PgError> {
    session.query(include_str!("turn_take.sql"), &[]).await?;
    Ok(())
}

/// Who has it, asked in another transaction.
///
/// # Errors
/// What the server says.
pub async fn turn_holder(session: &Session) -> Result<Option<TurnHolder>, PgError> {
    let rows = session.query(include_str!("turn_holder.sql"), &[]).await?;
    rows.first()
        .map(|row| {
            Ok(TurnHolder {
                pid: row.try_get(0)?,
                role: row.try_get(1)?,
                application: row.try_get(2)?,
                since: row.try_get(3)?,
            })
        })
        .transpose()
}
