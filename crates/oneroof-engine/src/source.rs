//! The door `source`: our own reading of a production. Every transaction is READ ONLY, is always rolled
//! back, and proves before the rollback that it was never given a transaction id.

use oneroof_model::{Refusal, RefusalCode};
use oneroof_pg::catalog::assigned_transaction_id;
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::run::RunSettings;

use crate::context::TargetDatabase;
use crate::error::EngineError;
use crate::execute::release::begin;

/// Limits of our own statements on a production, milliseconds.
const LOCK_TIMEOUT_MS: u64 = 1_000;
const STATEMENT_TIMEOUT_MS: u64 = 60_000;

/// An open door: a read-only session of the target's read role, and the count of what went through it.
pub(crate) struct Source {
    session: Session,
    transactions: u64,
}

impl Source {
    /// Opens the door with the target's read role.
    pub(crate) async fn open(
        target: &TargetDatabase,
        verb: &str,
        run_id: &str,
    ) -> Result<Source, EngineError> {
        let read = read_role(target)?;
        let options = SessionOptions {
            statement_timeout_ms: Some(STATEMENT_TIMEOUT_MS),
            lock_timeout_ms: Some(LOCK_TIMEOUT_MS),
            ..SessionOptions::read_only(format!("oneroof/{verb}/{run_id}"))
        };
        let session = connect(read, &options)
            .await
            .map_err(EngineError::database(format!(
                "open target `{}` as its read role",
                target.name
            )))?;
        Ok(Source {
            session,
            transactions: 0,
        })
    }

    /// Reads something in one transaction. `settings` may name no role: the read role has no other.
    pub(crate) async fn read<T>(
        &mut self,
        settings: &RunSettings,
        work: impl AsyncFnOnce(&Session) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        begin(
            &self.session,
            "begin transaction isolation level repeatable read read only",
        )
        .await?;
        let settings = RunSettings {
            role: None,
            lock_timeout_ms: LOCK_TIMEOUT_MS,
            statement_timeout_ms: STATEMENT_TIMEOUT_MS,
            ..settings.clone()
        };
        settings
            .apply(&self.session)
            .await
            .map_err(EngineError::database("set the transaction's settings"))?;
        let outcome = work(&self.session).await;
        // After a failed statement the server answers nothing but a rollback; then nothing was written either.
        if outcome.is_ok() {
            let id =
                assigned_transaction_id(&self.session)
                    .await
                    .map_err(EngineError::database(
                        "ask whether a transaction id was assigned",
                    ))?;
            if let Some(id) = id {
                return Err(EngineError::other(format!(
                    "read the source without writing: transaction id {id} was assigned; the transaction is not committed"
                )));
            }
        }
        self.session
            .simple("rollback")
            .await
            .map_err(EngineError::database("roll back a reading transaction"))?;
        self.transactions += 1;
        outcome
    }

    /// Transactions that went through this door, each without a transaction id.
    pub(crate) fn transactions(&self) -> u64 {
        self.transactions
    }

    /// Closes the door.
    pub(crate) async fn close(self) {
        self.session.close().await;
    }
}

/// The connection of the read role, or a refusal that names it.
pub(crate) fn read_role(target: &TargetDatabase) -> Result<&ConnInfo, EngineError> {
    target
        .read
        .as_ref()
        .ok_or_else(|| role_missing(target, "read"))
}

/// A verb without its connection is refused, naming the role.
pub(crate) fn role_missing(target: &TargetDatabase, role: &str) -> EngineError {
    Refusal::new(
        RefusalCode::RoleMissing,
        format!("target `{}` has no `{role}` connection", target.name),
    )
    .hint(format!(
        "add `{role} = \"…\"` under [targets.{}] in oneroof.toml; docs/reference/roles.md has the SQL of a right role",
        target.name
    ))
    .into()
}
