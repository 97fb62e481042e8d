//! What a transaction really did, and whether another one did the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Row operations on one table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowOperations {
    /// `schema.table`, quoted where needed.
    pub table: String,
    /// Rows inserted.
    pub inserted: i64,
    /// Rows updated.
    pub updated: i64,
    /// Rows deleted.
    pub deleted: i64,
}

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectChange {
    /// It is new.
    Created,
    /// Its definition is another one.
    Altered,
    /// It is gone.
    Dropped,
}

/// One fact of a definition (a table, a column, a constraint, an owner, a grant, a comment, …) that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectEffect {
    /// `table`, `column`, `constraint`, `function`, `acl`, …
    pub kind: String,
    /// Schema-qualified name.
    pub identity: String,
    /// What was done to it.
    pub change: ObjectChange,
    /// SHA-256 of its canonical definition before; none for a new one.
    pub before: Option<Digest>,
    /// SHA-256 of its canonical definition after; none for a dropped one.
    pub after: Option<Digest>,
}

/// What one transaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// Row operations by table; attempts of rolled-back sub-transactions count too.
    pub rows: Vec<RowOperations>,
    /// Changed facts, sorted by kind and name.
    pub objects: Vec<ObjectEffect>,
    /// Tables that existed before and whose file is another one: truncated, rewritten or refreshed.
    pub new_files: Vec<String>,
}

/// How far the row operations on a table may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// Not at all.
    Exact,
    /// Any number up to this, whatever was rehearsed.
    AtMost(u64),
    /// Any number.
    Any,
}

impl std::fmt::Display for Tolerance {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Tolerance::Exact => out.write_str("exact"),
            Tolerance::AtMost(rows) => write!(out, "at most {rows} rows"),
            Tolerance::Any => out.write_str("any"),
        }
    }
}

/// One thing that two transactions did differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectDifference {
    /// Which object or table.
    pub what: String,
    /// What the rehearsal did.
    pub rehearsed: String,
    /// What was done now.
    pub seen: String,
    /// The tolerance of the package that was asked, for row operations.
    pub tolerance: Option<String>,
}

impl Effects {
    /// What was created, altered and dropped, counted by kind; `none` if nothing was.
    pub fn objects_in_words(&self) -> String {
        let words = [
            ("created", ObjectChange::Created),
            ("altered", ObjectChange::Altered),
            ("dropped", ObjectChange::Dropped),
        ];
        let mut parts = Vec::new();
        for (word, change) in words {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for effect in self.objects.iter().filter(|effect| effect.change == change) {
                *kinds.entry(effect.kind.as_str()).or_default() += 1;
            }
            let kinds: Vec<String> = kinds
                .into_iter()
                .map(|(kind, count)| format!("{count} {kind}"))
                .collect();
            if !kinds.is_empty() {
                parts.push(format!("{word}: {}", kinds.join(", ")));
            }
        }
        if !self.new_files.is_empty() {
            parts.push(format!(
                "truncated or rewritten: {}",
                self.new_files.join(", ")
            ));
        }
        match parts.is_empty() {
            true => "none".to_owned(),
            false => parts.join("; "),
        }
    }

    /// The tables that were created, as `schema.table`.
    pub fn tables_created(&self) -> Vec<String> {
        self.objects
            .iter()
            .filter(|effect| effect.kind == "table" && effect.change == ObjectChange::Created)
            .map(|effect| effect.identity.clone())
            .collect()
    }

    /// What `self`, done now, did differently than `rehearsed`. Row operations may differ as far as
    /// `tolerance` says for their table (`schema.table`); without an entry they must be equal.
    pub fn differences(
        &self,
        rehearsed: &Effects,
        tolerance: &BTreeMap<String, Tolerance>,
    ) -> Vec<EffectDifference> {
        let mut differences = Vec::new();
        let key = |effect: &ObjectEffect| (effect.kind.clone(), effect.identity.clone());
        let then: BTreeMap<_, _> = rehearsed
            .objects
            .iter()
            .map(|one| (key(one), one))
            .collect();
        let now: BTreeMap<_, _> = self.objects.iter().map(|one| (key(one), one)).collect();
        for name in union(&then, &now) {
            let (old, new) = (then.get(name).copied(), now.get(name).copied());
            let same = match (old, new) {
                (Some(old), Some(new)) => old.change == new.change && old.after == new.after,
                _ => false,
            };
            if !same {
                differences.push(EffectDifference {
                    what: format!("{} {}", name.0, name.1),
                    rehearsed: object_words(old),
                    seen: object_words_beside(new, old),
                    tolerance: None,
                });
            }
        }
        let then: BTreeMap<_, _> = rehearsed
            .rows
            .iter()
            .map(|one| (one.table.clone(), one))
            .collect();
        let now: BTreeMap<_, _> = self
            .rows
            .iter()
            .map(|one| (one.table.clone(), one))
            .collect();
        for table in union(&then, &now) {
            let (old, new) = (then.get(table).copied(), now.get(table).copied());
            let allowed = tolerance.get(table);
            if !within(old, new, allowed) {
                differences.push(EffectDifference {
                    what: format!("rows of {table}"),
                    rehearsed: row_words(old),
                    seen: row_words(new),
                    tolerance: Some(
                        allowed.map_or_else(|| "exact".to_owned(), ToString::to_string),
                    ),
                });
            }
        }
        let then: BTreeMap<_, _> = rehearsed
            .new_files
            .iter()
            .map(|one| (one.clone(), ()))
            .collect();
        let now: BTreeMap<_, _> = self.new_files.iter().map(|one| (one.clone(), ())).collect();
        for table in union(&then, &now) {
            if then.contains_key(table) != now.contains_key(table) {
                let words = |is: bool| {
                    if is {
                        "truncated or rewritten"
                    } else {
                        "left in its file"
                    }
                };
                differences.push(EffectDifference {
                    what: format!("storage of {table}"),
                    rehearsed: words(then.contains_key(table)).to_owned(),
                    seen: words(now.contains_key(table)).to_owned(),
                    tolerance: None,
                });
            }
        }
        differences
    }
}

impl std::fmt::Display for EffectDifference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{}: rehearsed {}, seen {}",
            self.what, self.rehearsed, self.seen
        )?;
        match &self.tolerance {
            Some(tolerance) => write!(out, " (tolerance: {tolerance})"),
            None => Ok(()),
        }
    }
}

fn union<'a, K: Ord, A, B>(left: &'a BTreeMap<K, A>, right: &'a BTreeMap<K, B>) -> Vec<&'a K> {
    let mut keys: Vec<&K> = left.keys().chain(right.keys()).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn object_words(effect: Option<&ObjectEffect>) -> String {
    match effect.map(|effect| effect.change) {
        None => "untouched".into(),
        Some(ObjectChange::Created) => "created".into(),
        Some(ObjectChange::Altered) => "altered".into(),
        Some(ObjectChange::Dropped) => "dropped".into(),
    }
}

fn object_words_beside(effect: Option<&ObjectEffect>, other: Option<&ObjectEffect>) -> String {
    let words = object_words(effect);
    match (effect, other) {
        (Some(effect), Some(other)) if effect.change == other.change => {
            format!("{words}, with another definition")
        }
        _ => words,
    }
}

fn row_words(rows: Option<&RowOperations>) -> String {
    match rows {
        None => "none".into(),
        Some(rows) => format!(
            "{} inserted, {} updated, {} deleted",
            rows.inserted, rows.updated, rows.deleted
        ),
    }
}

fn within(
    old: Option<&RowOperations>,
    new: Option<&RowOperations>,
    tolerance: Option<&Tolerance>,
) -> bool {
    let counts = |rows: Option<&RowOperations>| {
        rows.map_or([0; 3], |rows| [rows.inserted, rows.updated, rows.deleted])
    };
    match tolerance {
        Some(Tolerance::Any) => true,
        Some(Tolerance::AtMost(at_most)) => {
            let sum: i64 = counts(new).iter().sum();
            u64::try_from(sum).is_ok_and(|sum| sum <= *at_most)
        }
        Some(Tolerance::Exact) | None => counts(old) == counts(new),
    }
}
