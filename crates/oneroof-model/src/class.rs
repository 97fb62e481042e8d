//! The class of a target, and the mark that a clone carries.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a database is; a fact stored in the database itself, never in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum TargetClass {
    /// Real: changed only through the gate. Everything without a valid mark.
    Production,
    /// A kept clone, changed only by refresh and restore.
    Golden,
    /// A disposable copy.
    Clone,
    /// Made by oneroof from nothing.
    Scratch,
}

impl TargetClass {
    /// May a release be applied to it without a gate?
    pub fn is_free_to_change(self) -> bool {
        matches!(self, TargetClass::Clone | TargetClass::Scratch)
    }
}

impl fmt::Display for TargetClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            TargetClass::Production => "production",
            TargetClass::Golden => "golden",
            TargetClass::Clone => "clone",
            TargetClass::Scratch => "scratch",
        })
    }
}

/// The database setting `oneroof.mark`: believed only together with the local registry of clones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Clone, golden or scratch.
    pub class: TargetClass,
    /// The clone's id, also its entry in the registry.
    pub id: String,
    /// The name of the target it was made from.
    pub source: String,
    /// OID of the marked database: a copied mark names another one.
    pub database_oid: u32,
    /// SHA-256 over the other members and the registry's secret part.
    pub digest: String,
}
