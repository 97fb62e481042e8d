//! What a way back leaves different: in words, and as the SQL that would put it right.

use oneroof_pg::catalog::{Definition, DefinitionRow, Orders};

use super::report::{ProofDifference, Reordered, WayBack};

/// A database as it is: its definitions, and the orders that are no part of them.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) definition: Definition,
    pub(super) orders: Orders,
}

/// The verdict about a way back, from the state before it all and after it.
pub(super) fn verdict(before: &State, after: &State) -> (WayBack, Option<Reordered>) {
    let (own, now) = (&before.definition, &after.definition);
    if own.digest() == now.digest() {
        return match Orders::differences(&before.orders, &after.orders).is_empty() {
            true => (WayBack::Restored, None),
            false => (
                WayBack::RestoredInAnotherOrder,
                Some(Reordered::Constraints),
            ),
        };
    }
    let in_no_order = |definition: &Definition| {
        let rows = definition.rows().iter().map(|row| DefinitionRow {
            definition: without_place(row),
            ..row.clone()
        });
        Definition::new(rows.collect()).digest()
    };
    match in_no_order(own) == in_no_order(now) {
        true => (WayBack::RestoredInAnotherOrder, Some(Reordered::Columns)),
        false => (WayBack::Different, None),
    }
}

/// A column without the number of its place.
fn without_place(row: &DefinitionRow) -> String {
    if row.kind != "column" {
        return row.definition.clone();
    }
    let lines = row
        .definition
        .lines()
        .filter(|line| !line.starts_with("place "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Everything that differs; orders only where nothing else does.
pub(super) fn differences(before: &State, after: &State) -> Vec<ProofDifference> {
    let (orders, now) = (&before.orders, &after.orders);
    let (before, after) = (&before.definition, &after.definition);
    if before.digest() == after.digest() {
        let said = Orders::differences(orders, now).into_iter();
        return said
            .map(|words| ProofDifference { words, sql: None })
            .collect();
    }
    let words: Vec<String> = Definition::differences(before, after)
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut sql = statements(before, after);
    words
        .into_iter()
        .map(|words| {
            // A statement belongs to the words that name its object.
            let mine = sql.iter().position(|(names, _)| {
                names
                    .iter()
                    .all(|name| format!("{words} ").contains(name.as_str()))
            });
            ProofDifference {
                sql: mine.map(|place| sql.remove(place).1),
                words,
            }
        })
        .collect()
}

/// Statements with the names that the words about them hold.
fn statements(before: &Definition, after: &Definition) -> Vec<(Vec<String>, String)> {
    let diff = Definition::diff(before, after);
    let mut found = Vec::new();
    for left in &diff.new {
        if let Some(statement) = drop_of(&left.kind, &left.identity) {
            found.push((names(&left.kind, &left.identity), statement));
        }
    }
    for gone in &diff.missing {
        let row = before.get(&gone.kind, &gone.identity);
        if let Some(statement) = row.and_then(make) {
            found.push((names(&gone.kind, &gone.identity), statement));
        }
    }
    for changed in &diff.changed {
        let statement = match changed.kind.as_str() {
            "column" => column_change(&changed.identity, &changed.before, &changed.after),
            "index" | "constraint" | "trigger" => {
                let row = before.get(&changed.kind, &changed.identity);
                drop_of(&changed.kind, &changed.identity)
                    .zip(row.and_then(make))
                    .map(|(drop, make)| format!("{drop} {make}"))
            }
            _ => before.get(&changed.kind, &changed.identity).and_then(make),
        };
        if let Some(statement) = statement {
            found.push((names(&changed.kind, &changed.identity), statement));
        }
    }
    // The whole table before its columns.
    found.sort_by_key(|(names, _)| names.len());
    found
}

/// The parts of an identity that the words about it repeat.
fn names(kind: &str, identity: &str) -> Vec<String> {
    match (kind, identity.rsplit_once('.')) {
        ("column", Some((table, column))) => vec![table.to_owned(), format!("column {column}")],
        // told under the name of its table, without its schema
        ("index", Some((_, index))) => vec![format!("index {index} ")],
        _ => match identity.split_once(" on ") {
            Some((name, table)) => vec![table.to_owned(), name.to_owned()],
            None => vec![identity.to_owned()],
        },
    }
}

fn drop_of(kind: &str, identity: &str) -> Option<String> {
    Some(match kind {
        "table" | "view" | "materialized view" | "sequence" | "index" | "function"
        | "procedure" | "type" | "domain" | "schema" | "foreign table" => {
            format!("drop {kind} {identity};")
        }
        "column" => {
            let (table, column) = identity.rsplit_once('.')?;
            format!("alter table {table} drop column {column};")
        }
        "constraint" => {
            let (name, table) = identity.split_once(" on ")?;
            match table.strip_prefix("domain ") {
                Some(domain) => format!("alter domain {domain} drop constraint {name};"),
                None => format!("alter table {table} drop constraint {name};"),
            }
        }
        "trigger" | "policy" => {
            let (name, table) = identity.split_once(" on ")?;
            format!("drop {kind} {name} on {table};")
        }
        _ => return None,
    })
}

fn make(row: &DefinitionRow) -> Option<String> {
    let (identity, definition) = (&row.identity, &row.definition);
    let first = definition.lines().next().unwrap_or_default();
    Some(match row.kind.as_str() {
        "index" | "trigger" => format!("{first};"),
        "function" | "procedure" => format!("{};", definition.trim_end()),
        "view" | "materialized view" => {
            let query: Vec<&str> = definition
                .lines()
                .skip_while(|line| !line.trim_start().to_ascii_lowercase().starts_with("select"))
                .collect();
            if query.is_empty() {
                return None;
            }
            let replace = if row.kind == "view" {
                "create or replace"
            } else {
                "create"
            };
            format!(
                "{replace} {} {identity} as {}",
                row.kind,
                query.join("\n").trim()
            )
        }
        "constraint" => {
            let (name, table) = identity.split_once(" on ")?;
            format!("alter table {table} add constraint {name} {first};")
        }
        "column" => {
            let (table, column) = identity.rsplit_once('.')?;
            let type_text = property(definition, "type ")?;
            let mut text = format!("alter table {table} add column {column} {type_text}");
            if let Some(default) = property(definition, "default ") {
                text.push_str(&format!(" default {default}"));
            }
            if definition.lines().any(|line| line == "not null") {
                text.push_str(" not null");
            }
            text + ";"
        }
        "schema" => format!("create schema {identity};"),
        "comment" => return None,
        "type" => {
            let labels = definition.strip_prefix("enum ")?;
            format!("create type {identity} as enum {labels};")
        }
        _ => return None,
    })
}

fn property<'a>(definition: &'a str, name: &str) -> Option<&'a str> {
    definition.lines().find_map(|line| line.strip_prefix(name))
}

fn column_change(identity: &str, before: &str, after: &str) -> Option<String> {
    let (table, column) = identity.rsplit_once('.')?;
    let mut acts = Vec::new();
    let (old, new) = (property(before, "type "), property(after, "type "));
    if old != new {
        acts.push(format!("alter column {column} type {}", old?));
    }
    let (old, new) = (property(before, "default "), property(after, "default "));
    if old != new {
        acts.push(match old {
            Some(old) => format!("alter column {column} set default {old}"),
            None => format!("alter column {column} drop default"),
        });
    }
    let is = |definition: &str| definition.lines().any(|line| line == "not null");
    match (is(before), is(after)) {
        (true, false) => acts.push(format!("alter column {column} set not null")),
        (false, true) => acts.push(format!("alter column {column} drop not null")),
        _ => {}
    }
    (!acts.is_empty()).then(|| format!("alter table {table} {};", acts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(&str, &str, &str)]) -> State {
        let row = |(kind, identity, definition): &(&str, &str, &str)| DefinitionRow {
            kind: (*kind).to_owned(),
            identity: (*identity).to_owned(),
            definition: (*definition).to_owned(),
        };
        State {
            definition: Definition::new(rows.iter().map(row).collect()),
            orders: Orders::default(),
        }
    }

    #[test]
    fn order_alone_is_another_verdict() {
        let before = of(&[
            ("column", "s.t.a", "place 1\ntype text"),
            ("column", "s.t.b", "place 2\ntype text"),
        ]);
        let swapped = of(&[
            ("column", "s.t.a", "place 2\ntype text"),
            ("column", "s.t.b", "place 1\ntype text"),
        ]);
        let other = of(&[("column", "s.t.a", "place 1\ntype text")]);
        let columns = (WayBack::RestoredInAnotherOrder, Some(Reordered::Columns));
        assert_eq!(verdict(&before, &before), (WayBack::Restored, None));
        assert_eq!(verdict(&before, &swapped), columns);
        assert_eq!(verdict(&before, &other), (WayBack::Different, None));
        let keys = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let orders = [("s.t".to_owned(), "foreign keys".to_owned(), names)];
            State {
                orders: Orders::new(orders),
                ..before.clone()
            }
        };
        let (first, turned) = (keys(&["k", "l"]), keys(&["l", "k"]));
        assert_eq!(
            verdict(&first, &turned),
            (
                WayBack::RestoredInAnotherOrder,
                Some(Reordered::Constraints)
            )
        );
        assert_eq!(
            differences(&first, &turned)[0].words,
            "table s.t: the foreign keys are in another order: k, l -> l, k"
        );
    }

    #[test]
    fn what_differs_is_said_in_words_and_in_sql() {
        let table = ("table", "s.t", "");
        let before = of(&[
            table,
            (
                "column",
                "s.t.a",
                "place 1\ntype integer\nnot null\ndefault 7",
            ),
            ("column", "s.t.b", "place 2\ntype text"),
            ("constraint", "k on s.t", "CHECK ((a > 0))"),
            ("index", "s.i", "CREATE INDEX i ON s.t USING btree (a)"),
        ]);
        let after = of(&[
            table,
            ("column", "s.t.b", "place 2\ntype bigint\nnot null"),
            (
                "index",
                "s.left",
                "CREATE INDEX left ON s.t USING btree (b)",
            ),
        ]);
        let said = differences(&before, &after);
        let sql: Vec<&str> = said.iter().filter_map(|one| one.sql.as_deref()).collect();
        for expected in [
            "alter table s.t add column a integer default 7 not null;",
            "alter table s.t alter column b type text, alter column b drop not null;",
            "alter table s.t add constraint k CHECK ((a > 0));",
            "CREATE INDEX i ON s.t USING btree (a);",
            "drop index s.left;",
        ] {
            assert!(sql.contains(&expected), "{expected}: {said:#?}");
        }
        assert!(
            said.iter()
                .any(|one| one.words.contains("s.t: column a is gone")),
            "{said:#?}"
        );
    }
}
