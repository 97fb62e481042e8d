//! Which tables somebody has touched since: cheap where counting and hashing their rows is not.
//!
//! The server's own counters say it. They are only good inside one server that nobody restarts, and
//! only once every session that wrote has ended and handed in its counts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::connect::Session;
use crate::error::PgError;

/// Before PostgreSQL 15 counters went through a process that may lose them.
const COUNTERS_FROM: u32 = 150_000;
/// How long sessions may take to end.
const ENDING_MAX: Duration = Duration::from_secs(3);

/// The touches of all user tables at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touches(BTreeMap<String, String>);

impl Touches {
    /// Is the table there at both moments, and did nobody touch it in between?
    pub fn is_untouched(&self, since: &Touches, table: &str) -> bool {
        match (self.0.get(table), since.0.get(table)) {
            (Some(now), Some(then)) => now == then,
            _ => false,
        }
    }

    /// The tables, schema-qualified.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Reads the touches, outside of a transaction, once every other session of the database has ended but
/// those in `apart`, which must not have written, or have handed in their counts. `None`: the counters cannot be relied on here.
///
/// # Errors
/// What the server says.
pub async fn touches(session: &Session, apart: &[i32]) -> Result<Option<Touches>, PgError> {
    if session.server_version_num() < COUNTERS_FROM {
        return Ok(None);
    }
    let started = Instant::now();
    loop {
        let rows = session
            .query(include_str!("sessions_left.sql"), &[&apart])
            .await?;
        let left: i64 = match rows.first() {
            Some(row) => row.try_get("sessions")?,
            None => 0,
        };
        if left == 0 {
            break;
        }
        if started.elapsed() > ENDING_MAX {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut touches = BTreeMap::new();
    for row in session.query(include_str!("touches.sql"), &[]).await? {
        touches.insert(row.try_get("identity")?, row.try_get("touch")?);
    }
    Ok(Some(Touches(touches)))
}
