//! Reads what a change of governance needs to know and what it did, through the present search path.
//!
//! A query gives one JSON object a row, built in the database; its Rust type names the members.

mod effects;
mod facts;
mod rows;
mod turn;

pub use effects::{AxisCoverage, Cell, Effects, Finding, effects};
pub use facts::{
    Agency, Assignment, Compared, Decided, Facts, GovernedObject, Holder, Scope, Value,
    assignments, compared, facts, holders,
};
pub use rows::{Snapshot, SnapshotRow, TABLES, snapshot};
pub use turn::take_turn;

use serde::de::DeserializeOwned;
use tokio_postgres::types::ToSql;

use crate::connect::Session;
use crate::error::PgError;

/// The rows of a query whose only column is a JSON object.
async fn read<T: DeserializeOwned>(
    session: &Session,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<T>, PgError> {
    let rows = session.query(sql, params).await?;
    rows.iter()
        .map(|row| {
            let json: serde_json::Value = row.try_get(0)?;
            serde_json::from_value(json).map_err(|error| PgError::Client {
                detail: format!("a row has not the shape that was expected: {error}"),
            })
        })
        .collect()
}
