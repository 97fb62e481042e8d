//! `drift prune`: old scans that opened and resolved nothing go. What a finding or an event names, the
//! baseline and the newest scan stay for ever.

use oneroof_pg::governance::prune::{prune as run_prune, prune_plan};
use serde::Serialize;

use super::operator::Operator;
use super::{Needs, read, reading};
use crate::context::Context;
use crate::error::EngineError;

pub use oneroof_pg::governance::prune::PrunePlan;

/// Days after which a scan may go, unless somebody says another number.
pub const DAYS_DEFAULT: i32 = 90;

/// What pruning did or would do.
#[derive(Debug, Serialize)]
pub struct PruneReport {
    /// The target's name.
    pub target: String,
    /// Was it done, or only shown?
    pub executed: bool,
    /// Days after which a scan may go.
    pub older_than_days: i32,
    /// Scans that were deleted.
    pub deleted: u64,
    /// The scans.
    #[serde(flatten)]
    pub plan: PrunePlan,
}

/// Shows which scans may go, or deletes them.
pub async fn prune(
    context: &Context,
    target: &str,
    days: i32,
    execute: bool,
) -> Result<PruneReport, EngineError> {
    let report = |plan, deleted| PruneReport {
        target: target.to_owned(),
        executed: execute,
        older_than_days: days,
        deleted,
        plan,
    };
    if !execute {
        let plan = read(context, target, "prune", Needs::OneRoof, async |session| {
            prune_plan(session, days)
                .await
                .map_err(reading("the scans"))
        })
        .await?;
        return Ok(report(plan, 0));
    }
    let operator = Operator::open(context, target, "prune").await?;
    let outcome = operator
        .act(async |session| {
            let plan = prune_plan(session, days)
                .await
                .map_err(reading("the scans"))?;
            let deleted = run_prune(session, &plan.prunable).await.map_err(|error| {
                operator.right_missing("delete on {schema}.governance_scan_run", error)
            })?;
            Ok((plan, deleted))
        })
        .await;
    operator.close().await;
    let (plan, deleted) = outcome?;
    Ok(report(plan, deleted))
}
