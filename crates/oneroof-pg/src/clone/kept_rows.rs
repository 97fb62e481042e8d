//! The rows that a golden clone holds, tallied when it became golden and kept beside its entry: what is copied from it,
//! or from a snapshot of it, is compared with them, and nobody reads a production a second time.

use std::collections::BTreeMap;

use super::error::{CloneError, database};
use super::snapshot::{Split, begin_on, end_reading, leave_out, tables};
use super::tally::{CopiedRows, CopiedTable, RowsOf, count, read};
use crate::connect::Session;

/// Tables are read as a whole.
const WHOLE: Split = Split {
    parts_max: 1,
    bytes_min: i64::MAX,
};

/// Tallies the rows of a clone in one transaction of this session, the tables in `left_out` apart. Of the largest
/// tables, where all of them take more than `bytes_max` bytes on disk, rows are counted.
///
/// # Errors
/// What the clone's server says.
pub async fn read_rows(
    session: &Session,
    left_out: &[String],
    bytes_max: u64,
    of: RowsOf,
) -> Result<CopiedRows, CloneError> {
    let reading = || database("read the rows of the clone");
    begin_on(session, None).await?;
    let mut parts = tables(session, WHOLE, &[]).await?;
    leave_out(&mut parts, left_out);
    let mut sizes: BTreeMap<String, (u64, Option<String>)> = BTreeMap::new();
    for part in parts {
        let table = sizes.entry(part.checked_identity).or_default();
        table.0 += part.bytes;
        table.1 = part.check_statement;
    }
    let mut smallest_first: Vec<(String, (u64, Option<String>))> = sizes.into_iter().collect();
    smallest_first.sort_by_key(|(_, (bytes, _))| *bytes);
    let mut rows = CopiedRows {
        of,
        ..CopiedRows::default()
    };
    let mut bytes_so_far = 0_u64;
    for (name, (bytes, statement)) in smallest_first {
        bytes_so_far = bytes_so_far.saturating_add(bytes);
        let is_counted = bytes_so_far > bytes_max;
        let tally = match &statement {
            None => Default::default(),
            Some(_) if is_counted => count(session, &name).await.map_err(reading())?,
            Some(statement) => read(session, statement).await.map_err(reading())?,
        };
        let table = CopiedTable {
            tally,
            is_counted,
            check_statement: statement,
        };
        rows.tables.insert(name, table);
    }
    end_reading(session).await?;
    Ok(rows)
}
