//! The one transaction of the verbs that write without a gate: as role `one_roof_operator`, which can do
//! nothing but scan, and prune what scans left.

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::run::RunSettings;

use super::{INSUFFICIENT_PRIVILEGE, Needs, base_package, reading, schema};
use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::release::begin_writing;
use crate::source::role_missing;
use crate::{open, parameters, run_id};

/// The role that may scan.
const OPERATOR: &str = "one_roof_operator";
/// Limits of a scan, milliseconds.
const LOCK_TIMEOUT_MS: u64 = 3_000;
const STATEMENT_TIMEOUT_MS: u64 = 300_000;

/// A target on which the operator may act.
pub(super) struct Operator {
    target: TargetDatabase,
    connection: ConnInfo,
    schema: String,
    session: Session,
}

impl Operator {
    /// Opens the target's `operator` connection, or its `apply` connection, whose role is a member as well.
    pub(super) async fn open(
        context: &Context,
        target: &str,
        verb: &str,
    ) -> Result<Operator, EngineError> {
        let target = open::target(context, target)?;
        let connection = target
            .operator
            .clone()
            .or_else(|| target.apply.clone())
            .ok_or_else(|| role_missing(&target, "operator"))?;
        let base = base_package(context)?;
        let schema = schema(&base, &parameters::resolve(&base, &target, &[])?);
        let name = format!("oneroof/{verb}/{}", run_id::new());
        let session = connect(&connection, &SessionOptions::read_write(name))
            .await
            .map_err(EngineError::database(format!(
                "open target `{}` as role `{}`",
                target.name,
                connection.user()
            )))?;
        if open::class(&session, &open::clones(&context.root), &target.name).await?
            == TargetClass::Golden
        {
            return Err(Refusal::new(
                RefusalCode::GoldenIsKept,
                format!(
                    "target `{}` is a golden clone, which no scan may change",
                    target.name
                ),
            )
            .hint("make a clone of it and scan there")
            .into());
        }
        Ok(Operator {
            target,
            connection,
            schema,
            session,
        })
    }

    /// The target's name.
    pub(super) fn target(&self) -> &str {
        &self.target.name
    }

    /// Does something in one transaction as `one_roof_operator`, and commits it.
    pub(super) async fn act<T>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        begin_writing(&self.session).await?;
        let settings = RunSettings {
            role: Some(OPERATOR.to_owned()),
            schema: Some(self.schema.clone()),
            values: Vec::new(),
            lock_timeout_ms: LOCK_TIMEOUT_MS,
            statement_timeout_ms: STATEMENT_TIMEOUT_MS,
        };
        settings
            .apply(&self.session)
            .await
            .map_err(|error| match error.sqlstate() {
                Some(INSUFFICIENT_PRIVILEGE | "22023") => self
                    .lacks(
                        &format!(
                            "role `{}` may not act as `{OPERATOR}`: {error}",
                            self.connection.user()
                        ),
                        &format!("grant {OPERATOR} to {};", self.connection.user()),
                    )
                    .into(),
                _ => EngineError::database("set the transaction's settings")(error),
            })?;
        self.require().await?;
        let outcome = work(&self.session).await?;
        self.session
            .simple("commit")
            .await
            .map_err(EngineError::database("commit"))?;
        Ok(outcome)
    }

    /// A right that `one_roof_operator` lacks, with the grant that mends it.
    pub(super) fn right_missing(&self, right: &str, error: oneroof_pg::PgError) -> EngineError {
        if error.sqlstate() == Some(INSUFFICIENT_PRIVILEGE) {
            let schema = &self.schema;
            let grant = format!("grant {} to {OPERATOR};", right.replace("{schema}", schema));
            self.lacks(&error.to_string(), &grant).into()
        } else {
            EngineError::database(format!("act as role `{OPERATOR}`"))(error)
        }
    }

    fn lacks(&self, why: &str, grant: &str) -> Refusal {
        Refusal::new(
            RefusalCode::RightMissing,
            format!("on target `{}`: {why}", self.target.name),
        )
        .hint(format!("a DBA runs: {grant}"))
    }

    /// Both packages must be there, and the operator must be able to enter their schema.
    async fn require(&self) -> Result<(), EngineError> {
        for needs in [Needs::Base, Needs::OneRoof] {
            let found = oneroof_pg::governance::installed::installed(
                &self.session,
                &self.schema,
                needs.relations(),
            )
            .await
            .map_err(reading("which packages the target has"))?;
            if !found.missing.is_empty() {
                return Err(super::not_installed(
                    &self.target,
                    &self.schema,
                    needs,
                    &found.elsewhere,
                )
                .into());
            }
            if !found.usable {
                return Err(self
                    .lacks(
                        &format!("role `{OPERATOR}` may not use schema `{}`", self.schema),
                        &format!("grant usage on schema {} to {OPERATOR};", self.schema),
                    )
                    .into());
            }
        }
        Ok(())
    }

    /// Closes the connection.
    pub(super) async fn close(self) {
        self.session.close().await;
    }
}
