//! `oneroof diff`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::diff::{
    self, DataComparison, DataVerdict, DefinitionComparison, DiffOptions, DiffReport, DiffSide,
    TableChange, TableDifference,
};

use super::Session;
use crate::config::project::{self, Project};
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::style::{BAD, GOOD, QUIET, paint};

/// Show what differs between two databases, object by object
///
/// Definitions are told apart in words, data by table; both read-only, each side at one moment. A file
/// holds digests only, so against a file it is known which objects differ, not how. Exits 4 if something
/// differs. The same rows in another order are the same data.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof diff production clone:1a2b3c4d\n  \
    oneroof diff staging production --schema sales --data --rows\n  \
    oneroof diff before.json production --data")]
pub(crate) struct DiffArgs {
    /// Target of oneroof.toml, `clone:ID`, `golden`, or a file that `oneroof fingerprint --out` wrote
    #[arg(value_name = "ONE")]
    one: String,
    /// What to compare it with, the same kinds
    #[arg(value_name = "TWO")]
    two: String,
    /// Only this schema; may be repeated
    #[arg(long, value_name = "SCHEMA")]
    schema: Vec<String>,
    /// Compare the rows too
    #[arg(long)]
    data: bool,
    /// And the order in which tables give them
    #[arg(long, requires = "data")]
    order: bool,
    /// Of each table that differs, count the rows that only one side has; each server sorts the table
    #[arg(long, requires = "data")]
    rows: bool,
}

pub(crate) async fn run(args: &DiffArgs, session: &Session) -> anyhow::Result<Exit> {
    let options = DiffOptions {
        schemas: args.schema.clone(),
        data: args.data,
        order: args.order,
        rows: args.rows,
    };
    // Two files need no project.
    let found = Project::find(session.project.as_deref(), &session.printer)?;
    let found = found.map(|project| project.context(&session.printer));
    let mut are_files = true;
    for word in [&args.one, &args.two] {
        are_files &= diff::is_file(found.as_ref(), word)?;
    }
    let context = match found {
        Some(context) => context,
        None if are_files => {
            project::context_without_project(project::current_folder()?, &session.printer)
        }
        None => session.project()?.context(&session.printer),
    };
    let report = diff::diff(&context, &args.one, &args.two, &options).await?;
    let error = (!report.same).then(|| error(&report));
    session.printer.report_with_error(&report, error, text)
}

fn error(report: &DiffReport) -> ErrorReport {
    let mut parts = Vec::new();
    if !report.definition.equal {
        parts.push("definition");
    }
    if let Some(data) = &report.data
        && data.verdict == DataVerdict::Different
    {
        parts.push("data");
    }
    ErrorReport::failed(format!(
        "{} of `{}` and `{}` differ",
        parts.join(" and "),
        report.one.name,
        report.two.name
    ))
}

fn text(report: &DiffReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "one: {}", side(&report.one));
    let _ = writeln!(text, "two: {}", side(&report.two));
    if !report.schemas.is_empty() {
        let _ = writeln!(text, "only schema {}", report.schemas.join(", "));
    }
    for note in &report.notes {
        let _ = writeln!(text, "{}", paint(QUIET, format_args!("note: {note}")));
    }
    definition_text(&report.definition, &mut text);
    match &report.data {
        Some(data) => data_text(data, &mut text),
        None => text.push_str("data not compared; --data compares it\n"),
    }
    text
}

fn side(side: &DiffSide) -> String {
    format!(
        "{} `{}` (database {}, PostgreSQL {}, read at {})",
        side.kind, side.name, side.database, side.server_version, side.taken_at
    )
}

fn definition_text(definition: &DefinitionComparison, text: &mut String) {
    if definition.equal {
        let digest = definition.digests.iter().flatten().next();
        let digest = digest.map_or(String::new(), |digest| format!(", digest {digest}"));
        let _ = writeln!(
            text,
            "{}: {} facts{digest}",
            paint(GOOD, "definition equal"),
            definition.facts[0]
        );
    } else {
        let _ = writeln!(
            text,
            "{}, compared by {}: {} facts and {}",
            paint(BAD, "definition differs"),
            definition.compared_by,
            definition.facts[0],
            definition.facts[1]
        );
    }
    for difference in &definition.differences {
        let _ = writeln!(text, "  {difference}");
    }
    if !definition.beside.is_empty() {
        text.push_str("beside the digest, because a dump does not carry it into a copy:\n");
    }
    for difference in &definition.beside {
        let _ = writeln!(text, "  {difference}");
    }
}

fn data_text(data: &DataComparison, text: &mut String) {
    let order = match (data.verdict, data.order_compared) {
        (DataVerdict::Same, true) => ", in the same order",
        (DataVerdict::Same, false) => ", their order was not compared",
        _ => "",
    };
    let verdict = match data.verdict {
        DataVerdict::Same => paint(GOOD, "data same"),
        DataVerdict::SameInAnotherOrder => paint(GOOD, "data same in another order"),
        DataVerdict::Different => paint(BAD, "data different"),
    };
    let _ = match data.verdict {
        DataVerdict::Different => writeln!(
            text,
            "{verdict}: {} tables with {} rows, and {} with {}",
            data.tables[0], data.rows[0], data.tables[1], data.rows[1]
        ),
        _ => writeln!(
            text,
            "{verdict}: {} tables, {} rows{order}, digest {}",
            data.tables[0], data.rows[0], data.digests[0]
        ),
    };
    for table in &data.differences {
        let _ = writeln!(text, "  {}", table_words(table));
    }
}

fn table_words(difference: &TableDifference) -> String {
    let table = &difference.table;
    let count = |rows: Option<u64>| rows.unwrap_or_default();
    let (one, two) = (count(difference.rows_one), count(difference.rows_two));
    match (difference.what, &difference.only) {
        (TableChange::Gone, _) => format!("table {table} is gone, it had {one} rows"),
        (TableChange::New, _) => format!("table {table} is new, it has {two} rows"),
        (TableChange::Reordered, _) => {
            format!("table {table}: the same {one} rows in another order")
        }
        (TableChange::Changed, None) => {
            format!("table {table}: other rows, {one} -> {two}")
        }
        (TableChange::Changed, Some(only)) => format!(
            "table {table}: other rows, {one} -> {two}; {} only in the first, {} only in the second",
            only.here, only.there
        ),
    }
}
