//! `oneroof clone list | drop`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use oneroof_engine::clones::{self, ListedClone};
use serde::Serialize;

use super::Session;
use crate::exit::Exit;
use crate::ui::table::Table;

/// List and drop the kept clones of the project
#[derive(Debug, Args)]
pub(crate) struct CloneArgs {
    #[command(subcommand)]
    command: CloneCommand,
}

#[derive(Debug, Subcommand)]
enum CloneCommand {
    /// List the clones, oldest first, and remove what killed runs left behind
    List,
    Drop(DropArgs),
}

/// Stop a clone's server and remove everything of it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof clone drop 7f3a")]
struct DropArgs {
    /// The clone's id, as `oneroof clone list` shows it
    id: String,
}

pub(crate) async fn run(args: &CloneArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    match &args.command {
        CloneCommand::List => {
            let report = clones::list(&context).await?;
            session
                .printer
                .report(&report, |clones| list_text(clones))?;
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
    let mut table = Table::new(["id", "class", "database", "made from", "made at", "server"]);
    for clone in clones {
        table.row([
            clone.id.as_str(),
            &clone.class.to_string(),
            &clone.database,
            &clone.source,
            &clone.created_at,
            if clone.running { "runs" } else { "stopped" },
        ]);
    }
    let mut text = table.text();
    // Outside of the table, where nothing is wrapped: made for copying.
    for clone in clones {
        if let Some(connection) = &clone.connection {
            let _ = write!(text, "\n{}  psql '{connection}'", clone.id);
        }
    }
    text
}
