//! `rollback`: undoes what the ledger says this release made, and nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use oneroof_model::gate::Act;
use oneroof_model::{Event, TargetClass};
use oneroof_pg::connect::Access;
use oneroof_pg::run::RunLock;
use serde::Serialize;

use crate::apply::refuse_golden;
use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::backward::{Entire, RollbackRecord};
use crate::execute::forward::millis;
use crate::execute::locks::LockReading;
use crate::execute::release::{ReleaseRun, Resume};
use crate::figures::Figures;
use crate::gate::Approved;
use crate::store::package_files::OpenPackage;
use crate::store::run_log::RunLog;
use crate::{open, parameters, run_id};

/// What `rollback` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct RollbackOptions {
    /// Act; without it only the plan is shown.
    pub execute: bool,
    /// Keep everything up to and including this tier.
    pub to: Option<String>,
    /// `--params` files.
    pub params: Vec<PathBuf>,
}

/// What `rollback` did or would do.
#[derive(Debug, Default, Serialize)]
pub struct RollbackReport {
    /// Id of the run.
    pub run_id: String,
    /// `name@version`
    pub package: String,
    /// The target's name.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Was it done, or only shown?
    pub executed: bool,
    /// Nothing of the release stood.
    pub nothing_to_do: bool,
    /// Tiers that will be undone, in order.
    pub planned: Vec<String>,
    /// Marker lines.
    pub markers: Vec<String>,
    /// What each rollback did.
    pub tiers: Vec<RollbackRecord>,
    /// Rows that were saved before they were deleted, by export.
    pub exports: BTreeMap<String, Vec<serde_json::Value>>,
}

/// Rolls a release back, or shows what would be done.
pub async fn rollback(
    context: &Context,
    package: &OpenPackage,
    target: &str,
    options: &RollbackOptions,
) -> Result<RollbackReport, EngineError> {
    crate::check::require_fit(package)?;
    let target = &open::target(context, target)?;
    let parameters = parameters::resolve(package, target, &options.params)?;
    let run_id = run_id::new();
    let place = open::place(context, target, package, "rollback", &run_id).await?;
    let run = ReleaseRun {
        context,
        package,
        parameters: &parameters,
        place: &place,
        verb: "rollback",
        run_id: &run_id,
        rehearsed: None,
        locks: LockReading::Off,
        next: None,
        seen: None,
        resume: Resume::NotAsked,
        approved: None,
    };
    if !options.execute {
        let session = run.session(Access::ReadOnly).await?;
        let state = run.adopted_state(&session).await?;
        let undone = run.standing(&state, options.to.as_deref())?;
        run.refuse_changed_objects(&session, &session, &undone)
            .await?;
        session.close().await;
        let planned: Vec<String> = undone.into_iter().rev().map(|one| one.tier).collect();
        return Ok(RollbackReport {
            nothing_to_do: planned.is_empty(),
            planned,
            ..run.rollback_report()
        });
    }
    refuse_golden(&place)?;
    let log = RunLog::create(&context.root, &run_id)?;
    let context = &log.listening(context);
    let run = ReleaseRun { context, ..run };
    context.emit(run.started_event());
    let started = Instant::now();
    let mut leave = None;
    let outcome = execute(&run, target, options, &mut leave).await;
    let verdict = match &outcome {
        Ok(_) => "passed",
        Err(EngineError::Refused(_)) => "refused",
        Err(_) => "failed",
    };
    context.emit(Event::RunFinished {
        verdict: verdict.into(),
        duration_ms: millis(started.elapsed()),
    });
    let approvals = serde_json::json!(leave.as_ref().map(|leave| &leave.approvals));
    log.end(&context.operator, &approvals, outcome.as_ref().map(drop));
    outcome
}

/// Acts. On a production the gate is asked under the run lock; where nothing stands there is nothing to ask for.
async fn execute(
    run: &ReleaseRun<'_>,
    target: &TargetDatabase,
    options: &RollbackOptions,
    leave: &mut Option<Approved>,
) -> Result<RollbackReport, EngineError> {
    let lock = run.lock().await?;
    let outcome = async {
        let state = run.adopted_state(lock.watcher()).await?;
        let stands = !run.standing(&state, options.to.as_deref())?.is_empty();
        if run.place.class == TargetClass::Production && stands {
            *leave = Some(run.question(target, Act::Rollback, &[]).pass().await?);
        }
        let run = ReleaseRun {
            approved: leave.as_ref(),
            ..*run
        };
        run.rollback(&lock, options.to.as_deref()).await
    }
    .await;
    lock.release().await;
    outcome
}

impl ReleaseRun<'_> {
    fn rollback_report(&self) -> RollbackReport {
        RollbackReport {
            run_id: self.run_id.to_owned(),
            package: self.package.plan.release_tag(),
            target: self.place.name.clone(),
            database: self.place.identity.database_name.clone(),
            ..RollbackReport::default()
        }
    }

    /// The tiers that would be undone, in ledger order: all that stand, or those after `to`.
    fn standing(
        &self,
        state: &oneroof_model::ReleaseState,
        to: Option<&str>,
    ) -> Result<Vec<oneroof_model::AppliedTier>, EngineError> {
        let standing = state.standing();
        let Some(word) = to else {
            return Ok(standing);
        };
        let id = self.package.plan.tier(word).map(|tier| tier.id.as_str());
        let is_kept = |applied: &oneroof_model::AppliedTier| Some(applied.tier.as_str()) == id;
        match state.applied.iter().position(is_kept) {
            Some(kept) => Ok(standing[kept + 1..].to_vec()),
            None => {
                let standing: Vec<_> = state
                    .applied
                    .iter()
                    .map(|applied| applied.tier.as_str())
                    .collect();
                let standing = if standing.is_empty() {
                    "none".to_owned()
                } else {
                    standing.join(", ")
                };
                Err(EngineError::input(
                    format!("find tier `{word}` among the tiers that stand"),
                    format!("these stand on target `{}`: {standing}", self.place.name),
                ))
            }
        }
    }

    /// Undoes the release, or the tiers after `to`.
    pub(crate) async fn rollback(
        &self,
        lock: &RunLock,
        to: Option<&str>,
    ) -> Result<RollbackReport, EngineError> {
        let state = self.adopted_state(lock.watcher()).await?;
        let undone = self.standing(&state, to)?;
        let mut report = RollbackReport {
            executed: true,
            ..self.rollback_report()
        };
        if undone.is_empty() {
            report.nothing_to_do = true;
            return Ok(report);
        }
        report.exports = self.exports().await?;
        // A rehearsal saves them into its evidence.
        if self.verb == "rollback" {
            let folder = self.context.root.join("runs").join(self.run_id);
            crate::store::evidence::save_exports(&folder, &report.exports)?;
        }
        let entire = match undone.len() == state.standing().len() {
            true => Entire::Yes,
            false => Entire::No,
        };
        report.planned = undone
            .iter()
            .rev()
            .map(|applied| applied.tier.clone())
            .collect();
        report.tiers = self.undo(lock, &undone, &state.entry, entire).await?;
        if entire == Entire::Yes {
            let mut figures = Figures {
                entry: state.entry.clone(),
                ..Figures::default()
            };
            for text in self
                .markers(&self.package.plan.rollback.marker.0, &mut figures)
                .await?
            {
                self.context.emit(Event::Marker { text: text.clone() });
                report.markers.push(text);
            }
        }
        Ok(report)
    }
}
