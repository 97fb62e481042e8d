//! `drift`: what the detectors found, stored or at this moment.

use oneroof_pg::governance::coverage::scan_status;
use oneroof_pg::governance::drift::{drift_counts, live_findings, stored_findings};
use oneroof_pg::governance::names::NameKind;
use serde::Serialize;

use super::scan::{self, ScanMode, ScanOutcome};
use super::{Needs, known, one_of, read, reading};
use crate::context::Context;
use crate::error::EngineError;

pub use oneroof_pg::governance::coverage::{ScanRun, ScanStatus};
pub use oneroof_pg::governance::drift::{DriftCounts, Finding, FindingCounts, FindingFilter};

/// What a finding can be, the worst first.
const SEVERITIES: [&str; 3] = ["critical", "warning", "info"];

/// Which findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum DriftView {
    /// Those that the last scan stored.
    #[default]
    Stored,
    /// Those of this moment; nothing is stored.
    Live,
}

/// What `drift` is asked for.
#[derive(Debug, Clone, Default)]
pub struct DriftOptions {
    /// Which findings.
    pub view: DriftView,
    /// Scan first.
    pub scan: bool,
    /// Which of them.
    pub filter: FindingFilter,
}

/// What `drift` saw.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DriftReport {
    /// The target's name.
    pub target: String,
    /// Where the findings come from.
    pub view: DriftView,
    /// The newest scan.
    pub scan_status: ScanStatus,
    /// The scan that was run first, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanOutcome>,
    /// All open findings, whatever the filter: stored, and of this moment.
    pub counts: DriftCounts,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

impl DriftReport {
    /// Why this is not all right: a critical finding is open, stored or at this moment.
    pub fn critical(&self) -> Option<String> {
        match (self.counts.stored.critical, self.counts.live.critical) {
            (0, 0) => None,
            (0, live) => Some(format!(
                "{live} critical on target `{}` now, not stored by a scan yet",
                self.target
            )),
            (stored, 0) => Some(format!(
                "{stored} critical stored on target `{}`; the detectors no longer see them, the next scan resolves them",
                self.target
            )),
            (_, live) => Some(format!("{live} critical on target `{}`", self.target)),
        }
    }
}

/// Reads the findings of a target, after a scan if that is wanted.
pub async fn drift(
    context: &Context,
    target: &str,
    options: &DriftOptions,
) -> Result<DriftReport, EngineError> {
    let filter = &options.filter;
    one_of("severity", filter.severity.as_deref(), &SEVERITIES)?;
    let scan = if options.scan {
        Some(
            scan::scan(context, target, ScanMode::Manual, None)
                .await?
                .scan,
        )
    } else {
        None
    };
    read(context, target, "drift", Needs::OneRoof, async |session| {
        known(session, NameKind::Detector, filter.detector.as_deref()).await?;
        let findings = match options.view {
            DriftView::Stored => stored_findings(session, filter).await,
            DriftView::Live => live_findings(session, filter).await,
        };
        Ok(DriftReport {
            target: target.to_owned(),
            view: options.view,
            scan_status: scan_status(session)
                .await
                .map_err(reading("the newest scan"))?,
            scan,
            counts: drift_counts(session)
                .await
                .map_err(reading("the number of findings"))?,
            findings: findings.map_err(reading("the findings"))?,
        })
    })
    .await
}
