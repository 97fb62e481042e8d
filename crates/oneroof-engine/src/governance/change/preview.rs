//! What a change does: run in a transaction, everything that matters read before and after.

use std::collections::BTreeSet;

use oneroof_pg::change::{AxisCoverage, Cell, Effects, Finding, Snapshot, effects, snapshot};
use oneroof_pg::connect::Session;
use serde::Serialize;
use serde_json::Value;

use super::Change;
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::statements::Script;

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RowOperation {
    /// It is new.
    Inserted,
    /// Some columns are others.
    Updated,
    /// It is gone.
    Deleted,
}

/// A row that the change writes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowChange {
    /// The table.
    pub table: String,
    /// Values of the primary key, as a JSON array of texts.
    pub key: Value,
    /// What happens to it.
    pub operation: RowOperation,
    /// The row before.
    pub before: Option<Value>,
    /// The row after.
    pub after: Option<Value>,
    /// The key as the server wrote it.
    #[serde(skip)]
    pub(crate) key_text: String,
    /// The row before as the server wrote it: a number that is read and written again may lose a digit (0.80).
    #[serde(skip)]
    pub(crate) before_text: Option<String>,
    /// The row after as the server wrote it.
    #[serde(skip)]
    pub(crate) after_text: Option<String>,
}

impl RowChange {
    /// The columns that differ: name, before, after.
    pub fn columns(&self) -> Vec<(&str, &Value, &Value)> {
        let (Some(Value::Object(before)), Some(Value::Object(after))) = (&self.before, &self.after)
        else {
            return Vec::new();
        };
        after
            .iter()
            .filter_map(|(name, now)| {
                let was = before.get(name).unwrap_or(&Value::Null);
                (was != now).then_some((name.as_str(), was, now))
            })
            .collect()
    }
}

/// Coverage of an axis before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverageChange {
    /// The axis.
    pub axis: String,
    /// Before; `None` where the axis did not exist.
    pub before: Option<AxisCoverage>,
    /// After.
    pub after: Option<AxisCoverage>,
}

/// A cell of the coverage matrix whose owner changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellChange {
    /// The cell.
    #[serde(flatten)]
    pub cell: Cell,
    /// Its owner before.
    pub before: Option<String>,
    /// Its owner after.
    pub after: Option<String>,
}

/// Everything that a change does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// Rows, table by table.
    pub rows: Vec<RowChange>,
    /// Coverage by axis.
    pub coverage: Vec<CoverageChange>,
    /// Cells of the matrix that change.
    pub cells: Vec<CellChange>,
    /// Required cells that lose their owner.
    pub gaps_opened: Vec<Cell>,
    /// Required cells that get one.
    pub gaps_closed: Vec<Cell>,
    /// Findings that the detectors see afterwards and did not before.
    pub findings_opened: Vec<Finding>,
    /// The other way round.
    pub findings_closed: Vec<Finding>,
}

impl Preview {
    /// Runs the change in the session's present transaction, whose role, search path and settings are set.
    pub(crate) async fn run(
        context: &Context,
        session: &Session,
        change: &Change,
        with_axes: bool,
    ) -> Result<Preview, EngineError> {
        let reading = || EngineError::database("read the governance tables");
        let before = snapshot(session).await.map_err(reading())?;
        let effects_before = effects(session, with_axes).await.map_err(reading())?;
        for area in change.areas() {
            let (file, text) = area.script();
            Script::parse(&format!("sql/changes/{file}"), text)?
                .run(context, session, None)
                .await
                .map_err(|error| error.into_engine_error(None))?;
        }
        session
            .simple("set constraints all immediate")
            .await
            .map_err(EngineError::database("check the constraints of the change"))?;
        let after = snapshot(session).await.map_err(reading())?;
        let effects_after = effects(session, with_axes).await.map_err(reading())?;
        Ok(Preview {
            rows: row_changes(&before, &after),
            coverage: coverage_changes(&effects_before, &effects_after),
            cells: cell_changes(&effects_before, &effects_after),
            gaps_opened: more(&effects_after.gaps, &effects_before.gaps),
            gaps_closed: more(&effects_before.gaps, &effects_after.gaps),
            findings_opened: more(&effects_after.findings, &effects_before.findings),
            findings_closed: more(&effects_before.findings, &effects_after.findings),
        })
    }

    /// Rows with this operation, counted.
    pub fn count(&self, operation: RowOperation) -> usize {
        self.rows
            .iter()
            .filter(|row| row.operation == operation)
            .count()
    }

    /// Tables that it writes.
    pub fn tables(&self) -> BTreeSet<&str> {
        self.rows.iter().map(|row| row.table.as_str()).collect()
    }
}

fn row_changes(before: &Snapshot, after: &Snapshot) -> Vec<RowChange> {
    let none = Default::default();
    let tables: BTreeSet<&String> = before.tables.keys().chain(after.tables.keys()).collect();
    let mut changes = Vec::new();
    for table in tables {
        let was = before.tables.get(table).unwrap_or(&none);
        let is = after.tables.get(table).unwrap_or(&none);
        let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        for key in keys {
            let (old, new) = (was.get(key), is.get(key));
            let operation = match (old, new) {
                (None, Some(_)) => RowOperation::Inserted,
                (Some(_), None) => RowOperation::Deleted,
                (Some(old), Some(new)) if old.text != new.text => RowOperation::Updated,
                _ => continue,
            };
            changes.push(RowChange {
                table: table.clone(),
                key: serde_json::from_str(key).unwrap_or_else(|_| Value::String(key.clone())),
                operation,
                before: old.map(|row| row.value.clone()),
                after: new.map(|row| row.value.clone()),
                key_text: key.clone(),
                before_text: old.map(|row| row.text.clone()),
                after_text: new.map(|row| row.text.clone()),
            });
        }
    }
    changes
}

fn coverage_changes(before: &Effects, after: &Effects) -> Vec<CoverageChange> {
    let of = |effects: &Effects, axis: &str| {
        effects
            .coverage
            .iter()
            .find(|coverage| coverage.axis == axis)
            .cloned()
    };
    let mut axes: Vec<&String> = Vec::new();
    for coverage in before.coverage.iter().chain(&after.coverage) {
        if !axes.contains(&&coverage.axis) {
            axes.push(&coverage.axis);
        }
    }
    axes.into_iter()
        .map(|axis| CoverageChange {
            axis: axis.clone(),
            before: of(before, axis),
            after: of(after, axis),
        })
        .collect()
}

fn cell_changes(before: &Effects, after: &Effects) -> Vec<CellChange> {
    let cells: BTreeSet<&Cell> = before.owners.keys().chain(after.owners.keys()).collect();
    cells
        .into_iter()
        .filter_map(|cell| {
            let (was, is) = (before.owners.get(cell), after.owners.get(cell));
            (was != is).then(|| CellChange {
                cell: cell.clone(),
                before: was.cloned(),
                after: is.cloned(),
            })
        })
        .collect()
}

fn more<T: Ord + Clone>(left: &BTreeSet<T>, right: &BTreeSet<T>) -> Vec<T> {
    left.difference(right).cloned().collect()
}
