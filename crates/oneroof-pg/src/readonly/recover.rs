//! Gets a slot back from a turn that did not end as it should: cancel, then terminate, then wait until the server says
//! that the process is gone. Until then the slot stays occupied, so that stuck processes never add up.

use std::time::{Duration, Instant};

use tokio_postgres::types::ToSql;

use super::connection::Connection;
use super::pool::Slot;
use crate::connect::{SessionOptions, connect};
use crate::error::PgError;

/// How often the server is asked whether a process is gone.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// After this long without success it is asked less often.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// The server process.
    pub backend_pid: i32,
    /// The database.
    pub database: String,
    /// One sentence.
    pub message: String,
}

/// The kinds of alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmKind {
    /// A statement ignores its limit, a request to cancel, and its termination. Its slot stays occupied.
    Stuck,
    /// It is gone at last; its slot is free.
    FreeAgain,
}

/// Looks after a connection that must not be used any more.
pub(super) fn in_the_background(slot: Slot, connection: Connection) {
    // Without a runtime the process is ending, and the server notices the closed connection.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(recover(slot, connection));
    }
}

async fn recover(slot: Slot, connection: Connection) {
    let pid = connection.session.backend_pid();
    let seen_at = connection.seen_at;
    let limit = slot.pool.limits().terminate_after;
    if !connection.session.is_closed() {
        // If it cannot be sent, termination is the next step.
        let _ = tokio::time::timeout(limit, connection.session.cancel_handle().cancel()).await;
        let rolled_back = tokio::time::timeout(limit, connection.end()).await;
        if matches!(rolled_back, Ok(Ok(()))) {
            connection.session.close().await;
            return;
        }
        slot.pool.is_stuck(pid);
    }
    drop(connection);
    let params: [&(dyn ToSql + Sync); 2] = [&pid, &seen_at];
    let began = Instant::now();
    let mut is_told = false;
    loop {
        // Once the process is seen to be gone the slot is free. A server that cannot be asked is asked again.
        if matches!(look(&slot, &params).await, Ok(true)) {
            break;
        }
        if !is_told && began.elapsed() >= limit {
            is_told = true;
            tell(
                &slot,
                AlarmKind::Stuck,
                pid,
                "a statement ignores its limits, a request to cancel and its termination; its slot stays occupied. A server that is restarted at once ends it",
            );
        }
        let rest = if began.elapsed() < PATIENCE {
            ASK_EVERY
        } else {
            ASK_EVERY * 8
        };
        tokio::time::sleep(rest).await;
    }
    slot.pool.is_free_again(pid);
    if is_told {
        tell(
            &slot,
            AlarmKind::FreeAgain,
            pid,
            "the process is gone; its slot is free again",
        );
    }
}

/// Terminates the process over a second connection of the same role. Is it gone?
async fn look(slot: &Slot, params: &[&(dyn ToSql + Sync)]) -> Result<bool, PgError> {
    let options = SessionOptions {
        statement_timeout_ms: Some(2_000),
        ..SessionOptions::read_only(slot.pool.options.application_name.clone())
    };
    let second = connect(&slot.pool.conninfo, &options).await?;
    let asked = async {
        second.query(include_str!("terminate.sql"), params).await?;
        let left = second.query(include_str!("gone.sql"), params).await?;
        let count: i64 = left.first().map_or(Ok(1), |row| row.try_get(0))?;
        Ok::<bool, PgError>(count == 0)
    };
    let is_gone = asked.await;
    second.close().await;
    is_gone
}

fn tell(slot: &Slot, kind: AlarmKind, backend_pid: i32, message: &str) {
    let alarm = Alarm {
        kind,
        backend_pid,
        database: slot.pool.conninfo.dbname().to_owned(),
        message: message.to_owned(),
    };
    (slot.pool.options.alarm)(&alarm);
}
