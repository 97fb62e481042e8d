//! Tables that the present transaction created, and the full names of tables.

use crate::connect::Session;
use crate::error::PgError;

/// Permanent tables that the present transaction created, as `schema.table`.
pub async fn tables_created(session: &Session) -> Result<Vec<String>, PgError> {
    let rows = session
        .query(include_str!("tables_created.sql"), &[])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// `schema.table` of those names that the present search path finds; the others are left out.
pub async fn tables_named(session: &Session, names: &[String]) -> Result<Vec<String>, PgError> {
    let rows = session
        .query(include_str!("tables_named.sql"), &[&names])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
