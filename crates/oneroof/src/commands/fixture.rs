//! `oneroof fixture seal`.

use clap::{Args, Subcommand};
use oneroof_engine::fixture;

use super::Session;
use crate::exit::Exit;

/// Look after test productions
#[derive(Debug, Args)]
pub(crate) struct FixtureArgs {
    #[command(subcommand)]
    command: FixtureCommand,
}

#[derive(Debug, Subcommand)]
enum FixtureCommand {
    Seal(SealArgs),
}

/// Hand a scratch database over: from now on it is a production
///
/// Only for databases that oneroof made on an embedded server. There is no way back.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof fixture seal test-production")]
struct SealArgs {
    /// Target of oneroof.toml
    target: String,
}

pub(crate) async fn run(args: &FixtureArgs, session: &Session) -> anyhow::Result<Exit> {
    let FixtureCommand::Seal(args) = &args.command;
    let context = session.project()?.context(&session.printer);
    let report = fixture::seal(&context, &args.target).await?;
    session.printer.report(&report, |report| {
        format!(
            "target `{}` (database {}) is a production from now on",
            report.target, report.database
        )
    })?;
    Ok(Exit::Ok)
}
