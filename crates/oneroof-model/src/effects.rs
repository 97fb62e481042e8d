//! What a transaction really did, and whether another one did the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Row operations on one table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ObjectChange {
    /// It is new.
    Created,
    /// Its definition is another one.
    Altered,
    /// It is gone.
    Dropped,
}

/// An object that one transaction created, altered or dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ObjectEffect {
    /// `table`, `view`, `function`, `role`, `setting`, …
    pub kind: String,
    /// Schema-qualified name.
    pub identity: String,
    /// What was done to it.
    pub change: ObjectChange,
}

/// One fact of the definition of a created or altered object: the object itself, a column, a constraint,
/// an owner, a grant, a comment, …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DefinitionDigest {
    /// `table`, `column`, `constraint`, `function`, `acl`, …
    pub kind: String,
    /// Schema-qualified name.
    pub identity: String,
    /// SHA-256 of its canonical definition after the transaction.
    pub digest: Digest,
}

/// What one transaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Effects {
    /// Row operations by table; attempts of rolled-back sub-transactions count too.
    pub rows: Vec<RowOperations>,
    /// Objects, sorted by kind and name.
    pub objects: Vec<ObjectEffect>,
    /// Everything that defines the created and altered objects, sorted by kind and name.
    pub definitions: Vec<DefinitionDigest>,
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

/// What two transactions did differently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectComparison {
    /// What no tolerance covers.
    pub differences: Vec<EffectDifference>,
    /// What the package allows.
    pub tolerated: Vec<EffectDifference>,
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
        let changes = [
            ObjectChange::Created,
            ObjectChange::Altered,
            ObjectChange::Dropped,
        ];
        let mut parts = Vec::new();
        for change in changes {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for effect in self.objects.iter().filter(|effect| effect.change == change) {
                *kinds.entry(effect.kind.as_str()).or_default() += 1;
            }
            let kinds: Vec<String> = kinds
                .into_iter()
                .map(|(kind, count)| format!("{count} {kind}"))
                .collect();
            if !kinds.is_empty() {
                parts.push(format!("{}: {}", change.word(), kinds.join(", ")));
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
    pub fn compare(
        &self,
        rehearsed: &Effects,
        tolerance: &BTreeMap<String, Tolerance>,
    ) -> EffectComparison {
        let mut comparison = EffectComparison::default();
        self.compare_objects(rehearsed, &mut comparison);
        self.compare_definitions(rehearsed, &mut comparison);
        self.compare_files(rehearsed, &mut comparison);
        self.compare_rows(rehearsed, tolerance, &mut comparison);
        comparison
    }

    /// These effects with at least the row operations of `rehearsed`: what a tier that is not at its end may
    /// still come to. Compared with `rehearsed` it differs only by what is too much already.
    #[must_use]
    pub fn at_least(&self, rehearsed: &Effects) -> Effects {
        let mut effects = Effects {
            objects: rehearsed.objects.clone(),
            definitions: rehearsed.definitions.clone(),
            new_files: rehearsed.new_files.clone(),
            rows: self.rows.clone(),
        };
        for expected in &rehearsed.rows {
            let found = effects.rows.iter_mut();
            let mut found = found.filter(|rows| rows.table == expected.table);
            match found.next() {
                Some(rows) => {
                    rows.inserted = rows.inserted.max(expected.inserted);
                    rows.updated = rows.updated.max(expected.updated);
                    rows.deleted = rows.deleted.max(expected.deleted);
                }
                None => effects.rows.push(expected.clone()),
            }
        }
        effects.rows.sort();
        effects
    }

    /// Adds the row operations of another transaction of the same tier.
    pub fn add_rows(&mut self, more: &[RowOperations]) {
        for operations in more {
            let found = self.rows.iter_mut();
            let mut found = found.filter(|rows| rows.table == operations.table);
            match found.next() {
                Some(rows) => {
                    rows.inserted += operations.inserted;
                    rows.updated += operations.updated;
                    rows.deleted += operations.deleted;
                }
                None => self.rows.push(operations.clone()),
            }
        }
        self.rows.sort();
    }

    fn compare_objects(&self, rehearsed: &Effects, comparison: &mut EffectComparison) {
        let words = |effects: &Effects, kind: &str, identity: &str| {
            let all = effects.objects.iter();
            let words: Vec<&str> = all
                .filter(|one| one.kind == kind && one.identity == identity)
                .map(|one| one.change.word())
                .collect();
            match words.is_empty() {
                true => "untouched".to_owned(),
                false => words.join(" and "),
            }
        };
        let names = |effects: &Effects| -> BTreeSet<(String, String)> {
            let all = effects.objects.iter();
            all.map(|one| (one.kind.clone(), one.identity.clone()))
                .collect()
        };
        for (kind, identity) in &names(self) | &names(rehearsed) {
            let (then, now) = (
                words(rehearsed, &kind, &identity),
                words(self, &kind, &identity),
            );
            if then != now {
                comparison.differences.push(EffectDifference {
                    what: format!("{kind} {identity}"),
                    rehearsed: then,
                    seen: now,
                    tolerance: None,
                });
            }
        }
    }

    /// An object that one side has not touched is named by [`Self::compare_objects`] already; of others each
    /// fact is named that differs.
    fn compare_definitions(&self, rehearsed: &Effects, comparison: &mut EffectComparison) {
        let facts = |effects: &Effects| -> BTreeMap<(String, String), Digest> {
            let all = effects.definitions.iter();
            all.map(|one| ((one.kind.clone(), one.identity.clone()), one.digest))
                .collect()
        };
        let (then, now) = (facts(rehearsed), facts(self));
        for name in then
            .keys()
            .collect::<BTreeSet<_>>()
            .union(&now.keys().collect())
        {
            let (old, new) = (then.get(*name), now.get(*name));
            let (rehearsed, seen) = match (old, new) {
                (Some(old), Some(new)) if old == new => continue,
                (Some(_), Some(_)) => ("one definition", "another one"),
                (Some(_), None) => ("there", "not there"),
                _ => ("not there", "there"),
            };
            comparison.differences.push(EffectDifference {
                what: format!("definition of {} {}", name.0, name.1),
                rehearsed: rehearsed.to_owned(),
                seen: seen.to_owned(),
                tolerance: None,
            });
        }
    }

    fn compare_files(&self, rehearsed: &Effects, comparison: &mut EffectComparison) {
        let files =
            |effects: &Effects| -> BTreeSet<String> { effects.new_files.iter().cloned().collect() };
        let word = |is_new| match is_new {
            true => "truncated or rewritten",
            false => "left in its file",
        };
        let (then, now) = (files(rehearsed), files(self));
        for table in &then ^ &now {
            comparison.differences.push(EffectDifference {
                what: format!("storage of {table}"),
                rehearsed: word(then.contains(&table)).to_owned(),
                seen: word(now.contains(&table)).to_owned(),
                tolerance: None,
            });
        }
    }

    fn compare_rows(
        &self,
        rehearsed: &Effects,
        tolerance: &BTreeMap<String, Tolerance>,
        comparison: &mut EffectComparison,
    ) {
        let of = |effects: &'_ Effects, table: &str| {
            effects
                .rows
                .iter()
                .find(|rows| rows.table == table)
                .cloned()
        };
        let all = self.rows.iter().chain(&rehearsed.rows);
        let tables: BTreeSet<&str> = all.map(|rows| rows.table.as_str()).collect();
        for table in tables {
            let (then, now) = (of(rehearsed, table), of(self, table));
            if then == now {
                continue;
            }
            let allowed = tolerance.get(table).copied().unwrap_or(Tolerance::Exact);
            let difference = EffectDifference {
                what: format!("rows of {table}"),
                rehearsed: row_words(then.as_ref()),
                seen: row_words(now.as_ref()),
                tolerance: Some(allowed.to_string()),
            };
            match allowed.allows(now.as_ref()) {
                true => comparison.tolerated.push(difference),
                false => comparison.differences.push(difference),
            }
        }
    }
}

impl ObjectChange {
    fn word(self) -> &'static str {
        match self {
            ObjectChange::Created => "created",
            ObjectChange::Altered => "altered",
            ObjectChange::Dropped => "dropped",
        }
    }
}

impl Tolerance {
    /// May row operations be these, although others were rehearsed?
    fn allows(self, now: Option<&RowOperations>) -> bool {
        let count = now.map_or(0, |rows| rows.inserted + rows.updated + rows.deleted);
        match self {
            Tolerance::Any => true,
            Tolerance::Exact => false,
            Tolerance::AtMost(at_most) => u64::try_from(count).is_ok_and(|count| count <= at_most),
        }
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

fn row_words(rows: Option<&RowOperations>) -> String {
    match rows {
        None => "none".into(),
        Some(rows) => format!(
            "{} inserted, {} updated, {} deleted",
            rows.inserted, rows.updated, rows.deleted
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_on_its_way_may_have_done_less_and_not_more() {
        let rows = |table: &str, updated: i64| RowOperations {
            table: table.to_owned(),
            inserted: 0,
            updated,
            deleted: 0,
        };
        let rehearsed = Effects {
            rows: vec![rows("a", 10), rows("b", 1)],
            ..Effects::default()
        };
        let differences = |updated: i64| {
            let mut now = Effects::default();
            now.add_rows(&[rows("a", updated - 1)]);
            now.add_rows(&[rows("a", 1)]);
            let comparison = now
                .at_least(&rehearsed)
                .compare(&rehearsed, &BTreeMap::new());
            comparison.differences.len()
        };
        assert_eq!(
            [differences(4), differences(10), differences(11)],
            [0, 0, 1]
        );
    }

    fn effects(inserted: i64, change: ObjectChange, digest: &str) -> Effects {
        Effects {
            rows: vec![RowOperations {
                table: "shop.orders".into(),
                inserted,
                updated: 0,
                deleted: 0,
            }],
            objects: vec![ObjectEffect {
                kind: "table".into(),
                identity: "shop.orders".into(),
                change,
            }],
            definitions: vec![DefinitionDigest {
                kind: "column".into(),
                identity: "shop.orders.id".into(),
                digest: Digest::of(digest.as_bytes()),
            }],
            new_files: Vec::new(),
        }
    }

    #[test]
    fn what_differs_is_named_and_what_is_tolerated_is_kept_apart() {
        let then = effects(3, ObjectChange::Altered, "a");
        let none = BTreeMap::new();
        assert_eq!(then.compare(&then, &none), EffectComparison::default());

        let now = effects(4, ObjectChange::Altered, "b");
        let told: Vec<String> = now
            .compare(&then, &none)
            .differences
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "definition of column shop.orders.id: rehearsed one definition, seen another one",
                "rows of shop.orders: rehearsed 3 inserted, 0 updated, 0 deleted, seen 4 inserted, 0 updated, 0 deleted (tolerance: exact)",
            ]
        );

        let at_most = |rows| BTreeMap::from([("shop.orders".to_owned(), Tolerance::AtMost(rows))]);
        let now = effects(4, ObjectChange::Altered, "a");
        assert_eq!(now.compare(&then, &at_most(3)).differences.len(), 1);
        let within = now.compare(&then, &at_most(4));
        assert_eq!((within.differences.len(), within.tolerated.len()), (0, 1));
        let nothing = Effects::default().compare(&then, &at_most(4));
        assert_eq!(nothing.differences.len(), 2, "{nothing:?}");
    }
}
