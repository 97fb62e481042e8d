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
    /// Columns `schema.table.column` that grow or change by themselves; `table.column` means the
    /// table of that name in every schema.
    pub volatile_columns: Vec<String>,
    /// Tables, quoted and qualified, whose rows a clone does not have: reading them would fail.
    pub not_copied: Vec<String>,
    /// What to do with generated keys.
    pub generated_columns: GeneratedColumns,
    /// What to do with the order of the rows.
    pub row_order: RowOrder,
}

/// The order in which a table gives its rows when nobody asks for one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RowOrder {
    /// Not looked at.
    #[default]
    Ignore,
    /// Hashed too, beside the other hash; each table is then read by one process.
    Read,
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
    /// The same with the place of each row mixed in, if [`RowOrder::Read`] was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_hash: Option<String>,
    /// Columns that were left out of both hashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
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
    /// Tables in both with the same rows in another order, as far as the order was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reordered: Vec<String>,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataProgress<'a> {
    /// The table that is read now.
    pub table: &'a str,
    /// Tables that were read.
    pub done: usize,
    /// Tables in all.
    pub of: usize,
}

/// How two data digests compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataVerdict {
    /// The same rows, in the same order if it was read.
    Same,
    /// The same rows; at least one table gives them in another order.
    SameInAnotherOrder,
    /// Other tables or other rows.
    Different,
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

    /// SHA-256 over all tables, each as a JSON array `[table, rows, hash]` and a line feed; columns
    /// that were left out follow as a fourth member. The order of rows is no part of it.
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        for table in &self.tables {
            let line = match table.left_out.as_slice() {
                [] => serde_json::json!([table.table, table.rows, table.hash]),
                left_out => serde_json::json!([table.table, table.rows, table.hash, left_out]),
            };
            text.push_str(&line.to_string());
            text.push('\n');
        }
        Digest::of(text.as_bytes())
    }

    /// What differs between `before` and `after`.
    pub fn diff(before: &Self, after: &Self) -> DataDiff {
        let mut diff = DataDiff::default();
        for old in &before.tables {
            match after.get(&old.table) {
                None => diff.missing.push(old.table.clone()),
                Some(new) if !old.has_same_rows(new) => diff.changed.push(ChangedTable {
                    table: old.table.clone(),
                    rows_before: old.rows,
                    rows_after: new.rows,
                }),
                Some(new) if old.has_other_order(new) => diff.reordered.push(old.table.clone()),
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

impl TableData {
    fn has_same_rows(&self, other: &Self) -> bool {
        (self.rows, &self.hash, &self.left_out) == (other.rows, &other.hash, &other.left_out)
    }

    fn has_other_order(&self, other: &Self) -> bool {
        matches!((&self.order_hash, &other.order_hash), (Some(one), Some(two)) if one != two)
    }
}

impl DataDiff {
    /// The same rows everywhere: exactly when the digests are equal.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.new.is_empty() && self.changed.is_empty()
    }

    /// The verdict in one word.
    pub fn verdict(&self) -> DataVerdict {
        match (self.is_empty(), self.reordered.is_empty()) {
            (true, true) => DataVerdict::Same,
            (true, false) => DataVerdict::SameInAnotherOrder,
            (false, _) => DataVerdict::Different,
        }
    }
}

/// Counts and hashes the tables, all in one snapshot unless the caller is inside a READ COMMITTED
/// transaction. Reads every row of them.
///
/// # Errors
/// What the server says: 42501 where select is missing, also where a row level policy would hide
/// rows (`bypassrls` is the right role attribute then).
pub async fn data(session: &Session, options: &DataOptions) -> Result<DataDigest, PgError> {
    data_with_progress(session, options, |_| {}).await
}

/// As [`data`]; `progress` hears before each table which one is read, and of how many.
///
/// # Errors
/// As [`data`].
pub async fn data_with_progress(
    session: &Session,
    options: &DataOptions,
    progress: impl FnMut(DataProgress<'_>),
) -> Result<DataDigest, PgError> {
    let pinned = Pinned::begin(session).await?;
    let result = read(session, options, progress).await;
    pinned.finish(result).await
}

/// The data of a run, to be compared with that of another run of the same release: a resumed and an
/// unbroken one. Without generated keys and what refers to them, and without the columns that the
/// release calls volatile (`[effects].volatile_columns`).
///
/// # Errors
/// As [`data`].
pub async fn data_digest_of_run(
    session: &Session,
    volatile_columns: &[String],
) -> Result<DataDigest, PgError> {
    let options = DataOptions {
        volatile_columns: volatile_columns.to_vec(),
        generated_columns: GeneratedColumns::LeaveOut,
        ..DataOptions::default()
    };
    data(session, &options).await
}

/// The names of all user tables, sorted: what [`data`] reads by default.
///
/// # Errors
/// What the server says.
pub async fn data_tables(session: &Session) -> Result<Vec<String>, PgError> {
    let pinned = Pinned::begin(session).await?;
    let result = statements(session, &DataOptions::default()).await;
    let statements = pinned.finish(result).await?;
    Ok(statements.into_iter().map(|found| found.table).collect())
}

async fn read(
    session: &Session,
    options: &DataOptions,
    mut progress: impl FnMut(DataProgress<'_>),
) -> Result<DataDigest, PgError> {
    let statements = statements(session, options).await?;
    if options.row_order == RowOrder::Read {
        session.simple(include_str!("pin_row_order.sql")).await?;
    }
    let of = statements.len();
    let mut tables = Vec::with_capacity(of);
    for (done, found) in statements.into_iter().enumerate() {
        progress(DataProgress {
            table: &found.table,
            done,
            of,
        });
        let outcome = session.simple(&found.statement).await?;
        let row = outcome.rows.into_iter().next().unwrap_or_default();
        let [Some(rows), Some(hash), order_hash] = row.as_slice() else {
            return Err(PgError::Client {
                detail: format!("no count came back for `{}`", found.table),
            });
        };
        tables.push(TableData {
            rows: rows.parse().map_err(|_| PgError::Client {
                detail: format!("`{rows}` is no count of rows"),
            })?,
            hash: hash.clone(),
            order_hash: order_hash.clone(),
            left_out: found.left_out,
            table: found.table,
        });
    }
    Ok(DataDigest { tables })
}

/// One table, and what to ask for its hashes.
pub(super) struct TableStatements {
    pub(super) table: String,
    left_out: Vec<String>,
    statement: String,
    /// The hash of each distinct row and how often it is there, sorted by hash.
    pub(super) rows_statement: String,
}

pub(super) async fn statements(
    session: &Session,
    options: &DataOptions,
) -> Result<Vec<TableStatements>, PgError> {
    let leave_out = options.generated_columns == GeneratedColumns::LeaveOut;
    let in_order = options.row_order == RowOrder::Read;
    let rows = session
        .query(
            include_str!("data.sql"),
            &[
                &options.tables,
                &options.volatile_columns,
                &leave_out,
                &in_order,
                &options.not_copied,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(TableStatements {
                table: row.try_get("identity")?,
                left_out: row.try_get("left_out")?,
                statement: row.try_get("statement")?,
                rows_statement: row.try_get("rows_statement")?,
            })
        })
        .collect()
}
