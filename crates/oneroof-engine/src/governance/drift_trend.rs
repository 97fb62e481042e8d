//! How drift went: scan by scan, and whose objects the open findings are about.

use oneroof_pg::governance::drift::{findings_by_owner, newest_scans};
use serde::Serialize;

pub use oneroof_pg::governance::drift::{OwnerFindings, ScanPoint};

use super::{Needs, read, reading};
use crate::context::Context;
use crate::error::EngineError;

/// As many scans are looked back on.
const SCANS_MAX: i64 = 60;

/// How drift went on a target.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DriftTrend {
    /// The target's name.
    pub target: String,
    /// The newest finished scans, oldest first.
    pub scans: Vec<ScanPoint>,
    /// Open stored findings by accountable agency, the worst first.
    pub by_owner: Vec<OwnerFindings>,
}

/// Reads how drift went on a target.
pub async fn drift_trend(context: &Context, target: &str) -> Result<DriftTrend, EngineError> {
    read(context, target, "drift", Needs::OneRoof, async |session| {
        Ok(DriftTrend {
            target: target.to_owned(),
            scans: newest_scans(session, SCANS_MAX)
                .await
                .map_err(reading("the scans"))?,
            by_owner: findings_by_owner(session)
                .await
                .map_err(reading("the findings of owners"))?,
        })
    })
    .await
}
