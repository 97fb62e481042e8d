//! `oneroof migrations check`.

mod junit;
mod markdown;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use oneroof_engine::error::Failure;
use oneroof_engine::migrations::prove::report::{
    MigrationProof, ProofReport, ProofVerdict, UpAgain, WayBack,
};
use oneroof_engine::migrations::prove::{self, ProveOptions};
use oneroof_model::{Diagnostic, DiagnosticSeverity, MigrationTool, TableName};

use super::Session;
use super::package::import::tools;
use super::package::remark;
use crate::config::project::{Project, context_without_project, current_folder};
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::style::{BAD, GOOD, STRONG, paint};
use crate::ui::table::Table;
use crate::ui::time;
use crate::ui::{github, sarif};

/// Prove the migrations of another tool, one by one
#[derive(Debug, Args)]
pub(crate) struct MigrationsArgs {
    #[command(subcommand)]
    command: MigrationsCommand,
}

#[derive(Debug, Subcommand)]
enum MigrationsCommand {
    Check(CheckArgs),
}

/// Apply each migration, undo it and apply it again, and compare
///
/// On a throw-away server: each migration goes there; a second time is refused by the ledger; the way
/// back must restore the definitions exactly; a second way back has nothing to do; the way there
/// again must give the same. The same on tables with a few made-up rows shows values that are lost
/// and constraints that fail. Nothing else is needed but PostgreSQL's programs. Exits 4 if a way back
/// does not restore, data is lost, or a migration fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof migrations check db/migrations\n  \
    oneroof migrations check db/migrations --before roles.sql --markdown proof.md\n  \
    oneroof migrations check db/migrations --from production --junit proof.xml")]
struct CheckArgs {
    /// Folder of the migrations; of Sqitch that of sqitch.plan
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Whose migrations they are [default: found out by their names]
    #[arg(long = "migrations-of", value_name = "TOOL", value_parser = tools())]
    tool: Option<String>,
    /// On a fresh clone of this target, and only what it has not had yet [default: on an empty
    /// database]
    #[arg(long, value_name = "TARGET")]
    from: Option<String>,
    /// Where the tool keeps its records there, SCHEMA.TABLE [default: where it does by default]
    #[arg(long, value_name = "TABLE", requires = "from", value_parser = TableName::parse)]
    history_table: Option<TableName>,
    /// SQL to run before the first migration: roles, extensions, a schema dump; may be repeated
    #[arg(long, value_name = "FILE")]
    before: Vec<PathBuf>,
    /// Stop after this version
    #[arg(long, value_name = "VERSION")]
    through: Option<String>,
    /// Make no rows: definitions only
    #[arg(long)]
    without_rows: bool,
    /// Print findings and what the rules say as annotations of a change on GitHub too
    #[arg(long, conflicts_with = "json")]
    github: bool,
    /// Write findings and what the rules say as SARIF too
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Write the table as Markdown too, for a change request
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write the proofs as JUnit too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(crate) async fn run(args: &MigrationsArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        MigrationsCommand::Check(args) => check(args, session).await,
    }
}

async fn check(args: &CheckArgs, session: &Session) -> anyhow::Result<Exit> {
    let project = match &args.from {
        Some(_) => Some(session.project()?),
        None => Project::find(session.project.as_deref(), &session.printer)?,
    };
    // Without a project nothing is left in the folder of somebody else.
    let scratch = tempfile::tempdir().context("make a temporary folder")?;
    let context = match &project {
        Some(project) => project.context(&session.printer),
        None => context_without_project(scratch.path().to_owned(), &session.printer),
    };
    let options = ProveOptions {
        tool: args.tool.as_deref().and_then(MigrationTool::parse),
        from: args.from.clone(),
        history_table: args.history_table.clone(),
        before: args.before.clone(),
        through: args.through.clone(),
        without_rows: args.without_rows,
        levels: project
            .map(|project| project.config.checks)
            .unwrap_or_default(),
    };
    let printer = &session.printer;
    let report = prove::prove(&context, &args.folder, &options, |number, of, proof| {
        if !proof.is_sound() {
            printer.talk(&format!("{number}/{of} {}: {}", proof.title, said(proof)));
        } else if number % 25 == 0 {
            printer.talk(&format!("{number}/{of} …"));
        }
    })
    .await?;
    if let Some(path) = &args.markdown {
        write(path, &markdown::text(&report))?;
    }
    if let Some(path) = &args.junit {
        write(path, &junit::text(&report))?;
    }
    let remarks: Vec<Diagnostic> = report
        .remarks
        .iter()
        .cloned()
        .chain(annotations(&report))
        .collect();
    let path = |remark: &Diagnostic| args.folder.join(&remark.file).display().to_string();
    if let Some(place) = &args.sarif {
        let remarks: Vec<_> = remarks
            .iter()
            .map(|remark| (path(remark), remark))
            .collect();
        write(place, &format!("{:#}\n", sarif::log(&remarks)))?;
    }
    let error = (report.verdict == ProofVerdict::Failed)
        .then(|| ErrorReport::failed(format!("not proved: {}", sentence(&report))));
    session.printer.report_with_error(&report, error, |report| {
        let mut told = text(report);
        if args.github {
            for remark in &remarks {
                told.push_str(&github::annotation(remark, &path(remark)));
            }
        }
        told
    })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let place = current_folder()?.join(path);
    std::fs::write(&place, text).with_context(|| format!("write `{}`", place.display()))
}

/// The way back in a few words.
fn way_back(proof: &MigrationProof) -> &'static str {
    match proof.verdict {
        WayBack::Restored => "restored",
        WayBack::RestoredInAnotherOrder => "restored, in another order",
        WayBack::Different => "DIFFERENT",
        WayBack::Failed => "FAILS",
        WayBack::None => "none",
        WayBack::NotReached => "-",
    }
}

/// A failure with its place.
fn failed(failure: &Failure) -> String {
    let mut text = String::new();
    if let Some(file) = &failure.file {
        let _ = write!(text, "{file}");
        if let Some(line) = failure.line {
            let _ = write!(text, ":{line}");
        }
        text.push_str(": ");
    }
    text.push_str(&failure.message);
    if let Some(sqlstate) = &failure.sqlstate {
        let _ = write!(text, " ({sqlstate})");
    }
    text
}

/// Everything that is to be said against a migration, one thing a line.
fn findings(proof: &MigrationProof) -> Vec<String> {
    let mut found = Vec::new();
    let mut fails = |what: &str, failure: &Option<Failure>| {
        found.extend(
            failure
                .iter()
                .map(|failure| format!("{what} fails: {}", failed(failure))),
        );
    };
    fails("the way there", &proof.up_failure);
    fails("its verify script", &proof.verify_failure);
    fails("the way back", &proof.down_failure);
    fails("the way there, on rows,", &proof.data.up_failure);
    fails("the way back, on rows,", &proof.data.down_failure);
    for difference in &proof.differences {
        found.push(difference.words.clone());
    }
    match &proof.up_again {
        UpAgain::Failed(why) => found.push(format!("the second way there fails: {why}")),
        UpAgain::Different(list) => {
            found.extend(
                list.iter()
                    .map(|one| format!("after the second way there: {one}")),
            );
        }
        UpAgain::Same | UpAgain::NotTried => {}
    }
    found.extend(proof.data.lost.iter().map(|lost| format!("lost: {lost}")));
    found
}

/// The rule that findings of the proofs stand under; its page is `docs/plan-rules/migration-proof.md`.
const PROOF_RULE: &str = "migration-proof";

/// The findings as remarks about the files.
fn annotations(report: &ProofReport) -> impl Iterator<Item = Diagnostic> {
    report
        .migrations
        .iter()
        .filter(|proof| !proof.is_sound())
        .map(|proof| {
            let failures = [
                &proof.up_failure,
                &proof.verify_failure,
                &proof.data.up_failure,
            ];
            let line = failures
                .into_iter()
                .flatten()
                .find_map(|failure| failure.line);
            let about_down = line.is_none() && proof.data.lost.is_empty();
            let file = proof
                .down_file
                .as_ref()
                .filter(|_| about_down)
                .unwrap_or(&proof.file);
            Diagnostic {
                rule: PROOF_RULE.to_owned(),
                severity: DiagnosticSeverity::Error,
                file: file.clone(),
                line: line.or(Some(1)),
                column: Some(1),
                message: findings(proof).join("\n"),
                hint: None,
            }
        })
}

/// The first of them, and how many there are.
fn said(proof: &MigrationProof) -> String {
    let findings = findings(proof);
    match findings.as_slice() {
        [] => way_back(proof).to_owned(),
        [one] => one.clone(),
        [one, more @ ..] => format!("{one} (and {} more)", more.len()),
    }
}

/// `120 of 120 applied; way back: 100 restored, …`
fn sentence(report: &ProofReport) -> String {
    let counts = &report.counts;
    let mut text = format!(
        "{} of {} applied; way back: {} restored",
        counts.applied, counts.wanted, counts.restored
    );
    for (count, what) in [
        (counts.reordered, "in another order"),
        (counts.different, "different"),
        (counts.down_failed, "fail"),
        (counts.no_down, "have none"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    for (count, what) in [
        (counts.data_lost, "lose data"),
        (counts.fails_on_rows, "fail where there are rows"),
    ] {
        if count > 0 {
            let _ = write!(text, "; {count} {what}");
        }
    }
    text
}

fn text(report: &ProofReport) -> String {
    let mut text = format!("{}\n", report.taken_for);
    for diagnostic in &report.remarks {
        text.push_str(&remark(diagnostic));
    }
    let unsound: Vec<&MigrationProof> = report
        .migrations
        .iter()
        .filter(|proof| !proof.is_sound())
        .collect();
    if !unsound.is_empty() {
        let mut table = Table::new([
            "migration",
            "way back",
            "rows",
            "what is not as it should be",
        ]);
        for proof in &unsound {
            let rows = match proof.data.lost.len() {
                0 => "kept",
                _ => "LOST",
            };
            table.row([proof.title.as_str(), way_back(proof), rows, &said(proof)]);
        }
        let _ = writeln!(text, "{}", table.text());
    }
    for proof in unsound {
        let files = match &proof.down_file {
            Some(down) if *down != proof.file => format!("{}, {down}", proof.file),
            _ => proof.file.clone(),
        };
        let _ = writeln!(text, "{} ({files})", paint(STRONG, &proof.title));
        for finding in findings(proof) {
            let _ = writeln!(text, "  {finding}");
        }
        for sql in proof
            .differences
            .iter()
            .filter_map(|difference| difference.sql.as_ref())
        {
            let _ = writeln!(text, "    {}", sql.replace('\n', "\n    "));
        }
    }
    let turned = report.migrations.iter().filter(|proof| proof.is_sound());
    for (proof, difference) in
        turned.flat_map(|proof| proof.differences.iter().map(move |one| (proof, one)))
    {
        let _ = writeln!(text, "{}: {}", proof.title, difference.words);
    }
    let verdict = match report.verdict {
        ProofVerdict::Passed => paint(GOOD, "PROVED"),
        ProofVerdict::Failed => paint(BAD, "NOT PROVED"),
    };
    let _ = writeln!(
        text,
        "{verdict}: {}; on {} (PostgreSQL {}), {}",
        sentence(report),
        report.baseline,
        report.server_version,
        time::milliseconds(report.duration_ms)
    );
    text
}
