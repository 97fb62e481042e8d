//! How a clone is made.

use serde::{Deserialize, Serialize};

/// The ways to copy a database of any server. A kept clone is copied inside its own server, by
/// [`super::copy_from_template`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CloneStrategy {
    /// Definitions by `pg_dump`, rows by parallel streams from one snapshot, into a private server of the same major.
    /// Works everywhere; the copy lacks the source's bloat, so timings on it are better than there.
    #[default]
    Logical,
    /// The server's files by `pg_basebackup`: bytes, bloat and indexes as they are. Holds the whole cluster, and makes a
    /// checkpoint and log on the source.
    Physical,
}

impl std::fmt::Display for CloneStrategy {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Logical => "logical",
            Self::Physical => "physical",
        })
    }
}
