//! `oneroof rollback`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::migrations::Direction;
use oneroof_engine::rollback::{self, RollbackOptions, RollbackReport};

use super::Session;
use super::arguments::{
    ExecuteFlag, MigrationsOptions, PackageArgument, ParamsOption, TargetOption,
};
use crate::exit::Exit;

/// Undo a package on a target
///
/// Shows what would be undone; `--execute` does it, last tier first, in one transaction and never
/// with CASCADE. What the package exports is saved first, in runs/. Where nothing of the release
/// stands, there is nothing to do, and that is no error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof rollback one-roof --target clone:7f3a\n  \
    oneroof rollback one-roof --target clone:7f3a --execute --to T3")]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    #[command(flatten)]
    execute: ExecuteFlag,
    /// Keep this tier (its id or label) and those before it
    #[arg(long, value_name = "TIER")]
    to: Option<String>,
    #[command(flatten)]
    params: ParamsOption,
    #[command(flatten)]
    migrations: MigrationsOptions,
}

pub(crate) async fn run(args: &RollbackArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session
        .context_and_package_for(
            &args.package,
            &args.target.target,
            Direction::Standing,
            &args.migrations,
        )
        .await?;
    let options = RollbackOptions {
        execute: args.execute.execute,
        to: args.to.clone(),
        params: args.params.params.clone(),
    };
    let report = rollback::rollback(&context, &package, &args.target.target, &options).await?;
    session.printer.report(&report, text)?;
    if !report.executed && !report.nothing_to_do {
        session
            .printer
            .talk("nothing was changed; `--execute` acts");
    }
    Ok(Exit::Ok)
}

fn text(report: &RollbackReport) -> String {
    let mut text = format!(
        "{} on `{}` (database {})\n",
        report.package, report.target, report.database
    );
    if report.nothing_to_do {
        text.push_str("nothing of this release stands there: nothing to do\n");
        return text;
    }
    let verb = if report.executed { "undone" } else { "to undo" };
    let _ = writeln!(text, "{verb}, in this order: {}", report.planned.join(", "));
    for marker in &report.markers {
        let _ = writeln!(text, "{marker}");
    }
    for (export, rows) in &report.exports {
        let _ = writeln!(
            text,
            "saved {} rows of `{export}` in runs/{}/exports/",
            rows.len(),
            report.run_id
        );
    }
    text
}
