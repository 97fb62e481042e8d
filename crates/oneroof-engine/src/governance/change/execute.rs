//! The one way of every mutating verb of governance, and of `sync`: preview, then commit, write or nothing.
//!
//! The class of the target decides. Clone and scratch: one transaction, which `execute` commits and reads back.
//! Production: nothing is executed; the preview runs on a private copy that is dropped, and `execute` or `write`
//! writes a sealed package for the normal way. Golden: refused.

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::catalog;
use oneroof_pg::change::{Facts, facts, snapshot, take_turn};
use oneroof_pg::clone::make_clone;
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::Lifetime;
use oneroof_pg::run::{AdvisoryLock, RunSettings, lock_holder};
use serde::Serialize;

use super::package::{self, WrittenPackage};
use super::preview::Preview;
use super::{Change, OWNER_ROLE};
use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::release::begin_writing;
use crate::governance::BASE;
use crate::rehearse::clone::{clone_error, clone_options};
use crate::source::role_missing;
use crate::store::package_files::OpenPackage;
use crate::{open, parameters, run_id};

/// How long the verb waits for its turn, and for a row lock.
const LOCK_TIMEOUT_MS: u64 = 3_000;
const STATEMENT_TIMEOUT_MS: u64 = 60_000;

/// On which target, and how far.
#[derive(Debug, Clone, Default)]
pub struct ChangeOptions {
    /// The target's name.
    pub target: String,
    /// Act: commit on a clone or scratch database, write a package for a production.
    pub execute: bool,
    /// Write a package, whatever the target is.
    pub write: bool,
}

/// What became of the change.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was only shown.
    Shown,
    /// It was committed, and read back on another connection.
    Done {
        /// Rows that were read back.
        rows: usize,
    },
    /// It is a package now.
    Written(WrittenPackage),
}

/// A change on a target: what it does, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeReport {
    /// What kind of change, such as `owner-assign`.
    pub change: String,
    /// One line.
    pub summary: String,
    /// What its rows are tagged with.
    pub tag: String,
    /// The target.
    pub target: String,
    /// What the target is.
    pub class: TargetClass,
    /// Its database.
    pub database: String,
    /// The document that the SQL reads.
    pub document: serde_json::Value,
    /// What it does.
    pub preview: Preview,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The next commands.
    pub next: Vec<String>,
}

/// Plans a change from the facts of the target, previews it, and does with it what `options` say.
///
/// `plan` is called again where somebody else was quicker: it then sees their rows and can say who they are.
///
/// # Errors
/// What `plan` says, [`EngineError::Refused`] where the target may not be changed so, and what the server says.
pub async fn run(
    context: &Context,
    options: &ChangeOptions,
    plan: impl AsyncFn(&Session, &Facts) -> Result<Change, EngineError>,
) -> Result<ChangeReport, EngineError> {
    let target = &open::target(context, &options.target)?;
    let run_id = &run_id::new();
    let (class, database) = what_it_is(context, target, run_id).await?;
    let place = Place {
        context,
        target,
        run_id,
        schema: schema(context, target)?,
        class,
        database,
    };
    match class {
        TargetClass::Golden => Err(Refusal::new(
            RefusalCode::GoldenIsKept,
            format!(
                "target `{}` is a golden clone, which no change may touch",
                target.name
            ),
        )
        .hint("make a clone of it and change that")
        .into()),
        TargetClass::Production => place.on_copy(options, &plan).await,
        TargetClass::Clone | TargetClass::Scratch => {
            let apply = target
                .apply
                .as_ref()
                .ok_or_else(|| role_missing(target, "apply"))?;
            match place.change(apply, options, &plan).await {
                // Somebody who does not wait for turns, such as a release, was quicker.
                Err(EngineError::Failed(failure))
                    if matches!(failure.sqlstate.as_deref(), Some("23505" | "P0001")) =>
                {
                    place.change(apply, options, &plan).await
                }
                outcome => outcome,
            }
        }
    }
}

struct Place<'a> {
    context: &'a Context,
    target: &'a TargetDatabase,
    run_id: &'a str,
    schema: Option<String>,
    class: TargetClass,
    database: String,
}

impl Place<'_> {
    /// Previews on a private copy of a production, which is dropped at the end.
    async fn on_copy(
        &self,
        options: &ChangeOptions,
        plan: &impl AsyncFn(&Session, &Facts) -> Result<Change, EngineError>,
    ) -> Result<ChangeReport, EngineError> {
        let target = self.target;
        let reader = target
            .clone
            .as_ref()
            .or(target.read.as_ref())
            .ok_or_else(|| role_missing(target, "clone"))?;
        let lifetime = Lifetime::WithProcess;
        let clone_options =
            clone_options(self.context, &target.name, self.run_id, lifetime).await?;
        let copy = make_clone(reader, &clone_options, |_| {})
            .await
            .map_err(clone_error)?;
        let outcome = self.change(&copy.superuser_conninfo(), options, plan).await;
        copy.remove()
            .await
            .map_err(|error| EngineError::other(format!("drop the copy: {error}")))?;
        outcome
    }

    /// Plans, previews, and commits or writes, in one transaction of `conninfo`.
    async fn change(
        &self,
        conninfo: &ConnInfo,
        options: &ChangeOptions,
        plan: &impl AsyncFn(&Session, &Facts) -> Result<Change, EngineError>,
    ) -> Result<ChangeReport, EngineError> {
        let session = self.session(conninfo).await?;
        begin_writing(&session).await?;
        self.settings(None)
            .apply(&session)
            .await
            .map_err(|error| self.role_error(conninfo, error))?;
        self.turn(conninfo, &session).await?;
        let known = facts(&session)
            .await
            .map_err(EngineError::database(
                "read the names that the target knows",
            ))?
            .ok_or_else(|| self.not_installed())?;
        let change = plan(&session, &known).await?;
        self.settings(Some(&change))
            .apply(&session)
            .await
            .map_err(|error| self.role_error(conninfo, error))?;
        let preview = Preview::run(self.context, &session, &change, known.with_axes).await?;
        let writes = options.write || (options.execute && self.class == TargetClass::Production);
        let executes = options.execute && !writes;
        let end = if executes { "commit" } else { "rollback" };
        session
            .simple(end)
            .await
            .map_err(EngineError::database(format!("{end} the change")))?;
        session.close().await;
        let mut report = ChangeReport {
            change: change.name.clone(),
            summary: change.summary.clone(),
            tag: change.tag(),
            target: self.target.name.clone(),
            class: self.class,
            database: self.database.clone(),
            document: change.document(),
            preview,
            outcome: Outcome::Shown,
            next: Vec::new(),
        };
        if executes {
            let rows = self.read_back(conninfo, &report.preview).await?;
            report.outcome = Outcome::Done { rows };
        } else if writes {
            let folder = self.context.root.join("packages");
            let facts = package::Facts {
                database: &self.database,
                schema: self.schema.as_deref().unwrap_or("public"),
                with_axes: known.with_axes,
            };
            let written = package::write(&folder, &change, &report.preview, &facts)?;
            report.next = next(&written, &self.target.name);
            report.outcome = Outcome::Written(written);
        }
        Ok(report)
    }

    async fn session(&self, conninfo: &ConnInfo) -> Result<Session, EngineError> {
        let name = format!("oneroof/change/{}", self.run_id);
        connect(conninfo, &SessionOptions::read_write(name))
            .await
            .map_err(EngineError::database(format!(
                "open target `{}` for a change",
                self.target.name
            )))
    }

    fn settings(&self, change: Option<&Change>) -> RunSettings {
        let mut values = vec![("run_id".to_owned(), self.run_id.to_owned())];
        if let Some(change) = change {
            values.push(("change".to_owned(), change.document().to_string()));
            values.push(("release_tag".to_owned(), change.tag()));
        }
        RunSettings {
            role: Some(OWNER_ROLE.to_owned()),
            schema: self.schema.clone(),
            values,
            lock_timeout_ms: LOCK_TIMEOUT_MS,
            statement_timeout_ms: STATEMENT_TIMEOUT_MS,
        }
    }

    /// Waits for the turn; a loser is told who has it.
    async fn turn(&self, conninfo: &ConnInfo, session: &Session) -> Result<(), EngineError> {
        let Err(error) = take_turn(session).await else {
            return Ok(());
        };
        if error.sqlstate() != Some("55P03") {
            return Err(EngineError::database("wait for the turn")(error));
        }
        let other = self.session(conninfo).await?;
        let holder = lock_holder(&other, AdvisoryLock::Change)
            .await
            .map_err(EngineError::database("ask who has the turn"))?;
        other.close().await;
        let who = holder.map_or_else(
            || "somebody who is gone by now".to_owned(),
            |holder| {
                let unknown = || "unknown".to_owned();
                format!(
                    "{} ({}, pid {}) since {}",
                    holder.role.unwrap_or_else(unknown),
                    holder.application.unwrap_or_else(unknown),
                    holder.pid,
                    holder.since.unwrap_or_else(unknown)
                )
            },
        );
        Err(Refusal::new(
            RefusalCode::TargetLocked,
            format!(
                "another change of governance runs on target `{}`: {who}",
                self.target.name
            ),
        )
        .hint("wait until it is done, then try again: you will see what it did")
        .into())
    }

    /// Reads the rows again on another connection.
    async fn read_back(
        &self,
        conninfo: &ConnInfo,
        preview: &Preview,
    ) -> Result<usize, EngineError> {
        let session = self.session(conninfo).await?;
        begin_writing(&session).await?;
        self.settings(None)
            .apply(&session)
            .await
            .map_err(|error| self.role_error(conninfo, error))?;
        let now = snapshot(&session)
            .await
            .map_err(EngineError::database("read back the change"))?;
        session.close().await;
        for row in &preview.rows {
            let seen = now
                .tables
                .get(&row.table)
                .and_then(|rows| rows.get(&row.key_text))
                .map(|row| &row.text);
            if seen != row.after_text.as_ref() {
                return Err(EngineError::Other {
                    message: format!(
                        "read back row {} of `{}`: it is not what was committed",
                        row.key_text, row.table
                    ),
                    hint: Some(
                        "somebody changed it in this moment; look at it before going on".into(),
                    ),
                });
            }
        }
        Ok(preview.rows.len())
    }

    fn role_error(&self, conninfo: &ConnInfo, error: oneroof_pg::PgError) -> EngineError {
        if !matches!(error.sqlstate(), Some("42501" | "22023")) {
            return EngineError::database("set the transaction's settings")(error);
        }
        let user = conninfo.user();
        Refusal::new(
            RefusalCode::RightMissing,
            format!(
                "role `{user}` of target `{}` may not act as role `{OWNER_ROLE}`: {error}",
                self.target.name
            ),
        )
        .hint(format!("a DBA runs: grant {OWNER_ROLE} to {user};"))
        .into()
    }

    fn not_installed(&self) -> EngineError {
        Refusal::new(
            RefusalCode::RequirementMissing,
            format!(
                "package `{BASE}` is not in schema `{}` of target `{}`",
                self.schema.as_deref().unwrap_or("public"),
                self.target.name
            ),
        )
        .hint(format!(
            "oneroof rehearse {BASE} --from {}",
            self.target.name
        ))
        .into()
    }
}

/// The class of the target and the name of its database.
async fn what_it_is(
    context: &Context,
    target: &TargetDatabase,
    run_id: &str,
) -> Result<(TargetClass, String), EngineError> {
    let conninfo = target
        .read
        .as_ref()
        .or(target.apply.as_ref())
        .ok_or_else(|| role_missing(target, "read"))?;
    let options = SessionOptions::read_only(format!("oneroof/change/{run_id}"));
    let session = connect(conninfo, &options)
        .await
        .map_err(EngineError::database(format!(
            "open target `{}`",
            target.name
        )))?;
    let class = open::class(&session, &open::clones(&context.root), &target.name).await;
    let identity = catalog::identity(&session)
        .await
        .map_err(EngineError::database("read the target's identity"));
    session.close().await;
    Ok((class?, identity?.database_name))
}

/// The schema of both packages on this target.
fn schema(context: &Context, target: &TargetDatabase) -> Result<Option<String>, EngineError> {
    let base = OpenPackage::open(Some(&context.root.join("packages")), BASE)?;
    let parameters = parameters::resolve(&base, target, &[])?;
    Ok(parameters.schema(&base.plan))
}

/// What to do with a written package.
fn next(written: &WrittenPackage, target: &str) -> Vec<String> {
    let name = &written.package;
    vec![
        format!("oneroof package check packages/{name}"),
        format!("oneroof rehearse {name} --from {target}"),
        format!("oneroof gate {name} --target {target}"),
        format!("oneroof apply {name} --target {target} --execute"),
    ]
}
