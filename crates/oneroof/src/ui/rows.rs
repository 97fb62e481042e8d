//! Rows of a query, in the forms that people and programs read. What a row holds was written by strangers: control
//! characters never reach the terminal.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, ContentArrangement, presets};
use oneroof_engine::readonly::{ColumnShape, QueryReport};
use serde_json::{Map, Value};

/// Shown for null, which is not an empty text.
const NULL: &str = "∅";

/// Types whose values stand right.
const NUMBERS: [&str; 8] = [
    "int2", "int4", "int8", "float4", "float8", "numeric", "oid", "money",
];

/// A table with one line a row.
pub(crate) fn table(report: &QueryReport) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(
        report
            .columns
            .iter()
            .map(|column| Cell::new(one_line(&column.name))),
    );
    for row in &report.rows {
        let cells = row.iter().zip(&report.columns).map(|(value, column)| {
            let text = value.as_deref().map_or_else(|| NULL.to_owned(), one_line);
            let cell = Cell::new(text);
            if NUMBERS.contains(&column.type_name.as_str()) {
                cell.set_alignment(CellAlignment::Right)
            } else {
                cell
            }
        });
        table.add_row(cells);
    }
    table.trim_fmt()
}

/// One line a value, as `\x` of psql does; texts of several lines stay readable.
pub(crate) fn expanded(report: &QueryReport) -> String {
    let names: Vec<String> = report
        .columns
        .iter()
        .map(|column| one_line(&column.name))
        .collect();
    let width = names.iter().map(|name| name.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for (number, row) in report.rows.iter().enumerate() {
        let _ = writeln!(text, "-[ row {} ]-", number + 1);
        for (name, value) in names.iter().zip(row) {
            let pad = " ".repeat(width - name.chars().count());
            let value = value.as_deref().unwrap_or(NULL);
            for (index, line) in value.split('\n').enumerate() {
                let (name, sign) = if index == 0 {
                    (format!("{name}{pad}"), '|')
                } else {
                    (" ".repeat(width), '+')
                };
                let line = format!("{name} {sign} {}", one_line(line));
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
    }
    text
}

/// CSV with a head line: null is nothing, an empty text is `""`.
pub(crate) fn csv(report: &QueryReport) -> String {
    let mut text = String::new();
    let heads = report
        .columns
        .iter()
        .map(|column| Some(column.name.as_str()));
    csv_line(&mut text, heads);
    for row in &report.rows {
        csv_line(&mut text, row.iter().map(Option::as_deref));
    }
    text
}

fn csv_line<'a>(text: &mut String, values: impl Iterator<Item = Option<&'a str>>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(',');
        }
        let Some(value) = value else { continue };
        let is_plain = !value.is_empty()
            && value != "\\."
            && !value.contains([',', '"', '\n', '\r'])
            && value.trim() == value;
        if is_plain {
            text.push_str(value);
        } else {
            let _ = write!(text, "\"{}\"", value.replace('"', "\"\""));
        }
    }
    text.push('\n');
}

/// One JSON object a row; values are texts as PostgreSQL prints them, or null. A second column of the same name
/// becomes `name_2`.
pub(crate) fn json_lines(report: &QueryReport) -> anyhow::Result<String> {
    let names = member_names(&report.columns);
    let mut text = String::new();
    for row in &report.rows {
        let members = names.iter().zip(row).map(|(name, value)| {
            let value = value.clone().map_or(Value::Null, Value::String);
            (name.clone(), value)
        });
        text.push_str(&serde_json::to_string(&members.collect::<Map<_, _>>())?);
        text.push('\n');
    }
    Ok(text)
}

fn member_names(columns: &[ColumnShape]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.name.clone();
        let mut number = 1;
        while names.contains(&name) {
            number += 1;
            name = format!("{}_{number}", column.name);
        }
        names.push(name);
    }
    names
}

/// Control characters, and those that turn the direction of writing, as escapes.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                let _ = write!(line, "\\u{{{:x}}}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(columns: &[(&str, &str)], rows: &[&[Option<&str>]]) -> QueryReport {
        let columns = columns.iter().map(|(name, type_name)| ColumnShape {
            name: (*name).to_owned(),
            type_name: (*type_name).to_owned(),
        });
        let owned =
            |row: &&[Option<&str>]| row.iter().map(|value| value.map(str::to_owned)).collect();
        QueryReport {
            target: "shop".to_owned(),
            columns: columns.collect(),
            rows: rows.iter().map(owned).collect(),
            truncated: false,
            truncated_by: None,
            rows_max: 500,
            bytes_max: 1,
            bytes: 0,
            ms: 0,
            rewritten: false,
        }
    }

    #[test]
    fn null_empty_and_quotes_are_told_apart_in_csv() {
        let report = report(
            &[("a", "text"), ("b,c", "text")],
            &[
                &[None, Some("")],
                &[Some("x \"y\""), Some(" z")],
                &[Some("1"), Some("l\n2")],
            ],
        );
        assert_eq!(
            csv(&report),
            "a,\"b,c\"\n,\"\"\n\"x \"\"y\"\"\",\" z\"\n1,\"l\n2\"\n"
        );
    }

    #[test]
    fn members_of_the_same_name_all_stay() {
        let report = report(
            &[("a", "int4"), ("a", "text"), ("a_2", "text")],
            &[&[Some("1"), None, Some("x")]],
        );
        let line: Value = serde_json::from_str(&json_lines(&report).unwrap()).unwrap();
        assert_eq!(
            line,
            serde_json::json!({"a": "1", "a_2": null, "a_2_2": "x"})
        );
    }

    #[test]
    fn what_would_move_a_terminal_is_shown_as_what_it_is() {
        let report = report(
            &[("a", "text")],
            &[&[Some("\u{1b}[2Jx\u{202e}y\n\tz")], &[None]],
        );
        let shown = table(&report);
        assert!(shown.contains("\\u{1b}[2Jx\\u{202e}y\\n\\tz"), "{shown}");
        assert!(shown.contains(NULL), "{shown}");
        assert_eq!(
            expanded(&report),
            "-[ row 1 ]-\na | \\u{1b}[2Jx\\u{202e}y\n  + \\tz\n-[ row 2 ]-\na | ∅\n"
        );
    }
}
