//! The transaction of a tier: how it begins, and how it returns to the role of its session.

use crate::connect::Session;
use crate::error::PgError;

/// Begins a transaction that writes. Its commit must outlive a crash of the server before anybody is
/// told that it is done, so `synchronous_commit = off` does not hold for it.
///
/// # Errors
/// What the server says.
pub async fn begin_writing(session: &Session) -> Result<(), PgError> {
    session
        .simple("begin transaction isolation level read committed")
        .await?;
    session
        .query(include_str!("synchronous_commit.sql"), &[])
        .await?;
    Ok(())
}

/// Leaves the role of a tier (`run_as`) for the role that signed in: only that one may write to the
/// ledger.
///
/// # Errors
/// What the server says.
pub async fn leave_role(session: &Session) -> Result<(), PgError> {
    session.query(include_str!("leave_role.sql"), &[]).await?;
    Ok(())
}

/// Turns a superuser's session into one of `role` for the rest of the transaction, so that nothing it
/// does afterwards can rest on the superuser's rights.
///
/// # Errors
/// What the server says.
pub async fn act_for(session: &Session, role: &str) -> Result<(), PgError> {
    session.query(include_str!("act_for.sql"), &[&role]).await?;
    Ok(())
}
