//! What the steps on the clone share.

use oneroof_model::package::{Simulate, Tier};
use oneroof_pg::connect::Session;
use oneroof_pg::run::RunLock;

use super::copies::Copies;
use super::state::{CloneState, StateReader};
use crate::error::EngineError;
use crate::execute::forward::{TierRecord, units};
use crate::execute::release::ReleaseRun;

/// The clone with the run lock taken.
pub(super) struct Stage<'a> {
    /// The release on the clone.
    pub(super) run: &'a ReleaseRun<'a>,
    /// Its lock.
    pub(super) lock: &'a RunLock,
    /// The tiers that are rehearsed.
    pub(super) wanted: &'a [&'a Tier],
    /// What stands in for the gate, if anything does.
    pub(super) simulate: Option<&'a Simulate>,
    /// A session of the superuser that only reads.
    pub(super) admin: &'a Session,
    /// The clone before anything was done to it.
    pub(super) baseline: &'a CloneState,
    /// A copy of it as it was then, for a workload.
    pub(super) loaded: Option<&'a Copies<'a>>,
    /// Tables whose rows the clone does not have.
    pub(super) left_out: &'a [String],
}

impl Stage<'_> {
    /// Reads states of the clone.
    pub(super) fn states(&self) -> StateReader<'_> {
        StateReader {
            admin: self.admin,
            apart: vec![self.lock.backend_pid()],
            left_out: self.left_out.to_vec(),
        }
    }

    /// Was this tier applied? `None` means the last one.
    pub(super) fn has(&self, tier: Option<&Tier>) -> bool {
        tier.is_none_or(|tier| self.wanted.iter().any(|wanted| wanted.id == tier.id))
    }
}

/// Begins the release or goes on where it stands, up to the last tier of `through`, and does not finish it.
pub(super) async fn advance(
    run: &ReleaseRun<'_>,
    lock: &RunLock,
    through: &[&Tier],
    wanted: &[&Tier],
) -> Result<Vec<TierRecord>, EngineError> {
    let state = run.adopted_state(lock.watcher()).await?;
    let entry = match state.is_begun() {
        true => state.entry.clone(),
        false => run.begin_release(lock, wanted, &mut Vec::new()).await?,
    };
    let mut created = run.tables_of(lock).await?;
    let mut records = Vec::new();
    for unit in units(&through[state.applied.len().min(through.len())..]) {
        records.extend(run.apply_unit(lock, &unit, &entry, &mut created).await?);
    }
    Ok(records)
}
