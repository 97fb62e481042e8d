//! The connections of a run's transactions. Each transaction gets one that is as good as new.
//!
//! A fresh process of the server needs longer for its first questions about its own catalogs than for the answers. So
//! a connection is used again where nothing of a transaction stays in it; otherwise the next one is opened, and made
//! ready to be measured, while the present one works.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use oneroof_pg::PgError;
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::effects;
use oneroof_pg::run::{Beginning, beginning, reset};
use tokio::task::JoinHandle;

/// The connection of one transaction, nothing of an earlier one in it.
#[derive(Debug)]
pub(crate) struct TierSession {
    session: Session,
    beginning: Beginning,
}

impl Deref for TierSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl TierSession {
    /// Opens one.
    pub(crate) async fn open(
        conninfo: &ConnInfo,
        options: &SessionOptions,
    ) -> Result<TierSession, PgError> {
        let mut session = connect(conninfo, options).await?;
        session.keep_statements();
        let beginning = beginning(&session).await?;
        Ok(TierSession { session, beginning })
    }

    /// Opens one that is ready to be measured.
    async fn open_warm(
        conninfo: &ConnInfo,
        options: &SessionOptions,
    ) -> Result<TierSession, PgError> {
        let opened = TierSession::open(conninfo, options).await?;
        effects::warm(&opened.session).await?;
        Ok(opened)
    }

    pub(crate) async fn close(self) {
        self.session.close().await;
    }
}

/// At most one connection that waits to be used. Whatever goes wrong with it, the run opens another one.
#[derive(Debug, Default)]
pub(crate) struct NextSession {
    waiting: Mutex<Option<Waiting>>,
    /// Could the last one that was tried not be used again?
    needs_new: AtomicBool,
}

#[derive(Debug)]
enum Waiting {
    /// It is being opened, or made as good as new.
    Coming(JoinHandle<Option<TierSession>>),
    Here(Box<TierSession>),
}

impl NextSession {
    /// Begins to open one in the background, unless one is waiting or being opened.
    pub(crate) fn prepare(&self, conninfo: &ConnInfo, options: SessionOptions) {
        let mut waiting = self.waiting();
        if waiting.is_none() {
            let conninfo = conninfo.clone();
            let opening = async move { TierSession::open_warm(&conninfo, &options).await.ok() };
            *waiting = Some(Waiting::Coming(tokio::spawn(opening)));
        }
    }

    /// Are new ones needed for each transaction?
    pub(crate) fn needs_new(&self) -> bool {
        self.needs_new.load(Ordering::Relaxed)
    }

    /// The one that waits, if it is there and alive.
    pub(crate) async fn take(&self) -> Option<TierSession> {
        let waiting = self.waiting().take()?;
        let session = match waiting {
            Waiting::Here(session) => Some(*session),
            Waiting::Coming(coming) => coming.await.ok()?,
        };
        match session {
            Some(session) if !session.is_closed() => Some(session),
            Some(_) => None,
            None => {
                self.needs_new.store(true, Ordering::Relaxed);
                None
            }
        }
    }

    /// Waits until the one that waits does nothing any more, and gives its process id.
    pub(crate) async fn at_rest(&self) -> Option<i32> {
        let session = self.take().await?;
        let pid = session.backend_pid();
        *self.waiting() = Some(Waiting::Here(Box::new(session)));
        Some(pid)
    }

    /// A transaction of it was committed: begins to make it as good as new, for the next one.
    pub(crate) fn give_back(&self, session: TierSession) {
        let resetting = async move {
            let is_new = reset(&session.session, &session.beginning).await;
            match is_new {
                Ok(true) => Some(session),
                Ok(false) | Err(_) => {
                    session.close().await;
                    None
                }
            }
        };
        *self.waiting() = Some(Waiting::Coming(tokio::spawn(resetting)));
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for NextSession {
    fn drop(&mut self) {
        if let Some(Waiting::Coming(coming)) = self.waiting().take() {
            coming.abort();
        }
    }
}
