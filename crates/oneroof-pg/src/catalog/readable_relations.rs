//! What a role may look at: the visible part of a database.

use crate::connect::Session;
use crate::error::PgError;

/// Tables and views outside the system's schemas that a role may read, as `schema.name`, sorted.
///
/// # Errors
/// What the server says; a role that does not exist.
pub async fn readable_relations(session: &Session, role: &str) -> Result<Vec<String>, PgError> {
    let rows = session
        .query(include_str!("readable_relations.sql"), &[&role])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
