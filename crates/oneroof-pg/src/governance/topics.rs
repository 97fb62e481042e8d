//! The topics and their tree.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// A topic: a value of the axis `topic`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Topic {
    /// Its code.
    pub topic: String,
    /// Its name.
    pub name: Option<String>,
    /// The topic above it.
    pub parent: Option<String>,
    /// candidate, active, deprecated or retired.
    pub status: String,
    /// Where it comes from.
    pub provenance_kind: Option<String>,
    /// The topic that it was merged into.
    pub merged_into: Option<String>,
    /// 0 for a root.
    pub depth: u32,
    /// The codes from the root down, joined by `/`.
    pub path: String,
    /// Active assignments.
    pub objects: u64,
    /// Labels that express it.
    pub labels: Vec<String>,
}

/// All topics, each below its parent; or only those of a status.
///
/// # Errors
/// What the server says.
pub async fn topics(session: &Session, status: Option<&str>) -> Result<Vec<Topic>, PgError> {
    super::rows(session, include_str!("topics.sql"), &[&status]).await
}
