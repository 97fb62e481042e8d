//! How many rows of a table are in one database only: both servers sort the hashes of their rows, and
//! the two sorted streams are walked side by side. Rows never leave a server, and memory is bounded.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::data::{DataOptions, statements};
use super::pinned::Pinned;
use crate::connect::Session;
use crate::error::PgError;

/// Hashes that are asked for at a time.
const BATCH: usize = 10_000;

/// Rows that only one of two tables has; equal rows count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsOnly {
    /// In the first only.
    pub here: u64,
    /// In the second only.
    pub there: u64,
}

/// Compares one table of two databases row by row, by their hashes.
///
/// # Errors
/// What a server says; a table that is missing in one of them is an error.
pub async fn rows_only(
    here: &Session,
    there: &Session,
    table: &str,
    options: &DataOptions,
) -> Result<RowsOnly, PgError> {
    let one = Pinned::begin(here).await?;
    let two = match Pinned::begin(there).await {
        Ok(two) => two,
        Err(error) => return one.finish(Err(error)).await,
    };
    let result = walk(here, there, table, options).await;
    let result = two.finish(result).await;
    one.finish(result).await
}

async fn walk(
    here: &Session,
    there: &Session,
    table: &str,
    options: &DataOptions,
) -> Result<RowsOnly, PgError> {
    let mut left = Hashes::open(here, table, options).await?;
    let mut right = Hashes::open(there, table, options).await?;
    let mut only = RowsOnly::default();
    let (mut old, mut new) = (left.next().await?, right.next().await?);
    loop {
        let order = match (old, new) {
            (None, None) => return Ok(only),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((two, _))) => one.cmp(&two),
        };
        let (mut rows_here, mut rows_there) = (0, 0);
        if let (true, Some((_, rows))) = (order.is_le(), old) {
            rows_here = rows;
            old = left.next().await?;
        }
        if let (true, Some((_, rows))) = (order.is_ge(), new) {
            rows_there = rows;
            new = right.next().await?;
        }
        only.here += rows_here.saturating_sub(rows_there);
        only.there += rows_there.saturating_sub(rows_here);
    }
}

/// A sorted stream of hashes, each with its number of rows.
struct Hashes<'a> {
    session: &'a Session,
    batch: std::vec::IntoIter<Vec<Option<String>>>,
    ended: bool,
}

impl<'a> Hashes<'a> {
    async fn open(
        session: &'a Session,
        table: &str,
        options: &DataOptions,
    ) -> Result<Self, PgError> {
        let options = DataOptions {
            tables: Some(vec![table.to_owned()]),
            ..options.clone()
        };
        let found = statements(session, &options).await?;
        let [found] = found.as_slice() else {
            return Err(PgError::Client {
                detail: format!("there is no table `{table}`"),
            });
        };
        session
            .simple(&format!(
                "declare oneroof_rows no scroll cursor for {}",
                found.rows_statement
            ))
            .await?;
        Ok(Self {
            session,
            batch: Vec::new().into_iter(),
            ended: false,
        })
    }

    async fn next(&mut self) -> Result<Option<(i64, u64)>, PgError> {
        if self.batch.len() == 0 && !self.ended {
            let outcome = self
                .session
                .simple(&format!("fetch forward {BATCH} from oneroof_rows"))
                .await?;
            self.ended = outcome.rows.len() < BATCH;
            self.batch = outcome.rows.into_iter();
        }
        let Some(row) = self.batch.next() else {
            return Ok(None);
        };
        let number = |place: usize| row.get(place).and_then(|value| value.as_deref());
        match (
            number(0).and_then(|text| text.parse().ok()),
            number(1).and_then(|text| text.parse().ok()),
        ) {
            (Some(hash), Some(rows)) => Ok(Some((hash, rows))),
            _ => Err(PgError::Client {
                detail: format!("`{row:?}` is no hash and no count"),
            }),
        }
    }
}
