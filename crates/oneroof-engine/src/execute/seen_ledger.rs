//! The ledger as one run has seen it: before each of its transactions only what was added since is read.

use oneroof_model::ReleaseState;
use oneroof_pg::connect::Session;
use oneroof_pg::ledger;
use tokio::sync::Mutex;

use super::release::in_short;
use crate::error::EngineError;

/// What the entries say that were read, and the number and hash of the last one.
#[derive(Debug, Default)]
struct Seen {
    state: ReleaseState,
    last: Option<(u64, String)>,
}

/// What a run knows of the ledger.
#[derive(Debug)]
pub(crate) struct SeenLedger {
    package: String,
    seen: Mutex<Seen>,
}

impl SeenLedger {
    /// Nothing yet, of a run of this package.
    pub(crate) fn of(package: &str) -> SeenLedger {
        SeenLedger {
            package: package.to_owned(),
            seen: Mutex::default(),
        }
    }

    /// What the ledger says about the package now. The last entry is read again: as long as it has the same hash, all
    /// before it are the same, for each names the one before. Otherwise (its transaction was rolled back) all are read.
    pub(crate) async fn state(&self, session: &Session) -> Result<ReleaseState, EngineError> {
        let mut seen = self.seen.lock().await;
        let from = seen.last.as_ref().map_or(0, |(seq, _)| *seq);
        let mut read = self::read(session, from.saturating_sub(1)).await?;
        if let Some((_, hash)) = &seen.last {
            if read.first().is_some_and(|first| first.hash == *hash) {
                read.remove(0);
            } else {
                *seen = Seen::default();
                read = self::read(session, 0).await?;
            }
        }
        if let Some(last) = read.last() {
            seen.last = Some((last.seq, last.hash.clone()));
        }
        for entry in read {
            seen.state.follow(&self.package, &in_short(entry));
        }
        Ok(seen.state.clone())
    }
}

async fn read(session: &Session, after: u64) -> Result<Vec<ledger::LedgerEntry>, EngineError> {
    ledger::entries_in_short(session, after)
        .await
        .map_err(EngineError::database("read the ledger"))
}
