//! Findings of the drift detectors: those that the last scan stored, or those of this moment.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// Which findings are asked for; what is `None` is not asked.
#[derive(Debug, Clone, Default)]
pub struct FindingFilter {
    /// critical, warning or info.
    pub severity: Option<String>,
    /// The detector.
    pub detector: Option<String>,
}

/// Something that a detector sees.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Finding {
    /// critical, warning or info.
    pub severity: String,
    /// The detector.
    pub detector: String,
    /// Type of what it is about.
    pub object_type: String,
    /// What it is about, within its type.
    pub object_ref: String,
    /// The axis, where there is one.
    pub axis: Option<String>,
    /// The value on the axis, where there is one.
    pub value: Option<String>,
    /// In words.
    pub detail: Option<String>,
    /// When a scan first saw it, UTC; of stored ones only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen_at: Option<String>,
    /// When a scan last saw it, UTC; of stored ones only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
    /// In how many scans it was seen; of stored ones only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_count: Option<u64>,
}

/// How many findings, by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FindingCounts {
    /// Must be zero.
    pub critical: u64,
    /// Wait for a person.
    pub warning: u64,
    /// To know.
    pub info: u64,
}

/// Both stores of findings, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DriftCounts {
    /// Open findings that scans stored.
    pub stored: FindingCounts,
    /// What the detectors see now.
    pub live: FindingCounts,
}

/// What one scan left behind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScanPoint {
    /// Its id.
    pub scan_id: i64,
    /// baseline, manual or scheduled.
    pub mode: String,
    /// UTC.
    pub started_at: String,
    /// Findings seen for the first time.
    pub opened: u64,
    /// Findings that were there before and are gone.
    pub resolved: u64,
    /// Open findings at its end.
    pub open: u64,
    /// Of them, critical ones.
    pub critical: u64,
}

/// Open findings about the objects of one agency.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OwnerFindings {
    /// The agency; `None` for objects that nobody is accountable for.
    pub owner: Option<String>,
    /// Objects with findings.
    pub objects: u64,
    /// The findings.
    #[serde(flatten)]
    pub counts: FindingCounts,
}

/// Open findings that scans stored, the worst first.
///
/// # Errors
/// What the server says.
pub async fn stored_findings(
    session: &Session,
    filter: &FindingFilter,
) -> Result<Vec<Finding>, PgError> {
    super::rows(
        session,
        include_str!("drift_stored.sql"),
        &[&filter.severity, &filter.detector],
    )
    .await
}

/// What the detectors see now, the worst first.
///
/// # Errors
/// What the server says.
pub async fn live_findings(
    session: &Session,
    filter: &FindingFilter,
) -> Result<Vec<Finding>, PgError> {
    super::rows(
        session,
        include_str!("drift_live.sql"),
        &[&filter.severity, &filter.detector],
    )
    .await
}

/// Both stores, counted.
///
/// # Errors
/// What the server says.
pub async fn drift_counts(session: &Session) -> Result<DriftCounts, PgError> {
    super::row(session, include_str!("drift_counts.sql"), &[]).await
}

/// The newest finished scans, oldest first.
///
/// # Errors
/// What the server says.
pub async fn newest_scans(session: &Session, scans_max: i64) -> Result<Vec<ScanPoint>, PgError> {
    super::rows(session, include_str!("drift_scans.sql"), &[&scans_max]).await
}

/// Open stored findings by accountable agency, the worst first.
///
/// # Errors
/// What the server says.
pub async fn findings_by_owner(session: &Session) -> Result<Vec<OwnerFindings>, PgError> {
    super::rows(session, include_str!("drift_owners.sql"), &[]).await
}
