//! Which tables a migration concerns, and what it does to their rows.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_pg::sample::TableContent;
use oneroof_sql::migrations::Migration;
use oneroof_sql::references;

/// So many tables get rows for a migration whose statements cannot be known before.
pub(super) const TABLES_MAX: usize = 60;

/// Names of the tables that both ways name; `None`: it cannot be known.
pub(super) fn names(migration: &Migration) -> Option<Vec<(Option<String>, String)>> {
    let mut names = BTreeSet::new();
    for script in std::iter::once(&migration.up).chain(&migration.down) {
        for facts in references(&script.text).ok()? {
            if facts.unknown_dynamic {
                return None;
            }
            let locks = facts.locks.iter().map(|lock| &lock.relation);
            let objects = [
                &facts.altered,
                &facts.dropped,
                &facts.created,
                &facts.written,
                &facts.read,
            ];
            for object in objects.into_iter().flatten().chain(locks) {
                names.insert((object.schema.clone(), object.name.clone()));
                if let Some(on) = &object.on {
                    names.insert((on.schema.clone(), on.name.clone()));
                }
            }
        }
    }
    Some(names.into_iter().collect())
}

/// Does it make, change or drop roles, which all databases of a server share?
pub(super) fn touches_roles(migration: &Migration) -> bool {
    let scripts = std::iter::once(&migration.up).chain(&migration.down);
    scripts.into_iter().any(|script| {
        references(&script.text).is_ok_and(|facts| {
            facts.iter().any(|facts| {
                let objects = facts.created.iter().chain(&facts.dropped);
                objects.into_iter().any(|object| object.kind == "role")
            })
        })
    })
}

/// How the contents are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// There and back: everything must be as before.
    ThereAndBack,
    /// There only: values may change, nothing may be gone.
    There,
}

/// What is lost, table by table.
pub(super) fn lost(
    before: &BTreeMap<String, TableContent>,
    after: &BTreeMap<String, TableContent>,
    how: Compared,
) -> Vec<String> {
    let mut lost = Vec::new();
    for (table, old) in before.iter().filter(|(_, content)| content.rows > 0) {
        let Some(new) = after.get(table) else {
            lost.push(format!("all rows of {table}: the table is gone"));
            continue;
        };
        if new.rows < old.rows {
            lost.push(format!(
                "{} of {} rows of {table}",
                old.rows - new.rows,
                old.rows
            ));
            continue;
        }
        if new.rows > old.rows && how == Compared::ThereAndBack {
            lost.push(format!(
                "{table} keeps {} rows that were not there before",
                new.rows - old.rows
            ));
            continue;
        }
        for (column, hash) in &old.columns {
            match new.columns.get(column) {
                None => lost.push(format!(
                    "the values of {table}.{column}: the column is gone"
                )),
                Some(now) if now != hash && how == Compared::ThereAndBack => {
                    lost.push(format!("the values of {table}.{column} are not as before"));
                }
                Some(_) => {}
            }
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(rows: u64, columns: &[(&str, &str)]) -> TableContent {
        TableContent {
            rows,
            columns: columns
                .iter()
                .map(|(name, hash)| ((*name).into(), (*hash).into()))
                .collect(),
        }
    }

    #[test]
    fn what_is_lost_is_named() {
        let before = BTreeMap::from([
            ("s.gone".to_owned(), content(3, &[("a", "1")])),
            ("s.fewer".to_owned(), content(3, &[("a", "1")])),
            (
                "s.changed".to_owned(),
                content(3, &[("a", "1"), ("b", "2"), ("c", "3")]),
            ),
            ("s.empty".to_owned(), content(0, &[("a", "0")])),
        ]);
        let after = BTreeMap::from([
            ("s.fewer".to_owned(), content(1, &[("a", "1")])),
            (
                "s.changed".to_owned(),
                content(3, &[("a", "9"), ("b", "2"), ("new", "0")]),
            ),
        ]);
        assert_eq!(
            lost(&before, &after, Compared::ThereAndBack),
            [
                "the values of s.changed.a are not as before",
                "the values of s.changed.c: the column is gone",
                "2 of 3 rows of s.fewer",
                "all rows of s.gone: the table is gone",
            ]
        );
        assert_eq!(lost(&before, &after, Compared::There).len(), 3);
        assert!(lost(&before, &before, Compared::ThereAndBack).is_empty());
    }
}
