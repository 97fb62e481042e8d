//! Reads the tables and views of the packages `one-roof-base` and `one-roof` through the present search
//! path, and writes the two things that need no gate: a scan, and the pruning of old scans.
//!
//! A query gives one JSON object a row, built in the database; its Rust type names the members.

pub mod coverage;
pub mod drift;
pub mod events;
pub mod installed;
pub mod matrix;
pub mod names;
pub mod owners;
pub mod prune;
pub mod queue;
pub mod reconcile;
pub mod scan;
pub mod topics;

use serde::de::DeserializeOwned;
use tokio_postgres::types::ToSql;

use crate::connect::Session;
use crate::error::PgError;

/// Sets the present transaction up for reading whole sets of cells.
///
/// # Errors
/// What the server says.
pub async fn plan_settings(session: &Session) -> Result<(), PgError> {
    session
        .query(include_str!("plan_settings.sql"), &[])
        .await?;
    Ok(())
}

/// The rows of a query whose only column is a JSON object.
pub(crate) async fn rows<T: DeserializeOwned>(
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

/// The only row of such a query.
pub(crate) async fn row<T: DeserializeOwned>(
    session: &Session,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<T, PgError> {
    let mut rows = rows(session, sql, params).await?;
    rows.pop().ok_or_else(|| PgError::Client {
        detail: "the query gave no row".into(),
    })
}
