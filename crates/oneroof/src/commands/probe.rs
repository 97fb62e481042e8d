//! `oneroof probe`.

use clap::Args;
use oneroof_engine::probe::{self, ProbeReport};

use super::Session;
use super::arguments::{PackageArgument, ParamsOption, TargetOption};
use crate::exit::Exit;
use crate::ui::table::Table;

/// Read all metrics of a package on a target
///
/// Reads them at one moment, in a read-only transaction that is rolled back. Nothing needs to be
/// installed on the target.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof probe one-roof --target production")]
pub(crate) struct ProbeArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    #[command(flatten)]
    params: ParamsOption,
}

pub(crate) async fn run(args: &ProbeArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session.context_and_package(&args.package)?;
    let report = probe::probe(&context, &package, &args.target.target, &args.params.params).await?;
    session.printer.report(&report, text)?;
    Ok(Exit::Ok)
}

fn text(report: &ProbeReport) -> String {
    let mut table = Table::new(["metric", "value", "class", "meaning"]);
    for metric in &report.metrics {
        table.row([
            &metric.name,
            &metric.value.to_string(),
            metric.class,
            &metric.meaning,
        ]);
    }
    format!(
        "{} on `{}` (database {}) at {}\n{}",
        report.package,
        report.target,
        report.database,
        report.taken_at,
        table.text()
    )
}
