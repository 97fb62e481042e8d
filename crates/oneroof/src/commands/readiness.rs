//! `oneroof readiness`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::readiness::{self, ReadinessReport};

use super::Session;
use super::arguments::{PackageArgument, ParamsOption, TargetOption};
use crate::exit::Exit;
use crate::ui::table::Table;

/// Show what can be done with a release on a target now, capability by capability
///
/// Each [[capability]] of the package gets its class from what was rehearsed, what is live, which papers
/// and figures are there: LIVE, SAFE-AFTER-GATE, CLONE-ONLY, NOT-PROVEN, FUTURE-DESIGN, FORBIDDEN, and
/// what it still needs. Nothing of it is typed in. Read-only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof readiness one-roof --target production\n  \
    oneroof readiness one-roof --target production --json | jq '.capabilities[] | {name, words}'")]
pub(crate) struct ReadinessArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    #[command(flatten)]
    params: ParamsOption,
}

pub(crate) async fn run(args: &ReadinessArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session.context_and_package(&args.package)?;
    let report =
        readiness::readiness(&context, &package, &args.target.target, &args.params.params).await?;
    session.printer.report(&report, text)?;
    Ok(Exit::Ok)
}

fn text(report: &ReadinessReport) -> String {
    let mut table = Table::new(["capability", "class", "because"]);
    for capability in &report.capabilities {
        table.row_of_words([
            capability.name.clone(),
            capability.readiness.words.clone(),
            capability.readiness.because.join("; "),
        ]);
    }
    let mut text = format!("{}\n", table.text());
    let _ = writeln!(
        text,
        "proven by: {}",
        report
            .evidence
            .as_deref()
            .unwrap_or("no passing rehearsal of these bytes with these values")
    );
    let _ = writeln!(text, "{}", report.gate);
    if !report.blockers.is_empty() {
        let _ = writeln!(text, "blockers: {}", report.blockers.join(", "));
    }
    text
}
