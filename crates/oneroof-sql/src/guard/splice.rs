//! Writes the schemas of relations, types and listed functions into a statement, at their places.
//!
//! The new text is read again: it must be the same statement, with the same names, now all qualified.

use std::collections::BTreeMap;

use oneroof_model::readonly::facts::{FIRST_USER_OID, Facts};
use oneroof_model::readonly::{GuardRefusal, GuardRule, Name, TrustedNames};

use super::lists::FUNCTIONS;
use super::{Draft, admit_any_length, internal};

/// The statement with schemas.
pub(super) fn schemas(
    draft: &Draft,
    facts: &Facts,
    trusted: &TrustedNames,
) -> Result<String, Box<GuardRefusal>> {
    let mut insertions: BTreeMap<usize, String> = BTreeMap::new();
    for used in &draft.uses.relations {
        if used.name.schema.is_none()
            && let Some(schema) = schema_of_relation(facts, &used.name)
        {
            insertions.insert(used.offset, schema);
        }
    }
    for used in &draft.uses.types {
        if used.name.schema.is_none()
            && let Some(schema) = schema_of_type(facts, &used.name)
        {
            let offset = used
                .offset
                .ok_or_else(|| Box::new(internal("a type without a place")))?;
            insertions.insert(offset, schema);
        }
    }
    for (name, offset) in &draft.uses.calls {
        if !FUNCTIONS.contains(name.as_str()) {
            let schema = schema_of_function(facts, name).ok_or_else(|| {
                Box::new(
                    GuardRefusal::new(
                        GuardRule::NameConflict,
                        format!("function `{name}` is listed in several schemas, and names of the statement must be qualified"),
                        "write its schema",
                    )
                    .object(name.clone()),
                )
            })?;
            insertions.insert(*offset, schema);
        }
    }
    let mut text = draft.text.clone();
    for (offset, schema) in insertions.iter().rev() {
        if !text.is_char_boundary(*offset) {
            return Err(Box::new(internal("a name begins inside a character")));
        }
        text.insert_str(*offset, &format!("{}.", quoted(schema)));
    }
    verify(draft, &text, facts, trusted)?;
    Ok(text)
}

/// Reads the new text: the same names as before, each with the schema that was meant.
fn verify(
    draft: &Draft,
    text: &str,
    facts: &Facts,
    trusted: &TrustedNames,
) -> Result<(), Box<GuardRefusal>> {
    let changed = || {
        Box::new(internal(
            "the statement with schemas is not the same statement",
        ))
    };
    let again = admit_any_length(text, trusted, draft.parameters).map_err(|_| changed())?;
    let with_schema = |name: &Name, schema: Option<String>| match (&name.schema, schema) {
        (None, Some(schema)) => Name::in_schema(schema, &name.name),
        _ => name.clone(),
    };
    let before: Vec<Name> = draft
        .uses
        .relations
        .iter()
        .map(|used| with_schema(&used.name, schema_of_relation(facts, &used.name)))
        .collect();
    let after: Vec<Name> = again
        .uses
        .relations
        .iter()
        .map(|used| used.name.clone())
        .collect();
    let types_before: Vec<Name> = draft
        .uses
        .types
        .iter()
        .map(|used| with_schema(&used.name, schema_of_type(facts, &used.name)))
        .collect();
    let types_after: Vec<Name> = again
        .uses
        .types
        .iter()
        .map(|used| used.name.clone())
        .collect();
    let functions = |draft: &Draft| -> Vec<String> {
        let mut names: Vec<String> = draft
            .uses
            .functions
            .iter()
            .map(|name| name.name.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let same = before == after
        && types_before == types_after
        && draft.kind == again.kind
        && draft.uses.operators == again.uses.operators
        && draft.uses.dotted == again.uses.dotted
        && draft.uses.columns == again.uses.columns
        && functions(draft) == functions(&again);
    if same { Ok(()) } else { Err(changed()) }
}

fn schema_of_relation(facts: &Facts, name: &Name) -> Option<String> {
    let oid = (*facts.relation_names.get(name)?)?;
    facts
        .relations
        .get(&oid)?
        .as_ref()
        .map(|fact| fact.schema.clone())
}

/// The schema of a type; PostgreSQL's own are found without.
fn schema_of_type(facts: &Facts, name: &Name) -> Option<String> {
    let oid = (*facts.type_names.get(name)?)?;
    if oid < FIRST_USER_OID {
        return None;
    }
    facts
        .types
        .get(&oid)?
        .as_ref()
        .map(|fact| fact.schema.clone())
}

/// The schema of a listed function, if there is exactly one in the path.
fn schema_of_function(facts: &Facts, name: &str) -> Option<String> {
    let mut schemas: Vec<&String> = facts
        .functions
        .get(name)?
        .iter()
        .filter(|function| facts.path.contains(&function.schema))
        .map(|function| &function.schema)
        .collect();
    schemas.sort();
    schemas.dedup();
    match schemas.as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    }
}

/// A name as an identifier, always in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
