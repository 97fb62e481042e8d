//! The name of a table as a person writes it, `schema.table` or `table`, and as SQL needs it.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A table, with its schema unless it is looked for along the search path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    schema: Option<String>,
    table: String,
}

/// Why a text is no name of a table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("read `{0}` as the name of a table: it is TABLE or SCHEMA.TABLE, quoted as in SQL")]
pub struct TableNameError(String);

impl TableName {
    /// Reads `table`, `schema.table` or either in quotes; what is not quoted becomes lower-case, as in SQL.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<TableName, TableNameError> {
        let fault = || TableNameError(text.to_owned());
        let (first, rest) = part(text).ok_or_else(fault)?;
        let (schema, table) = match rest.strip_prefix('.') {
            None if rest.is_empty() => (None, first),
            None => return Err(fault()),
            Some(rest) => match part(rest) {
                Some((table, "")) => (Some(first), table),
                _ => return Err(fault()),
            },
        };
        Ok(TableName { schema, table })
    }

    /// Of parts that are names already.
    #[must_use]
    pub fn new(schema: Option<&str>, table: &str) -> TableName {
        TableName {
            schema: schema.map(str::to_owned),
            table: table.to_owned(),
        }
    }

    /// The schema, if it is said.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The table itself.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// As SQL has to write it. Names that could be key words are quoted: which words are is the server's to know.
    #[must_use]
    pub fn sql(&self) -> String {
        let written = |name: &str| match is_plain_name(name) && name.contains('_') {
            true => name.to_owned(),
            false => quoted(name),
        };
        let table = written(&self.table);
        match &self.schema {
            None => table,
            Some(schema) => format!("{}.{table}", written(schema)),
        }
    }

    /// Another table beside it.
    #[must_use]
    pub fn beside(&self, table: &str) -> TableName {
        TableName {
            schema: self.schema.clone(),
            table: table.to_owned(),
        }
    }
}

/// As people write it, and as [`TableName::parse`] reads it again.
impl fmt::Display for TableName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str| match is_plain_name(name) {
            true => name.to_owned(),
            false => quoted(name),
        };
        if let Some(schema) = &self.schema {
            write!(out, "{}.", shown(schema))?;
        }
        out.write_str(&shown(&self.table))
    }
}

impl TryFrom<String> for TableName {
    type Error = TableNameError;

    fn try_from(text: String) -> Result<TableName, TableNameError> {
        TableName::parse(&text)
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> String {
        name.to_string()
    }
}

/// The first name of a text, and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text
            .find(|letter: char| !is_plain(letter))
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let starts = name.starts_with(|first: char| !first.is_ascii_digit() && first != '$');
        return starts.then(|| (name.to_lowercase(), rest));
    };
    let mut name = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return (!name.is_empty()).then_some((name, after)),
        }
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$')
}

/// Does it mean itself without quotes, unless it is a key word?
fn is_plain_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_as_sql_does() {
        let told = |text: &str| TableName::parse(text).map(|name| name.to_string());
        for (text, written) in [
            ("schema_migrations", "schema_migrations"),
            ("public.Schema_Migrations", "public.schema_migrations"),
            ("ops.history", "ops.history"),
            ("\"My Schema\".\"a\"\"b.c\"", "\"My Schema\".\"a\"\"b.c\""),
        ] {
            assert_eq!(told(text).as_deref(), Ok(written));
            assert_eq!(told(written).as_deref(), Ok(written));
        }
        for text in [
            "", ".", "a.", ".a", "a.b.c", "a b", "\"a", "1a", "a;drop", "\"\"",
        ] {
            assert!(told(text).is_err(), "{text}");
        }
        let name = TableName::parse("public.order").unwrap();
        assert_eq!(name.sql(), "\"public\".\"order\"");
        assert_eq!(TableName::new(None, "a_b").sql(), "a_b");
    }
}
