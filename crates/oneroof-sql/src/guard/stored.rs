//! Texts that the catalog holds: view definitions, row policies, checks, generated columns.
//!
//! They were printed under `search_path = pg_catalog`, so every name that is not PostgreSQL's own has its schema, and
//! the rules for foreign text fit them as they are.

use oneroof_model::readonly::{GuardRefusal, GuardRule, TrustedNames, Uses};

use super::lists::FUNCTIONS;
use super::{Draft, admit_any_length};
use crate::parse::on_parser_thread;
use crate::tree::Record;

/// Reads a view.
pub(super) fn query(text: &str, trusted: &TrustedNames) -> Result<Draft, Box<GuardRefusal>> {
    admit_any_length(text, trusted, 0)
}

/// Reads an expression: a policy, a check, a generated column.
pub(super) fn expression(text: &str, trusted: &TrustedNames) -> Result<Uses, Box<GuardRefusal>> {
    admit_any_length(&format!("select ({text})"), trusted, 0).map(|draft| draft.uses)
}

/// The first call of a function that is not PostgreSQL's own in an expression and has no column among its arguments:
/// the planner computes it in advance.
pub(super) fn computed_in_advance(
    text: &str,
    trusted: &TrustedNames,
) -> Result<Option<String>, Box<GuardRefusal>> {
    let names = trusted.clone();
    on_parser_thread(&format!("select ({text})"), move |_, tree| {
        let mut found = None;
        tree.each(&mut |node| {
            if found.is_none()
                && let Some(name) = foreign_call(node, &names)
                && !has_column(node)
            {
                found = Some(name);
            }
        });
        found
    })
    .map_err(|error| {
        Box::new(GuardRefusal::new(
            GuardRule::PlannedExpression,
            format!(
                "an expression of the table cannot be read: {}",
                error.message
            ),
            "read another table",
        ))
    })
}

fn foreign_call(node: &Record, trusted: &TrustedNames) -> Option<String> {
    let (names, trusted) = match node.name {
        "FuncCall" => (node.names("funcname"), &trusted.functions),
        "AExpr" => (node.names("name"), &trusted.operators),
        _ => return None,
    };
    let [schema, name] = names.as_slice() else {
        // Printed without a schema: PostgreSQL's own.
        let is_own = node.name != "FuncCall"
            || names
                .last()
                .is_some_and(|name| FUNCTIONS.contains(name.as_str()));
        return (!is_own).then(|| names.join("."));
    };
    let is_trusted = trusted
        .iter()
        .any(|known| known.schema.as_deref() == Some(schema) && known.name == *name);
    (schema != "pg_catalog" && !is_trusted).then(|| names.join("."))
}

fn has_column(node: &Record) -> bool {
    let mut found = false;
    node.each(&mut |inner| found |= inner.name == "ColumnRef");
    found
}
