//! A few rows for tables, made from what the catalog says about their columns, and what the columns of tables hold: so
//! that a migration shows what it does to data.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// A table, parents (by foreign keys) before children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleTable {
    /// Its OID.
    pub oid: u32,
    /// Schema-qualified.
    pub identity: String,
    /// Was it named itself, or is it only referred to?
    pub named: bool,
}

/// What the columns of one table hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableContent {
    /// Number of rows.
    pub rows: u64,
    /// Column -> sum of the hashes of its values.
    pub columns: BTreeMap<String, String>,
}

/// The tables of these names (schema, if one was written, and name), and those that their foreign keys refer to. No
/// names: all tables.
///
/// # Errors
/// What the server says.
pub async fn tables(
    session: &Session,
    names: Option<&[(Option<String>, String)]>,
) -> Result<Vec<SampleTable>, PgError> {
    let schemas: Option<Vec<Option<String>>> =
        names.map(|names| names.iter().map(|(schema, _)| schema.clone()).collect());
    let plain: Option<Vec<String>> =
        names.map(|names| names.iter().map(|(_, name)| name.clone()).collect());
    let rows = session
        .query(include_str!("tables.sql"), &[&schemas, &plain])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(SampleTable {
                oid: row.try_get(0)?,
                identity: row.try_get(1)?,
                named: row.try_get(2)?,
            })
        })
        .collect()
}

/// Puts three rows into each of the tables, in the session's transaction; gives what stands in the way, by table.
///
/// # Errors
/// What the server says, apart from rows that it refuses.
pub async fn fill(
    session: &Session,
    tables: &[SampleTable],
) -> Result<Vec<(String, String)>, PgError> {
    let oids: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let statements = session.query(include_str!("rows.sql"), &[&oids]).await?;
    let mut refused = Vec::new();
    for row in &statements {
        let (identity, statement): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        session.simple("savepoint oneroof_sample").await?;
        match session.simple(&statement).await {
            Ok(_) => {
                session.simple("release savepoint oneroof_sample").await?;
            }
            Err(error) => {
                session
                    .simple("rollback to savepoint oneroof_sample")
                    .await?;
                refused.push((identity, error.to_string()));
            }
        }
    }
    Ok(refused)
}

/// What the tables hold now, by their names; a table that is not there any more is not in it.
///
/// # Errors
/// What the server says.
pub async fn contents(
    session: &Session,
    identities: &[String],
) -> Result<BTreeMap<String, TableContent>, PgError> {
    let statements = session
        .query(include_str!("contents.sql"), &[&identities])
        .await?;
    let mut contents = BTreeMap::new();
    for row in &statements {
        let (identity, statement): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let outcome = session.simple(&statement).await?;
        let values = outcome.rows.into_iter().next().unwrap_or_default();
        let mut values = values.into_iter().map(Option::unwrap_or_default);
        let rows = values.next().unwrap_or_default();
        let names = outcome.columns.into_iter().skip(1);
        let content = TableContent {
            rows: rows.parse().map_err(|_| PgError::Client {
                detail: format!("`{rows}` is no count of rows"),
            })?,
            columns: names.zip(values).collect(),
        };
        contents.insert(identity, content);
    }
    Ok(contents)
}
