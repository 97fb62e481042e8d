//! `oneroof drift`, and `oneroof drift prune`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use oneroof_engine::governance::drift::{
    self, DriftOptions, DriftReport, DriftView, Finding, FindingFilter,
};
use oneroof_engine::governance::prune::{self, DAYS_DEFAULT, PruneReport};

use super::Session;
use super::arguments::{ExecuteFlag, TargetOption};
use crate::exit::Exit;
use crate::ui::coverage;
use crate::ui::error::{ErrorReport, InputError};
use crate::ui::table::Table;

/// Show the open findings of the drift detectors
///
/// Those that the last scan stored; `--live` asks the detectors now and stores nothing. Exits 4 if a
/// critical finding is open, stored or at this moment.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
    oneroof drift --target production --severity warning\n  \
    oneroof drift --target production --live\n  \
    oneroof drift prune --target production --older-than 180d"
)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    show: Option<ShowArgs>,
    #[command(subcommand)]
    command: Option<DriftCommand>,
}

#[derive(Debug, Args)]
struct ShowArgs {
    // Not flattened: an optional group is there if one of its own arguments is.
    /// Target of oneroof.toml, or `clone:ID`
    #[arg(long, value_name = "TARGET")]
    target: String,
    /// Ask the detectors now, instead of showing what the last scan stored
    #[arg(long, conflicts_with = "scan")]
    live: bool,
    /// Scan first, as `oneroof scan` does
    #[arg(long)]
    scan: bool,
    /// Only findings of this severity: critical, warning or info
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<String>,
    /// Only findings of this detector
    #[arg(long, value_name = "DETECTOR")]
    detector: Option<String>,
}

#[derive(Debug, Subcommand)]
enum DriftCommand {
    Prune(PruneArgs),
}

/// Delete old scans that opened and resolved nothing
///
/// Shows which; `--execute` deletes them, as role one_roof_operator. The baseline, the newest scan, and
/// every scan that a finding or an event names stay for ever. Findings and events are never deleted.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof drift prune --target production --execute")]
struct PruneArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Age from which a scan may go, in days
    #[arg(long, value_name = "DAYS", default_value_t = Days(DAYS_DEFAULT))]
    older_than: Days,
    #[command(flatten)]
    execute: ExecuteFlag,
}

/// `90d`, or `90`.
#[derive(Debug, Clone, Copy)]
struct Days(i32);

impl std::fmt::Display for Days {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}d", self.0)
    }
}

impl std::str::FromStr for Days {
    type Err = String;

    fn from_str(word: &str) -> Result<Days, String> {
        match word.strip_suffix('d').unwrap_or(word).parse() {
            Ok(days @ 1..=36_500) => Ok(Days(days)),
            _ => Err("write a number of days, 1d to 36500d".to_owned()),
        }
    }
}

pub(crate) async fn run(args: &DriftArgs, session: &Session) -> anyhow::Result<Exit> {
    match (&args.command, &args.show) {
        (Some(DriftCommand::Prune(args)), _) => prune(args, session).await,
        (None, Some(args)) => show(args, session).await,
        (None, None) => Err(InputError::new(
            "show the findings of no target",
            "oneroof drift --target TARGET",
        )
        .into()),
    }
}

async fn show(args: &ShowArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let options = DriftOptions {
        view: if args.live {
            DriftView::Live
        } else {
            DriftView::Stored
        },
        scan: args.scan,
        filter: FindingFilter {
            severity: args.severity.clone(),
            detector: args.detector.clone(),
        },
    };
    let report = drift::drift(&context, &args.target, &options).await?;
    let error = report.critical().map(|message| {
        ErrorReport::failed(message).with_hint(format!(
            "oneroof drift --target {} --severity critical --live",
            report.target
        ))
    });
    session.printer.report_with_error(&report, error, text)
}

fn text(report: &DriftReport) -> String {
    let mut text = report
        .scan
        .as_ref()
        .map_or(String::new(), super::scan::outcome);
    if report.scan.is_none() {
        let _ = writeln!(text, "{}", coverage::scan(&report.scan_status));
    }
    let (counts, stored, live) = match report.view {
        DriftView::Stored => (report.counts.stored, "stored", "now"),
        DriftView::Live => (report.counts.live, "now", "stored"),
    };
    let others = match report.view {
        DriftView::Stored => report.counts.live,
        DriftView::Live => report.counts.stored,
    };
    let _ = writeln!(
        text,
        "{stored}: {} critical, {} warning, {} info",
        counts.critical, counts.warning, counts.info
    );
    if others != counts {
        let _ = writeln!(
            text,
            "{live}: {} critical, {} warning, {} info",
            others.critical, others.warning, others.info
        );
    }
    if report.findings.is_empty() {
        text.push_str("no findings");
        return text;
    }
    text.push_str(&findings(&report.findings));
    text
}

fn findings(findings: &[Finding]) -> String {
    let mut table = Table::new(["severity", "detector", "object", "axis", "value", "detail"]);
    for finding in findings {
        table.row([
            finding.severity.as_str(),
            &finding.detector,
            &format!("{}:{}", finding.object_type, finding.object_ref),
            finding.axis.as_deref().unwrap_or("-"),
            finding.value.as_deref().unwrap_or("-"),
            finding.detail.as_deref().unwrap_or_default(),
        ]);
    }
    table.text()
}

async fn prune(args: &PruneArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let report = prune::prune(
        &context,
        &args.target.target,
        args.older_than.0,
        args.execute.execute,
    )
    .await?;
    session.printer.report(&report, prune_text)?;
    if !report.executed && !report.plan.prunable.is_empty() {
        session
            .printer
            .talk("nothing was changed; `--execute` acts");
    }
    Ok(Exit::Ok)
}

fn prune_text(report: &PruneReport) -> String {
    let plan = &report.plan;
    let verb = if report.executed {
        "deleted"
    } else {
        "to delete"
    };
    let span = match (&plan.oldest, &plan.newest) {
        (Some(oldest), Some(newest)) => format!(" ({} to {})", day(oldest), day(newest)),
        _ => String::new(),
    };
    format!(
        "{verb}: {} scans older than {} days{span}\nkept: {} for ever, {} not old enough, of {} scans",
        plan.prunable.len(),
        report.older_than_days,
        plan.kept,
        plan.young,
        plan.scans
    )
}

/// The day of a time.
fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}
