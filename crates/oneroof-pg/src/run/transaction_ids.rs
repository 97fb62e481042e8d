//! The proof that nothing was kept on a private server: every transaction id that was given away in the
//! meantime belongs to a transaction that was rolled back. The server must be ours alone, and
//! autovacuum, which has transactions of its own, must be off.

use std::time::{Duration, Instant};

use crate::connect::Session;
use crate::error::PgError;

/// How long sessions may take to end, or autovacuum to fall silent.
const QUIET_MAX: Duration = Duration::from_secs(10);

/// A moment in the life of a server.
#[derive(Debug, Clone, Copy)]
pub struct TransactionIds {
    next: i64,
}

impl TransactionIds {
    /// Now.
    ///
    /// # Errors
    /// What the server says.
    pub async fn now(session: &Session) -> Result<TransactionIds, PgError> {
        let rows = session
            .query(include_str!("transaction_ids_next.sql"), &[])
            .await?;
        match rows.first() {
            Some(row) => Ok(TransactionIds {
                next: row.try_get("next")?,
            }),
            None => Err(PgError::Client {
                detail: "the server did not tell its next transaction id".into(),
            }),
        }
    }

    /// Transactions since then that got an id and were not rolled back. A session that was just closed
    /// gets a moment to end.
    ///
    /// # Errors
    /// What the server says.
    pub async fn kept_since(self, session: &Session) -> Result<i64, PgError> {
        let started = Instant::now();
        loop {
            let rows = session
                .query(include_str!("transaction_ids_kept.sql"), &[&self.next])
                .await?;
            let kept = match rows.first() {
                Some(row) => row.try_get("kept")?,
                None => 0,
            };
            if kept == 0 || started.elapsed() > Duration::from_secs(1) {
                return Ok(kept);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Switches autovacuum off on a private server, and waits until it is silent.
///
/// # Errors
/// What the server says; [`PgError::Client`] if it does not fall silent.
pub async fn autovacuum_off(session: &Session) -> Result<(), PgError> {
    session.simple(include_str!("autovacuum_off.sql")).await?;
    session.simple(include_str!("reload.sql")).await?;
    let started = Instant::now();
    loop {
        let outcome = session.simple(include_str!("autovacuum_left.sql")).await?;
        if outcome.rows.first().and_then(|row| row.first()?.as_deref()) == Some("t") {
            return Ok(());
        }
        if started.elapsed() > QUIET_MAX {
            return Err(PgError::Client {
                detail: "autovacuum did not fall silent".into(),
            });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The way back from [`autovacuum_off`].
///
/// # Errors
/// What the server says.
pub async fn autovacuum_on(session: &Session) -> Result<(), PgError> {
    session.simple(include_str!("autovacuum_on.sql")).await?;
    session.simple(include_str!("reload.sql")).await?;
    Ok(())
}
