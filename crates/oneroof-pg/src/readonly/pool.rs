//! The slots of the channel: a few, given in the order of asking, each with at most one connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::Connection;
use super::error::ReadonlyError;
use super::limits::Limits;
use super::recover::Alarm;
use super::turn::Turn;
use crate::conninfo::ConnInfo;

/// What a pool is for.
#[derive(Clone)]
pub struct PoolOptions {
    /// Slots: statements at one time.
    pub size: usize,
    /// Limits of each statement.
    pub limits: Limits,
    /// `oneroof/<verb>/<run>`.
    pub application_name: String,
    /// Did the operator accept that the role is a superuser?
    pub is_superuser_accepted: bool,
    /// Hears of statements that ignore their limits.
    pub alarm: Arc<dyn Fn(&Alarm) + Send + Sync>,
}

/// The slots of one database and role.
pub struct ReadonlyPool {
    pub(super) conninfo: ConnInfo,
    pub(super) options: PoolOptions,
    slots: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// What holds slots against its limits, for the message that all are taken.
    stuck: Mutex<Vec<(i32, Instant)>>,
}

/// A slot that is taken; it is free again when this is dropped.
pub(super) struct Slot {
    pub(super) pool: Arc<ReadonlyPool>,
    _permit: OwnedSemaphorePermit,
}

impl ReadonlyPool {
    /// A pool without connections; they are opened when they are needed.
    pub fn new(conninfo: ConnInfo, options: PoolOptions) -> Arc<Self> {
        Arc::new(Self {
            slots: Arc::new(Semaphore::new(options.size.max(1))),
            conninfo,
            options,
            idle: Mutex::default(),
            stuck: Mutex::default(),
        })
    }

    /// The limits of each statement.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Takes a slot, in the order of asking, and opens a transaction on its connection.
    ///
    /// # Errors
    /// [`ReadonlyError::Busy`] after the longest wait; what the server says.
    pub async fn begin(self: &Arc<Self>) -> Result<Turn, ReadonlyError> {
        let slot = self.slot().await?;
        // An idle connection may have ended since, with a restart for example: nothing was sent on it yet.
        let Some(connection) = self.take_idle() else {
            return self.fresh(slot).await;
        };
        match Turn::begin(slot, connection).await {
            Ok(turn) => Ok(turn),
            Err((Some(free), ReadonlyError::Server(error))) if error.is_connection_lost() => {
                self.fresh(free).await
            }
            Err((_, error)) => Err(error),
        }
    }

    async fn fresh(&self, slot: Slot) -> Result<Turn, ReadonlyError> {
        let connection = self.open().await?;
        Turn::begin(slot, connection)
            .await
            .map_err(|(_, error)| error)
    }

    pub(super) async fn open(&self) -> Result<Connection, ReadonlyError> {
        Connection::open(&self.conninfo, &self.options.application_name).await
    }

    async fn slot(self: &Arc<Self>) -> Result<Slot, ReadonlyError> {
        let wait = self.options.limits.wait;
        let asked = Instant::now();
        let permit = Arc::clone(&self.slots).acquire_owned();
        match tokio::time::timeout(wait, permit).await {
            Ok(Ok(permit)) => Ok(Slot {
                pool: Arc::clone(self),
                _permit: permit,
            }),
            _ => Err(ReadonlyError::Busy {
                database: self.conninfo.dbname().to_owned(),
                size: self.options.size,
                waited_ms: u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX),
                stuck: self.stuck_words(),
            }),
        }
    }

    /// Waits until every slot is free again, at most this long, and closes the connections. `false` if a statement
    /// still holds one.
    pub async fn close(&self, limit: Duration) -> bool {
        let all = u32::try_from(self.options.size.max(1)).unwrap_or(u32::MAX);
        let waited = tokio::time::timeout(limit, self.slots.acquire_many(all)).await;
        let idle = std::mem::take(&mut *lock(&self.idle));
        for connection in idle {
            connection.session.close().await;
        }
        waited.is_ok()
    }

    fn take_idle(&self) -> Option<Connection> {
        lock(&self.idle).pop()
    }

    /// A connection that is as clean as a new one.
    pub(super) fn keep(&self, connection: Connection) {
        if !connection.session.is_closed() {
            lock(&self.idle).push(connection);
        }
    }

    pub(super) fn is_stuck(&self, pid: i32) {
        lock(&self.stuck).push((pid, Instant::now()));
    }

    pub(super) fn is_free_again(&self, pid: i32) {
        lock(&self.stuck).retain(|(held, _)| *held != pid);
    }

    fn stuck_words(&self) -> Vec<String> {
        let held = lock(&self.stuck);
        held.iter()
            .map(|(pid, since)| {
                format!(
                    "server process {pid} ignores its limits since {} s",
                    since.elapsed().as_secs()
                )
            })
            .collect()
    }
}

/// A poisoned lock holds plain data that is still whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
