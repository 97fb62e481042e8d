//! `oneroof scan`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use oneroof_engine::governance::scan::{self, ScanMode, ScanOutcome, ScanReport};

use super::Session;
use super::arguments::TargetOption;
use crate::exit::Exit;
use crate::ui::error::ErrorReport;

/// Let the drift detectors look, and store what they see
///
/// Runs as role one_roof_operator, needs no gate, and writes nothing but the tables of the scanner. Exits
/// 4 if a critical finding is open.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof scan --target production --mode scheduled")]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Why it is scanned
    #[arg(long, value_name = "MODE", default_value = "manual")]
    mode: Mode,
    /// Who scans [default: your user name]
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// A person asks for it
    Manual,
    /// A clock does
    Scheduled,
}

pub(crate) async fn run(args: &ScanArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let mode = match args.mode {
        Mode::Manual => ScanMode::Manual,
        Mode::Scheduled => ScanMode::Scheduled,
    };
    let report = scan::scan(&context, &args.target.target, mode, args.actor.as_deref()).await?;
    let error = (report.scan.critical > 0).then(|| {
        ErrorReport::failed(format!(
            "{} critical findings are open on target `{}`",
            report.scan.critical, report.target
        ))
        .with_hint(format!(
            "oneroof drift --target {} --severity critical",
            report.target
        ))
    });
    session.printer.report_with_error(&report, error, text)
}

fn text(report: &ScanReport) -> String {
    outcome(&report.scan)
}

/// What a scan did, in words.
pub(super) fn outcome(scan: &ScanOutcome) -> String {
    let mut text = format!(
        "scan {} by {} ({}): {} opened, {} reopened, {} resolved; {} open, {} critical\n",
        scan.scan_id,
        scan.actor,
        scan.mode,
        scan.opened,
        scan.reopened,
        scan.resolved,
        scan.open,
        scan.critical
    );
    for (detector, open) in &scan.open_by_detector {
        let _ = writeln!(text, "  {open:>6}  {detector}");
    }
    text
}
