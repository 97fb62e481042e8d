//! `oneroof ledger show | verify`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use oneroof_engine::ledger::{self, LedgerShown, LedgerVerified, ShowOptions};
use oneroof_model::{Digest, RefusalCode};

use super::Session;
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::style::{BAD, GOOD, paint};
use crate::ui::table::Table;

/// Read the ledger of a target, or check that it is whole
#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    #[command(subcommand)]
    command: LedgerCommand,
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    Show(ShowArgs),
    Verify(VerifyArgs),
}

/// Show the entries of the ledger, oldest first
///
/// Read-only. Each entry was written in the transaction that it tells of. `--json` shows all of it:
/// bodies and hashes too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof ledger show production --last 20\n  \
    oneroof ledger show production --release one-roof@1.0.0")]
struct ShowArgs {
    /// Target of oneroof.toml, or `clone:ID` [default: the only target]
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    /// Only entries of this release: its name, NAME@VERSION, or the beginning of its digest
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// Only the newest N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,
}

/// Recompute the ledger's chain of hashes outside the database
///
/// Read-only. Finds entries that were changed, forged, removed or moved, and names them. A tail that was
/// cut off shows only against a hash that is known from elsewhere: this project keeps the newest one that
/// it saw whole (in .oneroof/ledgers/), and `--expect` gives others. Exits 4 with `ledger-broken` if
/// something is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof ledger verify production\n  \
    oneroof ledger verify production --expect \"$(cat newest-hash-of-last-week)\"")]
struct VerifyArgs {
    /// Target of oneroof.toml, or `clone:ID`
    #[arg(value_name = "TARGET")]
    target: String,
    /// Hash that must be in the ledger; may be repeated
    #[arg(long, value_name = "HASH", value_parser = hash)]
    expect: Vec<Digest>,
}

fn hash(word: &str) -> Result<Digest, String> {
    Digest::parse(word.trim())
        .ok_or_else(|| "a hash has 64 hexadecimal digits; `ledger show --json` has them".to_owned())
}

pub(crate) async fn run(args: &LedgerArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    match &args.command {
        LedgerCommand::Show(args) => {
            let target = match &args.target {
                Some(target) => target.clone(),
                None => ledger::only_target(&context)?,
            };
            let options = ShowOptions {
                release: args.release.clone(),
                last: args.last.and_then(|last| usize::try_from(last).ok()),
            };
            let shown = ledger::show(&context, &target, &options).await?;
            session.printer.report(&shown, show_text)?;
            Ok(Exit::Ok)
        }
        LedgerCommand::Verify(args) => {
            let report = ledger::verify(&context, &args.target, &args.expect).await?;
            let error = (!report.whole).then(|| error(&report));
            session
                .printer
                .report_with_error(&report, error, verify_text)
        }
    }
}

fn show_text(shown: &LedgerShown) -> String {
    let mut table = Table::new(["seq", "at", "kind", "release", "tier", "by", "run"]);
    for entry in &shown.entries {
        let release = ledger::tag(entry).unwrap_or_default();
        table.row([
            entry.seq.to_string(),
            entry.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            entry.kind.clone(),
            release,
            entry.tier.clone().unwrap_or_default(),
            entry.operator.clone(),
            entry.run_id.clone().unwrap_or_default(),
        ]);
    }
    format!(
        "{}\n{} of {} entries of `{}` (database {})",
        table.text(),
        shown.entries.len(),
        shown.entries_in_all,
        shown.target,
        shown.database
    )
}

fn verify_text(report: &LedgerVerified) -> String {
    let mut text = String::new();
    let verdict = match report.whole {
        true => paint(GOOD, "whole"),
        false => paint(BAD, "NOT WHOLE"),
    };
    let _ = writeln!(
        text,
        "ledger of `{}` (database {}): {verdict}, {} entries",
        report.target, report.database, report.entries
    );
    if let Some(head) = &report.head {
        let _ = writeln!(text, "newest entry {}: {}", head.seq, head.hash);
    }
    for known in &report.known {
        let number = match known.head.seq {
            Some(seq) => format!("entry {seq}, "),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "held against {number}{} ({})",
            known.head.hash, known.from
        );
    }
    let _ = match (report.known.len(), report.unknown_entries) {
        (0, _) => writeln!(
            text,
            "no hash was known from outside the target, so a tail that was cut off could not show"
        ),
        (_, 0) => writeln!(text, "every entry is vouched for by a hash that was known"),
        (_, entries) => writeln!(
            text,
            "entries newer than any hash that was known: {entries}"
        ),
    };
    if report.whole && report.remembered_in.is_some() {
        text.push_str("the project keeps the newest hash for the next time\n");
    }
    text
}

fn error(report: &LedgerVerified) -> ErrorReport {
    let faults: Vec<String> = report
        .faults
        .iter()
        .map(|fault| fault.message.clone())
        .collect();
    let first = faults.first().cloned().unwrap_or_default();
    ErrorReport::failed(format!(
        "the ledger of `{}` is not whole: {first}",
        report.target
    ))
    .with_code(RefusalCode::LedgerBroken)
    .with_reasons(faults)
    .with_hint(
        "nothing was changed; apply and roll back nothing there before somebody has looked at it"
            .to_owned(),
    )
}
