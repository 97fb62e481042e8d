//! The ledger of the throw-away database: it decides whether a migration may go there or back, as it does for a release.

use oneroof_model::{LedgerEntry, ReleaseState};
use oneroof_pg::connect::Session;
use oneroof_pg::install::{self, AdoptOptions};
use oneroof_pg::ledger::{self, EntryKind};

use crate::error::EngineError;
use crate::execute::release::in_short;

/// The name under which migrations are kept.
const PACKAGE: &str = "migrations check"; // no package can be called so

/// What the ledger said so far, up to what is committed.
pub(super) struct Standing {
    entries: Vec<LedgerEntry>,
    last: u64,
}

impl Standing {
    /// Makes a ledger where there is none, and reads it.
    pub(super) async fn begin(session: &Session) -> Result<Standing, EngineError> {
        let exists = ledger::exists(session)
            .await
            .map_err(EngineError::database("look for the ledger"))?;
        if !exists {
            install::adopt(session, &AdoptOptions::production())
                .await
                .map_err(EngineError::database("adopt the throw-away database"))?;
        }
        let mut standing = Standing {
            entries: Vec::new(),
            last: 0,
        };
        standing.absorb(session).await?;
        Ok(standing)
    }

    /// Notes in the session's transaction that `migration` is applied, or undone.
    pub(super) async fn note(
        session: &Session,
        kind: EntryKind,
        migration: &str,
    ) -> Result<(), EngineError> {
        let body = serde_json::json!({
            "package": PACKAGE,
            "tier": migration,
            "verb": "apply",
        });
        ledger::append(session, kind, &body)
            .await
            .map_err(EngineError::database("write to the ledger"))?;
        Ok(())
    }

    /// Does `migration` stand, by the ledger as this session sees it?
    pub(super) async fn stands(
        &self,
        session: &Session,
        migration: &str,
    ) -> Result<bool, EngineError> {
        let mut all = self.entries.clone();
        all.extend(newer(session, self.last).await?);
        let state = ReleaseState::of(PACKAGE, &all);
        Ok(state.applied.iter().any(|tier| tier.tier == migration))
    }

    /// Keeps what was committed since.
    pub(super) async fn absorb(&mut self, session: &Session) -> Result<(), EngineError> {
        let newer = newer(session, self.last).await?;
        self.last = newer.last().map_or(self.last, |entry| entry.seq);
        self.entries.extend(newer);
        Ok(())
    }
}

async fn newer(session: &Session, after: u64) -> Result<Vec<LedgerEntry>, EngineError> {
    let entries = ledger::entries(session, after)
        .await
        .map_err(EngineError::database("read the ledger"))?;
    Ok(entries.into_iter().map(in_short).collect())
}
