//! Row operations of the present transaction, by table and by catalog.
//!
//! The counters carry over from earlier transactions of a session, so the session must be fresh; they
//! include what rolled-back sub-transactions attempted on a table that the transaction still holds a lock on,
//! and don't see TRUNCATE.

use oneroof_model::RowOperations;

use crate::connect::Session;
use crate::error::PgError;

/// What the counters of a session say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// Tables outside the system's schemas and schema `oneroof`, as `schema.table`.
    pub(super) tables: Vec<RowOperations>,
    /// The system's catalogs, by their plain names.
    pub(super) catalogs: Vec<RowOperations>,
}

pub(super) const COUNTERS: &str = include_str!("counters.sql");

/// Reads the counters; only tables with at least one operation.
pub(super) async fn counters(session: &Session) -> Result<Counters, PgError> {
    let mut counters = Counters::default();
    for row in session.query(COUNTERS, &[]).await? {
        let operations = RowOperations {
            table: row.try_get(1)?,
            inserted: row.try_get(2)?,
            updated: row.try_get(3)?,
            deleted: row.try_get(4)?,
        };
        match row.try_get(0)? {
            true => counters.catalogs.push(operations),
            false => counters.tables.push(operations),
        }
    }
    Ok(counters)
}
