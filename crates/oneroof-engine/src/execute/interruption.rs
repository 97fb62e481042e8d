//! A crash on purpose: the backend of a tier is terminated in the middle of it, for the crash drill.

use oneroof_pg::connect::Session;
use oneroof_pg::run::terminate;

use super::statements::Script;
use crate::error::EngineError;

/// Which tier is interrupted, and by whom.
pub(crate) struct Interruption<'a> {
    /// The tier's id.
    pub(crate) tier: &'a str,
    /// A session that may terminate others: the superuser's of the clone's private server.
    pub(crate) admin: &'a Session,
}

impl Interruption<'_> {
    /// Statements that still run: half of them, and at least one, so that there is something to lose.
    pub(crate) fn statement(&self, script: &Script) -> usize {
        script.statements.len().div_ceil(2)
    }

    /// Terminates the backend of the tier's session.
    pub(super) async fn strike(&self, session: &Session) -> Result<(), EngineError> {
        let gone = terminate(self.admin, session.backend_pid())
            .await
            .map_err(EngineError::database("terminate a backend on purpose"))?;
        if gone {
            return Ok(());
        }
        Err(EngineError::other(format!(
            "terminate the backend of tier `{}` on purpose: it is still there",
            self.tier
        )))
    }
}
