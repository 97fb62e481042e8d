//! What the present transaction did to rows, from the counters behind `pg_stat_xact_user_tables`.
//!
//! The counters carry over from earlier transactions of the session, so they are read at the
//! start and subtracted; they include attempts of aborted sub-transactions and don't see TRUNCATE.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// Row operations on one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowOperations {
    /// `schema.table`, quoted where needed.
    pub table: String,
    /// Rows inserted.
    pub inserted: i64,
    /// Rows updated.
    pub updated: i64,
    /// Rows deleted.
    pub deleted: i64,
}

impl RowOperations {
    /// What came since `earlier`: only tables with at least one operation.
    pub fn since(now: &[RowOperations], earlier: &[RowOperations]) -> Vec<RowOperations> {
        now.iter()
            .map(|table| {
                let zero = RowOperations {
                    table: table.table.clone(),
                    inserted: 0,
                    updated: 0,
                    deleted: 0,
                };
                let before = earlier
                    .iter()
                    .find(|other| other.table == table.table)
                    .unwrap_or(&zero);
                RowOperations {
                    table: table.table.clone(),
                    inserted: table.inserted - before.inserted,
                    updated: table.updated - before.updated,
                    deleted: table.deleted - before.deleted,
                }
            })
            .filter(|table| table.inserted != 0 || table.updated != 0 || table.deleted != 0)
            .collect()
    }
}

/// The counters of this session's present transaction, for tables outside the system's schemas
/// and schema `oneroof`.
pub async fn row_operations(session: &Session) -> Result<Vec<RowOperations>, PgError> {
    let rows = session.query(include_str!("row_counters.sql"), &[]).await?;
    Ok(rows
        .iter()
        .map(|row| RowOperations {
            table: row.get(0),
            inserted: row.get(1),
            updated: row.get(2),
            deleted: row.get(3),
        })
        .collect())
}
