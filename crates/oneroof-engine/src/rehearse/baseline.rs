//! The state of the clone before the release, to which the rollback must return, and differences in words.

use oneroof_pg::catalog::{DataDiff, DataDigest, Definition, DefinitionDiff};

use super::report::BaselineReport;
use super::state::CloneState;

/// Compares two states, exactly.
pub(super) fn compare(before: &CloneState, after: &CloneState) -> BaselineReport {
    BaselineReport {
        definition_before: before.definition.digest().to_string(),
        definition_after: after.definition.digest().to_string(),
        data_before: before.data.digest().to_string(),
        data_after: after.data.digest().to_string(),
        objects: before.definition.rows().len(),
        tables: before.data.tables.len(),
        differences: before.differences(after),
    }
}

/// What differs between two moments, in words.
pub(super) fn differences(
    definition_before: &Definition,
    definition_after: &Definition,
    data_before: &DataDigest,
    data_after: &DataDigest,
) -> Vec<String> {
    let mut differences = words(&Definition::diff(definition_before, definition_after));
    differences.extend(data_differences(&DataDigest::diff(data_before, data_after)));
    differences
}

/// The differences of two definitions in words.
fn words(diff: &DefinitionDiff) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(
        diff.missing
            .iter()
            .map(|object| format!("{} `{}` is gone", object.kind, object.identity)),
    );
    words.extend(
        diff.new
            .iter()
            .map(|object| format!("{} `{}` is new", object.kind, object.identity)),
    );
    words.extend(diff.changed.iter().map(|object| {
        format!(
            "{} `{}` changed from `{}` to `{}`",
            object.kind, object.identity, object.before, object.after
        )
    }));
    words
}

/// The differences between a source and its copy, and the views whose text alone differs: PostgreSQL prints
/// some views in another way once it has read its own print (column aliases of the arms of a `union`), so the
/// text of a view says nothing about a copy that `pg_restore` made without an error.
pub(super) fn faithful_differences(
    source: &Definition,
    copy: &Definition,
) -> (Vec<String>, Vec<String>) {
    let diff = Definition::diff(source, copy);
    let (reprinted, changed): (Vec<_>, Vec<_>) = diff
        .changed
        .into_iter()
        .partition(|object| matches!(object.kind.as_str(), "view" | "materialized view"));
    let differences = words(&DefinitionDiff { changed, ..diff });
    (
        differences,
        reprinted
            .into_iter()
            .map(|object| format!("{} `{}`", object.kind, object.identity))
            .collect(),
    )
}

/// Differences for a message: the first few, and how many more there are.
pub(super) fn shown(differences: &[String]) -> String {
    const SHOWN: usize = 8;
    const CHARACTERS: usize = 300;
    let mut lines: Vec<String> = differences
        .iter()
        .take(SHOWN)
        .map(|difference| match difference.chars().count() {
            0..=CHARACTERS => difference.clone(),
            _ => difference
                .chars()
                .take(CHARACTERS)
                .chain(" …".chars())
                .collect(),
        })
        .collect();
    if differences.len() > SHOWN {
        lines.push(format!(
            "and {} more, all in rehearsal.json",
            differences.len() - SHOWN
        ));
    }
    lines.join("; ")
}

fn data_differences(diff: &DataDiff) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(
        diff.missing
            .iter()
            .map(|table| format!("table `{table}` is gone")),
    );
    words.extend(
        diff.new
            .iter()
            .map(|table| format!("table `{table}` is new")),
    );
    words.extend(diff.changed.iter().map(|table| {
        format!(
            "rows of `{}` differ ({} before, {} after)",
            table.table, table.rows_before, table.rows_after
        )
    }));
    words
}
