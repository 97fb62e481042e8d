//! The proof that a statement may run: the only thing that the read-only channel executes.

use serde::Serialize;

use crate::readonly::uses::Name;

/// What kind of statement it is, and so how it is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// `select`, `values`, `table`, `with … select`: by a cursor.
    Select,
    /// `explain` of such a statement, also with ANALYZE, which is the same read.
    Explain,
    /// `show`.
    Show,
}

/// A statement that was admitted, and the conditions under which it was.
///
/// Only `oneroof-sql` makes one (`crates/oneroof/tests/it/tidy.rs` holds that). The proof is about
/// the catalog as it was read: load the facts and execute in one transaction, and set exactly
/// [`Admitted::search_path`] before the statement is parsed by the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Admitted(AdmittedParts);

/// What an [`Admitted`] holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdmittedParts {
    /// The text to run: the one that was given, or, if `rewritten`, with schemas written out.
    pub text: String,
    /// Was the text changed, because an object of the database bears the name of a built-in one?
    pub rewritten: bool,
    /// The value of `search_path` to run under, quoted as `set local search_path = …` takes it.
    pub search_path: String,
    /// What kind of statement it is.
    pub kind: StatementKind,
    /// Tables, views and sequences that it reads, also through views, with their schemas.
    pub relations: Vec<Name>,
    /// Functions that it calls by name, as written.
    pub functions: Vec<Name>,
}

impl Admitted {
    /// For `oneroof-sql` alone: whoever calls this says that the statement was proven.
    #[must_use]
    pub fn proven_by_guard(parts: AdmittedParts) -> Self {
        Self(parts)
    }

    /// The text to run.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Was the text changed (schemas written out)?
    #[must_use]
    pub fn is_rewritten(&self) -> bool {
        self.0.rewritten
    }

    /// The value of `search_path` to run under, quoted as `set local search_path = …` takes it.
    #[must_use]
    pub fn search_path(&self) -> &str {
        &self.0.search_path
    }

    /// What kind of statement it is.
    #[must_use]
    pub fn kind(&self) -> StatementKind {
        self.0.kind
    }

    /// Tables, views and sequences that it reads, also through views.
    #[must_use]
    pub fn relations(&self) -> &[Name] {
        &self.0.relations
    }

    /// Functions that it calls by name.
    #[must_use]
    pub fn functions(&self) -> &[Name] {
        &self.0.functions
    }
}
