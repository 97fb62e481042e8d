//! The full names of tables.

use crate::connect::Session;
use crate::error::PgError;

/// `schema.table` of those names that the present search path finds; the others are left out.
pub async fn tables_named(session: &Session, names: &[String]) -> Result<Vec<String>, PgError> {
    let rows = session
        .query(include_str!("tables_named.sql"), &[&names])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
