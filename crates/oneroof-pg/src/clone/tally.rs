//! Are the rows of a copy those of its source? What the source sends is tallied as it comes by, so it is read once, and
//! at the one moment that is copied: whoever writes there meanwhile is no difference. Afterwards the copy sends the same
//! tables, and is tallied in the same way. A tally does not know the order of rows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use oneroof_model::Digest;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::error::{CloneError, database};
use super::snapshot::{TablePart, begin, end_reading};
use crate::connect::Session;
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// With these eleven bytes a stream in binary form begins; two numbers of four bytes follow, and as many bytes as the
/// second one says.
const BINARY_SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// A stream in binary form ends with this instead of a row.
const BINARY_END: &[u8] = &[0xff, 0xff];

/// How many rows, and the sum of their hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowTally {
    pub(super) rows: u64,
    bytes: u64,
    #[serde(with = "hexadecimal")]
    sum: [u128; 2],
}

/// The sum as 64 hexadecimal digits: numbers of JSON are too short for it.
mod hexadecimal {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(sum: &[u128; 2], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&format!("{:032x}{:032x}", sum[0], sum[1]))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u128; 2], D::Error> {
        let text = String::deserialize(from)?;
        let half = |range| {
            let digits: Option<&str> = text.get(range);
            digits.and_then(|digits| u128::from_str_radix(digits, 16).ok())
        };
        match (half(0..32), half(32..64)) {
            (Some(left), Some(right)) if text.len() == 64 => Ok([left, right]),
            _ => Err(D::Error::custom(format!("`{text}` is no sum of rows"))),
        }
    }
}

impl RowTally {
    fn add_row(&mut self, row: &[u8]) {
        let digest = Digest::of(row);
        let (left, right) = digest.bytes().split_at(16);
        let number = |half: &[u8]| {
            let bytes: [u8; 16] = half.try_into().unwrap_or_default();
            u128::from_be_bytes(bytes)
        };
        self.sum[0] = self.sum[0].wrapping_add(number(left));
        self.sum[1] = self.sum[1].wrapping_add(number(right));
        self.rows += 1;
        self.bytes += u64::try_from(row.len()).unwrap_or_default();
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.sum[0] = self.sum[0].wrapping_add(other.sum[0]);
        self.sum[1] = self.sum[1].wrapping_add(other.sum[1]);
    }
}

/// Tallies one stream of `COPY … TO STDOUT`, whose messages are a row each.
#[derive(Debug, Default)]
pub(super) struct StreamTally {
    tally: RowTally,
    form: Option<Form>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Binary,
    Text,
}

impl StreamTally {
    pub(super) fn message(&mut self, message: &[u8]) {
        let mut row = message;
        let form = *self.form.get_or_insert_with(|| {
            if !message.starts_with(BINARY_SIGNATURE) {
                return Form::Text;
            }
            row = after_header(message);
            Form::Binary
        });
        if form == Form::Binary && (row.is_empty() || row == BINARY_END) {
            return;
        }
        self.tally.add_row(row);
    }

    pub(super) fn tally(&self) -> RowTally {
        self.tally
    }
}

fn after_header(message: &[u8]) -> &[u8] {
    let fixed = BINARY_SIGNATURE.len() + 8;
    let extension = message
        .get(fixed - 4..fixed)
        .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok())
        .map_or(0, u32::from_be_bytes);
    let start = fixed.saturating_add(usize::try_from(extension).unwrap_or(usize::MAX));
    message.get(start..).unwrap_or_default()
}

/// Whose rows a tally is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowsOf {
    /// The source's, as it sent them.
    #[default]
    Source,
    /// A kept clone's, whose files were proven to be the source's.
    SourceFiles,
    /// A kept clone's, when it became golden.
    Golden,
}

/// Rows that a copy must have, by table: what the source sent, or what a kept clone held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopiedRows {
    pub(super) of: RowsOf,
    pub(super) tables: BTreeMap<String, CopiedTable>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CopiedTable {
    pub(super) tally: RowTally,
    /// It was too large to be read: only its rows were counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_counted: bool,
    /// What the copy is asked; nothing where it cannot be read as a whole.
    pub(super) check_statement: Option<String>,
}

impl CopiedRows {
    pub(super) fn add(&mut self, part: &TablePart, tally: &RowTally) {
        let table = self
            .tables
            .entry(part.checked_identity.clone())
            .or_default();
        table.tally.add(tally);
        table.check_statement.clone_from(&part.check_statement);
    }

    /// Whose they are.
    pub fn of(&self) -> RowsOf {
        self.of
    }
}

/// What came of comparing the rows of a clone with those that it must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowComparison {
    /// Whose rows they must be.
    pub with: RowsOf,
    /// Tables whose rows were compared.
    pub tables: u64,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of these rows, as they are sent.
    pub bytes: u64,
    /// Tables that are too large to be read once more: only their rows were counted.
    pub counted: Vec<String>,
    /// Tables that cannot be read as a whole, since the rows of some of their partitions were left out.
    pub not_compared: Vec<String>,
    /// What differs, in words; empty if the clone is faithful.
    pub differences: Vec<String>,
}

/// Reads the clone, and compares it with the rows that it must have. Rows of more than `bytes_max` bytes altogether are not
/// read: of the largest tables they are counted.
///
/// # Errors
/// What the clone's server says.
pub async fn compare_rows(
    clone: &ConnInfo,
    copied: &CopiedRows,
    application_name: &str,
    jobs: usize,
    bytes_max: u64,
) -> Result<RowComparison, CloneError> {
    let mut comparison = RowComparison {
        with: copied.of,
        ..RowComparison::default()
    };
    let mut smallest_first: Vec<(&String, &CopiedTable)> = copied.tables.iter().collect();
    smallest_first.sort_by_key(|(_, table)| table.tally.bytes);
    let mut queue = VecDeque::new();
    let mut bytes = 0_u64;
    for (name, table) in smallest_first {
        let Some(statement) = &table.check_statement else {
            comparison.not_compared.push(name.clone());
            continue;
        };
        bytes = bytes.saturating_add(table.tally.bytes);
        let how = if bytes > bytes_max || table.is_counted {
            comparison.counted.push(name.clone());
            How::Count
        } else {
            comparison.tables += 1;
            comparison.rows += table.tally.rows;
            comparison.bytes += table.tally.bytes;
            How::Read(statement.clone())
        };
        // Largest first, so that all are busy to the end.
        queue.push_front(Check {
            name: name.clone(),
            there: table.tally,
            of: copied.of,
            how,
        });
    }
    let workers_max = jobs.max(1).min(queue.len());
    let queue = Arc::new(Mutex::new(queue));
    let mut workers = JoinSet::new();
    for _ in 0..workers_max {
        let (clone, name, queue) = (clone.clone(), application_name.to_owned(), queue.clone());
        workers.spawn(async move { work(&clone, &name, &queue).await });
    }
    while let Some(ended) = workers.join_next().await {
        let found = ended.map_err(|error| {
            reading()(PgError::Client {
                detail: error.to_string(),
            })
        })?;
        comparison.differences.extend(found?);
    }
    comparison.differences.sort();
    comparison.counted.sort();
    comparison.not_compared.sort();
    Ok(comparison)
}

struct Check {
    name: String,
    there: RowTally,
    of: RowsOf,
    how: How,
}

enum How {
    Read(String),
    Count,
}

fn reading() -> impl Fn(PgError) -> CloneError {
    database("read the rows of the clone")
}

/// Checks tables until none is left; gives what differs.
async fn work(
    clone: &ConnInfo,
    application_name: &str,
    queue: &Mutex<VecDeque<Check>>,
) -> Result<Vec<String>, CloneError> {
    let session = begin(clone, application_name, None).await?;
    let mut differences = Vec::new();
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(check) = next else { break };
        differences.extend(check.run(&session).await.map_err(reading())?);
    }
    end_reading(&session).await?;
    session.close().await;
    Ok(differences)
}

impl Check {
    async fn run(&self, session: &Session) -> Result<Option<String>, PgError> {
        let (here, is_read) = match &self.how {
            How::Read(statement) => (read(session, statement).await?, true),
            How::Count => (count(session, &self.name).await?, false),
        };
        let did = match self.of {
            RowsOf::Source => "the source sent",
            RowsOf::SourceFiles | RowsOf::Golden => "the golden clone held",
        };
        Ok(if here.rows != self.there.rows {
            Some(format!(
                "table `{}` has {} rows here, {did} {}",
                self.name, here.rows, self.there.rows
            ))
        } else if is_read && here != self.there {
            Some(format!(
                "rows of table `{}` are not those that {did} ({} in both)",
                self.name, here.rows
            ))
        } else {
            None
        })
    }
}

pub(super) async fn read(session: &Session, statement: &str) -> Result<RowTally, PgError> {
    let mut stream = std::pin::pin!(session.copy_out(statement).await?);
    let mut tally = StreamTally::default();
    while let Some(message) = stream.next().await {
        match message {
            Ok(message) => tally.message(&message),
            Err(error) => return Err(session.explain(error).await),
        }
    }
    Ok(tally.tally())
}

pub(super) async fn count(session: &Session, name: &str) -> Result<RowTally, PgError> {
    let mut tally = RowTally::default();
    for row in session
        .query(include_str!("count_rows.sql"), &[&name])
        .await?
    {
        let answer = session.simple(row.try_get("statement")?).await?;
        let counted = answer.rows.into_iter().flatten().flatten().next();
        tally.rows = counted.and_then(|text| text.parse().ok()).unwrap_or(0);
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(messages: &[&[u8]]) -> RowTally {
        let mut tally = StreamTally::default();
        for message in messages {
            tally.message(message);
        }
        tally.tally()
    }

    fn header(rest: &[u8]) -> Vec<u8> {
        let mut message = BINARY_SIGNATURE.to_vec();
        message.extend([0, 0, 0, 0, 0, 0, 0, 2, 7, 7]);
        message.extend(rest);
        message
    }

    #[test]
    fn a_tally_knows_the_rows_and_not_their_order() {
        let (one, two): (&[u8], &[u8]) = (b"1\ta\n", b"2\tb\n");
        assert_eq!(tally(&[one, two]), tally(&[two, one]));
        assert_ne!(tally(&[one, two]), tally(&[one, one]));
        assert_ne!(tally(&[one]), tally(&[one, one]));
        assert_ne!(tally(&[one, two]), tally(&[b"1\tb\n", b"2\ta\n"]));
        assert_eq!(tally(&[]).rows, 0);
        // Two halves are the whole.
        let mut halves = tally(&[one]);
        halves.add(&tally(&[two]));
        assert_eq!(halves, tally(&[two, one]));
    }

    #[test]
    fn a_tally_is_the_same_after_it_was_written() {
        let mut rows = CopiedRows {
            of: RowsOf::Golden,
            ..CopiedRows::default()
        };
        let table = CopiedTable {
            tally: tally(&[b"1\ta\n", b"2\tb\n"]),
            is_counted: false,
            check_statement: Some("copy t to stdout".to_owned()),
        };
        rows.tables.insert("public.t".to_owned(), table);
        let text = serde_json::to_string(&rows).unwrap();
        assert_eq!(serde_json::from_str::<CopiedRows>(&text).unwrap(), rows);
        let broken = text.replacen("\"sum\":\"", "\"sum\":\"x", 1);
        assert!(serde_json::from_str::<CopiedRows>(&broken).is_err());
    }

    #[test]
    fn what_frames_a_binary_stream_is_no_row() {
        let row: &[u8] = &[0, 1, 0, 0, 0, 1, 9];
        let with_row = header(row);
        let whole = tally(&[&with_row, row, BINARY_END]);
        assert_eq!(whole.rows, 2);
        assert_eq!(whole.bytes, 14);
        // Parts have a header each, and a table may have no rows.
        assert_eq!(tally(&[&header(BINARY_END)]).rows, 0);
        assert_eq!(tally(&[&header(&[]), BINARY_END]).rows, 0);
        let mut halves = tally(&[&with_row, BINARY_END]);
        halves.add(&tally(&[&with_row, BINARY_END]));
        assert_eq!(halves, whole);
    }
}
