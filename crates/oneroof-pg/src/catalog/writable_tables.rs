//! How much a role could write: the second half of the proof that a source was only read.

use std::collections::BTreeMap;

use crate::connect::Session;
use crate::error::PgError;

/// Number of tables and sequences outside the system's schemas that each of these roles could write
/// to. A role that does not exist is left out.
///
/// # Errors
/// What the server says.
pub async fn writable_tables(
    session: &Session,
    roles: &[String],
) -> Result<BTreeMap<String, i64>, PgError> {
    let rows = session
        .query(include_str!("writable_tables.sql"), &[&roles])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
