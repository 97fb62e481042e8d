//! `oneroof package import`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use oneroof_engine::migrations::import::{self, ImportOptions, ImportReport, PlanOptions};
use oneroof_model::{MigrationTool, TableName};

use super::super::Session;
use super::remark;
use crate::config::project::Project;
use crate::exit::Exit;

/// Make a package of migrations that were written for another tool
///
/// Writes a release.toml whose tiers are the files where they lie: pairs of up and down become
/// tiers with a rollback, a script's own begin and commit is lifted into the tier, marks for "no
/// transaction" are honoured, verify scripts become drills and invariants. The files themselves are
/// never changed, and the package's digest covers their bytes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof package import db/migrations\n  \
    oneroof package import db/migrations --from goose --pending-on production\n  \
    oneroof package import db/migrations --irreversible \"we only go forward\" --record-history")]
pub(super) struct ImportArgs {
    /// Folder of the migrations; of Sqitch that of sqitch.plan
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Whose migrations they are [default: found out by their names]
    #[arg(long, value_name = "TOOL", value_parser = tools())]
    from: Option<String>,
    /// Package folder to make [default: packages/ and a name with the newest version]
    #[arg(long, value_name = "PACKAGE")]
    into: Option<PathBuf>,
    /// Only what this target has not had yet, by the tool's own records there
    #[arg(long, value_name = "TARGET")]
    pending_on: Option<String>,
    /// Why nothing undoes those that have no way back and get none from the ledger
    #[arg(long, value_name = "WHY")]
    irreversible: Option<String>,
    /// Let each tier write the tool's own record too, so that the tool knows what was applied
    #[arg(long)]
    record_history: bool,
    /// Where the tool keeps its records, SCHEMA.TABLE [default: where it does by default]
    #[arg(long, value_name = "TABLE", value_parser = TableName::parse)]
    history_table: Option<TableName>,
}

/// The words of `--from`.
pub(crate) fn tools() -> PossibleValuesParser {
    PossibleValuesParser::new(MigrationTool::ALL.map(MigrationTool::as_str))
}

pub(super) async fn run(args: &ImportArgs, session: &Session) -> anyhow::Result<Exit> {
    let project = match &args.pending_on {
        Some(_) => Some(session.project()?),
        None => Project::find(session.project.as_deref(), &session.printer)?,
    };
    let packages = match &project {
        Some(project) => project.packages_folder(),
        None => PathBuf::from("packages"),
    };
    let context = project.map(|project| project.context(&session.printer));
    let options = ImportOptions {
        from: args.from.as_deref().and_then(MigrationTool::parse),
        into: args.into.clone(),
        pending_on: args.pending_on.clone(),
        plan: PlanOptions {
            irreversible: args.irreversible.clone(),
            record_history: args.record_history,
            history_table: args.history_table.clone(),
            ..PlanOptions::default()
        },
    };
    let report = import::import(context.as_ref(), &args.folder, &packages, &options).await?;
    session.printer.report(&report, text)?;
    session.printer.talk(&format!(
        "next: oneroof package check {0} && oneroof package seal {0}",
        report.folder
    ));
    Ok(Exit::Ok)
}

fn text(report: &ImportReport) -> String {
    let mut text = String::new();
    for diagnostic in &report.remarks {
        text.push_str(&remark(diagnostic));
    }
    let _ = writeln!(text, "{}", report.taken_for);
    for file in &report.files {
        let _ = writeln!(text, "wrote {}/{file}", report.folder);
    }
    let _ = writeln!(
        text,
        "package `{}`: {} migrations as tiers, {} with their own rollback, {} applied before",
        report.package, report.migrations, report.with_rollback, report.applied
    );
    text
}
