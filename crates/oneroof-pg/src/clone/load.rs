//! The workers of a logical copy: each has a session on the copy, and while there are rows to read one on the source.
//! If one fails, or nobody waits for them any more, all of them end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::bearing::{CloneLimits, LOOK_EVERY};
use super::error::{CloneError, database};
use super::queue::{Next, Queue, Task};
use super::snapshot::{Snapshot, SnapshotDoor, TablePart, end_reading, speak_plainly};
use super::stream::{Flow, StreamError, pour};
use super::tally::{CopiedRows, StreamTally};
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// What all workers need.
#[derive(Clone)]
pub(super) struct Load {
    /// Where rows come from, if there are any to copy.
    pub(super) door: Option<SnapshotDoor>,
    pub(super) target: ConnInfo,
    pub(super) flow: Arc<Flow>,
    pub(super) application_name: String,
    pub(super) jobs: usize,
    pub(super) limits: CloneLimits,
    /// What the source sent, if that is wanted.
    pub(super) copied: Option<Arc<Mutex<CopiedRows>>>,
}

impl Load {
    /// For work on the copy alone.
    pub(super) fn without_rows(target: &ConnInfo, application_name: &str, jobs: usize) -> Self {
        Self {
            door: None,
            target: target.clone(),
            flow: Arc::new(Flow::new(None)),
            application_name: application_name.to_owned(),
            jobs,
            limits: CloneLimits::default(),
            copied: None,
        }
    }

    /// Does all of it. `progress` hears the bytes so far, and the snapshot is let go when all rows are there. Gives the
    /// number of transactions that it took on the source.
    pub(super) async fn run(
        &self,
        queue: Queue,
        snapshot: &mut Option<Snapshot>,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<u64, CloneError> {
        let (changed, _) = watch::channel(());
        let shared = Arc::new(Shared {
            queue: Mutex::new(queue),
            changed,
        });
        let mut workers = JoinSet::new();
        for _ in 0..self.jobs.max(1) {
            let worker = Worker {
                load: self.clone(),
                shared: Arc::clone(&shared),
            };
            workers.spawn(worker.run());
        }
        let mut transactions = 0;
        let mut tick = tokio::time::interval(TELL_EVERY);
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                ended = workers.join_next() => match ended {
                    None => break,
                    Some(Ok(done)) => transactions += done?,
                    Some(Err(error)) => {
                        return Err(database("copy the rows")(PgError::Client { detail: error.to_string() }));
                    }
                },
                _ = tick.tick() => progress(self.flow.bytes()),
            }
            if shared.with(|queue| queue.is_copied())
                && let Some(snapshot) = snapshot.take()
            {
                snapshot.end().await?;
                transactions += 1;
            }
            if let Some(snapshot) = snapshot.as_ref()
                && looked.elapsed() >= LOOK_EVERY
            {
                self.limits.check(snapshot).await?;
                looked = Instant::now();
            }
        }
        progress(self.flow.bytes());
        Ok(transactions)
    }
}

struct Shared {
    queue: Mutex<Queue>,
    changed: watch::Sender<()>,
}

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut Queue) -> T) -> T {
        work(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Worker {
    load: Load,
    shared: Arc<Shared>,
}

impl Worker {
    /// Works until nothing is left. Gives the number of transactions on the source.
    async fn run(self) -> Result<u64, CloneError> {
        let mut changed = self.shared.changed.subscribe();
        let target = loading(&self.load.target, &self.load.application_name).await?;
        let mut source: Option<Session> = None;
        let mut transactions = 0;
        loop {
            changed.borrow_and_update();
            let next = self.shared.with(Queue::next);
            // The source is let go as soon as its rows are here.
            if !matches!(next, Next::Do(Task::Copy(_)))
                && let Some(session) = source.take()
            {
                end_reading(&session).await?;
                session.close().await;
            }
            let task = match next {
                Next::Do(task) => task,
                // The sender is ours: it cannot be gone.
                Next::Wait => {
                    let _ = changed.changed().await;
                    continue;
                }
                Next::Nothing => break,
            };
            match &task {
                Task::Copy(part) => {
                    let from = match &mut source {
                        Some(session) => session,
                        none => {
                            transactions += 1;
                            none.insert(self.reader().await?)
                        }
                    };
                    self.copy(part, from, &target).await?;
                }
                Task::Build(build) => {
                    target
                        .simple(&build.statements)
                        .await
                        .map_err(|error| CloneError::Build {
                            statement: first_line(&build.statements),
                            source: Box::new(error),
                        })?;
                }
            }
            self.shared.with(|queue| queue.done(&task));
            self.shared.changed.send_replace(());
        }
        target.close().await;
        Ok(transactions)
    }

    async fn reader(&self) -> Result<Session, CloneError> {
        match &self.load.door {
            Some(door) => door.open().await,
            None => Err(database("open the source")(PgError::Client {
                detail: "there is none to copy rows from".to_owned(),
            })),
        }
    }

    async fn copy(
        &self,
        part: &TablePart,
        source: &Session,
        target: &Session,
    ) -> Result<(), CloneError> {
        let filling = |error| CloneError::Table {
            table: part.identity.clone(),
            side: "write it on the copy",
            source: Box::new(error),
        };
        let begin = match &part.truncate_statement {
            Some(truncate) => format!("begin; {truncate}"),
            None => "begin".to_owned(),
        };
        target.simple(&begin).await.map_err(filling)?;
        let (from, into) = (&part.out_statement, &part.in_statement);
        let mut tally = self.load.copied.as_ref().map(|_| StreamTally::default());
        match pour(source, target, from, into, &self.load.flow, tally.as_mut()).await {
            Ok(_) => {}
            Err(StreamError::Target(error)) => return Err(filling(error)),
            Err(StreamError::Source(error)) => {
                return Err(CloneError::Table {
                    table: part.identity.clone(),
                    side: "read it from the source",
                    source: Box::new(error),
                });
            }
        }
        target.simple("commit").await.map_err(filling)?;
        if let (Some(copied), Some(tally)) = (&self.load.copied, tally) {
            let mut copied = copied.lock().unwrap_or_else(PoisonError::into_inner);
            copied.add(part, &tally.tally());
        }
        Ok(())
    }
}

/// A session that loads the copy.
pub(super) async fn loading(
    target: &ConnInfo,
    application_name: &str,
) -> Result<Session, CloneError> {
    let opening = || database("open the private server");
    let session = connect(target, &SessionOptions::read_write(application_name))
        .await
        .map_err(opening())?;
    session
        .simple(include_str!("load_session.sql"))
        .await
        .map_err(opening())?;
    if compresses_fast(&session).await.map_err(opening())? {
        session
            .simple("set default_toast_compression = 'lz4'")
            .await
            .map_err(opening())?;
    }
    speak_plainly(&session).await.map_err(opening())?;
    Ok(session)
}

/// Does this server have the fast compression of large values?
pub(super) async fn compresses_fast(session: &Session) -> Result<bool, PgError> {
    let rows = session
        .query(include_str!("fast_compression.sql"), &[])
        .await?;
    match rows.first() {
        Some(row) => Ok(row.try_get("is_there")?),
        None => Ok(false),
    }
}

fn first_line(statements: &str) -> String {
    statements
        .split_whitespace()
        .take(16)
        .collect::<Vec<_>>()
        .join(" ")
}
