//! The definition of a database: canonical facts about every user object, their digest, and the
//! difference between two of them. What is left out is said at the top of `definition.sql`.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use oneroof_model::Digest;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;

use super::canonical::canonical;
use super::pinned::{FRESH_PLANS, Pinned};
use crate::connect::Session;
use crate::error::PgError;

/// The catalogs of the objects that a tier usually makes: questions about some of these have the text of all of them.
pub(crate) const USUAL_CLASSES: [&str; 4] = ["pg_class", "pg_namespace", "pg_proc", "pg_type"];

/// Up to so many objects the plan of a few will do.
const OBJECTS_OF_ONE_PLAN_MAX: usize = 50;

/// One fact: what an object is. Owners, grants and comments are facts of their own, of kind
/// `owner`, `acl` and `comment`, with the kind of their object before its name in the identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DefinitionRow {
    /// `table`, `column`, `constraint`, `index`, `view`, `function`, `owner`, `acl`, ….
    pub kind: String,
    /// Schema-qualified, quoted where PostgreSQL would quote it.
    pub identity: String,
    /// The canonical text.
    pub definition: String,
}

impl DefinitionRow {
    /// SHA-256 of this one definition, as the ledger keeps it for each object.
    pub fn digest(&self) -> Digest {
        Digest::of(self.definition.as_bytes())
    }
}

/// Which object, without saying what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectName {
    /// As in [`DefinitionRow`].
    pub kind: String,
    /// As in [`DefinitionRow`].
    pub identity: String,
}

/// All facts, sorted by kind and identity, bytewise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    rows: Vec<DefinitionRow>,
    /// Facts that a dump does not carry into a copy: no part of digest and diff.
    #[serde(default)]
    beside: Vec<DefinitionRow>,
}

/// What differs between two definitions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionDiff {
    /// In the first only.
    pub missing: Vec<ObjectName>,
    /// In the second only.
    pub new: Vec<ObjectName>,
    /// In both, with different definitions.
    pub changed: Vec<ChangedObject>,
}

/// An object whose definition differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedObject {
    /// As in [`DefinitionRow`].
    pub kind: String,
    /// As in [`DefinitionRow`].
    pub identity: String,
    /// The first definition.
    pub before: String,
    /// The second definition.
    pub after: String,
}

impl Definition {
    /// Sorts the rows; equal ones become one.
    pub fn new(mut rows: Vec<DefinitionRow>) -> Self {
        rows.sort_unstable();
        rows.dedup();
        Self {
            rows,
            beside: Vec::new(),
        }
    }

    /// Adds the facts that a dump does not carry into a copy.
    pub fn with_beside(self, beside: Vec<DefinitionRow>) -> Self {
        let beside = Self::new(beside).rows;
        Self { beside, ..self }
    }

    /// The facts, sorted.
    pub fn rows(&self) -> &[DefinitionRow] {
        &self.rows
    }

    /// Facts that a dump does not carry into a copy, and that are no part of the digest: tablespaces,
    /// subscriptions, foreign keys whose triggers are disabled.
    pub fn beside(&self) -> Self {
        Self::new(self.beside.clone())
    }

    /// The rows that `wanted` holds for, here and beside.
    pub(super) fn filtered(&self, wanted: impl Fn(&DefinitionRow) -> bool) -> Self {
        let kept =
            |rows: &[DefinitionRow]| rows.iter().filter(|row| wanted(row)).cloned().collect();
        Self {
            rows: kept(&self.rows),
            beside: kept(&self.beside),
        }
    }

    /// The definition of one object.
    pub fn get(&self, kind: &str, identity: &str) -> Option<&DefinitionRow> {
        self.rows
            .binary_search_by(|row| {
                (row.kind.as_str(), row.identity.as_str()).cmp(&(kind, identity))
            })
            .ok()
            .map(|place| &self.rows[place])
    }

    /// SHA-256 over all rows, each as a JSON array of three texts and a line feed.
    pub fn digest(&self) -> Digest {
        let mut text = Vec::new();
        for row in &self.rows {
            // Writing texts to memory cannot fail.
            let _ = serde_json::to_writer(&mut text, &(&row.kind, &row.identity, &row.definition));
            text.push(b'\n');
        }
        Digest::of(&text)
    }

    /// What differs between `before` and `after`; empty exactly when their digests are equal.
    pub fn diff(before: &Self, after: &Self) -> DefinitionDiff {
        let mut diff = DefinitionDiff::default();
        let mut left = before.rows.iter().peekable();
        let mut right = after.rows.iter().peekable();
        loop {
            let order = match (left.peek(), right.peek()) {
                (None, None) => return diff,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => {
                    (&old.kind, &old.identity).cmp(&(&new.kind, &new.identity))
                }
            };
            let old = if order.is_le() { left.next() } else { None };
            let new = if order.is_ge() { right.next() } else { None };
            match (old, new) {
                (Some(old), Some(new)) if old.definition != new.definition => {
                    diff.changed.push(ChangedObject {
                        kind: old.kind.clone(),
                        identity: old.identity.clone(),
                        before: old.definition.clone(),
                        after: new.definition.clone(),
                    });
                }
                (Some(old), None) => diff.missing.push(old.name()),
                (None, Some(new)) => diff.new.push(new.name()),
                _ => {}
            }
        }
    }
}

impl DefinitionRow {
    fn name(&self) -> ObjectName {
        ObjectName {
            kind: self.kind.clone(),
            identity: self.identity.clone(),
        }
    }
}

impl DefinitionDiff {
    /// Nothing differs.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.new.is_empty() && self.changed.is_empty()
    }
}

/// Reads the definition of the session's database. Needs no right on any object, and may be called
/// inside a transaction: it then sees what that transaction did.
///
/// # Errors
/// What the server says.
pub async fn definition(session: &Session) -> Result<Definition, PgError> {
    let pinned = Pinned::begin(session).await?;
    let result = read(session).await;
    pinned.finish(result).await
}

/// The definition of some objects: `classes` are the names of their catalogs, `oids` their OIDs. Of a table
/// or a type it has everything that belongs to it. May be called inside a transaction.
///
/// # Errors
/// What the server says.
pub async fn definition_of(
    session: &Session,
    classes: &BTreeSet<&str>,
    oids: &[u32],
) -> Result<Definition, PgError> {
    let pinned = Pinned::begin(session).await?;
    let result = read_some(session, classes, oids).await;
    pinned.finish(result).await
}

async fn read(session: &Session) -> Result<Definition, PgError> {
    let mut rows = ask(
        session,
        include_str!("definition.sql"),
        &[&None::<Vec<u32>>],
    )
    .await?;
    if session.server_version_num() >= 150_000 {
        rows.extend(ask(session, include_str!("definition_from_15.sql"), &[]).await?);
    }
    let beside = ask(session, include_str!("definition_beside.sql"), &[]).await?;
    Ok(Definition::new(rows).with_beside(beside))
}

/// [`definition_of`] where the settings are pinned already. For more than a few objects the server is asked to plan
/// for just these.
///
/// # Errors
/// What the server says.
pub(crate) async fn definitions_here(
    session: &Session,
    classes: &BTreeSet<&str>,
    oids: &[u32],
) -> Result<Definition, PgError> {
    let usual = BTreeSet::from(USUAL_CLASSES);
    if oids.len() > OBJECTS_OF_ONE_PLAN_MAX {
        session.simple(FRESH_PLANS).await?;
        read_some(session, classes, oids).await
    } else if classes.is_subset(&usual) {
        read_some(session, &usual, oids).await
    } else {
        read_some(session, classes, oids).await
    }
}

async fn read_some(
    session: &Session,
    classes: &BTreeSet<&str>,
    oids: &[u32],
) -> Result<Definition, PgError> {
    let query = definition_query(classes);
    let mut rows = ask(session, &query, &[&Some(oids)]).await?;
    if classes.contains("pg_publication") && session.server_version_num() >= 150_000 {
        rows.extend(ask(session, include_str!("definition_from_15.sql"), &[]).await?);
    }
    Ok(Definition::new(rows))
}

/// The question about the definitions of some objects of these catalogs.
fn definition_query(classes: &BTreeSet<&str>) -> String {
    without_other_parts(include_str!("definition.sql"), classes)
        .replace("$1::oid[] is null or ", "")
}

/// The query without the parts of catalogs that are not asked for: planning them takes longer than
/// everything else.
fn without_other_parts(query: &str, classes: &BTreeSet<&str>) -> String {
    let mut left_out = None;
    let mut text = String::new();
    for line in query.lines() {
        let mark = line.trim().strip_prefix("-- <");
        match (left_out, mark.and_then(|mark| mark.strip_suffix('>'))) {
            (None, Some(name)) if !name.starts_with('/') && !classes.contains(name) => {
                left_out = Some(name);
            }
            (Some(open), Some(name)) if name.strip_prefix('/') == Some(open) => left_out = None,
            (None, _) => {
                text.push_str(line);
                text.push('\n');
            }
            (Some(_), _) => {}
        }
    }
    text
}

async fn ask(
    session: &Session,
    query: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<DefinitionRow>, PgError> {
    let rows = session.query(query, parameters).await?;
    rows.iter()
        .map(|row| {
            let kind: String = row.try_get(0)?;
            let definition: String = row.try_get(2)?;
            // Comments and bodies are kept as they were written, but a parsed body is printed.
            let printed = match kind.as_str() {
                "comment" => false,
                "function" | "procedure" => definition.contains("\nBEGIN ATOMIC\n"),
                _ => true,
            };
            Ok(DefinitionRow {
                kind,
                identity: row.try_get(1)?,
                definition: if printed {
                    canonical(definition)
                } else {
                    definition
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(&str, &str, &str)]) -> Definition {
        Definition::new(
            rows.iter()
                .map(|(kind, identity, definition)| DefinitionRow {
                    kind: (*kind).to_owned(),
                    identity: (*identity).to_owned(),
                    definition: (*definition).to_owned(),
                })
                .collect(),
        )
    }

    #[test]
    fn a_diff_names_what_is_missing_new_and_changed() {
        let before = of(&[("view", "b", "1"), ("table", "a", "1"), ("table", "z", "1")]);
        let after = of(&[("table", "a", "2"), ("table", "c", "1"), ("view", "b", "1")]);
        let diff = Definition::diff(&before, &after);
        let names = |objects: &[ObjectName]| -> Vec<String> {
            objects.iter().map(|name| name.identity.clone()).collect()
        };
        assert_eq!(names(&diff.missing), ["z"]);
        assert_eq!(names(&diff.new), ["c"]);
        assert_eq!(diff.changed.len(), 1);
        assert_eq!(
            (
                diff.changed[0].before.as_str(),
                diff.changed[0].after.as_str()
            ),
            ("1", "2")
        );
        assert_ne!(before.digest(), after.digest());
    }

    #[test]
    fn order_of_arrival_does_not_matter() {
        let one = of(&[("table", "a", "1"), ("view", "b", "x\ny")]);
        let two = of(&[("view", "b", "x\ny"), ("table", "a", "1")]);
        assert_eq!(one.digest(), two.digest());
        assert!(Definition::diff(&one, &two).is_empty());
        assert_eq!(
            one.get("view", "b").map(|row| row.definition.as_str()),
            Some("x\ny")
        );
        assert_eq!(one.get("view", "a"), None);
        assert_eq!(
            one.digest(),
            Digest::of(b"[\"table\",\"a\",\"1\"]\n[\"view\",\"b\",\"x\\ny\"]\n")
        );
    }
}
