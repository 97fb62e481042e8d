//! All rows of the governance tables by primary key. These tables are small: they hold what people
//! decided, not the application's data. The scanner's tables, the outbox and labels are not among them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::connect::Session;
use crate::error::PgError;

/// The tables of both packages that a change may write, in the order of their foreign keys.
pub const TABLES: [&str; 13] = [
    "governance_registry",
    "governance_relations",
    "governance_responsibility_scope",
    "governance_object_ownership",
    "governance_inventory_group",
    "governance_inventory_object",
    "axis_registry",
    "axis_value",
    "coverage_rule",
    "axis_assignment",
    "axis_object_ownership",
    "topic_taxonomy_map",
    "topic_label_reconcile_decision",
];

/// A row at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotRow {
    /// The row as a JSON object, as the server wrote it: numbers keep their digits.
    pub text: String,
    /// The same, read.
    pub value: Value,
}

/// Table -> key (a JSON array of texts) -> row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The rows; a table that the target lacks is not there.
    pub tables: BTreeMap<String, BTreeMap<String, SnapshotRow>>,
}

/// Reads the rows of [`TABLES`] in the session's present transaction.
///
/// # Errors
/// What the server says.
pub async fn snapshot(session: &Session) -> Result<Snapshot, PgError> {
    let names: Vec<&str> = TABLES.to_vec();
    let statements = session.query(include_str!("rows.sql"), &[&names]).await?;
    let mut snapshot = Snapshot::default();
    for statement in statements {
        let (table, select): (String, String) = (statement.try_get(0)?, statement.try_get(1)?);
        // The server built the statement, names quoted.
        let outcome = session.simple(&select).await?;
        let rows = snapshot.tables.entry(table).or_default();
        for row in outcome.rows {
            let [Some(key), Some(text)] = row.as_slice() else {
                continue;
            };
            let value = serde_json::from_str(text).map_err(|error| PgError::Client {
                detail: format!("a row is no JSON: {error}"),
            })?;
            rows.insert(
                key.clone(),
                SnapshotRow {
                    text: text.clone(),
                    value,
                },
            );
        }
    }
    Ok(snapshot)
}
