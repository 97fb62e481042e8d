//! What waits for a person, and the two lanes: needs package `one-roof`.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// Something that waits for a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QueueItem {
    /// unowned_assignment, candidate_value or drift.
    pub item_kind: String,
    /// critical, warning or info.
    pub severity: String,
    /// Type of what it is about.
    pub object_type: String,
    /// What it is about, within its type.
    pub object_ref: String,
    /// The axis, where there is one.
    pub axis: Option<String>,
    /// The value on the axis, where there is one.
    pub value: Option<String>,
    /// Why it waits.
    pub reason: String,
}

/// One of the two lanes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Lane {
    /// official: somebody is accountable for the assignment; else candidate.
    pub lane: String,
    /// Objects in it.
    pub objects: u64,
}

/// Everything that waits: the objects with the worst first, each object's items together.
///
/// # Errors
/// What the server says.
pub async fn queue(session: &Session) -> Result<Vec<QueueItem>, PgError> {
    super::rows(session, include_str!("queue.sql"), &[]).await
}

/// Both lanes, the official one first.
///
/// # Errors
/// What the server says.
pub async fn lanes(session: &Session) -> Result<Vec<Lane>, PgError> {
    super::rows(session, include_str!("lanes.sql"), &[]).await
}
