//! `oneroof package new | import | check | seal | render | diff`.

pub(crate) mod import;
mod render;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use oneroof_engine::check::{self, CheckReport};
use oneroof_engine::package_diff::{self, DiffReport};
use oneroof_engine::{package_new, seal};
use oneroof_model::{Diagnostic, DiagnosticSeverity};
use serde::Serialize;
use similar::TextDiff;

use super::Session;
use super::arguments::PackageArgument;
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::style::{BAD, CAREFUL, QUIET, STRONG, paint};

/// Make, import, check, seal, render and compare release packages
#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    #[command(subcommand)]
    command: PackageCommand,
}

#[derive(Debug, Subcommand)]
enum PackageCommand {
    New(NewArgs),
    Import(import::ImportArgs),
    Check(CheckArgs),
    Seal(SealArgs),
    Render(render::RenderArgs),
    Diff(DiffArgs),
}

/// Make a small package that works as it is
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof package new packages/add-customer-tier")]
struct NewArgs {
    /// Folder to make; its last part is the package's name
    folder: PathBuf,
}

/// Read a package with the real parser and say what is wrong
///
/// Reports file, line and column: wrong references, transaction control, psql commands, CASCADE,
/// locks that block others, and more (`oneroof explain RULE`). Exits 4 if there are errors;
/// warnings are for you to judge.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof package check packages/add-customer-tier")]
struct CheckArgs {
    #[command(flatten)]
    package: PackageArgument,
}

/// Write the manifest that digests, approvals and runs stand for
///
/// Refuses a package with errors.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof package seal packages/add-customer-tier")]
struct SealArgs {
    /// Folder of the package
    folder: PathBuf,
}

/// Show what differs between two packages, or between a package and its seal
///
/// Exits 4 if something differs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof package diff packages/add-customer-tier\n  \
    oneroof package diff one-roof packages/my-one-roof")]
struct DiffArgs {
    #[command(flatten)]
    left: PackageArgument,
    /// Package to compare it with; without it, the package is compared with its own manifest
    #[arg(value_name = "OTHER")]
    right: Option<String>,
}

pub(crate) async fn run(args: &PackageArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        PackageCommand::New(args) => new(args, session),
        PackageCommand::Import(args) => import::run(args, session).await,
        PackageCommand::Check(args) => check(args, session),
        PackageCommand::Seal(args) => seal(args, session),
        PackageCommand::Render(args) => render::run(args, session).await,
        PackageCommand::Diff(args) => diff(args, session),
    }
}

#[derive(Serialize)]
struct NewReport {
    folder: String,
    files: Vec<String>,
}

fn new(args: &NewArgs, session: &Session) -> anyhow::Result<Exit> {
    let files = package_new::create(&args.folder)?;
    let report = NewReport {
        folder: args.folder.display().to_string(),
        files,
    };
    session.printer.report(&report, |report| {
        report
            .files
            .iter()
            .map(|file| format!("wrote {}/{file}\n", report.folder))
            .collect()
    })?;
    session.printer.talk(&format!(
        "next: edit them, then `oneroof package check {}`",
        report.folder
    ));
    Ok(Exit::Ok)
}

fn check(args: &CheckArgs, session: &Session) -> anyhow::Result<Exit> {
    let package = session.package(&args.package.package)?;
    let report = check::check(&package)?;
    let error = (report.errors > 0).then(|| {
        ErrorReport::failed(format!(
            "{} has {}",
            report.package,
            check::counted(report.errors, "error")
        ))
    });
    session
        .printer
        .report_with_error(&report, error, check_text)
}

/// A remark of a rule, with its place.
pub(crate) fn remark(diagnostic: &Diagnostic) -> String {
    let (style, word) = match diagnostic.severity {
        DiagnosticSeverity::Error => (BAD, "error"),
        DiagnosticSeverity::Warning => (CAREFUL, "warning"),
        DiagnosticSeverity::Info => (QUIET, "info"),
    };
    let mut place = diagnostic.file.clone();
    for number in [diagnostic.line, diagnostic.column].into_iter().flatten() {
        let _ = write!(place, ":{number}");
    }
    let rule = paint(QUIET, format_args!("[{}]", diagnostic.rule));
    let mut text = format!(
        "{place}: {}: {} {rule}\n",
        paint(style, word),
        diagnostic.message
    );
    if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(text, "  {}: {hint}", paint(STRONG, "hint"));
    }
    text
}

fn check_text(report: &CheckReport) -> String {
    let mut text = String::new();
    for diagnostic in &report.diagnostics {
        text.push_str(&remark(diagnostic));
    }
    let sealed = if report.sealed {
        "sealed"
    } else {
        "not sealed"
    };
    let _ = writeln!(
        text,
        "{}: {}, {}; {sealed}, digest {}",
        report.package,
        check::counted(report.errors, "error"),
        check::counted(report.warnings, "warning"),
        report.digest
    );
    text
}

fn seal(args: &SealArgs, session: &Session) -> anyhow::Result<Exit> {
    let report = seal::seal(&args.folder)?;
    session.printer.report(&report, |report| {
        let verb = if report.unchanged {
            "was sealed already"
        } else {
            "sealed"
        };
        format!(
            "{} {verb}: {} files, digest {}",
            report.package, report.files, report.digest
        )
    })?;
    Ok(Exit::Ok)
}

fn diff(args: &DiffArgs, session: &Session) -> anyhow::Result<Exit> {
    let left = session.package(&args.left.package)?;
    let report = match &args.right {
        Some(right) => package_diff::diff(&left, &session.package(right)?),
        None => package_diff::diff_with_seal(&left)?,
    };
    let error = (!report.files.is_empty())
        .then(|| ErrorReport::failed(format!("{} files differ", report.files.len())));
    session.printer.report_with_error(&report, error, diff_text)
}

fn diff_text(report: &DiffReport) -> String {
    if report.files.is_empty() {
        return format!("no difference: digest {}\n", report.left);
    }
    let mut text = format!("digest {}\n    -> {}\n", report.left, report.right);
    for file in &report.files {
        let _ = writeln!(text, "{} {}", paint(STRONG, file.change), file.path);
        if let (Some(left), Some(right)) = (&file.left, &file.right) {
            let lines = TextDiff::from_lines(left.as_str(), right.as_str());
            let _ = write!(text, "{}", lines.unified_diff().context_radius(3));
        }
    }
    text
}
