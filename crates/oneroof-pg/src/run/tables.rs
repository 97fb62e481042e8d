//! Tables that the present transaction created, and the full names of tables.

use crate::connect::Session;
use crate::error::PgError;

/// Tables that the present transaction created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesCreated {
    /// `schema.table` of each permanent one.
    pub tables: Vec<String>,
    /// Number of the last command that created one: where to go on.
    pub command: i64,
}

/// Tables that the present transaction created after its command `command`; -1 for all of them.
pub async fn tables_created(session: &Session, command: i64) -> Result<TablesCreated, PgError> {
    let rows = session
        .query(include_str!("tables_created.sql"), &[&command])
        .await?;
    Ok(TablesCreated {
        command: rows.iter().map(|row| row.get(1)).max().unwrap_or(command),
        tables: rows.iter().map(|row| row.get(0)).collect(),
    })
}

/// `schema.table` of those names that the present search path finds; the others are left out.
pub async fn tables_named(session: &Session, names: &[String]) -> Result<Vec<String>, PgError> {
    let rows = session
        .query(include_str!("tables_named.sql"), &[&names])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
