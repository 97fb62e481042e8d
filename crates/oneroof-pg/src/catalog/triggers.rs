//! The triggers of a database.

use crate::connect::Session;
use crate::error::PgError;

/// A trigger that somebody made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerFound {
    /// Its name.
    pub name: String,
    /// Schema of its table.
    pub schema: String,
    /// Its table.
    pub on_relation: String,
    /// `name on schema.table`, quoted.
    pub identity: String,
}

/// All of them, those of schema `oneroof` apart.
///
/// # Errors
/// What the server says.
pub async fn triggers(session: &Session) -> Result<Vec<TriggerFound>, PgError> {
    let rows = session.query(include_str!("triggers.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(TriggerFound {
                name: row.try_get("name")?,
                schema: row.try_get("schema")?,
                on_relation: row.try_get("on_relation")?,
                identity: row.try_get("identity")?,
            })
        })
        .collect()
}
