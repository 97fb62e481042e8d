//! The mutating verbs of governance: their arguments, and the one text that shows a change.

pub(super) mod owner;
pub(super) mod reconcile;
pub(super) mod topic;

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::governance::change::preview::{Preview, RowChange, RowOperation};
use oneroof_engine::governance::change::{ChangeOptions, ChangeReport, Outcome};
use serde_json::Value;

use super::Session;
use super::arguments::TargetOption;
use crate::exit::Exit;
use crate::ui::table::Table;

/// So many rows of a kind are shown; `--json` has all.
const ROWS_SHOWN: usize = 20;
/// Columns that say nothing new beside the others.
const QUIET_COLUMNS: [&str; 6] = [
    "updated_at",
    "updated_by",
    "created_at",
    "created_by",
    "level",
    "parent_level",
];

/// Where, and how far.
#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Act: commit on a clone or scratch database, write a sealed package for a production; without
    /// it the command only shows what it would do
    #[arg(long)]
    execute: bool,
    /// Write the sealed package, whatever the target is
    #[arg(long)]
    write: bool,
}

impl ChangeArgs {
    pub(super) fn options(&self) -> ChangeOptions {
        ChangeOptions {
            target: self.target.target.clone(),
            execute: self.execute,
            write: self.write,
        }
    }
}

/// Prints a change and what became of it.
pub(super) fn print(report: &ChangeReport, session: &Session) -> anyhow::Result<Exit> {
    session.printer.report(report, text)?;
    talk(report, session);
    Ok(Exit::Ok)
}

/// Says that nothing was changed, and what would.
pub(super) fn talk(report: &ChangeReport, session: &Session) {
    match (&report.outcome, report.class.to_string().as_str()) {
        (Outcome::Shown, "production") => session.printer.talk(
            "nothing was changed, and nothing will be: on a production `--execute` writes a sealed package",
        ),
        (Outcome::Shown, _) => session.printer.talk("nothing was changed; `--execute` acts"),
        _ => {}
    }
}

/// The whole change as text.
pub(crate) fn text(report: &ChangeReport) -> String {
    let mut text = format!(
        "{}\non `{}` (database {}, class {}), tag {}\n\n",
        report.summary, report.target, report.database, report.class, report.tag
    );
    text += &preview_text(&report.preview);
    match &report.outcome {
        Outcome::Shown => {}
        Outcome::Done { rows } => {
            let _ = writeln!(text, "\ndone: committed, and {rows} rows read back");
        }
        Outcome::Written(written) => {
            let was = if written.unchanged {
                "was there already"
            } else {
                "written and sealed"
            };
            let _ = writeln!(
                text,
                "\npackage {} {was}: {}\ndigest {}\nnext:",
                written.package, written.folder, written.digest
            );
            for command in &report.next {
                let _ = writeln!(text, "  {command}");
            }
        }
    }
    text
}

/// What a change does, for people.
fn preview_text(preview: &Preview) -> String {
    let mut text = String::new();
    if preview.rows.is_empty() {
        return "it changes no row\n".to_owned();
    }
    let mut rows = Table::new(["", "table", "row", "what"]);
    for row in preview.rows.iter().take(ROWS_SHOWN) {
        let sign = match row.operation {
            RowOperation::Inserted => "+",
            RowOperation::Updated => "~",
            RowOperation::Deleted => "-",
        };
        rows.row([sign, &row.table, &key(&row.key), &what(row)]);
    }
    let _ = writeln!(text, "{}", rows.text());
    more(&mut text, preview.rows.len(), "rows");

    let mut coverage = Table::new(["axis", "required", "gap", "conflict"]);
    for change in &preview.coverage {
        let figure = |of: fn(&oneroof_engine::governance::change::AxisCoverage) -> i64| {
            let (was, is) = (
                change.before.as_ref().map(of),
                change.after.as_ref().map(of),
            );
            let word = |value: Option<i64>| value.map_or("-".to_owned(), |value| value.to_string());
            if was == is {
                word(is)
            } else {
                format!("{} -> {}", word(was), word(is))
            }
        };
        coverage.row([
            change.axis.clone(),
            figure(|axis| axis.required),
            figure(|axis| axis.gap),
            figure(|axis| axis.conflict),
        ]);
    }
    let _ = writeln!(text, "{}", coverage.text());

    if !preview.cells.is_empty() {
        let mut cells = Table::new(["cell", "owner before", "owner after"]);
        for change in preview.cells.iter().take(ROWS_SHOWN) {
            let cell = &change.cell;
            cells.row([
                format!("{}:{} / {}", cell.object_type, cell.object_ref, cell.value),
                change.before.clone().unwrap_or_else(|| "nobody".to_owned()),
                change.after.clone().unwrap_or_else(|| "nobody".to_owned()),
            ]);
        }
        let _ = writeln!(text, "{}", cells.text());
        more(&mut text, preview.cells.len(), "cells");
    }
    for (what, cells) in [
        ("gap opened", &preview.gaps_opened),
        ("gap closed", &preview.gaps_closed),
    ] {
        for cell in cells.iter().take(ROWS_SHOWN) {
            let _ = writeln!(
                text,
                "{what}: {}:{} / {} {}",
                cell.object_type, cell.object_ref, cell.axis, cell.value
            );
        }
        more(&mut text, cells.len(), what);
    }
    for (what, findings) in [
        ("finding opened", &preview.findings_opened),
        ("finding closed", &preview.findings_closed),
    ] {
        for finding in findings.iter().take(ROWS_SHOWN) {
            let value = finding
                .value
                .as_ref()
                .map_or_else(String::new, |value| format!(" {value}"));
            let _ = writeln!(
                text,
                "{what}: {} ({}) {}:{}{value}",
                finding.detector, finding.severity, finding.object_type, finding.object_ref
            );
        }
        more(&mut text, findings.len(), what);
    }
    text
}

fn more(text: &mut String, count: usize, what: &str) {
    if count > ROWS_SHOWN {
        let _ = writeln!(
            text,
            "… and {} more ({what}); --json has all",
            count - ROWS_SHOWN
        );
    }
}

fn key(key: &Value) -> String {
    let parts = key.as_array().into_iter().flatten();
    let words: Vec<&str> = parts.filter_map(Value::as_str).collect();
    words.join(" ")
}

/// The columns that are set, or that change.
fn what(row: &RowChange) -> String {
    let shown = |name: &str| !QUIET_COLUMNS.contains(&name);
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if members.contains_key("transitions") => {
            let count = members["transitions"].as_array().map_or(0, Vec::len);
            format!("{count} transition(s)")
        }
        other => other.to_string(),
    };
    let mut words: Vec<String> = row
        .columns()
        .into_iter()
        .filter(|(name, _, _)| shown(name))
        .map(|(name, was, is)| format!("{name}: {} -> {}", word(was), word(is)))
        .collect();
    if words.is_empty() {
        let only = row
            .after
            .as_ref()
            .or(row.before.as_ref())
            .and_then(Value::as_object);
        words = only
            .into_iter()
            .flatten()
            .filter(|(name, value)| shown(name) && !value.is_null())
            .map(|(name, value)| format!("{name}={}", word(value)))
            .collect();
    }
    words.join("\n")
}
