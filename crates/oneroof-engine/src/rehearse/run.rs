//! The steps of a rehearsal, in order.

use oneroof_model::package::{NegativeKind, ResolvedParameters, Simulate};
use oneroof_pg::connect::Session;
use oneroof_pg::conninfo::ConnInfo;

use super::RehearseOptions;
use super::baseline;
use super::clone::{self, Clone};
use super::copies::Copies;
use super::coverage;
use super::from_golden::figures_behind;
use super::observe::observe;
use super::report::RehearsalReport;
use super::same_rows;
use super::stage::Stage;
use super::state::StateReader;
use super::steps::Steps;
use super::workload::PreparedWorkload;
use crate::apply::precondition_refusal;
use crate::context::{Context, TargetDatabase};
use crate::error::{EngineError, Failure};
use crate::execute::locks::LockReading;
use crate::execute::release::{ReleaseRun, Resume, begin};
use crate::execute::statements::Script;
use crate::figures::Figures;
use crate::metrics::StopAt;
use crate::source::Source;
use crate::store::package_files::OpenPackage;

/// Everything that a rehearsal is given.
pub(crate) struct Rehearsal<'a> {
    pub(crate) context: &'a Context,
    pub(crate) package: &'a OpenPackage,
    pub(crate) parameters: &'a ResolvedParameters,
    pub(crate) target: &'a TargetDatabase,
    pub(crate) run_id: &'a str,
    pub(crate) options: &'a RehearseOptions,
    pub(crate) steps: &'a Steps<'a>,
    pub(crate) workload: Option<&'a PreparedWorkload>,
}

/// Runs all steps; what was seen is in `report` even if one of them fails.
pub(super) async fn run(
    rehearsal: &Rehearsal<'_>,
    report: &mut RehearsalReport,
) -> Result<(), EngineError> {
    let steps = rehearsal.steps;
    let mut source = Source::open(rehearsal.target, "rehearse", rehearsal.run_id).await?;
    let entry = steps
        .run(1, rehearsal.entry_probe(&mut source, report))
        .await?;
    let mut clone = steps
        .run(2, rehearsal.make_clone(&mut source, report))
        .await?;
    let on_clone = rehearsal.on_clone(&mut source, &clone, report).await;
    let on_clone = match on_clone {
        Err(error) => Err(clone.explained(error, rehearsal.run_id).await),
        done => done,
    };
    let exit = match &on_clone {
        // A rehearsal that failed has nothing more to prove, but production is still looked at again.
        Ok(()) | Err(_) => {
            steps
                .run(
                    16,
                    rehearsal.exit_probe(&mut source, &entry, &clone, report),
                )
                .await
        }
    };
    source.close().await;
    let failed = on_clone.is_err() || exit.is_err();
    let keep = rehearsal.options.keep || (failed && rehearsal.options.keep_on_failure);
    if let Some(made) = &mut report.clone {
        made.kept = keep;
        made.connection = keep.then(|| clone.connection());
    }
    if keep {
        clone.keep(rehearsal.context)?;
        steps.skip(
            17,
            &format!(
                "the clone was kept on request as target clone:{}",
                clone.id()
            ),
        );
    } else {
        let dropped = steps.run(17, async {
            let gone = clone.gone().to_owned();
            clone.drop().await?;
            Ok(((), gone))
        });
        let dropped = dropped.await;
        report
            .free_disk_bytes
            .extend(clone::free_disk(rehearsal.context).map(|bytes| ("after".to_owned(), bytes)));
        on_clone?;
        exit?;
        return dropped;
    }
    on_clone?;
    exit
}

impl Rehearsal<'_> {
    /// Are there runs of the engine that must refuse?
    fn needs_copies(&self, run: &ReleaseRun<'_>) -> bool {
        let mut negatives = self.package.plan.negatives.iter();
        negatives.any(|one| one.kind == NegativeKind::Engine && run.is_wanted(&one.when))
    }

    /// Step 2.
    async fn make_clone(
        &self,
        source: &mut Source,
        report: &mut RehearsalReport,
    ) -> Result<(Clone, String), EngineError> {
        report
            .free_disk_bytes
            .extend(clone::free_disk(self.context).map(|bytes| ("before".to_owned(), bytes)));
        let made = clone::make(self, source).await?;
        report
            .free_disk_bytes
            .extend(clone::free_disk(self.context).map(|bytes| ("with_clone".to_owned(), bytes)));
        let described = made.report();
        let detail = match &described.golden {
            Some(_) => format!(
                "`{}`, {} in {} ms",
                described.database, described.why, described.duration_ms
            ),
            None => format!(
                "`{}`, {}: {} bytes in {} ms",
                described.database, described.strategy, described.bytes, described.duration_ms
            ),
        };
        let detail = match described.left_out.len() {
            0 => detail,
            many => format!("{detail}; the rows of {many} tables were not copied"),
        };
        report.clone = Some(described);
        Ok((made, detail))
    }

    /// Steps 3 to 15.
    async fn on_clone(
        &self,
        source: &mut Source,
        clone: &Clone,
        report: &mut RehearsalReport,
    ) -> Result<(), EngineError> {
        let steps = self.steps;
        let mut admin = clone.admin_session(self.run_id).await?;
        steps
            .run(3, self.faithful(source, clone, &admin, report))
            .await?;
        let place = clone.place(&admin).await?;
        let run = ReleaseRun {
            context: self.context,
            package: self.package,
            parameters: self.parameters,
            place: &place,
            verb: "rehearse",
            run_id: self.run_id,
            rehearsed: None,
            locks: LockReading::Off,
            next: None,
            seen: None,
            resume: Resume::Asked,
            approved: None,
        };
        let wanted = run.cut(self.options.through.as_deref())?;
        let states = StateReader {
            admin: &admin,
            apart: Vec::new(),
            left_out: clone.entry().left_out.clone(),
        };
        let baseline = states.whole().await?;
        let mut copies = None;
        if self.needs_copies(&run) {
            copies = Some(Copies::begin(clone, admin, self.run_id).await?);
            admin = clone.admin_session(self.run_id).await?;
        }
        let mut loaded = None;
        if self.workload.is_some() {
            loaded = Some(Copies::begin(clone, admin, self.run_id).await?);
            admin = clone.admin_session(self.run_id).await?;
        }
        let probe = run.probe().await?;
        observe(
            &run,
            &self.options.figures,
            "clone",
            &probe,
            &mut report.observations,
        )
        .await?;
        if let (Some(golden), Some(there)) = (
            report
                .clone
                .as_mut()
                .and_then(|clone| clone.golden.as_mut()),
            report.probes.get("entry"),
        ) {
            golden.figures_behind = figures_behind(&self.package.plan.metrics, there, &probe);
        }
        report.probes.insert("clone".into(), probe.clone());
        report.clone_deltas.push(format!(
            "setting oneroof.expected_database = {}",
            place.expected_database
        ));

        let broken_gates = steps.run(4, self.preconditions(&run)).await?;
        let simulate = self
            .package
            .plan
            .simulate
            .as_ref()
            .filter(|simulate| run.is_wanted(&simulate.when));
        match (simulate, &broken_gates) {
            (Some(_), true) => {
                steps.run(5, self.gate_refuses(&run)).await?;
            }
            (Some(_), false) => steps.skip(
                5,
                "the package's gate condition holds on the source already",
            ),
            (None, _) => steps.skip(
                5,
                "the package has no gate condition of its own for these parameters",
            ),
        }
        match simulate {
            Some(simulate) => {
                steps.run(6, self.simulate(&run, simulate)).await?;
                report.clone_deltas.push(format!(
                    "simulation of the gate: {}",
                    simulate_name(simulate)
                ));
            }
            None => steps.skip(6, "the package simulates nothing for these parameters"),
        }

        let lock = run.lock().await?;
        let stage = Stage {
            run: &run,
            lock: &lock,
            wanted: &wanted,
            simulate,
            admin: &admin,
            baseline: &baseline,
            loaded: loaded.as_ref(),
            left_out: &clone.entry().left_out,
        };
        let mut outcome = self.release(&stage, copies.as_ref(), report).await;
        lock.release().await;
        admin.close().await;
        for copies in [copies, loaded].into_iter().flatten() {
            outcome = outcome.and(copies.drop_all().await);
        }
        outcome
    }

    /// Steps 7 to 15, under the run lock.
    async fn release(
        &self,
        stage: &Stage<'_>,
        copies: Option<&Copies<'_>>,
        report: &mut RehearsalReport,
    ) -> Result<(), EngineError> {
        let steps = self.steps;
        let run = stage.run;
        let coverage_before = coverage::read(run).await?;
        let simulated = stage.states().now(stage.baseline).await?;
        let early = self.early_negatives(stage, &simulated).await?;
        let (entry, before) = steps.run(7, self.tiers(stage, simulated, report)).await?;
        let coverage_after = coverage::read(run).await?;
        if coverage_before.is_some() || coverage_after.is_some() {
            report.coverage = Some(coverage::CoverageRecord {
                before: coverage_before,
                after: coverage_after,
            });
        }
        if self.options.through.is_none() {
            steps.run(8, self.invariants(run, &entry, report)).await?;
        } else {
            steps.skip(
                8,
                "invariants are about the whole release, and its last tiers were left out",
            );
        }
        run.finish(stage.lock, stage.wanted).await?;
        let volatile = self.volatile_columns(run).await?;
        let last = stage.states().now(stage.baseline).await?;
        let begun = before.first().unwrap_or(stage.baseline);
        let unbroken = stage.states().outcome(&last, begun, &volatile).await?;
        let plan = &self.package.plan;
        if plan.negatives.is_empty() && plan.drills.is_empty() {
            steps.skip(9, "the package declares no [[negative]] and no [[drill]]");
        } else {
            let attempts = self.attempts(stage, early, copies, &last, report);
            steps.run(9, attempts).await?;
        }
        let second = self.second_apply(run, stage.lock, stage.wanted, report);
        steps.run(10, second).await?;
        if stage.wanted.len() < run.tiers().len() {
            report.full_release = Some(run.full_release().await?);
        }
        if plan.repeats.is_empty() {
            steps.skip(11, "the package declares no [[repeat]]");
        } else {
            let repeats = self.repeats(run, stage.wanted, report);
            steps.run(11, repeats).await?;
        }
        if self.options.keep {
            for step in [12, 13, 14, 15] {
                steps.skip(step, "left out so that the kept clone shows the release");
            }
            return Ok(());
        }
        let by_tier = self.rollback_by_tier(stage, &before, &last, report);
        let undone = steps.run(12, by_tier).await?;
        steps
            .run(13, self.full_rollback(stage, &undone, report))
            .await?;
        steps.run(14, self.rollback_again(run, stage.lock)).await?;
        steps
            .run(15, self.crash_drill(stage, &unbroken, report))
            .await
    }

    /// Step 3.
    async fn faithful(
        &self,
        source: &mut Source,
        clone: &Clone,
        admin: &Session,
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        let settings = Default::default();
        let there = source
            .read(&settings, async |session| {
                oneroof_pg::catalog::definition(session)
                    .await
                    .map_err(EngineError::database("read the definitions of the source"))
            })
            .await?;
        report.source.definition_digest = Some(there.digest().to_string());
        let here = oneroof_pg::catalog::definition(admin)
            .await
            .map_err(EngineError::database("read the definitions of the clone"))?;
        let (differences, reprinted) = baseline::faithful_differences(&there, &here);
        if differences.is_empty() {
            let objects = here.rows().len();
            let detail = if reprinted.is_empty() {
                format!(
                    "definition digest equal over {objects} objects: {}",
                    here.digest().short()
                )
            } else {
                format!(
                    "definitions equal over {objects} objects; the server prints {} otherwise after a restore",
                    reprinted.join(", ")
                )
            };
            let rows = same_rows::compare(clone, self.run_id, report).await?;
            return Ok(((), format!("{detail}; {rows}")));
        }
        report.clone_unfaithful.clone_from(&differences);
        Err(Failure {
            message: format!(
                "the clone differs from the source in {} definitions",
                differences.len()
            ),
            detail: Some(baseline::shown(&differences)),
            expected: Some(there.digest().to_string()),
            seen: Some(here.digest().to_string()),
            ..Failure::default()
        }
        .into())
    }

    /// Step 4: the preconditions, the gate's own apart. Says whether the gate is closed.
    async fn preconditions(&self, run: &ReleaseRun<'_>) -> Result<(bool, String), EngineError> {
        let mut figures = Figures::default();
        let checks = &self.package.plan.preconditions;
        let broken = run.ask(checks, &mut figures, StopAt::End).await?;
        let closed = broken.iter().any(|check| check.gate);
        let simulated = self
            .package
            .plan
            .simulate
            .as_ref()
            .is_some_and(|simulate| run.is_wanted(&simulate.when));
        if let Some(broken) = broken.into_iter().find(|check| !(check.gate && simulated)) {
            return Err(precondition_refusal(broken).into());
        }
        let asked = checks
            .iter()
            .filter(|check| run.is_wanted(&check.when))
            .count();
        let gate = if closed {
            ", the gate itself is closed"
        } else {
            ""
        };
        Ok((
            closed,
            format!("{asked} asked as the role of the tiers, all hold{gate}"),
        ))
    }

    /// Step 5.
    async fn gate_refuses(&self, run: &ReleaseRun<'_>) -> Result<((), String), EngineError> {
        let mut figures = Figures::default();
        let broken = run
            .ask(
                &self.package.plan.preconditions,
                &mut figures,
                StopAt::First,
            )
            .await?;
        match broken.into_iter().next() {
            Some(broken) if broken.gate => Ok(((), format!("exit 3: {}", broken.message))),
            other => Err(Failure {
                message: "the gate did not refuse while it was closed".into(),
                expected: Some("a refusal by the precondition that is the gate".into()),
                seen: Some(other.map_or_else(|| "no refusal".into(), |broken| broken.message)),
                ..Failure::default()
            }
            .into()),
        }
    }

    /// Step 6.
    pub(super) async fn simulate(
        &self,
        run: &ReleaseRun<'_>,
        simulate: &Simulate,
    ) -> Result<((), String), EngineError> {
        let (name, text) = match (&simulate.file, &simulate.sql) {
            (Some(file), _) => (file.as_str(), self.package.text(file)?),
            (None, Some(sql)) => ("release.toml", sql.as_str()),
            (None, None) => {
                return Err(EngineError::input(
                    "read [simulate]: it has neither `file` nor `sql`",
                    None,
                ));
            }
        };
        self.run_on_clone(run, name, text).await?;
        let mut figures = Figures::default();
        let broken = run
            .ask(
                &self.package.plan.preconditions,
                &mut figures,
                StopAt::First,
            )
            .await?;
        match broken.into_iter().next() {
            None => Ok((
                (),
                format!("{}; all preconditions hold now", simulate_name(simulate)),
            )),
            Some(broken) => Err(precondition_refusal(broken).into()),
        }
    }

    /// Takes back what step 6 did.
    pub(super) async fn undo_simulation(
        &self,
        run: &ReleaseRun<'_>,
        stage: &Stage<'_>,
    ) -> Result<(), EngineError> {
        let Some(simulate) = stage.simulate else {
            return Ok(());
        };
        self.run_on_clone(run, &simulate.undo, self.package.text(&simulate.undo)?)
            .await
    }

    /// Runs a file of the package on the clone as its superuser, with the package's settings.
    pub(super) async fn run_on_clone(
        &self,
        run: &ReleaseRun<'_>,
        name: &str,
        text: &str,
    ) -> Result<(), EngineError> {
        let admin = clone::admin_of(run.place, self.run_id).await?;
        begin(&admin, "begin").await?;
        let settings = oneroof_pg::run::RunSettings {
            role: None,
            ..run.settings(None)
        };
        settings
            .apply(&admin)
            .await
            .map_err(EngineError::database("set the transaction's settings"))?;
        Script::parse(name, text)?
            .run(self.context, &admin, None)
            .await
            .map_err(|error| error.into_engine_error(None))?;
        admin
            .simple("commit")
            .await
            .map_err(EngineError::database(format!("commit {name}")))?;
        admin.close().await;
        Ok(())
    }
}

/// Makes a clone, applies the whole release to it, hands it to `work` with the superuser's connection,
/// and drops it.
pub(crate) async fn with_applied_clone(
    rehearsal: &Rehearsal<'_>,
    work: impl AsyncFnOnce(&ReleaseRun<'_>, &ConnInfo) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut source = Source::open(rehearsal.target, "rehearse", rehearsal.run_id).await?;
    let clone = clone::make(rehearsal, &mut source).await?;
    source.close().await;
    let admin = clone.admin_session(rehearsal.run_id).await?;
    let place = clone.place(&admin).await?;
    admin.close().await;
    let run = ReleaseRun {
        context: rehearsal.context,
        package: rehearsal.package,
        parameters: rehearsal.parameters,
        place: &place,
        verb: "rehearse",
        run_id: rehearsal.run_id,
        rehearsed: None,
        locks: LockReading::Off,
        next: None,
        seen: None,
        resume: Resume::Asked,
        approved: None,
    };
    let simulate = rehearsal
        .package
        .plan
        .simulate
        .as_ref()
        .filter(|simulate| run.is_wanted(&simulate.when));
    if let Some(simulate) = simulate {
        rehearsal.simulate(&run, simulate).await?;
    }
    let lock = run.lock().await?;
    let applied = run.apply(&lock, &run.tiers()).await;
    lock.release().await;
    applied?;
    let superuser = place
        .admin
        .clone()
        .ok_or_else(|| EngineError::other("find the clone's superuser"))?;
    work(&run, &superuser).await?;
    clone.drop().await
}

fn simulate_name(simulate: &Simulate) -> String {
    simulate
        .file
        .clone()
        .unwrap_or_else(|| "[simulate] sql of release.toml".to_owned())
}
