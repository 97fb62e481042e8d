//! `oneroof apply`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::apply::{self, ApplyOptions, ApplyReport};

use super::Session;
use super::arguments::{ExecuteFlag, PackageArgument, ParamsOption, TargetOption};
use crate::exit::Exit;
use crate::ui::record;
use crate::ui::table::Table;

/// Apply a package to a target
///
/// Shows what would be done; `--execute` does it. Each tier is one transaction that commits only
/// if everything it must leave behind is there. A run that was interrupted goes on where it ended.
///
/// A production is refused (gate-not-built): this version has no gate that could open it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof apply one-roof --target clone:7f3a\n  \
    oneroof apply one-roof --target clone:7f3a --execute --through T3")]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    #[command(flatten)]
    execute: ExecuteFlag,
    /// Stop after this tier (its id or label): a chosen cut of the release
    #[arg(long, value_name = "TIER")]
    through: Option<String>,
    #[command(flatten)]
    params: ParamsOption,
}

pub(crate) async fn run(args: &ApplyArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session.context_and_package(&args.package)?;
    let options = ApplyOptions {
        execute: args.execute.execute,
        through: args.through.clone(),
        params: args.params.params.clone(),
    };
    let report = apply::apply(&context, &package, &args.target.target, &options).await?;
    session.printer.report(&report, text)?;
    if !report.executed {
        session
            .printer
            .talk("nothing was changed; `--execute` acts");
    }
    Ok(Exit::Ok)
}

fn text(report: &ApplyReport) -> String {
    let mut text = format!(
        "{} on `{}` (database {}, class {})\npackage digest   {}\nparameter digest {}\n",
        report.package,
        report.target,
        report.database,
        report.class,
        report.package_digest,
        report.params_digest
    );
    if !report.resumed_after.is_empty() {
        let _ = writeln!(
            text,
            "these tiers stand already: {}",
            report.resumed_after.join(", ")
        );
    }
    if !report.executed {
        let mut table = Table::new(["tier", "role", "what"]);
        for tier in &report.planned {
            let name = tier
                .label
                .as_ref()
                .map_or(tier.tier.clone(), |label| format!("{label} {}", tier.tier));
            table.row([
                &name,
                tier.role.as_deref().unwrap_or("(apply role)"),
                &tier.summary,
            ]);
        }
        let _ = writeln!(text, "{}", table.text());
        return text;
    }
    let _ = writeln!(text, "{}", record::tiers(&report.tiers));
    text + &record::figures(&report.verify_table)
}
