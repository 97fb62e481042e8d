//! The schemas of a database, and how many relations of each kind they hold.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// One schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaFacts {
    /// Its name, without quotes.
    pub name: String,
    /// Permanent ordinary and partitioned tables.
    pub tables: i64,
    /// Views.
    pub views: i64,
    /// Materialized views.
    pub materialized_views: i64,
    /// Foreign tables.
    pub foreign_tables: i64,
    /// Unlogged tables.
    pub unlogged_tables: i64,
}

/// Every schema with relations of the users, by name.
///
/// # Errors
/// What the server says.
pub async fn schemas(session: &Session) -> Result<Vec<SchemaFacts>, PgError> {
    let rows = session.query(include_str!("schemas.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(SchemaFacts {
                name: row.try_get("name")?,
                tables: row.try_get("tables")?,
                views: row.try_get("views")?,
                materialized_views: row.try_get("materialized_views")?,
                foreign_tables: row.try_get("foreign_tables")?,
                unlogged_tables: row.try_get("unlogged_tables")?,
            })
        })
        .collect()
}
