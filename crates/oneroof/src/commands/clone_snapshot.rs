//! `oneroof clone snapshot | restore`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use oneroof_engine::clone_snapshot::{self, ListedSnapshot, Restore, SnapshotReport};
use oneroof_engine::context::Context;
use serde::Serialize;

use super::Session;
use super::clone_create::{create_text, size};
use crate::ui::table::Table;
use crate::ui::time;

/// Put a kept clone away, with a SHA-256 for each file
///
/// The clone's private server is stopped, its files are copied into `.oneroof/snapshots/NAME/`, and
/// it is started again. Nobody may be connected to it. Where the file system can share blocks
/// between files (XFS, Btrfs), nothing is copied; which of both it was is said. `oneroof clone
/// restore NAME` brings it back; `sha256sum --check files-sha256.txt` checks it without oneroof.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  \
    oneroof clone snapshot golden\n  \
    oneroof clone snapshot golden --name before-2.0\n  \
    oneroof clone snapshot list\n  \
    oneroof clone snapshot drop before-2.0"
)]
pub(super) struct SnapshotArgs {
    #[command(subcommand)]
    command: Option<SnapshotCommand>,
    /// Kept clone: its id, `clone:ID` or `golden`
    #[arg(value_name = "CLONE", required = true)]
    clone: Option<String>,
    /// Name of the snapshot [default: the clone's class and the time]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

#[derive(Debug, Subcommand)]
enum SnapshotCommand {
    /// List the snapshots, oldest first, and remove what killed runs left behind
    List,
    Drop(DropSnapshotArgs),
}

/// Remove a snapshot
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof clone snapshot drop before-2.0")]
struct DropSnapshotArgs {
    /// Its name, as `oneroof clone snapshot list` shows it
    #[arg(value_name = "NAME")]
    name: String,
}

/// Bring a snapshot back
///
/// Each file is compared with its SHA-256 while it is copied; a snapshot that is not whole is
/// refused, and each file that is not what was put away is named. The restored clone is golden if
/// the one that was put away is. It takes the place of that clone, which is dropped when the new one
/// is there, unless `--beside` leaves it. It has an id, a mark and a private server of its own.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof clone restore before-2.0\n  \
    oneroof clone restore before-2.0 --beside")]
pub(super) struct RestoreArgs {
    /// Name of the snapshot, as `oneroof clone snapshot list` shows it
    #[arg(value_name = "SNAPSHOT")]
    snapshot: String,
    /// Leave the clone that the snapshot is of
    #[arg(long)]
    beside: bool,
}

#[derive(Serialize)]
struct DropReport<'a> {
    dropped: &'a str,
}

pub(super) async fn snapshot(
    args: &SnapshotArgs,
    context: &Context,
    session: &Session,
) -> anyhow::Result<()> {
    match (&args.command, &args.clone) {
        (Some(SnapshotCommand::List), _) | (None, None) => {
            let report = clone_snapshot::list(context)?;
            session.printer.report(&report, |all| list_text(all))?;
        }
        (Some(SnapshotCommand::Drop(args)), _) => {
            clone_snapshot::drop(context, &args.name)?;
            let report = DropReport {
                dropped: &args.name,
            };
            session.printer.report(&report, |report| {
                format!("dropped snapshot {}", report.dropped)
            })?;
        }
        (None, Some(clone)) => {
            let report = clone_snapshot::snapshot(context, clone, args.name.as_deref()).await?;
            session.printer.report(&report, snapshot_text)?;
        }
    }
    Ok(())
}

pub(super) async fn restore(
    args: &RestoreArgs,
    context: &Context,
    session: &Session,
) -> anyhow::Result<()> {
    let how = Restore {
        beside: args.beside,
    };
    let report = clone_snapshot::restore(context, &args.snapshot, how).await?;
    session.printer.report(&report, create_text)?;
    Ok(())
}

fn snapshot_text(report: &SnapshotReport) -> String {
    let snapshot = &report.snapshot;
    format!(
        "snapshot {} of {} clone {} in {}\n{} in {} files, each with its SHA-256\n{}\nrows of {}\nnext: oneroof clone restore {}",
        snapshot.name,
        snapshot.class,
        snapshot.clone,
        time::milliseconds(report.duration_ms),
        size(snapshot.bytes),
        snapshot.files,
        snapshot.method,
        snapshot.data_at,
        snapshot.name,
    )
}

fn list_text(snapshots: &[ListedSnapshot]) -> String {
    if snapshots.is_empty() {
        return "no snapshots".to_owned();
    }
    let unknown = || "?".to_owned();
    let mut table = Table::new([
        "name",
        "of",
        "database",
        "made from",
        "by",
        "taken",
        "rows",
        "size",
    ]);
    for snapshot in snapshots {
        let age = snapshot.data_age_seconds;
        let age = age.and_then(|age| i64::try_from(age).ok());
        table.row([
            snapshot.name.clone(),
            format!("{} {}", snapshot.class, snapshot.clone),
            snapshot.database.clone(),
            snapshot.source.clone(),
            snapshot.operator.clone().unwrap_or_else(unknown),
            snapshot.taken_at.clone(),
            age.map_or_else(unknown, time::age),
            size(snapshot.bytes),
        ]);
    }
    let mut text = table.text();
    for snapshot in snapshots.iter().filter(|one| !one.left_out.is_empty()) {
        let tables = snapshot.left_out.join(", ");
        let _ = write!(text, "\n{}  rows not copied: {tables}", snapshot.name);
    }
    text
}
