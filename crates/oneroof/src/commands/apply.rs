//! `oneroof apply`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::apply::{self, ApplyOptions, ApplyReport};
use oneroof_engine::migrations::Direction;

use super::Session;
use super::arguments::{
    ExecuteFlag, MigrationsOptions, PackageArgument, ParamsOption, TargetOption,
};
use crate::exit::Exit;
use crate::ui::record;
use crate::ui::table::Table;

/// Apply a package to a target
///
/// Shows what would be done; `--execute` does it. Each tier is one transaction that commits only
/// if everything it must leave behind is there; tiers with `transaction = "none"` or `"batched"` commit on
/// their way. A run that was interrupted goes on where it ended; in the middle of a tier outside a transaction
/// only with `--resume`.
///
/// On a production only through the gate: named humans approved exactly these bytes, and every tier must do exactly
/// what it did in the rehearsal that they approved. Without `--execute` the gate's verdict is shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof apply one-roof --target clone:7f3a\n  \
    oneroof apply one-roof --target clone:7f3a --execute --through T3\n  \
    oneroof apply one-roof --target clone:7f3a --evidence 20261121T150644Z-one-roof-01a1fea53e46a582")]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    #[command(flatten)]
    execute: ExecuteFlag,
    /// Go on with a tier outside a transaction that was cut: ask the catalog what happened to its last statement,
    /// clear away what is half-done, and run what is left
    #[arg(long)]
    resume: bool,
    /// Stop after this tier (its id or label): a chosen cut of the release
    #[arg(long, value_name = "TIER")]
    through: Option<String>,
    /// Evidence of a rehearsal (its folder, or its name below evidence/): every tier must do exactly what it
    /// did there, up to the tolerances of the package, or nothing of it is kept
    #[arg(long, value_name = "FOLDER")]
    evidence: Option<String>,
    #[command(flatten)]
    params: ParamsOption,
    #[command(flatten)]
    migrations: MigrationsOptions,
}

pub(crate) async fn run(args: &ApplyArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session
        .context_and_package_for(
            &args.package,
            &args.target.target,
            Direction::Forward,
            &args.migrations,
        )
        .await?;
    let options = ApplyOptions {
        execute: args.execute.execute,
        resume: args.resume,
        through: args.through.clone(),
        params: args.params.params.clone(),
        evidence: args.evidence.clone(),
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
        "{} on `{}` (database {} at {}, cluster {}, class {})\npackage digest   {}\nparameter digest {}\n",
        report.package,
        report.target,
        report.database,
        report.server,
        report.system_identifier.as_deref().unwrap_or("unknown"),
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
    if let Some(rehearsed) = &report.rehearsed {
        let _ = writeln!(
            text,
            "as rehearsed     run {} of {}",
            rehearsed.run_id, rehearsed.started_at
        );
    }
    if !report.executed {
        let mut table = match report.rehearsed {
            Some(_) => Table::new(["tier", "role", "what", "definitions", "rows written"]),
            None => Table::new(["tier", "role", "what"]),
        };
        for tier in &report.planned {
            let name = record::name(tier.label.as_deref(), &tier.tier);
            let role = tier.role.as_deref().unwrap_or("(apply role)");
            match &tier.effects {
                Some(effects) => table.row([
                    &name,
                    role,
                    &tier.summary,
                    &effects.objects_in_words(),
                    &record::rows_written(effects),
                ]),
                None => table.row([&name, role, &tier.summary]),
            }
        }
        let _ = writeln!(text, "{}", table.text());
        let locks = report.planned.iter().map(|tier| {
            let name = record::name(tier.label.as_deref(), &tier.tier);
            (name, tier.locks.as_slice())
        });
        if let Some(locks) = record::locks(locks) {
            let _ = writeln!(text, "locks that it held in the rehearsal\n{locks}");
        }
        return text;
    }
    let _ = writeln!(text, "{}", record::tiers(&report.tiers));
    text + &record::figures(&report.verify_table)
}
