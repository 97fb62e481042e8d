//! What a transaction leaves behind: its objects with every fact of their definition, as the ledger keeps them;
//! and what somebody changed of it since.
//!
//! A fact is kept as its text if that is short, else as its digest: then a difference is named, but not told in
//! words.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::ObjectChange;
use serde::{Deserialize, Serialize};

use super::named::Named;
use crate::catalog::{Definition, DefinitionRow, Difference, ObjectDifference, definition_of};
use crate::connect::Session;
use crate::error::PgError;

/// Longer definitions, bodies of functions for example, are kept as their digest.
const TEXT_BYTES_MAX: usize = 300;
/// How such a digest begins.
const DIGEST: &str = "sha256:";

/// An object that a tier created or altered, as it was at the end of the tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeObject {
    /// Its catalog.
    pub class: String,
    /// Its OID there; another one in a copy of the database.
    pub oid: u32,
    /// `table`, `view`, `function`, ….
    pub kind: String,
    /// Schema-qualified name.
    pub identity: String,
    /// Created or altered.
    pub change: ObjectChange,
    /// Kind, identity and definition of every fact about it.
    pub facts: Vec<(String, String, String)>,
}

impl MadeObject {
    /// `table app.orders`
    pub fn name(&self) -> String {
        format!("{} {}", self.kind, self.identity)
    }

    /// Do both tell of the same object?
    pub fn is_same_object(&self, other: &Self) -> bool {
        (&self.class, self.oid) == (&other.class, other.oid)
    }
}

/// Gives each object the facts that are about it.
pub(super) fn made(
    standing: &[(&Named, ObjectChange)],
    definition: &Definition,
) -> Vec<MadeObject> {
    let mut facts: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    for (object, row) in definition.rows_by_object() {
        let fact = (row.kind.clone(), row.identity.clone(), kept(row));
        facts.entry(object).or_default().push(fact);
    }
    let mut objects = Vec::new();
    for (named, change) in standing.iter().filter(|(named, _)| !named.is_system) {
        // The definition has words of its own for some kinds (`domain`): the name alone decides then.
        let identity = named.identity.replace("pg_catalog.", "");
        let label = format!("{} {identity}", named.kind);
        let own = facts.remove(&label).or_else(|| {
            let end = format!(" {identity}");
            let other = facts.keys().find(|label| label.ends_with(&end)).cloned();
            facts.remove(&other?)
        });
        objects.push(MadeObject {
            class: named.address.0.clone(),
            oid: named.address.1,
            kind: named.kind.clone(),
            identity: named.identity.clone(),
            change: *change,
            facts: own.unwrap_or_default(),
        });
    }
    objects
}

/// What differs between these objects as they were kept and as they are now, in words. May be called inside
/// a transaction.
///
/// # Errors
/// What the server says.
pub async fn changed_since(
    session: &Session,
    objects: &[&MadeObject],
) -> Result<Vec<ObjectDifference>, PgError> {
    let mut found = Vec::new();
    let mut expected = Vec::new();
    let mut classes: BTreeSet<&str> = BTreeSet::new();
    let mut oids = Vec::new();
    let known = |object: &&&MadeObject| !object.facts.is_empty();
    let objects: Vec<&MadeObject> = objects.iter().filter(known).copied().collect();
    for (object, place) in objects.iter().zip(places(session, &objects).await?) {
        match place {
            Place::Here(oid) => {
                classes.insert(object.class.as_str());
                if object.kind == "composite type" {
                    classes.insert("pg_type");
                }
                oids.push(oid);
                expected.extend(object.facts.iter().cloned());
            }
            Place::Renamed(name) => found.push(ObjectDifference {
                object: object.name(),
                part: None,
                difference: Difference::Changed {
                    before: "name".to_owned(),
                    after: name,
                },
            }),
            Place::Gone => found.push(ObjectDifference {
                object: object.name(),
                part: None,
                difference: Difference::Gone,
            }),
            Place::Unknown => {}
        }
    }
    if !oids.is_empty() {
        let now = definition_of(session, &classes, &oids).await?;
        found.extend(differences(&expected, &now));
    }
    found.sort();
    Ok(found)
}

/// Those objects that are there, with the OIDs that they have now.
pub(super) async fn found<'o>(
    session: &Session,
    objects: &[&'o MadeObject],
) -> Result<Vec<(&'o MadeObject, u32)>, PgError> {
    let places = places(session, objects).await?;
    let all = objects.iter().zip(places);
    Ok(all
        .filter_map(|(object, place)| match place {
            Place::Here(oid) => Some((*object, oid)),
            _ => None,
        })
        .collect())
}

/// Where an object of the ledger is now.
enum Place {
    Here(u32),
    Renamed(String),
    Gone,
    /// In a copy of the database the OID says nothing, and objects of this kind are not found by their name.
    Unknown,
}

async fn places(session: &Session, objects: &[&MadeObject]) -> Result<Vec<Place>, PgError> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let classes: Vec<&str> = objects.iter().map(|one| one.class.as_str()).collect();
    let oids: Vec<u32> = objects.iter().map(|one| one.oid).collect();
    let names: Vec<&str> = objects.iter().map(|one| one.identity.as_str()).collect();
    let rows = session
        .query(include_str!("made.sql"), &[&classes, &oids, &names])
        .await?;
    let mut places = Vec::new();
    for (row, object) in rows.iter().zip(objects) {
        let (named, at_oid): (Option<u32>, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
        let can_be_named: bool = row.try_get(2)?;
        let is_there = at_oid.as_deref() == Some(&object.name());
        places.push(match (named, at_oid) {
            (_, _) if is_there => Place::Here(object.oid),
            (Some(oid), _) => Place::Here(oid),
            (None, Some(other)) if other.starts_with(&format!("{} ", object.kind)) => {
                Place::Renamed(other[object.kind.len() + 1..].to_owned())
            }
            (None, _) if can_be_named => Place::Gone,
            (None, _) => Place::Unknown,
        });
    }
    Ok(places)
}

/// Differences of texts in words; where only digests are known, the thing that differs.
fn differences(expected: &[(String, String, String)], now: &Definition) -> Vec<ObjectDifference> {
    let before: Vec<DefinitionRow> = expected.iter().map(row).collect();
    let after: Vec<DefinitionRow> = now
        .rows()
        .iter()
        .map(|row| DefinitionRow {
            definition: kept(row),
            ..row.clone()
        })
        .collect();
    let digests: BTreeSet<(&str, &str)> = before
        .iter()
        .chain(&after)
        .filter(|row| row.definition.starts_with(DIGEST))
        .map(|row| (row.kind.as_str(), row.identity.as_str()))
        .collect();
    let both = |rows: &[DefinitionRow], others: &[DefinitionRow], of_digests: bool| {
        let is_equal = |row: &DefinitionRow| others.contains(row);
        let is_digest =
            |row: &DefinitionRow| digests.contains(&(row.kind.as_str(), row.identity.as_str()));
        let wanted = |row: &&DefinitionRow| is_equal(row) || is_digest(row) == of_digests;
        Definition::new(rows.iter().filter(wanted).cloned().collect())
    };
    let mut found =
        Definition::differences(&both(&before, &after, false), &both(&after, &before, false));
    found.extend(Definition::differences_by_digest(
        &both(&before, &after, true),
        &both(&after, &before, true),
    ));
    found
}

fn row((kind, identity, definition): &(String, String, String)) -> DefinitionRow {
    DefinitionRow {
        kind: kind.clone(),
        identity: identity.clone(),
        definition: definition.clone(),
    }
}

fn kept(row: &DefinitionRow) -> String {
    match row.definition.len() <= TEXT_BYTES_MAX && !row.definition.starts_with(DIGEST) {
        true => row.definition.clone(),
        false => format!("{DIGEST}{}", row.digest()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(kind: &str, identity: &str, definition: &str) -> (String, String, String) {
        let row = row(&(kind.into(), identity.into(), definition.into()));
        (row.kind.clone(), row.identity.clone(), kept(&row))
    }

    #[test]
    fn short_texts_are_told_and_long_ones_named() {
        let body = |what: &str| format!("CREATE FUNCTION {}", what.repeat(400));
        let before = [
            fact("table", "app.a", ""),
            fact("column", "app.a.id", "place 1\ntype integer"),
            fact("function", "app.f()", &body("x")),
            fact("function", "app.same()", &body("s")),
        ];
        let now = [
            ("table", "app.a", String::new()),
            ("column", "app.a.id", "place 1\ntype bigint".to_owned()),
            ("column", "app.a.more", "place 2\ntype text".to_owned()),
            ("function", "app.f()", body("y")),
            ("function", "app.same()", body("s")),
        ];
        let now = Definition::new(
            now.into_iter()
                .map(|(kind, identity, definition)| DefinitionRow {
                    kind: kind.into(),
                    identity: identity.into(),
                    definition,
                })
                .collect(),
        );
        let told: Vec<String> = differences(&before, &now)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "table app.a: column id: type integer -> bigint",
                "table app.a: column more is new",
                "function app.f() differs",
            ]
        );
    }
}
