//! Statements that PostgreSQL refuses inside a transaction: what each of them is after, so that the catalog
//! can be asked how it ended when nobody was there to hear it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A relation as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationName {
    /// `None`: found through the search path.
    pub schema: Option<String>,
    /// As the parser folded it, without quotes.
    pub name: String,
}

impl fmt::Display for RelationName {
    /// Quoted, as `to_regclass` reads it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        if let Some(schema) = &self.schema {
            write!(out, "{}.", quoted(schema))?;
        }
        out.write_str(&quoted(&self.name))
    }
}

/// What a statement outside a transaction is after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "aim", rename_all = "snake_case")]
pub enum Aim {
    /// `create index concurrently`
    CreateIndex {
        /// Its table.
        table: RelationName,
        /// Its name, if the statement gives one.
        index: Option<String>,
    },
    /// `drop index concurrently`
    DropIndex {
        /// The index.
        index: RelationName,
    },
    /// `reindex … concurrently` of an index or a table; may be run again.
    Reindex {
        /// The index or table.
        relation: RelationName,
    },
    /// `alter table … detach partition … concurrently`
    DetachPartition {
        /// The partitioned table.
        parent: RelationName,
        /// Its partition.
        partition: RelationName,
    },
    /// `create database`
    CreateDatabase {
        /// Its name.
        name: String,
    },
    /// `drop database`
    DropDatabase {
        /// Its name.
        name: String,
    },
    /// `create tablespace`
    CreateTablespace {
        /// Its name.
        name: String,
    },
    /// `drop tablespace`
    DropTablespace {
        /// Its name.
        name: String,
    },
    /// `create subscription`
    CreateSubscription {
        /// Its name.
        name: String,
    },
    /// Anything that ends the same when it is run again: `vacuum`, `cluster`, `alter system`, `reindex schema`.
    Repeat,
}

/// A statement outside a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideStatement {
    /// What it is after.
    pub aim: Aim,
    /// Is it one with CONCURRENTLY, which waits for others' old snapshots?
    pub concurrently: bool,
    /// The tables and indexes that it works on.
    pub relations: Vec<RelationName>,
}

/// What the catalog says about the aim of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Ending {
    /// Nothing of it is there, or it may simply be run again.
    NotThere,
    /// It is there, whole.
    Done,
    /// Something half-done is there.
    Half {
        /// In words: `index app.orders_at_idx is invalid`.
        left: Vec<String>,
        /// Statements that clear it away.
        mend: Vec<String>,
        /// Is the aim reached once that was done, or has the statement to be run again?
        mended: Mended,
    },
}

/// What holds after what was half-done is cleared away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mended {
    /// The statement has to be run again.
    RunAgain,
    /// The aim is reached.
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_the_server_reads_them() {
        let name = |schema: Option<&str>, name: &str| RelationName {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
        };
        assert_eq!(name(None, "t").to_string(), "\"t\"");
        assert_eq!(name(Some("App"), "a\"b").to_string(), "\"App\".\"a\"\"b\"");
    }
}
