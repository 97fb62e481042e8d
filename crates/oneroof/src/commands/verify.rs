//! `oneroof verify`.

use clap::Args;
use oneroof_engine::migrations::Direction;
use oneroof_engine::verify::{self, VerifyReport};

use super::Session;
use super::arguments::{MigrationsOptions, PackageArgument, ParamsOption, TargetOption};
use crate::exit::Exit;
use crate::ui::record;

/// Check all invariants of a package on a target
///
/// Read-only. Exits 4 if one does not hold, naming each of them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof verify one-roof --target production")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    #[command(flatten)]
    params: ParamsOption,
    #[command(flatten)]
    migrations: MigrationsOptions,
}

pub(crate) async fn run(args: &VerifyArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session
        .context_and_package_for(
            &args.package,
            &args.target.target,
            Direction::Standing,
            &args.migrations,
        )
        .await?;
    let report =
        verify::verify(&context, &package, &args.target.target, &args.params.params).await?;
    session.printer.report(&report, text)?;
    Ok(Exit::Ok)
}

fn text(report: &VerifyReport) -> String {
    let mut text = record::figures(&report.table);
    for marker in &report.markers {
        text.push_str(marker);
        text.push('\n');
    }
    format!(
        "{text}all {} invariants of {} hold on `{}`",
        report.invariants, report.package, report.target
    )
}
