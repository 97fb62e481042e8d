//! `oneroof audit`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use oneroof_engine::audit::{self, AuditFormat, AuditOptions, AuditReport};

use super::Session;
use crate::exit::Exit;
use crate::ui::style::{BAD, paint};
use crate::ui::table::Table;

/// List all changes of a target in a period: who proposed, who approved, who executed
///
/// Read-only. One line a run, from the target's ledger, and from runs/ of this project also those that were
/// refused or failed before they changed anything. With the evidence of each, and how complete the list
/// is: entries counted, chain of the ledger checked, files that cannot be read named.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof audit production --since 2026-01-01 --until 2026-03-31\n  \
    oneroof audit production --since 2026-01-01 --until 2026-03-31 --format csv --out q1.csv\n  \
    oneroof audit production --format html --out all.html")]
pub(crate) struct AuditArgs {
    /// Target of oneroof.toml, or `clone:ID`
    #[arg(value_name = "TARGET")]
    target: String,
    /// First day, or moment (RFC 3339), UTC [default: from the beginning]
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Last day, or the moment before which, UTC [default: now]
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// csv, json or html; without it a table for people
    #[arg(long, value_name = "FORMAT", hide_possible_values = true,
        value_parser = PossibleValuesParser::new(["csv", "json", "html"]))]
    format: Option<String>,
    /// Write it into this new file
    #[arg(long, value_name = "FILE", requires = "format")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: &AuditArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let options = AuditOptions {
        since: args.since.clone(),
        until: args.until.clone(),
    };
    let report = audit::audit(&context, &args.target, &options).await?;
    let Some(format) = args.format.as_deref().and_then(AuditFormat::parse) else {
        session.printer.report(&report, text)?;
        return Ok(Exit::Ok);
    };
    let written = audit::text(&report, format)?;
    match &args.out {
        Some(path) => {
            let path = audit::write(path, &written)?;
            session.printer.talk(&format!(
                "{} lines written into {}",
                report.lines.len(),
                path.display()
            ));
        }
        None => session.printer.data(&written)?,
    }
    Ok(Exit::Ok)
}

fn text(report: &AuditReport) -> String {
    let mut table = Table::new([
        "at",
        "act",
        "release",
        "outcome",
        "author",
        "approved by",
        "executed by",
        "evidence",
    ]);
    for line in &report.lines {
        let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let approvers: Vec<String> = line
            .approvals
            .iter()
            .map(|one| format!("{} ({})", one.approver, one.level))
            .collect();
        let outcome = match &line.reason {
            Some(reason) => format!("{}: {reason}", line.outcome.words()),
            None => line.outcome.words().to_owned(),
        };
        table.row_of_words([
            line.at.clone(),
            line.act.clone(),
            known(&line.package),
            outcome,
            known(&line.author),
            if approvers.is_empty() {
                "-".to_owned()
            } else {
                approvers.join(", ")
            },
            known(&line.executor),
            known(&line.evidence),
        ]);
    }
    let population = &report.population;
    let chain = match population.ledger_whole {
        true => "its chain is whole".to_owned(),
        false => paint(BAD, "its chain is BROKEN, see `oneroof ledger verify`"),
    };
    let mut text = format!(
        "{}\n{} lines from {} entries of the ledger ({chain}) and {} files of runs, of which {} are in no ledger",
        table.text(),
        report.lines.len(),
        population.ledger_entries,
        population.run_files,
        population.only_in_run_files
    );
    for why in &population.run_files_unreadable {
        text.push_str(&format!("\ncannot be read: {why}"));
    }
    for name in &population.evidence_missing {
        text.push_str(&format!("\nevidence that is not here: {name}"));
    }
    text
}
