//! The connection of the next transaction: opened, and made ready to be measured, while the present one works.
//!
//! Each transaction of a release has a connection of its own, and a fresh process of the server needs longer for its
//! first questions than for the answers.

use std::sync::{Mutex, PoisonError};

use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::effects;
use tokio::task::JoinHandle;

/// At most one connection that waits to be used. Whatever goes wrong with it, the run opens another one.
#[derive(Debug, Default)]
pub(crate) struct NextSession {
    opening: Mutex<Option<JoinHandle<Option<Session>>>>,
}

impl NextSession {
    /// Begins to open one in the background.
    pub(crate) fn prepare(&self, conninfo: &ConnInfo, options: SessionOptions) {
        let conninfo = conninfo.clone();
        let opening = tokio::spawn(async move {
            let mut session = connect(&conninfo, &options).await.ok()?;
            effects::warm(&mut session).await.ok()?;
            Some(session)
        });
        let last = self.slot().replace(opening);
        if let Some(last) = last {
            last.abort();
        }
    }

    /// The one that was prepared, if it is there and alive.
    pub(crate) async fn take(&self) -> Option<Session> {
        let opening = self.slot().take()?;
        let session = opening.await.ok()??;
        (!session.is_closed()).then_some(session)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<Option<Session>>>> {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for NextSession {
    fn drop(&mut self) {
        if let Some(opening) = self.slot().take() {
            opening.abort();
        }
    }
}
