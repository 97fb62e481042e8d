//! A crash on purpose: the backend of a tier is terminated in the middle of it, for the crash drill.

use std::time::{Duration, Instant};

use oneroof_model::outside::OutsideStatement;
use oneroof_model::package::Tier;
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::run::{RunLock, blockers, hold, terminate};
use oneroof_sql::Statement;

use super::release::ReleaseRun;
use super::statements::Script;
use crate::error::EngineError;

/// How long a statement may take until it stands before the lock that holds it up.
const HELD_UP_WITHIN: Duration = Duration::from_secs(10);

/// Which tier is interrupted, and by whom.
pub(crate) struct Interruption<'a> {
    /// The tier's id.
    pub(crate) tier: &'a str,
    /// A session that may terminate others: the superuser's of the clone's private server.
    pub(crate) admin: &'a Session,
}

impl Interruption<'_> {
    /// Statements that still run: half of them, and at least one, so that there is something to lose.
    pub(crate) fn statement(&self, script: &Script) -> usize {
        script.statements.len().div_ceil(2)
    }

    /// Terminates the backend of the tier's session.
    pub(super) async fn strike(&self, session: &Session) -> Result<(), EngineError> {
        let gone = terminate(self.admin, session.backend_pid())
            .await
            .map_err(EngineError::database("terminate a backend on purpose"))?;
        if gone {
            return Ok(());
        }
        Err(EngineError::other(format!(
            "terminate the backend of tier `{}` on purpose: it is still there",
            self.tier
        )))
    }

    /// Terminates the backend of a statement outside a transaction while it waits for a lock on its table, which a
    /// session of the superuser holds for that: what is half-done then is what a crash would leave. Gives the
    /// error that the run ends with.
    pub(super) async fn strike_outside(
        &self,
        run: &ReleaseRun<'_>,
        lock: &RunLock,
        session: &Session,
        tier: &Tier,
        statement: &Statement,
        outside: &OutsideStatement,
    ) -> EngineError {
        let lost = |source| EngineError::Database {
            doing: format!("run {}:{}", tier.file, statement.line),
            hint: None,
            source: Box::new(source),
        };
        match self
            .hold_and_strike(run, lock, session, statement, outside)
            .await
        {
            Err(error) => error,
            // It was not held up, or is over: its session is gone all the same.
            Ok(()) => match session.simple("select").await {
                Err(source) => lost(source),
                Ok(_) => EngineError::other(format!(
                    "terminate the backend of tier `{}` on purpose: its session still answers",
                    tier.id
                )),
            },
        }
    }

    async fn hold_and_strike(
        &self,
        run: &ReleaseRun<'_>,
        lock: &RunLock,
        session: &Session,
        statement: &Statement,
        outside: &OutsideStatement,
    ) -> Result<(), EngineError> {
        let Some(admin) = run.place.admin.as_ref().filter(|_| outside.concurrently) else {
            return self.strike(session).await;
        };
        let holder = connect(
            admin,
            &SessionOptions::read_write(format!("oneroof/{}/{}", run.verb, run.run_id)),
        )
        .await
        .map_err(EngineError::database("open the clone as its superuser"))?;
        hold(&holder, session, &outside.relations)
            .await
            .map_err(EngineError::database("hold a table for the crash drill"))?;
        let mut running = std::pin::pin!(session.simple(&statement.text));
        let began = Instant::now();
        let mut is_over = false;
        while began.elapsed() < HELD_UP_WITHIN && !is_over {
            tokio::select! {
                _ = &mut running => is_over = true,
                () = tokio::time::sleep(Duration::from_millis(20)) => {
                    let held = blockers(lock.watcher(), session.backend_pid()).await;
                    if held.is_ok_and(|held| !held.is_empty()) {
                        break;
                    }
                }
            }
        }
        let struck = self.strike(session).await;
        holder.close().await;
        struck?;
        if !is_over {
            let _ = running.await; // the session is gone
        }
        Ok(())
    }
}
