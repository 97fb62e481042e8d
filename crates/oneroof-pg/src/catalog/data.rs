//! The data of a database: count and hash of each table, their digest, and the difference between
//! two of them. The server computes the hashes; rows never leave it.

use oneroof_model::Digest;
use serde::{Deserialize, Serialize};

use super::pinned::Pinned;
use crate::connect::Session;
use crate::error::PgError;

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataOptions {
    /// Schema-qualified tables; `None` for all of them. Names that do not exist are left out.
    pub tables: Option<Vec<String>>,
    /// Columns `schema.table.column` that grow or change by themselves.
    pub volatile_columns: Vec<String>,
    /// What to do with generated keys.
    pub generated_columns: GeneratedColumns,
}

/// Identity and serial columns, generated uuids, and foreign keys to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GeneratedColumns {
    /// Part of the data: before and after a rollback, source and clone.
    #[default]
    Read,
    /// Left out: two runs are compared.
    LeaveOut,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableData {
    /// Schema-qualified.
    pub table: String,
    /// Number of its rows.
    pub rows: u64,
    /// Sum of the hashes of its rows, decimal; does not depend on their order.
    pub hash: String,
}

/// All tables that were read, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataDigest {
    /// The tables.
    pub tables: Vec<TableData>,
}

/// What differs between two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataDiff {
    /// Tables in the first only.
    pub missing: Vec<String>,
    /// Tables in the second only.
    pub new: Vec<String>,
    /// Tables in both, with other rows.
    pub changed: Vec<ChangedTable>,
}

/// A table whose rows differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedTable {
    /// Schema-qualified.
    pub table: String,
    /// Rows in the first.
    pub rows_before: u64,
    /// Rows in the second.
    pub rows_after: u64,
}

impl DataDigest {
    /// One table.
    pub fn get(&self, table: &str) -> Option<&TableData> {
        self.tables
            .binary_search_by(|known| known.table.as_str().cmp(table))
            .ok()
            .map(|place| &self.tables[place])
    }

    /// SHA-256 over all tables, each as a JSON array `[table, rows, hash]` and a line feed.
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        for table in &self.tables {
            text.push_str(&serde_json::json!([table.table, table.rows, table.hash]).to_string());
            text.push('\n');
        }
        Digest::of(text.as_bytes())
    }

    /// What differs between `before` and `after`; empty exactly when their digests are equal.
    pub fn diff(before: &Self, after: &Self) -> DataDiff {
        let mut diff = DataDiff::default();
        for old in &before.tables {
            match after.get(&old.table) {
                None => diff.missing.push(old.table.clone()),
                Some(new) if new != old => diff.changed.push(ChangedTable {
                    table: old.table.clone(),
                    rows_before: old.rows,
                    rows_after: new.rows,
                }),
                Some(_) => {}
            }
        }
        for new in &after.tables {
            if before.get(&new.table).is_none() {
                diff.new.push(new.table.clone());
            }
        }
        diff
    }
}

impl DataDiff {
    /// Nothing differs.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.new.is_empty() && self.changed.is_empty()
    }
}

/// Counts and hashes the tables, all in one snapshot unless the caller is inside a READ COMMITTED
/// transaction. Reads every row of them.
///
/// # Errors
/// What the server says: 42501 where select is missing, also where a row level policy would hide
/// rows (`bypassrls` is the right role attribute then).
pub async fn data(session: &Session, options: &DataOptions) -> Result<DataDigest, PgError> {
    let pinned = Pinned::begin(session).await?;
    let result = read(session, options).await;
    pinned.finish(result).await
}

/// The names of all user tables, sorted: what [`data`] reads by default.
///
/// # Errors
/// What the server says.
pub async fn data_tables(session: &Session) -> Result<Vec<String>, PgError> {
    let pinned = Pinned::begin(session).await?;
    let result = statements(session, &DataOptions::default()).await;
    let statements = pinned.finish(result).await?;
    Ok(statements.into_iter().map(|(table, _)| table).collect())
}

async fn read(session: &Session, options: &DataOptions) -> Result<DataDigest, PgError> {
    let mut tables = Vec::new();
    for (table, statement) in statements(session, options).await? {
        let outcome = session.simple(&statement).await?;
        let row = outcome.rows.into_iter().next().unwrap_or_default();
        let [Some(rows), Some(hash)] = row.as_slice() else {
            return Err(PgError::Client {
                detail: format!("no count came back for `{table}`"),
            });
        };
        tables.push(TableData {
            rows: rows.parse().map_err(|_| PgError::Client {
                detail: format!("`{rows}` is no count of rows"),
            })?,
            hash: hash.clone(),
            table,
        });
    }
    Ok(DataDigest { tables })
}

async fn statements(
    session: &Session,
    options: &DataOptions,
) -> Result<Vec<(String, String)>, PgError> {
    let leave_out = options.generated_columns == GeneratedColumns::LeaveOut;
    let rows = session
        .query(
            include_str!("data.sql"),
            &[&options.tables, &options.volatile_columns, &leave_out],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("identity")?, row.try_get("statement")?)))
        .collect()
}
