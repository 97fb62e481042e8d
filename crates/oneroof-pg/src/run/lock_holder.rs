//! Our advisory locks, and who holds one.

use crate::connect::Session;
use crate::error::PgError;

/// An advisory lock of ours; each is one of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdvisoryLock {
    /// A release run, as long as its session lives.
    Release,
    /// A change of governance, until its transaction ends.
    Change,
    /// A scan for drift, until its transaction ends.
    Scan,
}

impl AdvisoryLock {
    /// The name whose hash is the lock's key.
    fn name(self) -> &'static str {
        match self {
            AdvisoryLock::Release => "oneroof.release",
            AdvisoryLock::Change => "oneroof.change",
            AdvisoryLock::Scan => "oneroof.scan",
        }
    }
}

/// Who holds an advisory lock of ours.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LockHolder {
    /// The holder's process id on the server.
    pub pid: i32,
    /// Its role; `None` if we may not see it.
    pub role: Option<String>,
    /// Its `application_name`: `oneroof/<verb>/<run>`.
    pub application: Option<String>,
    /// Since when, UTC: its session for the lock of a release, its transaction for the others.
    pub since: Option<String>,
}

impl std::fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "pid {}", self.pid)?;
        if let Some(application) = &self.application {
            write!(formatter, " ({application})")?;
        }
        if let Some(role) = &self.role {
            write!(formatter, " of role {role}")?;
        }
        match &self.since {
            Some(since) => write!(formatter, " since {since}"),
            None => Ok(()),
        }
    }
}

/// Who holds this lock of the session's database, as far as its role may see.
///
/// # Errors
/// What the server says.
pub async fn lock_holder(
    session: &Session,
    lock: AdvisoryLock,
) -> Result<Option<LockHolder>, PgError> {
    let rows = session
        .query(include_str!("lock_holder.sql"), &[&lock.name()])
        .await?;
    rows.first()
        .map(|row| {
            Ok(LockHolder {
                pid: row.try_get(0)?,
                role: row.try_get(1)?,
                application: row.try_get(2)?,
                since: row.try_get(3)?,
            })
        })
        .transpose()
}
