//! What the catalog says about the objects of one statement. Plain data: the loader is in
//! `oneroof-pg`, the decision in `oneroof-sql`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::readonly::uses::Name;

/// First object id that is not made by `initdb`: everything below belongs to PostgreSQL itself.
pub const FIRST_USER_OID: u32 = 16_384;

/// What the closure asks the catalog for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Relations by name.
    pub relations: BTreeSet<Name>,
    /// Relations by object id (what views and inheritance lead to).
    pub relation_oids: BTreeSet<u32>,
    /// Types by name.
    pub types: BTreeSet<Name>,
    /// Types by object id.
    pub type_oids: BTreeSet<u32>,
    /// Which functions bear these names, outside of `pg_catalog`?
    pub functions: BTreeSet<String>,
    /// Those of them where functions of `pg_catalog` are wanted too: names that are not reviewed.
    pub functions_of_catalog: BTreeSet<String>,
    /// Which operators bear these names, outside of `pg_catalog`?
    pub operators: BTreeSet<String>,
}

impl Questions {
    /// Is there nothing to ask?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// Answers, which grow from round to round. Every question has an answer here, if only "there is
/// none".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Schemas of the session's own search path, in order, without `pg_catalog` and temporary ones.
    pub path: Vec<String>,
    /// Objects that the operator trusts.
    pub trusted: Trusted,
    /// Casts with a function that is not PostgreSQL's own.
    pub casts: Vec<CastFact>,
    /// Which relation a name stands for, searched in `pg_catalog`, then `path`.
    pub relation_names: BTreeMap<Name, Option<u32>>,
    /// Relations by object id; `None` if there is none (any more).
    pub relations: BTreeMap<u32, Option<RelationFact>>,
    /// Which type a name stands for, searched in `pg_catalog`, then `path`.
    pub type_names: BTreeMap<Name, Option<u32>>,
    /// Types by object id.
    pub types: BTreeMap<u32, Option<TypeFact>>,
    /// Functions that bear a name that was asked for, in any schema.
    pub functions: BTreeMap<String, Vec<FunctionFact>>,
    /// Operators outside of `pg_catalog` that bear a name that was asked for, in any schema.
    pub operators: BTreeMap<String, Vec<OperatorFact>>,
}

impl Facts {
    /// How many answers there are.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.relation_names.len()
            + self.relations.len()
            + self.type_names.len()
            + self.types.len()
            + self.functions.len()
            + self.operators.len()
    }
}

/// The operator's policy, resolved to identities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trusted {
    /// Functions that are listed, or belong to a trusted extension: object id and signature.
    pub functions: BTreeMap<u32, FunctionFact>,
    /// Operators that belong to a trusted extension, or stand for a trusted function.
    pub operators: BTreeMap<u32, OperatorFact>,
    /// Types that belong to a trusted extension.
    pub types: BTreeSet<u32>,
    /// Relations that belong to a trusted extension.
    pub relations: BTreeSet<u32>,
    /// Schemas that hold objects of trusted extensions.
    pub schemas: BTreeSet<String>,
    /// Entries of the policy that stand for nothing in this database.
    pub unresolved: Vec<UnresolvedEntry>,
}

/// An entry of the policy that the catalog does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnresolvedEntry {
    /// Key in `[targets.T.readonly]`: `functions` or `extensions`.
    pub key: &'static str,
    /// The entry as written.
    pub entry: String,
    /// Why it cannot be used.
    pub reason: String,
}

/// A table, view or the like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelationFact {
    /// Object id.
    pub oid: u32,
    /// Where it is.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `pg_class.relkind`: `r`, `p`, `v`, `m`, `f`, `S`, `t`, …
    pub kind: char,
    /// Text of a view, printed with every foreign name qualified.
    pub definition: Option<String>,
    /// What the view, its policies or its generated columns use that is not PostgreSQL's own.
    pub depends: Vec<Dependency>,
    /// Row security policies for reading, if row security is on.
    pub policies: Vec<ExpressionFact>,
    /// Expressions that are computed when a column is read (virtual generated columns).
    pub computed: Vec<ExpressionFact>,
    /// Expressions that the planner may evaluate in advance: checks, index and statistics
    /// expressions, partition keys. Only their constant parts are.
    pub planned: Vec<ExpressionFact>,
    /// Partitions and inheriting tables, direct ones.
    pub children: Vec<u32>,
    /// Live columns.
    pub columns: Vec<ColumnFact>,
    /// Name of a table access method that is not PostgreSQL's own.
    pub foreign_access_method: Option<String>,
}

/// A stored expression: a policy, a generated column, a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpressionFact {
    /// What it belongs to: the policy's, column's or constraint's name.
    pub name: String,
    /// The expression, printed with every foreign name qualified.
    pub text: String,
}

/// A column of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnFact {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_oid: u32,
}

/// One object that a stored query uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Dependency {
    /// A function, perhaps one that no text shows (an implicit cast).
    Function(FunctionFact),
    /// An operator.
    Operator(OperatorFact),
    /// A type.
    Type {
        /// Object id.
        oid: u32,
    },
    /// A relation.
    Relation {
        /// Object id.
        oid: u32,
    },
}

/// A type that is not PostgreSQL's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeFact {
    /// Object id.
    pub oid: u32,
    /// Where it is.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `pg_type.typtype`: `b`ase, `c`omposite, `d`omain, `e`num, `r`ange, `m`ultirange, `p`seudo.
    pub kind: char,
    /// Is it an array type (its element is in `parts`)?
    pub is_array: bool,
    /// Checks of a domain.
    pub checks: Vec<ExpressionFact>,
    /// Element, base type, attributes, subtype.
    pub parts: Vec<u32>,
    /// What its checks and support functions use that is not PostgreSQL's own.
    pub depends: Vec<Dependency>,
    /// Extension that it belongs to.
    pub extension: Option<String>,
}

/// A cast by a function that is not PostgreSQL's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CastFact {
    /// From.
    pub source: u32,
    /// To.
    pub target: u32,
    /// Name of the source, for messages.
    pub source_name: String,
    /// Name of the target.
    pub target_name: String,
    /// Does it happen without being written?
    pub implicit: bool,
    /// The function.
    pub function: FunctionFact,
}

/// A function that is not in `pg_catalog`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunctionFact {
    /// Object id.
    pub oid: u32,
    /// Where it is.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// As `regprocedure` prints it, with the schema: `app.f(integer)`.
    pub signature: String,
    /// Extension that it belongs to.
    pub extension: Option<String>,
}

/// An operator that is not in `pg_catalog`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorFact {
    /// Object id.
    pub oid: u32,
    /// Where it is.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// As `regoperator` prints it, with the schema.
    pub signature: String,
    /// Object id of its function.
    pub function: u32,
    /// Extension that it belongs to.
    pub extension: Option<String>,
}
