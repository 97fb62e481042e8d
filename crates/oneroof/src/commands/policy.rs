//! `oneroof policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use oneroof_engine::policy::{self, PolicyReport};
use serde_json::json;

use super::Session;
use crate::exit::Exit;

/// Look at who may open the gate of a target
///
/// The policy lies in the target itself; a DBA installs it with `oneroof adopt TARGET --policy FILE`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    Check(CheckArgs),
    Show(ShowArgs),
    Export(ShowArgs),
}

/// Check a policy's file before a DBA adopts it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof policy check policy.toml")]
struct CheckArgs {
    /// The file; docs/reference/policy-toml.md explains it
    file: PathBuf,
}

/// Show the policy of a target (`export`: as OpenSSH's allowed_signers, for `ssh-keygen -Y verify`)
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof policy show production\n  \
    oneroof policy export production > allowed_signers")]
struct ShowArgs {
    /// Target of oneroof.toml
    target: String,
}

pub(crate) async fn run(args: &PolicyArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PolicyCommand::Check(args) => {
            let policy = policy::read_file(&args.file)?;
            session.printer.report(&policy, |_| {
                format!("policy {} can be adopted", args.file.display())
            })?;
        }
        PolicyCommand::Show(args) => {
            let context = session.project()?.context(&session.printer);
            let report = policy::show(&context, &args.target).await?;
            session.printer.report(&report, text)?;
        }
        PolicyCommand::Export(args) => {
            let context = session.project()?.context(&session.printer);
            let report = policy::show(&context, &args.target).await?;
            let exported = json!({ "allowed_signers": report.allowed_signers });
            session
                .printer
                .report(&exported, |_| report.allowed_signers.trim_end().to_owned())?;
        }
    }
    Ok(Exit::Ok)
}

fn text(report: &PolicyReport) -> String {
    let policy = serde_json::to_string_pretty(&report.policy).unwrap_or_default();
    format!(
        "policy {} of target `{}`, installed {} by {}\ndigest {}\n{policy}",
        report.version, report.target, report.installed_at, report.installed_by, report.digest
    )
}
