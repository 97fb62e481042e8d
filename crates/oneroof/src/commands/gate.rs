//! `oneroof gate`.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use oneroof_engine::gate::{self, GateOptions, GateReport};

use super::Session;
use super::arguments::{MigrationsOptions, PackageArgument, ParamsOption, TargetOption};
use crate::exit::Exit;
use crate::ui::table::Table;

/// Ask whether a release may change a production now
///
/// Reads policy, evidence, approvals, ledger, definitions and the package's preconditions again, and writes nothing.
/// One word first, then each blocker with who can lift it and how. Exit 0 READY, 10 BLOCKED.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof gate one-roof --target production\n  \
    oneroof gate one-roof --target production --quiet\n  \
    oneroof gate one-roof --target production --watch --on-change 'mail -s gate dba@example.org'")]
pub(crate) struct GateArgs {
    #[command(flatten)]
    package: PackageArgument,
    #[command(flatten)]
    target: TargetOption,
    /// Ask for the rollback of the release
    #[arg(long, conflicts_with = "through")]
    rollback: bool,
    /// Ask for the tiers up to this one (its id or label)
    #[arg(long, value_name = "TIER")]
    through: Option<String>,
    /// Ask again and again, and tell only what changes; ends with Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Seconds between two questions of --watch
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// With --watch: run this with `sh -c` on each change; it reads the report as JSON, and finds the word in GATE
    #[arg(long, value_name = "COMMAND", requires = "watch")]
    on_change: Option<String>,
    #[command(flatten)]
    params: ParamsOption,
    #[command(flatten)]
    migrations: MigrationsOptions,
}

pub(crate) async fn run(args: &GateArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session
        .context_and_package_of_gate(&args.package, &args.target, args.rollback, &args.migrations)
        .await?;
    let options = GateOptions {
        rollback: args.rollback,
        through: args.through.clone(),
        params: args.params.params.clone(),
    };
    let mut before: Option<String> = None;
    loop {
        let report = gate::gate(&context, &package, &args.target.target, &options).await;
        let report = match report {
            Err(error) if args.watch => {
                // A server that restarts is no reason to stop watching.
                let said = format!("GATE: ERROR|{error}");
                if before.as_ref() != Some(&said) {
                    session.printer.talk(&said);
                    before = Some(said);
                }
                tokio::time::sleep(Duration::from_secs(args.every)).await;
                continue;
            }
            report => report?,
        };
        let said = format!("{} {}", report.line, report.blockers_in_short());
        if before.as_ref() != Some(&said) {
            match session.printer.is_quiet() && !session.printer.is_json() {
                true => session.printer.data(report.verdict.word.as_str())?,
                false => session.printer.report(&report, text)?,
            }
            if let (Some(command), true) = (&args.on_change, before.is_some()) {
                tell(command, &report, session)?;
            }
            before = Some(said);
        }
        if !args.watch {
            return Ok(if report.is_ready() {
                Exit::Ok
            } else {
                Exit::GateBlocked
            });
        }
        tokio::time::sleep(Duration::from_secs(args.every)).await;
    }
}

/// A hook that fails is told, and the watch goes on.
fn tell(command: &str, report: &GateReport, session: &Session) -> anyhow::Result<()> {
    let json = serde_json::to_vec(report).context("write the report")?;
    if let Err(error) = gate::tell(command, report, &json) {
        session.printer.talk(&format!("warning: {error}"));
    }
    Ok(())
}

fn text(report: &GateReport) -> String {
    let mut text = format!("{}\n", report.line);
    let blockers = report.blockers_in_short();
    let detail: String = report
        .detail
        .iter()
        .map(|(name, value)| format!(" {name}={value}"))
        .collect();
    let _ = writeln!(
        text,
        "gate_status={} blockers={}{detail}",
        report.verdict.word.as_str(),
        if blockers.is_empty() { "-" } else { &blockers }
    );
    let target = &report.target;
    let _ = writeln!(
        text,
        "{} {} on `{}` (database {} at {}:{}, cluster {}, class {})",
        report.act.as_str(),
        report.package,
        target.name,
        target.database_name,
        target.shown.host,
        target.shown.port,
        target.system_identifier.as_deref().unwrap_or("unknown"),
        report.class
    );
    let verdict = &report.verdict;
    if !verdict.blockers.is_empty() {
        let mut table = Table::new(["blocker", "what is in the way", "who can lift it", "how"]);
        for blocker in &verdict.blockers {
            table.row([&blocker.code, &blocker.message, &blocker.who, &blocker.how]);
        }
        let _ = writeln!(text, "{}", table.text());
    }
    if !verdict.quorum.is_empty() {
        let mut table = Table::new(["level", "needed", "said yes", "could say it"]);
        for line in &verdict.quorum {
            table.row([
                &line.level.to_string(),
                &line.needed.to_string(),
                &line.given_by.join(", "),
                &line.open_to.join(", "),
            ]);
        }
        let _ = writeln!(text, "{}", table.text());
    }
    for approval in &verdict.approvals {
        let standing = format!("{:?}", approval.standing).to_lowercase();
        let why = match approval.why.is_empty() {
            true => format!("until {}", approval.expires_at),
            false => approval.why.join("; "),
        };
        let _ = writeln!(
            text,
            "approval {} of {} ({}): {standing}, {why}",
            approval.file, approval.approver, approval.level
        );
    }
    for (file, why) in &report.unreadable {
        let _ = writeln!(text, "not read {file}: {why}");
    }
    match &verdict.evidence {
        Some(evidence) => {
            let _ = writeln!(
                text,
                "evidence {}, digest {}, proposed by {}",
                evidence.name,
                evidence.digest,
                evidence.proposer.as_deref().unwrap_or("nobody")
            );
        }
        None => text.push_str("evidence none\n"),
    }
    match &verdict.policy {
        Some((version, digest)) => {
            let _ = writeln!(text, "policy   {version}, digest {digest}");
        }
        None => text.push_str("policy   none\n"),
    }
    if let Some(expires_at) = &verdict.expires_at {
        let _ = writeln!(text, "the first approval ends {expires_at}");
    }
    text
}
