//! A database seen from another one of its server: what is known of a golden clone, which admits no
//! connections, without ever opening it.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// What the server says about one of its databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseState {
    /// Its OID.
    pub oid: u32,
    /// Its owner.
    pub owner: String,
    /// Does it admit connections?
    pub accepts_connections: bool,
    /// Its raw mark, if it bears one.
    pub mark: Option<String>,
    /// Who is connected to it, and transactions that are prepared in it, in words.
    pub sessions: Vec<String>,
}

/// Reads the state of database `name`; `None` if there is no such database. Sessions with these process
/// ids are our own and are left out.
///
/// # Errors
/// What the server says.
pub async fn database_state(
    session: &Session,
    name: &str,
    own_pids: &[i32],
) -> Result<Option<DatabaseState>, PgError> {
    let rows = session
        .query(include_str!("database_state.sql"), &[&name, &own_pids])
        .await?;
    rows.first()
        .map(|row| {
            Ok(DatabaseState {
                oid: row.try_get("oid")?,
                owner: row.try_get("owner")?,
                accepts_connections: row.try_get("accepts_connections")?,
                mark: row.try_get("mark")?,
                sessions: row.try_get("sessions")?,
            })
        })
        .transpose()
}

/// Opens a database of the session's server for connections, or closes it. Sessions that are there stay.
///
/// # Errors
/// What the server says: only the owner of the database or a superuser may do this.
pub async fn open_database(session: &Session, name: &str, open: bool) -> Result<(), PgError> {
    let rows = session
        .query(include_str!("open_database.sql"), &[&name, &open])
        .await?;
    for row in rows {
        session.simple(row.try_get("statement")?).await?;
    }
    Ok(())
}
