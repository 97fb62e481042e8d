//! `oneroof event export`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use oneroof_engine::governance::event;
use serde::Serialize;

use super::Session;
use super::arguments::TargetOption;
use crate::exit::Exit;

/// Read the event log of the drift scanner
#[derive(Debug, Args)]
pub(crate) struct EventArgs {
    #[command(subcommand)]
    command: EventCommand,
}

#[derive(Debug, Subcommand)]
enum EventCommand {
    Export(ExportArgs),
}

/// Print the events as CloudEvents 1.0, one JSON object a line
///
/// Read-only: no event is sent anywhere, none is marked as emitted. With `--json` and without `--out`,
/// one JSON array.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof event export --target production --since 2026-11-01\n  \
    oneroof event export --target production --since 38 --out events.jsonl")]
struct ExportArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Only events behind this id, or from this day or time on (RFC 3339)
    #[arg(long, value_name = "ID|TIME")]
    since: Option<String>,
    /// Write them to this new file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct ExportReport {
    file: PathBuf,
    events: usize,
    /// For the next `--since`.
    last: Option<String>,
}

pub(crate) async fn run(args: &EventArgs, session: &Session) -> anyhow::Result<Exit> {
    let EventCommand::Export(args) = &args.command;
    let since = event::since(args.since.as_deref())?;
    let context = session.project()?.context(&session.printer);
    let events = event::export(&context, &args.target.target, &since).await?;
    let Some(file) = &args.out else {
        session
            .printer
            .report(&events, |events| event::lines(events))?;
        return Ok(Exit::Ok);
    };
    event::write(file, &events)?;
    let report = ExportReport {
        file: file.clone(),
        events: events.len(),
        last: events
            .last()
            .and_then(|event| Some(event["id"].as_str()?.to_owned())),
    };
    session.printer.report(&report, |report| {
        format!("{} events in {}", report.events, report.file.display())
    })?;
    Ok(Exit::Ok)
}
