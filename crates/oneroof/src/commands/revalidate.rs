//! `oneroof revalidate`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::rehearse::report::Verdict;
use oneroof_engine::revalidate;
use oneroof_engine::revalidate::report::RevalidateReport;

use super::Session;
use super::arguments::{PackageArgument, ParamsOption};
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::record;
use crate::ui::style::{BAD, GOOD, paint};
use crate::ui::time;

/// Check a golden clone against the package that made it
///
/// Works on a copy inside the clone's own server, which is dropped at the end; the clone itself is
/// never opened. R1: all invariants hold. R2: all views and functions of the release are dropped and
/// made again from the package's text, and definitions, owners, grants, comments, the rows of every
/// view and all metrics are what they were. R3: each [[repeat]] of the package changes nothing when
/// it is done again. And the clone safety gate, as in `oneroof clone check`. Exits 4 if something
/// does not hold.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof revalidate one-roof --on golden\n  \
    oneroof revalidate one-roof --on clone:1a2b3c4d --json | jq .failures")]
pub(crate) struct RevalidateArgs {
    #[command(flatten)]
    package: PackageArgument,
    /// Kept clone: its id, `clone:ID`, or `golden` for the project's only golden clone
    #[arg(long, value_name = "CLONE")]
    on: String,
    #[command(flatten)]
    params: ParamsOption,
}

pub(crate) async fn run(args: &RevalidateArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session.context_and_package(&args.package)?;
    let report = revalidate::revalidate(&context, &package, &args.on, &args.params.params).await?;
    let error = (report.verdict == Verdict::Failed).then(|| error_of(&report));
    session.printer.report_with_error(&report, error, text)
}

fn error_of(report: &RevalidateReport) -> ErrorReport {
    ErrorReport::failed(format!(
        "{} is not what {} says: {}",
        report.on,
        report.package,
        report.failures.first().cloned().unwrap_or_default()
    ))
    .with_reasons(report.failures.clone())
    .with_hint(format!(
        "nothing was changed; if the clone was changed by mistake, make a new one and drop this: oneroof clone drop {}",
        report.on.trim_start_matches("clone:")
    ))
}

fn names_of(report: &RevalidateReport) -> String {
    let names: Vec<&str> = report
        .repeats
        .acts
        .iter()
        .map(|act| act.name.as_str())
        .collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    }
}

fn text(report: &RevalidateReport) -> String {
    let mut text = record::figures(&report.invariants.table);
    let mark = |holds: bool| {
        if holds {
            paint(GOOD, "ok")
        } else {
            paint(BAD, "FAILED")
        }
    };
    let _ = writeln!(
        text,
        "{} R1: {} invariants asked, {} broken",
        mark(report.invariants.broken.is_empty() && report.invariants.failure.is_none()),
        report.invariants.asked,
        report.invariants.broken.len()
    );
    let recreated = &report.recreated;
    let of_kind = |view: bool| {
        let is_view = |kind: &str| kind.ends_with("view");
        let objects = recreated.objects.iter();
        objects
            .filter(|object| is_view(&object.kind) == view)
            .count()
    };
    let _ = writeln!(
        text,
        "{} R2: {} views and {} functions made again from the package, {} differences",
        mark(recreated.holds()),
        of_kind(true),
        of_kind(false),
        recreated.differences.len()
    );
    for left_out in &recreated.left_out {
        let _ = writeln!(
            text,
            "   not made again: {}: {}",
            left_out.object, left_out.why
        );
    }
    let _ = writeln!(
        text,
        "{} R3: {} done twice, {} metrics changed the second time",
        mark(report.repeats.words().is_empty()),
        names_of(report),
        report.repeats.words().len()
    );
    for act in &report.repeats.acts {
        for metric in &act.metrics {
            if metric.before != metric.first {
                let _ = writeln!(
                    text,
                    "   the first time moved {} from {} to {}: the clone is older than what is seen now",
                    metric.metric, metric.before, metric.first
                );
            }
        }
    }
    text.push_str(&super::clone::lines_text(&report.clone_check));
    for failure in &report.failures {
        let _ = writeln!(text, "{} {failure}", paint(BAD, "FAILED"));
    }
    let applied = report.applied_digest.as_deref();
    if applied.is_some_and(|applied| applied != report.package_digest.to_string()) {
        let _ = writeln!(
            text,
            "the clone has another build of the package: {} there, {} here",
            applied.unwrap_or_default(),
            report.package_digest
        );
    }
    let verdict = match report.verdict {
        Verdict::Passed => paint(GOOD, "REVALIDATION PASSED"),
        Verdict::Failed => paint(BAD, "REVALIDATION FAILED"),
    };
    let _ = writeln!(
        text,
        "{verdict}: {} on a copy of {} {}, {}",
        report.package,
        report.class,
        report.on,
        time::milliseconds(report.duration_ms)
    );
    text
}
