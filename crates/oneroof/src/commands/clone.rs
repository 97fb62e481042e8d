//! `oneroof clone list | golden | check | drop`; what makes clones is in `clone_create.rs`, snapshots in
//! `clone_snapshot.rs`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use oneroof_engine::clone_check::{self, CheckLine, CloneCheckReport, LineOutcome};
use oneroof_engine::clones::{self, ListedClone};
use oneroof_engine::golden::{self, GoldenOptions, GoldenReport};
use serde::Serialize;

use super::clone_create::{CreateArgs, PruneArgs, RefreshArgs};
use super::clone_snapshot::{RestoreArgs, SnapshotArgs};
use super::{Session, clone_create, clone_snapshot};
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::style::{BAD, GOOD, QUIET, paint};
use crate::ui::table::Table;
use crate::ui::time;

/// Make clones and look after the kept ones of the project
#[derive(Debug, Args)]
pub(crate) struct CloneArgs {
    #[command(subcommand)]
    command: CloneCommand,
}

#[derive(Debug, Subcommand)]
enum CloneCommand {
    Create(CreateArgs),
    /// List the clones, oldest first, and remove what killed runs left behind
    List,
    Golden(GoldenArgs),
    Check(CheckArgs),
    Drop(DropArgs),
    Prune(PruneArgs),
    Refresh(RefreshArgs),
    Snapshot(SnapshotArgs),
    Restore(RestoreArgs),
}

/// Make a kept clone golden: the reference that others compare with
///
/// Runs the file, if one is given, as the superuser of the clone's private server, in one
/// transaction. Then the clone's mark says golden, and it allows no connections any more: verbs work
/// on copies of it. There is no way back; `oneroof clone drop` removes it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof clone golden 1a2b3c4d\n  \
    oneroof clone golden 1a2b3c4d --run packages/one-roof/fixtures/golden.sql")]
struct GoldenArgs {
    /// The clone's id, as `oneroof clone list` shows it
    id: String,
    /// SQL to run on the clone first
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Schema that the file finds first [default: the search path of the database]
    #[arg(long, value_name = "SCHEMA", requires = "run")]
    schema: Option<String>,
}

/// Check that a kept clone is safe to work with, line by line
///
/// Marked; out of reach of the read channel; no ownership gap; substrate there; two scans equal;
/// governance event types inactive; no dispatcher; rollback present; open findings by severity. What
/// must be asked inside is asked on a copy that is dropped. The governance lines are about package
/// one-roof. Exits 4 if a line does not hold.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof clone check golden\n  \
    oneroof clone check 1a2b3c4d --package one-roof")]
struct CheckArgs {
    /// Kept clone: its id, `clone:ID`, `golden`, or a target of oneroof.toml
    #[arg(value_name = "CLONE")]
    clone: String,
    /// Package that the lines are about [default: the release that the clone's ledger finished last]
    #[arg(long, value_name = "PACKAGE")]
    package: Option<String>,
}

/// Stop a clone's server and remove everything of it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof clone drop 7f3a")]
struct DropArgs {
    /// The clone's id, as `oneroof clone list` shows it
    id: String,
}

pub(crate) async fn run(args: &CloneArgs, session: &Session) -> anyhow::Result<Exit> {
    let project = session.project()?;
    let context = project.context(&session.printer);
    match &args.command {
        CloneCommand::Create(args) => clone_create::create(args, &context, session).await?,
        CloneCommand::Refresh(args) => clone_create::refresh(args, &context, session).await?,
        CloneCommand::Snapshot(args) => clone_snapshot::snapshot(args, &context, session).await?,
        CloneCommand::Restore(args) => clone_snapshot::restore(args, &context, session).await?,
        CloneCommand::Prune(args) => clone_create::prune(args, &context, session).await?,
        CloneCommand::List => {
            let report = clones::list(&context).await?;
            session
                .printer
                .report(&report, |clones| list_text(clones))?;
        }
        CloneCommand::Golden(args) => {
            let options = GoldenOptions {
                file: args.run.clone(),
                schema: args.schema.clone(),
            };
            let report = golden::golden(&context, &args.id, &options).await?;
            session.printer.report(&report, golden_text)?;
        }
        CloneCommand::Check(args) => {
            let package = match &args.package {
                Some(word) => Some(session.package(word)?),
                None => None,
            };
            let folder = project.packages_folder();
            let report = clone_check::clone_check(&context, &args.clone, package, &folder).await?;
            let error = (!report.safe).then(|| check_error(&report));
            return session
                .printer
                .report_with_error(&report, error, check_text);
        }
        CloneCommand::Drop(args) => {
            clones::drop(&context, &args.id).await?;
            let report = DropReport { dropped: &args.id };
            session.printer.report(&report, |report| {
                format!("dropped clone {}", report.dropped)
            })?;
        }
    }
    Ok(Exit::Ok)
}

#[derive(Serialize)]
struct DropReport<'a> {
    dropped: &'a str,
}

fn list_text(clones: &[ListedClone]) -> String {
    if clones.is_empty() {
        return "no clones".to_owned();
    }
    let mut table = Table::new([
        "id",
        "class",
        "database",
        "made from",
        "by",
        "strategy",
        "age",
        "rows",
        "size",
        "server",
    ]);
    let unknown = || "?".to_owned();
    for clone in clones {
        let age = clone.age_seconds.and_then(|age| i64::try_from(age).ok());
        let rows = clone.data_age_seconds;
        let rows = rows.and_then(|age| i64::try_from(age).ok());
        table.row([
            clone.id.clone(),
            clone.class.to_string(),
            clone.database.clone(),
            clone.source.clone(),
            clone.operator.clone().unwrap_or_else(unknown),
            clone.strategy.clone().unwrap_or_else(unknown),
            age.map_or_else(unknown, time::age),
            rows.map_or_else(unknown, time::age),
            clone.size_bytes.map_or_else(unknown, clone_create::size),
            match (&clone.host, clone.running) {
                (Some(host), true) => format!("of {host}"),
                (Some(host), false) => format!("of {host}, silent"),
                (None, true) => "runs".to_owned(),
                (None, false) => "stopped".to_owned(),
            },
        ]);
    }
    let mut text = table.text();
    // Outside of the table, where nothing is wrapped: made for copying.
    for clone in clones.iter().filter(|one| !one.left_out.is_empty()) {
        let tables = clone.left_out.join(", ");
        let _ = write!(text, "\n{}  rows not copied: {tables}", clone.id);
    }
    for clone in clones {
        if let Some(connection) = &clone.connection {
            let _ = write!(text, "\n{}  psql '{connection}'", clone.id);
        }
    }
    text
}

fn golden_text(report: &GoldenReport) -> String {
    let ran = match &report.file {
        Some(file) => format!("ran {file} ({} statements)\n", report.statements),
        None => String::new(),
    };
    format!(
        "{ran}{} is golden: it allows no connections\nnext: oneroof revalidate PACKAGE --on {}",
        report.target, report.target
    )
}

fn check_error(report: &CloneCheckReport) -> ErrorReport {
    let failed: Vec<String> = report
        .lines
        .iter()
        .filter(|line| line.outcome == LineOutcome::Failed)
        .map(|line| format!("{}: {}", line.check, line.detail))
        .collect();
    ErrorReport::failed(format!(
        "`{}` is not safe as a clone: {}",
        report.target,
        failed.first().cloned().unwrap_or_default()
    ))
    .with_reasons(failed)
    .with_hint("nothing was changed; do not work on it before each line holds".to_owned())
}

fn check_text(report: &CloneCheckReport) -> String {
    let about = report
        .package
        .as_ref()
        .map_or_else(String::new, |package| format!(", lines about {package}"));
    let verdict = if report.safe {
        paint(GOOD, "SAFE")
    } else {
        paint(BAD, "NOT SAFE")
    };
    format!(
        "{}{verdict}: {}{about}\n",
        lines_text(&report.lines),
        report.target
    )
}

/// The lines of the clone safety gate.
pub(super) fn lines_text(lines: &[CheckLine]) -> String {
    let mut text = String::new();
    for line in lines {
        let outcome = match line.outcome {
            LineOutcome::Passed => paint(GOOD, "ok"),
            LineOutcome::Failed => paint(BAD, "FAILED"),
            LineOutcome::NotApplicable => paint(QUIET, "--"),
            LineOutcome::NotAsked => paint(BAD, "not asked"),
        };
        let _ = writeln!(text, "{outcome} {}: {}", line.check, line.detail);
    }
    text
}
