//! `oneroof adopt`.

use std::path::PathBuf;

use clap::Args;
use oneroof_engine::adopt::{self, AdoptOptions, AdoptReport};

use super::Session;
use super::arguments::ExecuteFlag;
use crate::config::file::connection_of_flag;
use crate::env;
use crate::exit::Exit;

/// Print or run the SQL that puts the ledger into a target
///
/// Prints the SQL of schema `oneroof` for review; `--execute` runs it over a DBA's connection.
/// Needed once before anything can be applied; reading and rehearsing need nothing installed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof adopt production > adopt.sql\n  \
    oneroof adopt production --execute --dba \"service=shop user=postgres\"\n  \
    oneroof adopt production --policy policy.toml --execute --dba \"service=shop user=postgres\"\n  \
    oneroof adopt production --enrol enrolments/20261122T101500Z-bob-01a1fea53e46.json --execute --dba \"service=shop user=postgres\"")]
pub(crate) struct AdoptArgs {
    /// Target of oneroof.toml
    target: String,
    #[command(flatten)]
    execute: ExecuteFlag,
    /// Who may open the gate of this target (docs/reference/policy-toml.md); without it the policy that holds is kept
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Let in the passkey of a signed wish (enrolments/NAME.json, made on the dashboard): the policy that holds is
    /// installed again with it
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    enrol: Option<PathBuf>,
    /// The DBA's connection: a URL or key=value words, without a password
    #[arg(long, value_name = "CONNECTION")]
    dba: Option<String>,
}

pub(crate) async fn run(args: &AdoptArgs, session: &Session) -> anyhow::Result<Exit> {
    let dba = args
        .dba
        .as_deref()
        .map(|text| connection_of_flag("--dba", text, &env::libpq()))
        .transpose()?;
    let context = session.project()?.context(&session.printer);
    let options = AdoptOptions {
        execute: args.execute.execute,
        dba,
        policy: args.policy.clone(),
        enrol: args.enrol.clone(),
    };
    let report = adopt::adopt(&context, &args.target, &options).await?;
    session.printer.report(&report, text)?;
    if let Some(enrolled) = &report.enrolled {
        session.printer.talk(&format!(
            "{} said yes to the passkey `{}` of {} ({}); write it into the policy's file too, below its person:\n{}",
            enrolled.signed_by,
            enrolled.passkey.name,
            enrolled.passkey.person,
            enrolled.passkey.fingerprint,
            enrolled.toml
        ));
    }
    if report.status.is_none() {
        session
            .printer
            .talk("nothing was changed; a DBA runs this SQL, or add `--execute --dba CONNECTION`");
    }
    Ok(Exit::Ok)
}

fn text(report: &AdoptReport) -> String {
    let Some(status) = report.status else {
        return report.sql.clone();
    };
    let word = match status {
        "already" => "was adopted already",
        "upgraded" => "is upgraded",
        _ => "is adopted",
    };
    format!(
        "target `{}` {word}: schema oneroof version {}, genesis {}",
        report.target,
        report
            .version
            .map_or_else(|| "-".to_owned(), |version| version.to_string()),
        report.genesis.as_deref().unwrap_or("-")
    ) + &match &report.policy {
        Some((version, digest)) => format!("\npolicy {version}, digest {digest}"),
        None => {
            "\nno policy: the gate stays closed until a DBA adopts one (--policy FILE)".to_owned()
        }
    }
}
