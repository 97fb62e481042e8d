//! What a statement uses, as its text says: the catalog closure starts from here.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// A name with or without a schema, without quotes: exactly as the catalog holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Name {
    /// Schema, if one is written.
    pub schema: Option<String>,
    /// The name itself.
    pub name: String,
}

impl Name {
    /// A name without a schema.
    pub fn bare(name: impl Into<String>) -> Self {
        Self {
            schema: None,
            name: name.into(),
        }
    }

    /// A name with a schema.
    pub fn in_schema(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: Some(schema.into()),
            name: name.into(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(formatter, "{schema}.{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

/// A table, view or sequence in FROM; not a CTE that is visible there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelationUse {
    /// As written.
    pub name: Name,
    /// Byte offset of the name in the text.
    pub offset: usize,
}

/// A type that is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeUse {
    /// As written; types with a keyword of their own are in `pg_catalog`.
    pub name: Name,
    /// Byte offset of the name in the text; `None` where the grammar does not tell.
    pub offset: Option<usize>,
}

/// Everything that a statement names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Uses {
    /// Tables, views, sequences, each place once.
    pub relations: Vec<RelationUse>,
    /// Types, each place once.
    pub types: Vec<TypeUse>,
    /// Functions that are called.
    pub functions: BTreeSet<Name>,
    /// Functions that are called without a schema, with the byte offset of each place.
    pub calls: Vec<(String, usize)>,
    /// Operators, also those that the syntax implies (`in`, `like`, `using`, …).
    pub operators: BTreeSet<Name>,
    /// Last parts of dotted names: PostgreSQL calls a function of that name if there is no such
    /// column.
    pub dotted: BTreeSet<String>,
    /// Every name in a column reference or a `using` list.
    pub columns: BTreeSet<String>,
    /// May columns be read that are not named (`*`, a whole row, `natural join`)?
    pub unnamed_columns: bool,
}
