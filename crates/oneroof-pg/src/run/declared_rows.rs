//! The primary keys of rows that a tier declares as its own: `[[tier.rows]]`.

use crate::connect::Session;
use crate::run::value::ValueFault;

/// Keys of the rows of one table that fulfil a predicate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeclaredRows {
    /// As written in the package.
    pub table: String,
    /// As written in the package.
    pub predicate: String,
    /// Each key as a JSON array of the key columns' values as text, sorted.
    pub keys: Vec<serde_json::Value>,
}

/// Reads the keys, through the present search path and settings. A table that does not exist (yet)
/// has none; a table without primary key is a fault, because its rows could not be told apart.
///
/// `predicate` must have been found to be one expression (`oneroof_sql::query::check_predicate`).
pub async fn declared_rows(
    session: &Session,
    table: &str,
    predicate: &str,
) -> Result<DeclaredRows, ValueFault> {
    let none = || DeclaredRows {
        table: table.to_owned(),
        predicate: predicate.to_owned(),
        keys: Vec::new(),
    };
    let rows = session
        .query(include_str!("declared_rows.sql"), &[&table])
        .await?;
    let Some(row) = rows.first() else {
        return Ok(none());
    };
    let Some(select) = row.get::<_, Option<String>>(0) else {
        return Err(ValueFault::Shape(format!(
            "table `{table}` has no primary key, so its rows have no name"
        )));
    };
    // The server built everything but the predicate, which is the package's own text.
    let outcome = session
        .simple(&format!("{select} where ({predicate}\n) order by 1"))
        .await?;
    Ok(DeclaredRows {
        keys: outcome
            .rows
            .iter()
            .filter_map(|row| row.first().cloned().flatten())
            .filter_map(|text| serde_json::from_str(&text).ok())
            .collect(),
        ..none()
    })
}

/// Deletes rows of a table by the keys that [`declared_rows`] read; gives the statement and how many it
/// deleted.
pub async fn delete_rows(
    session: &Session,
    table: &str,
    keys: &[serde_json::Value],
) -> Result<(String, u64), ValueFault> {
    let rows = session
        .query(include_str!("declared_rows_delete.sql"), &[&table])
        .await?;
    let statement = match rows.first() {
        Some(row) => row.get::<_, Option<String>>(0),
        None => None,
    };
    let Some(statement) = statement else {
        return Err(ValueFault::Shape(format!(
            "table `{table}` is gone, or has no primary key"
        )));
    };
    let deleted = session
        .query(
            &format!("with gone as ({statement} returning 1) select count(*) from gone"),
            &[&keys],
        )
        .await?;
    let count: i64 = match deleted.first() {
        Some(row) => row.get(0),
        None => 0,
    };
    Ok((statement, count.unsigned_abs()))
}
