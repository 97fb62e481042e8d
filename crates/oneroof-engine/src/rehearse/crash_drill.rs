//! Step 15: each tier loses its backend in the middle; nothing of it stays, and the run is resumed to the
//! same end.

use oneroof_model::package::{Tier, Transaction};

use super::baseline;
use super::negative_engine::quiet;
use super::report::RehearsalReport;
use super::report_attempts::CrashRecord;
use super::run::Rehearsal;
use super::stage::{Stage, advance};
use super::state::{CloneState, RunOutcome};
use crate::error::{EngineError, Failure};
use crate::execute::forward::units;
use crate::execute::interruption::Interruption;
use crate::execute::release::ReleaseRun;
use crate::execute::statements::Script;

impl Rehearsal<'_> {
    /// `unbroken` is what the run of step 7 left. Ends with the release rolled back, the simulation too.
    pub(super) async fn crash_drill(
        &self,
        stage: &Stage<'_>,
        unbroken: &RunOutcome,
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        let quiet = quiet(self.context);
        let run = ReleaseRun {
            context: &quiet,
            ..*stage.run
        };
        if let Some(simulate) = stage.simulate {
            self.simulate(&run, simulate).await?;
        }
        let begun = stage.states().now(stage.baseline).await?;
        let mut state = begun.clone();
        let mut through = 0;
        for unit in units(stage.wanted) {
            for tier in &unit {
                let mut record = self.crash(&run, stage, &unit, tier, &state).await?;
                if tier.transaction == Transaction::Single {
                    let left = record.left.clone();
                    report.crash_drill.push(record);
                    require_nothing_left(tier, &left)?;
                } else {
                    let standing = &stage.wanted[..through];
                    record.undone = self.undo_part(&run, stage, standing, tier, &state).await?;
                    report.crash_drill.push(record);
                }
            }
            through += unit.len();
            // What `apply` does after a crash: it asks the ledger where to go on.
            advance(&run, stage.lock, &stage.wanted[..through], stage.wanted).await?;
            state = stage.states().now(&state).await?;
        }
        let _ = run.apply(stage.lock, stage.wanted).await?;
        let volatile = self.volatile_columns(&run).await?;
        let end = stage.states().now(&state).await?;
        let resumed = stage.states().outcome(&end, &begun, &volatile).await?;
        require_same(&unbroken.differences(&resumed))?;
        let undone = run.rollback(stage.lock, None).await?;
        self.undo_simulation(&run, stage).await?;
        let left = stage
            .baseline
            .differences(&stage.states().now(&state).await?);
        if !left.is_empty() {
            return Err(failure(
                "the rollback of the resumed release does not restore the baseline".into(),
                &left,
                "definitions and data of the baseline",
            ));
        }
        Ok((
            (),
            format!(
                "{} lost their backend in the middle, nothing of them stayed{}; resumed to the same rows in {} tables, then {} undone",
                crate::check::counted(report.crash_drill.len(), "tier"),
                parts_undone(report),
                resumed.tables(),
                undone.tiers.len()
            ),
        ))
    }

    /// One tier loses its backend; what differs from the state `before` is in the record.
    async fn crash(
        &self,
        run: &ReleaseRun<'_>,
        stage: &Stage<'_>,
        unit: &[&Tier],
        tier: &Tier,
        before: &CloneState,
    ) -> Result<CrashRecord, EngineError> {
        let state = run.adopted_state(stage.lock.watcher()).await?;
        let entry = match state.is_begun() {
            true => state.entry.clone(),
            false => {
                run.begin_release(stage.lock, stage.wanted, &mut Vec::new())
                    .await?
            }
        };
        let created = run.tables_of(stage.lock).await?;
        let interruption = Interruption {
            tier: &tier.id,
            admin: stage.admin,
        };
        let error = run
            .interrupt_unit(stage.lock, unit, &entry, &created, &interruption)
            .await?;
        let script = Script::parse(&tier.file, self.package.text(&tier.file)?)?;
        let was_struck = matches!(error, EngineError::Database { .. });
        if !was_struck {
            // It failed by itself, before it was struck or otherwise than by the loss of its connection.
            return Err(error);
        }
        let left = before.differences(&stage.states().now(before).await?);
        let statements = script.statements.len();
        Ok(CrashRecord {
            tier: tier.id.clone(),
            statements,
            statements_done: match tier.transaction {
                Transaction::None => (statements.max(1) - 1) / 2,
                Transaction::Single | Transaction::Batched => interruption.statement(&script),
            },
            error: with_cause(&error),
            left,
            undone: None,
        })
    }
}

fn require_nothing_left(tier: &Tier, left: &[String]) -> Result<(), EngineError> {
    if left.is_empty() {
        return Ok(());
    }
    Err(failure(
        format!(
            "tier {} left something when its backend was terminated in the middle",
            tier.title()
        ),
        left,
        "the state at the end of the tier before",
    ))
}

impl Rehearsal<'_> {
    /// A tier that commits on its way was cut: its rollback must lead back to `before`. Then it is cut once more,
    /// to be resumed. `None`: it cannot be undone.
    async fn undo_part(
        &self,
        run: &ReleaseRun<'_>,
        stage: &Stage<'_>,
        standing: &[&Tier],
        tier: &Tier,
        before: &CloneState,
    ) -> Result<Option<bool>, EngineError> {
        if tier.irreversible.is_some() {
            return Ok(None);
        }
        let kept = standing.last().map(|tier| tier.id.as_str());
        let _ = run.rollback(stage.lock, kept).await?;
        let left = before.differences(&stage.states().now(before).await?);
        if !left.is_empty() {
            return Err(failure(
                format!(
                    "the rollback of tier {} does not undo what was there when it was cut",
                    tier.title()
                ),
                &left,
                "the state at the end of the tier before",
            ));
        }
        self.crash(run, stage, &[tier], tier, before).await?;
        Ok(Some(true))
    }
}

fn require_same(differences: &[String]) -> Result<(), EngineError> {
    if differences.is_empty() {
        return Ok(());
    }
    let mut error = failure(
        "a run that was interrupted and resumed ends otherwise than an unbroken one".into(),
        differences,
        "the same rows, generated keys and [effects] volatile_columns apart",
    );
    if let EngineError::Failed(failure) = &mut error {
        failure.hint = Some(
            "a column that differs between two equal runs belongs into [effects] volatile_columns"
                .into(),
        );
    }
    Err(error)
}

fn failure(message: String, differences: &[String], expected: &str) -> EngineError {
    Failure {
        message: format!("{message}: {} differences", differences.len()),
        detail: Some(baseline::shown(differences)),
        expected: Some(expected.to_owned()),
        seen: differences.first().cloned(),
        ..Failure::default()
    }
    .into()
}

/// The tiers that commit on their way, in words.
fn parts_undone(report: &RehearsalReport) -> String {
    let undone = report.crash_drill.iter();
    match undone.filter(|record| record.undone.is_some()).count() {
        0 => String::new(),
        count => format!(
            " ({} by a rollback of what they had committed)",
            crate::check::counted(count, "tier")
        ),
    }
}

fn with_cause(error: &EngineError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
