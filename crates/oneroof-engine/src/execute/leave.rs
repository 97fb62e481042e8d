//! The gate inside a run: each transaction that changes a production asks again, and the first one consumes the
//! approvals.

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::connect::Session;
use oneroof_pg::ledger::EntryKind;
use oneroof_pg::run::RunLock;

use super::release::ReleaseRun;
use crate::error::EngineError;

impl ReleaseRun<'_> {
    /// Asks in the very session that is going to change something.
    ///
    /// # Errors
    /// Refuses (`gate-closed`) a production without leave, and a leave that no longer holds.
    pub(super) async fn ask_the_gate(&self, session: &Session) -> Result<(), EngineError> {
        match (self.place.class, self.approved) {
            (TargetClass::Clone | TargetClass::Scratch, _) => Ok(()),
            (TargetClass::Production, Some(approved)) => {
                approved
                    .still_holds(session, &self.context.root, self.run_id)
                    .await
            }
            (TargetClass::Production | TargetClass::Golden, _) => Err(Refusal::new(
                RefusalCode::GateClosed,
                format!(
                    "target `{}` is a {}, and this run has no leave",
                    self.place.name, self.place.class
                ),
            )
            .hint("`oneroof gate` says what is needed")
            .into()),
        }
    }

    /// Writes into the ledger, in the session's open transaction, that the approvals are consumed; once for a run.
    pub(super) async fn consume(&self, session: &Session) -> Result<(), EngineError> {
        if let Some(body) = self.approved.and_then(|approved| approved.to_consume()) {
            let _ = self
                .append(session, EntryKind::ApprovalUsed, &[body])
                .await?;
        }
        Ok(())
    }

    /// The same in a transaction of its own, before a tier that commits on its way.
    pub(super) async fn consume_alone(&self, lock: &RunLock) -> Result<(), EngineError> {
        if let Some(body) = self.approved.and_then(|approved| approved.to_consume()) {
            self.append_alone(lock, EntryKind::ApprovalUsed, &body)
                .await?;
            self.consumed();
        }
        Ok(())
    }

    /// The transaction with [`Self::consume`] was committed.
    pub(super) fn consumed(&self) {
        if let Some(approved) = self.approved {
            approved.consumed();
        }
    }
}
