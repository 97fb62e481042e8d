//! The mark of a clone: the database setting `oneroof.mark`. This module reads and writes the raw
//! text; whether a mark is to be believed is decided by [`crate::clone::valid_mark`].

use crate::connect::Session;
use crate::error::PgError;

/// The raw mark of the session's database, read from `pg_db_role_setting`.
///
/// # Errors
/// What the server says.
pub async fn mark(session: &Session) -> Result<Option<String>, PgError> {
    let rows = session.query(include_str!("mark.sql"), &[]).await?;
    match rows.first() {
        Some(row) => Ok(row.try_get("mark")?),
        None => Ok(None),
    }
}

/// Marks a database of the session's server; sessions that are opened later see it.
///
/// # Errors
/// What the server says: only the owner of the database or a superuser may do this.
pub async fn write_mark(session: &Session, database: &str, mark: &str) -> Result<(), PgError> {
    run(session, database, mark, "write_mark").await
}

/// Takes the mark of a database away: it is a production from then on.
///
/// # Errors
/// What the server says: only the owner of the database or a superuser may do this.
pub async fn remove_mark(session: &Session, database: &str) -> Result<(), PgError> {
    run(session, database, "", "remove_mark").await
}

async fn run(session: &Session, database: &str, mark: &str, which: &str) -> Result<(), PgError> {
    let rows = session
        .query(include_str!("mark_write.sql"), &[&database, &mark])
        .await?;
    for row in rows {
        session.simple(row.try_get(which)?).await?;
    }
    Ok(())
}
