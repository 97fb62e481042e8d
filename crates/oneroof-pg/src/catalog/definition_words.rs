//! The difference of two definitions in words: `table app.orders: column amount: type numeric(10,2)
//! -> numeric(12,2)`. Facts of one object (its owner, grants, comment, columns, constraints) are told
//! under its name; what belongs to a new or missing object is not told again.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::definition::Definition;

/// One property of one object that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectDifference {
    /// `table app.orders`
    pub object: String,
    /// `column amount`, where only a part of the object differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What differs.
    pub difference: Difference,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Difference {
    /// The second has it, the first has not.
    New,
    /// The first has it, the second has not.
    Gone,
    /// Both have it, with another value.
    Changed {
        /// The property and its first value.
        before: String,
        /// Its second value.
        after: String,
    },
    /// A property that only the first has.
    NoLonger {
        /// The property, with its value.
        property: String,
    },
    /// A property that only the second has.
    Now {
        /// The property, with its value.
        property: String,
    },
}

impl fmt::Display for ObjectDifference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.object)?;
        if let Some(part) = &self.part {
            write!(out, ": {part}")?;
        }
        match &self.difference {
            Difference::New => out.write_str(" is new"),
            Difference::Gone => out.write_str(" is gone"),
            Difference::Changed { before, after } => write!(out, ": {before} -> {after}"),
            Difference::NoLonger { property } => write!(out, ": no longer {property}"),
            Difference::Now { property } => write!(out, ": now {property}"),
        }
    }
}

impl Definition {
    /// What differs between two definitions, in words; empty exactly when their digests are equal.
    pub fn differences(before: &Self, after: &Self) -> Vec<ObjectDifference> {
        let diff = Self::diff(before, after);
        let mut found = BTreeSet::new();
        let mut whole = BTreeSet::new();
        for (objects, side, difference) in [
            (&diff.missing, before, Difference::Gone),
            (&diff.new, after, Difference::New),
        ] {
            for name in objects {
                let place = Place::of(&name.kind, &name.identity, side);
                let definition = side.get(&name.kind, &name.identity);
                let text = definition.map_or("", |row| row.definition.as_str());
                match (&place.property, &difference) {
                    (None, _) => {
                        if place.part.is_none() {
                            whole.insert(place.object.clone());
                        }
                        found.insert(place.tell(difference.clone()));
                    }
                    (Some(property), Difference::Gone) => {
                        let property = named(property, text);
                        found.insert(place.tell(Difference::NoLonger { property }));
                    }
                    (Some(property), _) => {
                        let property = named(property, text);
                        found.insert(place.tell(Difference::Now { property }));
                    }
                }
            }
        }
        for object in &diff.changed {
            let place = Place::of(&object.kind, &object.identity, after);
            for difference in lines(&place, &object.before, &object.after) {
                found.insert(place.tell(difference));
            }
        }
        // A part of a new or missing object is no difference of its own, and neither is its owner.
        let is_alone = |told: &ObjectDifference| {
            let is_whole = told.part.is_none()
                && matches!(told.difference, Difference::New | Difference::Gone);
            is_whole || !whole.contains(&told.object)
        };
        let parts: BTreeSet<_> = found
            .iter()
            .filter(|told| matches!(told.difference, Difference::New | Difference::Gone))
            .map(|told| (told.object.clone(), told.part.clone()))
            .collect();
        found
            .into_iter()
            .filter(is_alone)
            .filter(|told| {
                matches!(told.difference, Difference::New | Difference::Gone)
                    || told.part.is_none()
                    || !parts.contains(&(told.object.clone(), told.part.clone()))
            })
            .collect()
    }
}

fn named(property: &str, value: &str) -> String {
    match value {
        "" => property.to_owned(),
        _ => format!("{property} {}", value.replace('\n', ", ")),
    }
}

/// Where a fact is told.
struct Place {
    object: String,
    part: Option<String>,
    /// `owner`, `grants`, `comment`, …: the fact is a property. `None`: it is the thing itself.
    property: Option<String>,
}

/// Relations, which columns, constraints, triggers, rules and policies belong to.
const RELATIONS: [&str; 5] = [
    "table",
    "view",
    "materialized view",
    "foreign table",
    "type",
];
/// Kinds of more than one word, for facts that carry their object's kind before its name.
const LONG_KINDS: [&str; 18] = [
    "access method",
    "event trigger",
    "foreign data wrapper",
    "foreign server",
    "foreign table",
    "foreign-data wrapper",
    "materialized view",
    "operator class",
    "operator family",
    "security label",
    "server",
    "table column",
    "text search configuration",
    "text search dictionary",
    "text search parser",
    "text search template",
    "user mapping",
    "view column",
];

impl Place {
    fn of(kind: &str, identity: &str, side: &Definition) -> Self {
        let property = match kind {
            "owner" => "owner",
            "acl" => "grants",
            "comment" => "comment",
            "extension dependency" => "depends on",
            "tablespace" => "tablespace",
            "enforcement" => "enforcement",
            "security label" => {
                let (object, provider) = identity.rsplit_once(" for ").unwrap_or((identity, ""));
                let place = Self::of_object(object, side);
                let property = Some(format!("security label for {provider}"));
                return Self { property, ..place };
            }
            "setting" => {
                let (owner, name) = identity.split_once(": ").unwrap_or((identity, ""));
                let object = match owner.strip_prefix("of role ") {
                    Some(role) => format!("role {role} in this database"),
                    None => "database".to_owned(),
                };
                let property = Some(format!("setting {name}"));
                return Self {
                    object,
                    part: None,
                    property,
                };
            }
            "publication filter" | "publication schema" => {
                let (member, publication) = split_outside_quotes(identity, " in ");
                let (part, property) = match kind {
                    "publication schema" => (format!("schema {member}"), None),
                    _ => (format!("table {member}"), Some("filter".to_owned())),
                };
                return Self {
                    object: format!("publication {publication}"),
                    part: Some(part),
                    property,
                };
            }
            _ => return Self::of_fact(kind, identity, side),
        };
        Self {
            property: Some(property.to_owned()),
            ..Self::of_object(identity, side)
        }
    }

    /// `materialized view app.totals`, the name of an object behind its kind.
    fn of_object(text: &str, side: &Definition) -> Self {
        let long = LONG_KINDS.iter().find_map(|kind| {
            let identity = text.strip_prefix(kind)?.strip_prefix(' ')?;
            Some((*kind, identity))
        });
        match long.or_else(|| text.split_once(' ')) {
            Some((kind, identity)) => Self::of_fact(kind, identity, side),
            None => Self::whole(text.to_owned()),
        }
    }

    fn of_fact(kind: &str, identity: &str, side: &Definition) -> Self {
        match kind {
            "column" => match last_dot(identity) {
                Some(dot) => Self {
                    object: relation(&identity[..dot], side),
                    part: Some(format!("column {}", &identity[dot + 1..])),
                    property: None,
                },
                None => Self::whole(format!("{kind} {identity}")),
            },
            "constraint" | "trigger" | "rule" | "policy" => {
                let (name, owner) = split_outside_quotes(identity, " on ");
                Self {
                    object: match owner.starts_with("domain ") {
                        true => owner.to_owned(),
                        false => relation(owner, side),
                    },
                    part: Some(format!("{kind} {name}")),
                    property: None,
                }
            }
            "database" | "default privileges" if kind == identity => Self::whole(kind.to_owned()),
            _ => Self::whole(format!("{kind} {identity}")),
        }
    }

    fn whole(object: String) -> Self {
        Self {
            object,
            part: None,
            property: None,
        }
    }

    fn tell(&self, difference: Difference) -> ObjectDifference {
        ObjectDifference {
            object: self.object.clone(),
            part: self.part.clone(),
            difference,
        }
    }
}

/// `table app.orders`: the relation's name behind its kind.
fn relation(identity: &str, side: &Definition) -> String {
    let kind = RELATIONS
        .into_iter()
        .find(|kind| side.get(kind, identity).is_some())
        .unwrap_or("table");
    format!("{kind} {identity}")
}

/// The lines that differ, those of the same property side by side.
fn lines(place: &Place, before: &str, after: &str) -> Vec<Difference> {
    if let Some(property) = place.property.as_deref().filter(|name| *name != "grants") {
        let before = named(property, before);
        let after = after.replace('\n', ", ");
        return vec![Difference::Changed { before, after }];
    }
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let gone: Vec<&str> = old
        .iter()
        .filter(|line| !new.contains(line))
        .copied()
        .collect();
    let mut fresh: Vec<&str> = new
        .iter()
        .filter(|line| !old.contains(line))
        .copied()
        .collect();
    if gone.is_empty() && fresh.is_empty() {
        return vec![Difference::Changed {
            before: format!("lines in the order {}", old.join(" / ")),
            after: new.join(" / "),
        }];
    }
    let grants = place.property.is_some();
    let label = |line: &str| match grants {
        true => format!("grants {line}"),
        false => line.to_owned(),
    };
    let mut found = Vec::new();
    for line in gone {
        let same = |other: &&str| !grants && first_word(other) == first_word(line);
        match fresh.iter().position(same) {
            Some(place) => {
                let other = fresh.remove(place);
                let shared = shared_words(line, other);
                found.push(Difference::Changed {
                    before: line.trim().to_owned(),
                    after: other[shared..].trim().to_owned(),
                });
            }
            None => found.push(Difference::NoLonger {
                property: label(line.trim()),
            }),
        }
    }
    found.extend(fresh.into_iter().map(|line| Difference::Now {
        property: label(line.trim()),
    }));
    found
}

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

/// Bytes of the first words of both lines, when they name a property: all but its value.
fn shared_words(line: &str, other: &str) -> usize {
    let same = line
        .bytes()
        .zip(other.bytes())
        .take_while(|(one, two)| one == two)
        .count();
    let shared = &other[..other.floor_char_boundary(same)];
    let first = other.len() - other.trim_start().len() + first_word(other).len();
    // Only what is short and plain is a name; the rest of a shared beginning is part of the value.
    match shared.rfind(' ') {
        Some(blank) if shared.split_whitespace().count() <= 3 && shared.len() <= 24 => blank,
        _ => first.min(other.len()),
    }
}

/// The last dot that is not inside quotes.
fn last_dot(identity: &str) -> Option<usize> {
    let mut quoted = false;
    let mut found = None;
    for (place, letter) in identity.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => found = Some(place),
            _ => {}
        }
    }
    found
}

/// The two sides of the first separator that is not inside quotes.
fn split_outside_quotes<'a>(text: &'a str, separator: &str) -> (&'a str, &'a str) {
    let mut from = 0;
    while let Some(found) = text[from..].find(separator) {
        let place = from + found;
        if text[..place].matches('"').count() % 2 == 0 {
            return (&text[..place], &text[place + separator.len()..]);
        }
        from = place + separator.len();
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::super::definition::DefinitionRow;
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

    fn words(before: &[(&str, &str, &str)], after: &[(&str, &str, &str)]) -> Vec<String> {
        Definition::differences(&of(before), &of(after))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_property_is_named_with_both_values() {
        let before = [
            ("table", "sales.orders", ""),
            (
                "column",
                "sales.orders.amount",
                "place 1\ntype numeric(10,2)\nnot null",
            ),
            ("owner", "table sales.orders", "ann"),
            ("acl", "table sales.orders", "joe select\nsue select"),
            ("constraint", "\"a on b\" on sales.orders", "CHECK (true)"),
        ];
        let after = [
            ("table", "sales.orders", ""),
            (
                "column",
                "sales.orders.amount",
                "place 1\ntype numeric(12,2)\ndefault 0",
            ),
            ("owner", "table sales.orders", "bob"),
            ("acl", "table sales.orders", "joe select\nsue insert"),
            ("comment", "column sales.orders.amount", "how\nmuch"),
        ];
        assert_eq!(
            words(&before, &after),
            [
                "table sales.orders: owner ann -> bob",
                "table sales.orders: no longer grants sue select",
                "table sales.orders: now grants sue insert",
                "table sales.orders: column amount: type numeric(10,2) -> numeric(12,2)",
                "table sales.orders: column amount: no longer not null",
                "table sales.orders: column amount: now comment how, much",
                "table sales.orders: column amount: now default 0",
                "table sales.orders: constraint \"a on b\" is gone",
            ]
        );
        assert!(words(&before, &before).is_empty());
    }

    #[test]
    fn what_belongs_to_a_new_object_is_not_told_again() {
        let after = [
            ("materialized view", "app.\"T.x\"", "SELECT 1"),
            ("column", "app.\"T.x\".a", "place 1"),
            ("owner", "materialized view app.\"T.x\"", "ann"),
            ("acl", "column app.\"T.x\".a", "joe select"),
        ];
        assert_eq!(words(&[], &after), ["materialized view app.\"T.x\" is new"]);
        assert_eq!(
            words(&after, &[]),
            ["materialized view app.\"T.x\" is gone"]
        );
        assert_eq!(
            words(&after[..1], &after),
            [
                "materialized view app.\"T.x\": now owner ann",
                "materialized view app.\"T.x\": column a is new",
            ]
        );
    }
}
