//! Which schema a fact belongs to, read from its identity; and a definition cut down to some schemas.

use std::collections::BTreeSet;

use super::definition::{Definition, DefinitionRow};
use super::definition_words::{object_of_text, split_outside_quotes};

/// Kinds of objects that lie in no schema, whatever their names look like.
const WITHOUT_SCHEMA: [&str; 18] = [
    "access method",
    "cast",
    "database",
    "event trigger",
    "extension",
    "foreign data wrapper",
    "foreign server",
    "foreign-data wrapper",
    "language",
    "publication",
    "publication filter",
    "publication schema",
    "role",
    "server",
    "setting",
    "subscription",
    "transform",
    "user mapping",
];

impl Definition {
    /// The facts of these schemas alone, and of those beside the digest. What lies in no schema (casts,
    /// extensions, publications, settings, rights on the database, …) is left out.
    pub fn of_schemas(&self, schemas: &[String]) -> Self {
        self.filtered(|row| row.schema().is_some_and(|schema| schemas.contains(&schema)))
    }

    /// The schemas that facts lie in, sorted.
    pub fn schemas(&self) -> BTreeSet<String> {
        self.rows()
            .iter()
            .filter_map(DefinitionRow::schema)
            .collect()
    }
}

impl DefinitionRow {
    /// The schema that the fact's object lies in, as it is written without quotes.
    pub fn schema(&self) -> Option<String> {
        schema_of(&self.kind, &self.identity)
    }
}

/// The schema of a schema-qualified name, as it is written without quotes.
pub fn schema_of_name(name: &str) -> Option<String> {
    let (schema, rest) = first_name(name)?;
    rest.starts_with('.').then_some(schema)
}

fn schema_of(kind: &str, identity: &str) -> Option<String> {
    match kind {
        "owner" | "acl" | "comment" | "extension dependency" | "tablespace" | "enforcement" => {
            let (kind, identity) = object_of_text(identity)?;
            schema_of(kind, identity)
        }
        "security label" => {
            let (object, _) = identity.rsplit_once(" for ")?;
            let (kind, identity) = object_of_text(object)?;
            schema_of(kind, identity)
        }
        "schema" => first_name(identity).map(|(schema, _)| schema),
        "constraint" | "trigger" | "rule" | "policy" => {
            let (_, owner) = split_outside_quotes(identity, " on ");
            schema_of_name(owner.strip_prefix("domain ").unwrap_or(owner))
        }
        "default privileges" => {
            let (_, inside) = split_outside_quotes(identity, " in ");
            first_name(inside).map(|(schema, _)| schema)
        }
        _ if WITHOUT_SCHEMA.contains(&kind) => None,
        _ => schema_of_name(identity),
    }
}

/// The first name of a text, without quotes, and what follows it.
fn first_name(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'))
            .unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut letters = quoted.char_indices().peekable();
    while let Some((place, letter)) = letters.next() {
        match (letter, letters.peek()) {
            ('"', Some((_, '"'))) => {
                letters.next();
                name.push('"');
            }
            ('"', _) => return Some((name, &quoted[place + 1..])),
            _ => name.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::schema_of;

    #[test]
    fn every_kind_names_its_schema() {
        for (kind, identity, schema) in [
            ("table", "app.orders", Some("app")),
            ("table", "\"Odd \"\". name\".t", Some("Odd \". name")),
            ("column", "app.\"T.x\".a", Some("app")),
            ("function", "app.f(integer)", Some("app")),
            ("operator", "app.=(integer,integer)", Some("app")),
            ("operator class", "app.c USING btree", Some("app")),
            ("schema", "app", Some("app")),
            ("constraint", "\"a on b.c\" on app.orders", Some("app")),
            ("constraint", "positive on domain app.amount", Some("app")),
            ("owner", "materialized view app.totals", Some("app")),
            ("owner", "schema app", Some("app")),
            ("acl", "table column app.orders.id", Some("app")),
            ("comment", "trigger t on app.orders", Some("app")),
            ("enforcement", "constraint fk on app.orders", Some("app")),
            ("security label", "table app.orders for dummy", Some("app")),
            (
                "default privileges",
                "of ann in app for tables",
                Some("app"),
            ),
            ("default privileges", "of \"x in y\" for tables", None),
            ("extension", "\"a.b\"", None),
            ("cast", "app.mood as text", None),
            ("acl", "foreign-data wrapper w", None),
            ("acl", "database", None),
            ("owner", "database", None),
            ("setting", "of the database: search_path", None),
            ("publication filter", "app.orders in p", None),
        ] {
            assert_eq!(
                schema_of(kind, identity).as_deref(),
                schema,
                "{kind} {identity}"
            );
        }
    }
}
