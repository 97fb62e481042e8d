//! The document `before` of a change's package: the rows as they were, so that undoing restores exactly them.
//!
//! It is put together from the server's own texts, because a number that is read and written again may lose a
//! digit (0.80).

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::package::VOLATILE;
use super::preview::{Preview, RowOperation};

/// Tables without a column that names who wrote the row, with the columns that find a new row again.
const UNTAGGED: [(&str, &[&str]); 2] = [
    (
        "governance_relations",
        &["agency_code", "relation_kind", "law_ref"],
    ),
    ("governance_responsibility_scope", &["scope_code"]),
];

/// The columns that find a new row of an untagged table.
pub(crate) fn natural_key(table: &str) -> Option<&'static [&'static str]> {
    UNTAGGED
        .iter()
        .find(|(name, _)| *name == table)
        .map(|(_, columns)| *columns)
}

/// `{"rows": {table: [row as it was]}, "after": {table: [row as the change leaves it]}, "new": {table: [key]}}`
pub(crate) fn document(preview: &Preview) -> String {
    let mut rows = Section::default();
    let mut after = Section::default();
    let mut new = Section::default();
    for row in &preview.rows {
        if let Some(was) = &row.before_text {
            rows.push(&row.table, was.clone());
        }
        match (row.operation, &row.after_text, natural_key(&row.table)) {
            (RowOperation::Updated, Some(_), _) => {
                after.extend_with(
                    &row.table,
                    row.after.as_ref().map(|is| lasting(&row.table, is)),
                );
            }
            (RowOperation::Inserted, Some(_), Some(columns)) => {
                let value = |column: &&str| row.after.as_ref().map(|row| row[*column].clone());
                let members: Map<String, Value> = columns
                    .iter()
                    .filter_map(|column| Some(((*column).to_owned(), value(column)?)))
                    .collect();
                new.push(&row.table, Value::Object(members).to_string());
            }
            _ => {}
        }
    }
    format!(
        "{{\"rows\": {},\n \"after\": {},\n \"new\": {}}}\n",
        rows.text(),
        after.text(),
        new.text()
    )
}

/// What of a changed row stays the same however often the change is made: no moments, no ids that are made. Of
/// the transitions only their number counts.
fn lasting(table: &str, row: &Value) -> String {
    let moments: &[&str] = VOLATILE
        .iter()
        .find(|(name, _)| *name == table)
        .map_or(&[], |(_, columns)| columns);
    let members = row.as_object().into_iter().flatten();
    let kept: Map<String, Value> = members
        .filter(|(name, _)| !moments.contains(&name.as_str()) && *name != "superseded_by")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut kept = Value::Object(kept);
    if table == "axis_value" {
        let count = row["provenance"]["transitions"]
            .as_array()
            .map_or(0, Vec::len);
        kept["provenance"] = json!({ "transitions": vec![Value::Null; count] });
    }
    kept.to_string()
}

#[derive(Default)]
struct Section(Vec<(String, Vec<String>)>);

impl Section {
    fn extend_with(&mut self, table: &str, text: Option<String>) {
        if let Some(text) = text {
            self.push(table, text);
        }
    }

    fn push(&mut self, table: &str, text: String) {
        match self.0.iter_mut().find(|(name, _)| name == table) {
            Some((_, rows)) => rows.push(text),
            None => self.0.push((table.to_owned(), vec![text])),
        }
    }

    fn text(&self) -> String {
        let mut text = "{".to_owned();
        for (index, (table, rows)) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let _ = write!(
                text,
                "{comma}\n  \"{table}\": [\n    {}]",
                rows.join(",\n    ")
            );
        }
        text + "}"
    }
}
