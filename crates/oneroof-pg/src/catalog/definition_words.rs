//! The difference of two definitions in words: `table app.orders: column amount: type numeric(10,2)
//! -> numeric(12,2)`. Facts of one object (its owner, grants, comment, columns, constraints) are told
//! under its name; what belongs to a new or missing object is not told again.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::definition::{Definition, DefinitionRow};

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
    /// Both have it with different digests; what differs is not known.
    Differs {
        /// The property; `None`: the thing itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        property: Option<String>,
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
            Difference::Differs { property: None } => out.write_str(" differs"),
            Difference::Differs {
                property: Some(property),
            } => write!(out, ": {property} differs"),
        }
    }
}

impl Definition {
    /// What differs between two definitions, in words; empty exactly when their digests are equal.
    pub fn differences(before: &Self, after: &Self) -> Vec<ObjectDifference> {
        let diff = Self::diff(before, after);
        let mut found = BTreeSet::new();
        for (objects, side, difference) in [
            (&diff.missing, before, Difference::Gone),
            (&diff.new, after, Difference::New),
        ] {
            for name in objects {
                let place = Place::of(&name.kind, &name.identity, side);
                let definition = side.get(&name.kind, &name.identity);
                let text = definition.map_or("", |row| row.definition.as_str());
                if place.property.as_deref() == Some(GRANTS) {
                    let (old, new) = match difference {
                        Difference::Gone => (text, ""),
                        _ => ("", text),
                    };
                    found.extend(grants(old, new).map(|told| place.tell(told)));
                    continue;
                }
                match (&place.property, &difference) {
                    (None, _) => {
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
            for difference in changes(&place, &object.before, &object.after) {
                found.insert(place.tell(difference));
            }
        }
        without_repetition(
            found
                .into_iter()
                .filter(|told| !told.is_shifted_column(before, after))
                .collect(),
        )
    }

    /// The same facts with the digests of their definitions in place of these.
    pub fn by_digest(&self) -> Self {
        let digests = |rows: &[DefinitionRow]| -> Vec<DefinitionRow> {
            let digest = |row: &DefinitionRow| DefinitionRow {
                definition: row.digest().to_string(),
                ..row.clone()
            };
            rows.iter().map(digest).collect()
        };
        Self::new(digests(self.rows())).with_beside(digests(self.beside().rows()))
    }

    /// What differs between two definitions [`by_digest`](Self::by_digest): which objects, and of
    /// their facts which, but no values; empty exactly when all digests are equal.
    pub fn differences_by_digest(before: &Self, after: &Self) -> Vec<ObjectDifference> {
        let diff = Self::diff(before, after);
        let mut found = BTreeSet::new();
        for (objects, side, whole) in [
            (&diff.missing, before, Difference::Gone),
            (&diff.new, after, Difference::New),
        ] {
            for name in objects {
                let place = Place::of(&name.kind, &name.identity, side);
                let difference = match (&place.property, &whole) {
                    (None, _) => whole.clone(),
                    (Some(property), Difference::Gone) => Difference::NoLonger {
                        property: property.clone(),
                    },
                    (Some(property), _) => Difference::Now {
                        property: property.clone(),
                    },
                };
                found.insert(place.tell(difference));
            }
        }
        for object in &diff.changed {
            let place = Place::of(&object.kind, &object.identity, after);
            found.insert(place.tell(Difference::Differs {
                property: place.property.clone(),
            }));
        }
        without_repetition(found.into_iter().collect())
    }

    /// Each fact with the object that it is about, as differences name it: `table app.orders`.
    pub fn rows_by_object(&self) -> Vec<(String, &DefinitionRow)> {
        let rows = self.rows().iter();
        rows.map(|row| (Place::of(&row.kind, &row.identity, self).object, row))
            .collect()
    }

    /// Names of the relation's columns that the other one has too, in their order.
    fn columns_shared(&self, relation: &str, other: &Self) -> Vec<&str> {
        let mut columns: Vec<(usize, &str)> = self
            .rows()
            .iter()
            .filter(|row| row.kind == "column")
            .filter(|row| {
                last_dot(&row.identity).is_some_and(|dot| row.identity[..dot] == *relation)
            })
            .filter(|row| other.get("column", &row.identity).is_some())
            .map(|row| {
                let place = row.definition.lines().next().unwrap_or_default();
                let place = place
                    .strip_prefix("place ")
                    .and_then(|text| text.parse().ok());
                (place.unwrap_or_default(), row.identity.as_str())
            })
            .collect();
        columns.sort_unstable();
        columns.into_iter().map(|(_, name)| name).collect()
    }
}

/// Without what another difference says already.
fn without_repetition(found: Vec<ObjectDifference>) -> Vec<ObjectDifference> {
    found
        .iter()
        .filter(|told| !told.is_said_by_another(&found))
        .cloned()
        .collect()
}

impl ObjectDifference {
    fn is_whole(&self) -> bool {
        matches!(self.difference, Difference::New | Difference::Gone)
    }

    /// A column that only has another number, because one before it came or went.
    fn is_shifted_column(&self, before: &Definition, after: &Definition) -> bool {
        let is_place = matches!(&self.difference, Difference::Changed { before, .. } if before.starts_with("place "));
        let is_column = self
            .part
            .as_deref()
            .is_some_and(|part| part.starts_with("column "));
        if !is_place || !is_column {
            return false;
        }
        RELATIONS.iter().any(|kind| {
            let relation = self.object.strip_prefix(kind).map(str::trim_start);
            relation.is_some_and(|name| {
                let old = before.columns_shared(name, after);
                !old.is_empty() && old == after.columns_shared(name, before)
            })
        })
    }

    /// A part of a new or missing object is no difference of its own, neither is a property of a
    /// new or missing part, nor the index of a new or missing constraint.
    fn is_said_by_another(&self, all: &[Self]) -> bool {
        let index = self
            .part
            .as_deref()
            .and_then(|part| part.strip_prefix("index "));
        let constraint = index.map(|name| format!("constraint {name}"));
        all.iter()
            .filter(|other| other.is_whole() && other.object == self.object)
            .any(|other| match &other.part {
                None => self.part.is_some() || !self.is_whole(),
                Some(part) => {
                    (self.part.as_ref() == Some(part) && !self.is_whole())
                        || (self.is_whole() && constraint.as_ref() == Some(part))
                }
            })
    }
}

/// Property of the facts that are lists of rights.
const GRANTS: &str = "grants";

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
            "acl" => GRANTS,
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

    fn of_object(text: &str, side: &Definition) -> Self {
        match object_of_text(text) {
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
            "index" => {
                let printed = side.get(kind, identity).map_or("", |row| &row.definition);
                let (_, on) = split_outside_quotes(printed, " ON ");
                let (owner, _) = split_outside_quotes(on.trim_start_matches("ONLY "), " USING ");
                match (owner, last_dot(identity)) {
                    ("", _) | (_, None) => Self::whole(format!("{kind} {identity}")),
                    (owner, Some(dot)) => Self {
                        object: relation(owner, side),
                        part: Some(format!("index {}", &identity[dot + 1..])),
                        property: None,
                    },
                }
            }
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

/// `materialized view app.totals`, the name of an object behind its kind: both of them.
pub(super) fn object_of_text(text: &str) -> Option<(&str, &str)> {
    let long = LONG_KINDS.iter().find_map(|kind| {
        let identity = text.strip_prefix(kind)?.strip_prefix(' ')?;
        Some((*kind, identity))
    });
    long.or_else(|| text.split_once(' '))
}

/// `table app.orders`: the relation's name behind its kind.
fn relation(identity: &str, side: &Definition) -> String {
    let kind = RELATIONS
        .into_iter()
        .find(|kind| side.get(kind, identity).is_some())
        .unwrap_or("table");
    format!("{kind} {identity}")
}

/// The properties that differ, both values of the same one side by side.
fn changes(place: &Place, before: &str, after: &str) -> Vec<Difference> {
    match place.property.as_deref() {
        Some(GRANTS) => grants(before, after).collect(),
        Some(property) => vec![Difference::Changed {
            before: named(property, before),
            after: after.replace('\n', ", "),
        }],
        None => lines(before, after),
    }
}

/// Rights that came or went; `without` is a right that everybody would have.
fn grants<'a>(before: &'a str, after: &'a str) -> impl Iterator<Item = Difference> + 'a {
    let has = |text: &str, line: &str| text.lines().any(|other| other == line);
    let told = |line: &str, is_now: bool| {
        let (right, is_now) = match line.strip_prefix("without ") {
            Some(right) => (right, !is_now),
            None => (line, is_now),
        };
        let property = format!("{GRANTS} {right}");
        match is_now {
            true => Difference::Now { property },
            false => Difference::NoLonger { property },
        }
    };
    let gone = before.lines().filter(move |line| !has(after, line));
    let fresh = after.lines().filter(move |line| !has(before, line));
    gone.map(move |line| told(line, false))
        .chain(fresh.map(move |line| told(line, true)))
}

fn lines(before: &str, after: &str) -> Vec<Difference> {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let only = |these: &[&'_ str], those: &[&'_ str]| -> Vec<String> {
        let alone = these.iter().filter(|line| !those.contains(line));
        alone.map(|line| line.trim().to_owned()).collect()
    };
    let (gone, mut fresh) = (only(&old, &new), only(&new, &old));
    if gone.is_empty() && fresh.is_empty() {
        // The same lines in another order, or one of them more often.
        return vec![Difference::Changed {
            before: old.join(" / "),
            after: new.join(" / "),
        }];
    }
    let mut found = Vec::new();
    for line in gone {
        let name = property_name(&line);
        match fresh.iter().position(|other| property_name(other) == name) {
            Some(place) => {
                let other = fresh.remove(place);
                let is_ours = name.starts_with(|letter: char| letter.is_ascii_lowercase());
                let after = match is_ours {
                    true => other[name.len()..].trim().to_owned(),
                    false => other.clone(),
                };
                found.push(Difference::Changed {
                    before: line,
                    after,
                });
            }
            None => found.push(Difference::NoLonger { property: line }),
        }
    }
    found.extend(
        fresh
            .into_iter()
            .map(|property| Difference::Now { property }),
    );
    found
}

/// Names of properties that have more than one word.
const LONG_PROPERTIES: [&str; 15] = [
    "access method",
    "by value",
    "disable on error",
    "generated stored",
    "generated virtual",
    "modifier in",
    "modifier out",
    "moving state",
    "owned by",
    "partition by",
    "partition of",
    "password required",
    "replica identity",
    "run as owner",
    "toast with",
];

/// The beginning of a line that says which property it is: of what PostgreSQL printed, its first word.
fn property_name(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix("statistics of column ") {
        let number = rest.find(' ').unwrap_or(rest.len());
        return &line[..line.len() - rest.len() + number];
    }
    LONG_PROPERTIES
        .into_iter()
        .find(|name| line.starts_with(name))
        .unwrap_or_else(|| line.split_whitespace().next().unwrap_or_default())
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
pub(super) fn split_outside_quotes<'a>(text: &'a str, separator: &str) -> (&'a str, &'a str) {
    let mut from = 0;
    while let Some(found) = text[from..].find(separator) {
        let place = from + found;
        if text[..place].matches('"').count().is_multiple_of(2) {
            return (&text[..place], &text[place + separator.len()..]);
        }
        from = place + separator.len();
    }
    (text, "")
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
            (
                "acl",
                "table sales.orders",
                "joe select\nsue insert\nwithout public usage",
            ),
            ("comment", "column sales.orders.amount", "how\nmuch"),
        ];
        assert_eq!(
            words(&before, &after),
            [
                "table sales.orders: owner ann -> bob",
                "table sales.orders: no longer grants public usage",
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
    fn digests_tell_which_objects_differ() {
        let before = [
            ("table", "sales.orders", ""),
            ("column", "sales.orders.amount", "place 1\ntype integer"),
            ("owner", "table sales.orders", "ann"),
            ("comment", "table sales.orders", "all of them"),
            ("table", "sales.gone", ""),
            ("column", "sales.gone.id", "place 1"),
        ];
        let after = [
            ("table", "sales.orders", ""),
            ("column", "sales.orders.amount", "place 1\ntype text"),
            ("owner", "table sales.orders", "bob"),
            ("acl", "table sales.orders", "joe select"),
        ];
        let words: Vec<String> =
            Definition::differences_by_digest(&of(&before).by_digest(), &of(&after).by_digest())
                .iter()
                .map(ToString::to_string)
                .collect();
        assert_eq!(
            words,
            [
                "table sales.gone is gone",
                "table sales.orders: no longer comment",
                "table sales.orders: now grants",
                "table sales.orders: owner differs",
                "table sales.orders: column amount differs",
            ]
        );
        let same = of(&before).by_digest();
        assert!(Definition::differences_by_digest(&same, &same).is_empty());
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
