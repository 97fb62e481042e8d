//! The one moment of the source that a logical copy shows: a session that exports its snapshot, keeps every table from
//! being altered, and says what there is to copy. It writes nothing, and is asked before it ends whether it did.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::error::{CloneError, database};
use super::mask::{ColumnMask, columns_of};
use crate::catalog;
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// Settings under which values become text, and the same order of rows each time.
const PIN: &str = include_str!("../catalog/pin.sql");
const LIMITS: &str = include_str!("read_session.sql");

/// A table, or a range of its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TablePart {
    pub(super) table_oid: u32,
    pub(super) identity: String,
    /// On disk; what is sent may be more or less.
    pub(super) bytes: u64,
    pub(super) out_statement: String,
    /// Makes the table new in the transaction that fills it: then nothing of it goes through the log.
    pub(super) truncate_statement: Option<String>,
    pub(super) in_statement: String,
    /// The table that is asked for on the copy: itself, or the one above it if its rows lie elsewhere there.
    pub(super) checked_identity: String,
    /// What the copy is asked afterwards, for all parts of that table together.
    pub(super) check_statement: Option<String>,
}

/// An index, or a foreign key if there is another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IndexFacts {
    pub(super) table_oid: u32,
    pub(super) other_table_oid: Option<u32>,
    pub(super) bytes: u64,
}

/// How tables are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Split {
    /// In how many parts at most.
    pub(super) parts_max: i64,
    /// No part is smaller.
    pub(super) bytes_min: i64,
}

/// An open snapshot.
pub(super) struct Snapshot {
    session: Session,
    begun: Instant,
    door: SnapshotDoor,
}

/// How other sessions come to see the same, as long as the snapshot is open.
#[derive(Clone)]
pub(super) struct SnapshotDoor {
    id: String,
    source: ConnInfo,
    application_name: String,
    /// What hashes of masked values are made with, in this clone alone.
    mask_key: String,
}

fn reading(error: PgError) -> CloneError {
    database("read the source")(error)
}

impl Snapshot {
    /// Exports one, and locks the tables against changes of their definition.
    pub(super) async fn open(
        source: &ConnInfo,
        application_name: &str,
    ) -> Result<Self, CloneError> {
        let session = begin(source, application_name, None).await?;
        let exported = session
            .simple(include_str!("export_snapshot.sql"))
            .await
            .map_err(reading)?;
        let id = exported.rows.into_iter().flatten().flatten().next();
        let id = id.unwrap_or_default();
        for row in session
            .query(include_str!("copy_locks.sql"), &[])
            .await
            .map_err(reading)?
        {
            let statement: String = row
                .try_get("statement")
                .map_err(PgError::from)
                .map_err(reading)?;
            session
                .simple(&statement)
                .await
                .map_err(database("keep the source's tables from being altered"))?;
        }
        Ok(Self {
            session,
            begun: Instant::now(),
            door: SnapshotDoor {
                id,
                source: source.clone(),
                application_name: application_name.to_owned(),
                mask_key: new_key(),
            },
        })
    }

    /// Its name, for programs that want to see the same.
    pub(super) fn id(&self) -> &str {
        &self.door.id
    }

    /// For sessions that want to see the same.
    pub(super) fn door(&self) -> SnapshotDoor {
        self.door.clone()
    }

    /// What is copied, largest first.
    pub(super) async fn tables(
        &self,
        split: Split,
        masks: &[ColumnMask],
    ) -> Result<Vec<TablePart>, CloneError> {
        tables(&self.session, split, masks).await
    }

    /// Indexes and foreign keys by the OID that an archive knows them by.
    pub(super) async fn indexes(&self) -> Result<HashMap<u32, IndexFacts>, CloneError> {
        let rows = self
            .session
            .query(include_str!("copy_indexes.sql"), &[])
            .await
            .map_err(reading)?;
        let facts = |row: &tokio_postgres::Row| {
            let bytes: i64 = row.try_get("bytes")?;
            let facts = IndexFacts {
                table_oid: row.try_get("table_oid")?,
                other_table_oid: row.try_get("other_table_oid")?,
                bytes: bytes.unsigned_abs(),
            };
            Ok((row.try_get("oid")?, facts))
        };
        let indexes: Result<HashMap<u32, IndexFacts>, PgError> = rows.iter().map(facts).collect();
        indexes.map_err(reading)
    }

    /// Statements that set the sequences of the copy to where they are here.
    pub(super) async fn sequences(&self) -> Result<Vec<String>, CloneError> {
        let mut statements = Vec::new();
        for row in self
            .session
            .query(include_str!("copy_sequences.sql"), &[])
            .await
            .map_err(reading)?
        {
            let query: String = row
                .try_get("query")
                .map_err(PgError::from)
                .map_err(reading)?;
            let answer = self.session.simple(&query).await.map_err(reading)?;
            statements.extend(answer.rows.into_iter().flatten().flatten());
        }
        Ok(statements)
    }

    /// Are there large objects?
    pub(super) async fn has_large_objects(&self) -> Result<bool, CloneError> {
        self.are_there(include_str!("large_objects.sql")).await
    }

    /// Are there materialized views with rows?
    pub(super) async fn has_filled_views(&self) -> Result<bool, CloneError> {
        self.are_there(include_str!("filled_views.sql")).await
    }

    async fn are_there(&self, query: &str) -> Result<bool, CloneError> {
        let rows = self.session.query(query, &[]).await.map_err(reading)?;
        match rows.first() {
            Some(row) => row
                .try_get("are_there")
                .map_err(PgError::from)
                .map_err(reading),
            None => Ok(false),
        }
    }

    /// How long it has been open.
    pub(super) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The session that holds it open.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Where it is of.
    pub(super) fn source(&self) -> &ConnInfo {
        &self.door.source
    }

    /// Lets the source go.
    pub(super) async fn end(self) -> Result<(), CloneError> {
        end_reading(&self.session).await?;
        self.session.close().await;
        Ok(())
    }
}

impl SnapshotDoor {
    /// Another session that sees the same.
    pub(super) async fn open(&self) -> Result<Session, CloneError> {
        let session = begin(&self.source, &self.application_name, Some(&self.id)).await?;
        session
            .query(include_str!("mask_key.sql"), &[&self.mask_key])
            .await
            .map_err(reading)?;
        Ok(session)
    }
}

/// What there is to read in this transaction, largest first.
pub(super) async fn tables(
    session: &Session,
    split: Split,
    masks: &[ColumnMask],
) -> Result<Vec<TablePart>, CloneError> {
    let (names, words, values) = columns_of(masks);
    let rows = session
        .query(
            include_str!("copy_tables.sql"),
            &[&split.parts_max, &split.bytes_min, &names, &words, &values],
        )
        .await
        .map_err(reading)?;
    let part = |row: &tokio_postgres::Row| {
        let bytes: i64 = row.try_get("bytes")?;
        Ok(TablePart {
            table_oid: row.try_get("table_oid")?,
            identity: row.try_get("identity")?,
            bytes: bytes.unsigned_abs(),
            out_statement: row.try_get("out_statement")?,
            truncate_statement: row.try_get("truncate_statement")?,
            in_statement: row.try_get("in_statement")?,
            checked_identity: row.try_get("checked_identity")?,
            check_statement: row.try_get("check_statement")?,
        })
    };
    let parts: Result<Vec<TablePart>, PgError> = rows.iter().map(part).collect();
    parts.map_err(reading)
}

/// Takes the tables out whose rows are left out. What stands above one of them cannot be read as a whole.
pub(super) fn leave_out(parts: &mut Vec<TablePart>, left_out: &[String]) {
    let is_out = |part: &TablePart| left_out.contains(&part.identity);
    let roots: Vec<String> = parts
        .iter()
        .filter(|part| is_out(part))
        .map(|part| part.checked_identity.clone())
        .collect();
    parts.retain(|part| !is_out(part));
    for part in parts {
        if roots.contains(&part.checked_identity) {
            part.check_statement = None;
        }
    }
}

/// 148 random bits.
fn new_key() -> String {
    let halves = [(); 2].map(|()| uuid::Uuid::now_v7().simple().to_string());
    halves.concat()
}

/// Begins to read, at a snapshot or at one of its own.
pub(super) async fn begin(
    source: &ConnInfo,
    application_name: &str,
    snapshot: Option<&str>,
) -> Result<Session, CloneError> {
    let session = connect(source, &SessionOptions::read_only(application_name))
        .await
        .map_err(database("open the source"))?;
    begin_on(&session, snapshot).await?;
    Ok(session)
}

/// The same in a session that is open already.
pub(super) async fn begin_on(session: &Session, snapshot: Option<&str>) -> Result<(), CloneError> {
    session
        .simple("begin isolation level repeatable read read only")
        .await
        .map_err(reading)?;
    if let Some(id) = snapshot {
        let is_plain = id
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if !is_plain || id.is_empty() {
            return Err(reading(PgError::Client {
                detail: format!("`{id}` is no name of a snapshot"),
            }));
        }
        session
            .simple(&format!("set transaction snapshot '{id}'"))
            .await
            .map_err(reading)?;
    }
    session.simple(LIMITS).await.map_err(reading)?;
    session.simple(PIN).await.map_err(reading)?;
    speak_plainly(session).await.map_err(reading)
}

/// A database without an encoding gives and takes bytes: nobody may check them.
pub(super) async fn speak_plainly(session: &Session) -> Result<(), PgError> {
    let answer = session.simple("show server_encoding").await?;
    let is_plain = answer
        .rows
        .iter()
        .flatten()
        .flatten()
        .any(|name| name == "SQL_ASCII");
    if is_plain {
        session.simple("set client_encoding = 'SQL_ASCII'").await?;
    }
    Ok(())
}

/// Ends a transaction on the source: it must not have got a transaction id.
pub(super) async fn end_reading(session: &Session) -> Result<(), CloneError> {
    if let Some(id) = catalog::assigned_transaction_id(session)
        .await
        .map_err(reading)?
    {
        return Err(reading(PgError::Client {
            detail: format!("a reading transaction got the transaction id {id}"),
        }));
    }
    session.simple("rollback").await.map_err(reading)?;
    Ok(())
}
