//! A scan: the function of package `one-roof` stores what the detectors see.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// What one scan did.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScanOutcome {
    /// Its id.
    pub scan_id: i64,
    /// Who scanned.
    pub actor: String,
    /// manual or scheduled.
    pub mode: String,
    /// Findings that it saw.
    pub findings: u64,
    /// Findings seen for the first time.
    pub opened: u64,
    /// Findings that had gone and are back.
    pub reopened: u64,
    /// Findings that are gone.
    pub resolved: u64,
    /// Open findings at its end.
    pub open: u64,
    /// Of them, critical ones.
    pub critical: u64,
    /// Open findings by detector.
    pub open_by_detector: BTreeMap<String, u64>,
}

/// Runs a scan in the session's present transaction, which must be that of `one_roof_operator`.
///
/// # Errors
/// 55P03 if another scan is running; what else the server says.
pub async fn scan(session: &Session, actor: &str, mode: &str) -> Result<ScanOutcome, PgError> {
    let rows = session
        .query(include_str!("scan.sql"), &[&actor, &mode])
        .await?;
    let id: i64 = match rows.first() {
        Some(row) => row.try_get(0)?,
        None => {
            return Err(PgError::Client {
                detail: "the scan gave no id".into(),
            });
        }
    };
    super::row(session, include_str!("scan_outcome.sql"), &[&id]).await
}
