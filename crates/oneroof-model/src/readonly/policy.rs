//! What the operator of a target trusts beyond PostgreSQL's own reviewed objects.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::readonly::uses::Name;

/// `[targets.T.readonly]` of `oneroof.toml`, as written. There is no write mode to switch on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Functions by signature, `app.f(integer)`: exactly these, no other overload.
    pub functions: Vec<String>,
    /// Extensions by name: exactly the objects that belong to them.
    pub extensions: Vec<String>,
}

/// A [`Policy`] whose entries were found in the catalog: the names that the syntax may use. Which
/// object a name stands for is decided by the catalog closure, by identity and not by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TrustedNames {
    /// Schema and name of trusted functions.
    pub functions: BTreeSet<Name>,
    /// Schema and name of trusted operators.
    pub operators: BTreeSet<Name>,
}
