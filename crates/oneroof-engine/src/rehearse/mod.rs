//! `rehearse`: the whole life of a release on a fresh clone, ending in evidence.
//!
//! The steps and their numbers are those of DESIGN 6; a step that this version does not have is
//! listed as not covered, in words. If anything fails, production was only read and the clone is
//! dropped, unless it is to be kept.

mod attempts;
mod baseline;
pub(crate) mod clone;
pub mod compare;
mod copies;
pub mod coverage;
mod crash_drill;
mod drills;
pub mod from_golden;
mod html;
mod isolation;
mod locks;
mod measured;
mod negative_engine;
mod negative_sql;
mod not_covered;
pub(crate) mod observe;
pub mod options;
pub mod plan_report;
mod release_steps;
pub mod report;
pub mod report_attempts;
pub mod report_workload;
mod rollback_by_tier;
pub(crate) mod run;
mod runbooks;
mod same_rows;
mod source_steps;
mod stage;
mod state;
pub(crate) mod steps;
mod text;
mod text_attempts;
mod volatile_columns;
pub mod workload;

use std::path::PathBuf;
use std::time::Instant;

use oneroof_model::Event;

use crate::clone_create::CopyOptions;
use crate::clone_scope::PackageScope;
use crate::context::Context;
use crate::demo::figures::Figure;
use crate::error::EngineError;
use crate::execute::forward::millis;
use crate::store::evidence::EvidenceFolder;
use crate::store::package_files::OpenPackage;
use crate::{clock, open, parameters, render, run_id};
use report::{RehearsalFailure, RehearsalReport, SourceReport, Verdict};
use steps::Steps;

/// What `rehearse` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct RehearseOptions {
    /// Stop after this tier, then roll back.
    pub through: Option<String>,
    /// Only these tiers, which must be the first ones: the same as `through` the last of them.
    pub tiers: Vec<String>,
    /// Leave the clone, with the release applied, and say how to connect to it.
    pub keep: bool,
    /// Leave the clone as it is when something fails.
    pub keep_on_failure: bool,
    /// Compare the figures with those of `golden`, `golden:ID`, or an earlier rehearsal's evidence.
    pub compare: Option<String>,
    /// Run this beside the tiers, on a copy of the clone.
    pub workload: Option<workload::WorkloadRequest>,
    /// Who proposes the release, if not the operator.
    pub proposer: Option<String>,
    /// How the clone is made.
    pub copy: CopyOptions,
    /// The golden clone that is copied instead of the target, from [`from_golden::starting_point`].
    pub golden: Option<String>,
    /// Copy the rows of those tables alone that a package can read.
    pub scope: Option<PackageScope>,
    /// `--params` files.
    pub params: Vec<PathBuf>,
    /// Values to be read on the way, for the demo's record.
    pub figures: Vec<Figure>,
}

/// Rehearses the package on a fresh clone of target `from`.
///
/// # Errors
/// What cannot even begin (no such target, a role without connection, a package that is not sealed).
/// A rehearsal that fails on the way is a report with [`Verdict::Failed`], and has evidence too.
pub async fn rehearse(
    context: &Context,
    package: &OpenPackage,
    from: &str,
    options: &RehearseOptions,
) -> Result<RehearsalReport, EngineError> {
    crate::check::require_fit(package)?;
    if options.golden.is_some() && options.scope.is_some() {
        return Err(EngineError::input(
            "leave tables of a golden clone out",
            "a copy of a golden clone has what that has: rehearse without --scope, or from the target"
                .to_owned(),
        ));
    }
    let target = &open::target(context, from)?;
    let parameters = parameters::resolve(package, target, &options.params)?;
    crate::source::read_role(target)?;
    let through = chosen(package, &parameters, options)?;
    let options = &RehearseOptions {
        through,
        ..options.clone()
    };
    let run_id = run_id::new();
    // First of all: what cannot be compared with is said before an hour of copying, not after it.
    let there = match &options.compare {
        Some(word) => Some(compare::read(context, package, &parameters, word, &run_id).await?),
        None => None,
    };
    let workload = match &options.workload {
        Some(request) => Some(workload::prepare(context, request).await?),
        None => None,
    };
    let runner = match &context.runner_key {
        Some(key) => Some(crate::signature::public_half(key)?),
        None => None,
    };
    let name = format!(
        "{}-{}-{run_id}",
        clock::folder_stamp(),
        package.plan.package.name
    );
    let folder = EvidenceFolder::create(&context.root, &name)?;
    let context = Context {
        events: folder.listen(context.events.clone()),
        ..context.clone()
    };
    let started = Instant::now();
    let mut report = empty_report(&context, package, &parameters, &run_id, from);
    if let Some(proposer) = &options.proposer {
        report.proposer.clone_from(proposer);
    }
    report.runner = runner.map(|key| report::RunnerReport {
        public_key: key.public_key,
        fingerprint: key.fingerprint,
    });
    context.emit(Event::RunStarted {
        run_id: run_id.clone(),
        verb: "rehearse".into(),
        package: report.package.clone(),
        package_digest: package.digest.to_string(),
        target: from.to_owned(),
    });
    let steps = Steps::new(&context);
    let outcome = run::run(
        &run::Rehearsal {
            context: &context,
            package,
            parameters: &parameters,
            target,
            run_id: &run_id,
            options,
            steps: &steps,
            workload: workload.as_ref(),
        },
        &mut report,
    )
    .await;
    if let Err(error) = outcome {
        if steps.records().is_empty() {
            // Not even the first step began: the source cannot be opened, and there is nothing to record.
            return Err(error);
        }
        let step = steps.failed().unwrap_or_else(|| steps.reached());
        report.verdict = Verdict::Failed;
        report.failure = Some(failure(step, error));
    }
    report.comparison = there
        .as_ref()
        .and_then(|there| compare::compare(&package.plan, there, &report));
    report.remarks = measured::remarks(package, &report)?;
    report.steps = steps.records();
    report.duration_ms = millis(started.elapsed());
    report.not_covered = not_covered::list(&report, options);
    report.objectives = plan_report::objectives(package, &report);
    report.gaps = plan_report::gaps(package, &report);
    let verdict = if report.verdict == Verdict::Passed {
        "passed"
    } else {
        "failed"
    };
    context.emit(Event::RunFinished {
        verdict: verdict.into(),
        duration_ms: report.duration_ms,
    });
    report.evidence = Some(format!("evidence/{name}"));
    let checks = render::checks(package, &parameters, &report.source)?;
    let signature = folder.finish(
        context.runner_key.as_deref(),
        &report,
        &texts(&report, checks),
    )?;
    report.signature = Some(signature);
    Ok(report)
}

/// The last tier of the cut that is asked for; none for the whole release.
fn chosen(
    package: &OpenPackage,
    parameters: &oneroof_model::package::ResolvedParameters,
    options: &RehearseOptions,
) -> Result<Option<String>, EngineError> {
    let mut last: Option<(usize, String)> = None;
    for word in options.tiers.iter().chain(&options.through) {
        let cut = crate::apply::cut(package, parameters, Some(word))?;
        if last.as_ref().is_none_or(|(length, _)| *length < cut.len()) {
            last = Some((cut.len(), word.clone()));
        }
    }
    let Some((length, word)) = last else {
        return Ok(None);
    };
    let wanted = crate::apply::cut(package, parameters, Some(&word))?;
    let is_named = |id: &str| {
        let mut named = options.tiers.iter();
        named.any(|word| package.plan.tier(word).is_some_and(|tier| tier.id == id))
    };
    let missing: Vec<String> = wanted
        .iter()
        .filter(|tier| !is_named(&tier.id))
        .map(|tier| tier.title())
        .collect();
    if !options.tiers.is_empty() && !missing.is_empty() {
        return Err(EngineError::input(
            format!("rehearse these tiers: {} is missing before the last of them", missing.join(", ")),
            "tiers run in order, each on what the ones before it made; name them all, or use --through".to_owned(),
        ));
    }
    let all = crate::apply::cut(package, parameters, None)?;
    Ok((length < all.len()).then_some(word))
}

/// The files for people, and the checks that psql can run, by their names in the evidence.
pub(crate) fn texts(
    report: &RehearsalReport,
    checks: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let written = [
        ("report.md", text::text(report)),
        ("report.html", html::page(report)),
        ("runbook-operator.md", runbooks::operator(report)),
        ("runbook-approver.md", runbooks::approver(report)),
        ("post-gate.md", runbooks::post_gate(report)),
    ];
    let written = written.map(|(name, text)| (name.to_owned(), text));
    let checks = checks.into_iter();
    let checks = checks.map(|(name, text)| (format!("checks/{name}"), text));
    written.into_iter().chain(checks).collect()
}

pub(crate) fn empty_report(
    context: &Context,
    package: &OpenPackage,
    parameters: &oneroof_model::package::ResolvedParameters,
    run_id: &str,
    from: &str,
) -> RehearsalReport {
    RehearsalReport {
        format: 1,
        verdict: Verdict::Passed,
        run_id: run_id.to_owned(),
        started_at: clock::now(),
        duration_ms: 0,
        operator: context.operator.clone(),
        proposer: context.operator.clone(),
        engine_version: env!("CARGO_PKG_VERSION").into(),
        package: package.plan.release_tag(),
        package_digest: package.digest,
        params_digest: parameters.digest(),
        parameters: parameters.json(),
        plan: plan_report::plan(package, parameters),
        runner: None,
        inputs: plan_report::inputs(&context.root, package),
        source: SourceReport {
            target: from.to_owned(),
            ..SourceReport::default()
        },
        clone: None,
        clone_unfaithful: Vec::new(),
        steps: Vec::new(),
        clone_deltas: Vec::new(),
        probes: Default::default(),
        entry_metrics: Vec::new(),
        tiers: Vec::new(),
        workload: None,
        markers: Vec::new(),
        rollback_markers: 0,
        verify_table: Vec::new(),
        second_apply: None,
        full_release: None,
        negatives: Vec::new(),
        drills: Vec::new(),
        repeats: Vec::new(),
        rollback_by_tier: Vec::new(),
        rollback: Vec::new(),
        baseline: None,
        crash_drill: Vec::new(),
        volatile_growth: Vec::new(),
        remarks: Vec::new(),
        comparison: None,
        isolation: None,
        free_disk_bytes: Default::default(),
        coverage: None,
        objectives: Vec::new(),
        observations: Default::default(),
        not_covered: Vec::new(),
        gaps: Vec::new(),
        failure: None,
        evidence: None,
        signature: None,
        exports: Default::default(),
    }
}

fn failure(step: u32, error: EngineError) -> RehearsalFailure {
    let hint = error.hint();
    let mut message = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    let (refusal, failure) = match error {
        EngineError::Refused(refusal) => (Some(*refusal), None),
        EngineError::Failed(failure) => (None, Some(*failure)),
        _ => (None, None),
    };
    RehearsalFailure {
        step,
        title: steps::title(step).into(),
        message,
        refusal,
        failure,
        hint,
    }
}
