//! Which relations exist, by name.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// One name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelationFound {
    /// The name as it was asked for.
    pub name: String,
    /// Does it exist?
    pub found: bool,
    /// `pg_class.relkind`, if it exists.
    pub kind: Option<String>,
}

/// Looks names up, in the order given. A name without a schema follows the session's search path.
///
/// # Errors
/// What the server says, for example 22023 for a text that is no name.
pub async fn relations(session: &Session, names: &[&str]) -> Result<Vec<RelationFound>, PgError> {
    let rows = session
        .query(include_str!("relations.sql"), &[&names])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(RelationFound {
                name: row.try_get("name")?,
                found: row.try_get("found")?,
                kind: row.try_get("kind")?,
            })
        })
        .collect()
}
