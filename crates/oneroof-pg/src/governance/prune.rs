//! Old scans that opened and resolved nothing, and how they go.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// The scans of a target, by what pruning makes of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrunePlan {
    /// Scans that may go, oldest first.
    pub prunable: Vec<i64>,
    /// When the oldest of them began, UTC.
    pub oldest: Option<String>,
    /// When the newest of them began, UTC.
    pub newest: Option<String>,
    /// All scans.
    pub scans: u64,
    /// Scans that stay for ever: the baseline, the newest, those in which a finding opened or resolved.
    pub kept: u64,
    /// Scans that are not old enough yet.
    pub young: u64,
}

/// What pruning would take, if scans may go after so many days.
///
/// # Errors
/// What the server says.
pub async fn prune_plan(session: &Session, days: i32) -> Result<PrunePlan, PgError> {
    super::row(session, include_str!("prune_plan.sql"), &[&days]).await
}

/// Deletes these scans in the session's present transaction; gives their number. The database refuses
/// (23503) to delete one that a finding or an event still names.
///
/// # Errors
/// What the server says.
pub async fn prune(session: &Session, scans: &[i64]) -> Result<u64, PgError> {
    session.execute(include_str!("prune.sql"), &[&scans]).await
}
