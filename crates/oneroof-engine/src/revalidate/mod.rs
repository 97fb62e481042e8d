//! `revalidate`: is a golden clone still what the package says? R1 all invariants, R2 all views and functions
//! made again from the package's own text, R3 each act that must change nothing when it is done again, and
//! the clone safety gate. All of it on a copy of the clone that is dropped; the clone itself is never opened.

mod recreate;
pub mod report;

use std::path::PathBuf;
use std::time::Instant;

use oneroof_model::{Event, StepOutcome};
use oneroof_pg::connect::Session;

use crate::check::require_fit;
use crate::clone_check::{self, CheckLine, LineOutcome};
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::forward::millis;
use crate::execute::locks::LockReading;
use crate::execute::release::{ReleaseRun, Resume};
use crate::figures::Figures;
use crate::kept::{self, KeptClone, Seen, WorkingCopy};
use crate::metrics::{self, StopAt};
use crate::rehearse::report::Verdict;
use crate::store::package_files::OpenPackage;
use crate::{clock, parameters, repeat, run_id, verify};
use report::{CopyReport, InvariantsReport, RecreateReport, RepeatsReport, RevalidateReport};

/// Revalidates the kept clone `on` against the package.
///
/// # Errors
/// What cannot even begin: no such clone, somebody connected to it, a package that is not sealed, a release
/// that is not on the clone. What does not hold is a report with [`Verdict::Failed`].
pub async fn revalidate(
    context: &Context,
    package: &OpenPackage,
    on: &str,
    params: &[PathBuf],
) -> Result<RevalidateReport, EngineError> {
    require_fit(package)?;
    let kept = kept::find(context, on)?;
    let run_id = run_id::new();
    let seen = kept.look("revalidate", &run_id).await?;
    kept.require_mark(&seen.state)?;
    crate::golden::in_use(&kept, &seen.state.sessions)?;
    context.emit(Event::RunStarted {
        run_id: run_id.clone(),
        verb: "revalidate".into(),
        package: package.plan.release_tag(),
        package_digest: package.digest.to_string(),
        target: kept.name(),
    });
    let started = Instant::now();
    let mut report = empty_report(package, &kept, &run_id);
    let steps = Steps(context);
    let copying = steps.begin(1, "copy of the clone");
    let made = kept.copy(context, "revalidate", &run_id).await?;
    report.copy.database = made.database().to_owned();
    report.copy.duration_ms = millis(started.elapsed());
    copying.end(&[], &format!("`{}`, from a template", made.database()));
    let outcome = on_copy(
        context,
        package,
        params,
        &kept,
        &seen,
        &made,
        &mut report,
        &steps,
    )
    .await;
    // The copy goes before anything is said, whatever came out.
    let dropping = steps.begin(6, "copy dropped");
    let dropped = made.drop().await;
    seen.admin.close().await;
    outcome?;
    dropped?;
    report.copy.dropped = true;
    dropping.end(&[], "the clone itself was not opened");
    if !report.failures.is_empty() {
        report.verdict = Verdict::Failed;
    }
    report.duration_ms = millis(started.elapsed());
    context.emit(Event::RunFinished {
        verdict: if report.failures.is_empty() {
            "passed".into()
        } else {
            "failed".into()
        },
        duration_ms: report.duration_ms,
    });
    Ok(report)
}

fn empty_report(package: &OpenPackage, kept: &KeptClone, run_id: &str) -> RevalidateReport {
    RevalidateReport {
        format: 1,
        verdict: Verdict::Passed,
        run_id: run_id.to_owned(),
        started_at: clock::now(),
        duration_ms: 0,
        package: package.plan.release_tag(),
        package_digest: package.digest,
        applied_digest: None,
        on: kept.name(),
        class: kept.entry.class,
        database: kept.entry.database.clone(),
        copy: CopyReport {
            database: String::new(),
            duration_ms: 0,
            dropped: false,
        },
        invariants: InvariantsReport::default(),
        recreated: RecreateReport::default(),
        repeats: RepeatsReport::default(),
        clone_check: Vec::new(),
        failures: Vec::new(),
    }
}

/// Everything that is done on the copy; what does not hold goes into `report.failures`.
#[expect(clippy::too_many_arguments, reason = "what the parts share")]
async fn on_copy(
    context: &Context,
    package: &OpenPackage,
    params: &[PathBuf],
    kept: &KeptClone,
    seen: &Seen,
    copy: &WorkingCopy,
    report: &mut RevalidateReport,
    steps: &Steps<'_>,
) -> Result<(), EngineError> {
    let parameters = parameters::resolve(package, &copy.target, params)?;
    let session = copy.session("revalidate", &report.run_id).await?;
    verify::applied(&session, package, &kept.name()).await?;
    let place = copy.place(&session).await?;
    let run_id = report.run_id.clone();
    let run = ReleaseRun {
        context,
        package,
        parameters: &parameters,
        place: &place,
        verb: "revalidate",
        run_id: &run_id,
        rehearsed: None,
        locks: LockReading::Off,
        next: None,
        seen: None,
        resume: Resume::NotAsked,
        approved: None,
    };
    report.applied_digest = applied_digest(&run, &session).await?;

    let step = steps.begin(2, "R1: all invariants");
    report.invariants = match invariants(&run).await {
        Err(EngineError::Failed(failure)) => InvariantsReport {
            failure: Some(*failure),
            ..InvariantsReport::default()
        },
        other => other?,
    };
    let failure = report.invariants.failure.iter();
    let broken = report.invariants.broken.iter();
    let broken: Vec<String> = failure
        .map(|failure| format!("R1: {failure}"))
        .chain(broken.map(|check| format!("R1: invariant `{}`: {}", check.name, check.message)))
        .collect();
    step.end(
        &broken,
        &format!("{} asked, all hold", report.invariants.asked),
    );
    report.failures.extend(broken);

    let step = steps.begin(3, "R2: views and functions made again");
    report.recreated = recreate::recreate(&run, &session).await?;
    let recreated = &report.recreated;
    let failure = recreated.failure.iter().map(|failure| {
        let place = match (&failure.file, failure.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: "),
            _ => String::new(),
        };
        format!("R2: {place}{failure}")
    });
    let differs: Vec<String> = failure
        .chain(
            recreated
                .differences
                .iter()
                .map(|text| format!("R2: {text}")),
        )
        .collect();
    step.end(
        &differs,
        &format!(
            "{} objects by {} statements of the package: definitions, owners, grants, comments, rows of every view and {} metrics as before",
            recreated.objects.len(),
            recreated.statements,
            recreated.metrics
        ),
    );
    report.failures.extend(differs);

    let step = steps.begin(4, "R3: done twice, nothing changes");
    report.repeats = RepeatsReport::of(repeat::run(&run, &run.tiers()).await)?;
    let changed: Vec<String> = report
        .repeats
        .words()
        .iter()
        .map(|text| format!("R3: {text}"))
        .collect();
    let names: Vec<&str> = report
        .repeats
        .acts
        .iter()
        .map(|repeat| repeat.name.as_str())
        .collect();
    let detail = if names.is_empty() {
        "the package names no such act".to_owned()
    } else {
        format!("{}, rolled back", names.join(", "))
    };
    step.end(&changed, &detail);
    report.failures.extend(changed);

    let step = steps.begin(5, "clone safety gate");
    report.clone_check = clone_check::outside(context, kept, &seen.state)?;
    report.clone_check.extend(
        clone_check::inside(
            &run,
            &session,
            copy,
            &report.repeats,
            &clone_check::packages_folder(context),
        )
        .await?,
    );
    let failed: Vec<String> = report.clone_check.iter().filter_map(failed_line).collect();
    step.end(&failed, &format!("{} lines hold", report.clone_check.len()));
    report.failures.extend(failed);
    session.close().await;
    Ok(())
}

fn failed_line(line: &CheckLine) -> Option<String> {
    let fails = matches!(line.outcome, LineOutcome::Failed | LineOutcome::NotAsked);
    fails.then(|| format!("clone check, {}: {}", line.check, line.detail))
}

async fn applied_digest(
    run: &ReleaseRun<'_>,
    session: &Session,
) -> Result<Option<String>, EngineError> {
    let exists = oneroof_pg::ledger::exists(session)
        .await
        .map_err(EngineError::database("look for the ledger"))?;
    if !exists {
        return Ok(None);
    }
    Ok(run.state(session).await?.package_digest)
}

/// R1.
async fn invariants(run: &ReleaseRun<'_>) -> Result<InvariantsReport, EngineError> {
    let plan = &run.package.plan;
    let mut figures = Figures::default();
    let broken = run.ask(&plan.invariants, &mut figures, StopAt::End).await?;
    let probe = run.probe().await?;
    Ok(InvariantsReport {
        asked: plan
            .invariants
            .iter()
            .filter(|check| run.is_wanted(&check.when))
            .count(),
        broken,
        table: metrics::verify_table(plan, &probe),
        failure: None,
    })
}

/// Tells the parts of the revalidation as events.
struct Steps<'a>(&'a Context);

struct Step<'a> {
    context: &'a Context,
    number: u32,
    title: &'static str,
    started: Instant,
}

impl<'a> Steps<'a> {
    fn begin(&self, number: u32, title: &'static str) -> Step<'a> {
        self.0.emit(Event::StepStarted {
            step: number,
            title: title.into(),
        });
        Step {
            context: self.0,
            number,
            title,
            started: Instant::now(),
        }
    }
}

impl Step<'_> {
    /// It passed, with this detail, if nothing is wrong.
    fn end(self, wrong: &[String], detail: &str) {
        self.context.emit(Event::StepFinished {
            step: self.number,
            title: self.title.into(),
            outcome: if wrong.is_empty() {
                StepOutcome::Passed
            } else {
                StepOutcome::Failed
            },
            detail: if wrong.is_empty() {
                detail.to_owned()
            } else {
                wrong.join("; ")
            },
            duration_ms: millis(self.started.elapsed()),
        });
    }
}
