//! The run lock: one release run on a database at a time, and the loser learns who holds it.
//!
//! It is a session-level advisory lock on a connection of its own that holds no transaction, taken
//! with the try form: a waiting session would dead-lock `create index concurrently`.

use super::lock_holder::{AdvisoryLock, LockHolder, lock_holder};
use crate::connect::Session;
use crate::error::PgError;

/// Holds the run lock as long as it lives.
#[derive(Debug)]
pub struct RunLock {
    session: Session,
}

impl RunLock {
    /// Takes the lock on `session`'s database, or says who holds it.
    pub async fn take(
        mut session: Session,
    ) -> Result<Result<RunLock, Option<LockHolder>>, PgError> {
        // The watcher asks the same for each tier.
        session.keep_statements();
        let rows = session.query(include_str!("lock_take.sql"), &[]).await?;
        if rows.first().is_some_and(|row| row.get(0)) {
            return Ok(Ok(RunLock { session }));
        }
        Ok(Err(lock_holder(&session, AdvisoryLock::Release).await?))
    }

    /// The lock's process id on the server: a tier checks that it still lives.
    pub fn backend_pid(&self) -> i32 {
        self.session.backend_pid()
    }

    /// Inside a tier's transaction on `tier`: takes the transaction lock on the second key, and
    /// says whether this lock's session still holds the first one.
    pub async fn confirm(&self, tier: &Session) -> Result<bool, PgError> {
        let rows = tier
            .query(include_str!("lock_confirm.sql"), &[&self.backend_pid()])
            .await?;
        Ok(rows.first().is_some_and(|row| row.get(0)))
    }

    /// The watcher: single autocommit reads on the lock's own session.
    pub fn watcher(&self) -> &Session {
        &self.session
    }

    /// Gives the lock back. In words of its own: a server that is busy notices late that a session has
    /// gone, and the next run would find the lock held.
    pub async fn release(self) {
        let unlock = self.session.query(include_str!("lock_release.sql"), &[]);
        // If the session is broken, its end gives the lock back.
        let _ = unlock.await;
        self.session.close().await;
    }
}

/// Who blocks the backend `pid`, one line each: pid, user, age of the query.
pub async fn blockers(session: &Session, pid: i32) -> Result<Vec<String>, PgError> {
    let rows = session.query(include_str!("blockers.sql"), &[&pid]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
