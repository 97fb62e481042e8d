//! How a clone is made.

use serde::{Deserialize, Serialize};

/// The ways to copy a database. `template`, `physical` and `snapshot` will stand beside the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CloneStrategy {
    /// `pg_dump` piped into `pg_restore`, into a private server of the same major. Works
    /// everywhere; the copy lacks the source's bloat, so timings on it are better than there.
    #[default]
    Logical,
}
