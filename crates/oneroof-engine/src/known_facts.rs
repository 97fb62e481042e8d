//! Facts of the catalog that several statements share.
//!
//! Reading them takes longer than most statements. They are kept for as long as they are true without a doubt: while
//! turns see the same [`CatalogState`], which every turn proves when it begins.

use std::sync::{Arc, Mutex, PoisonError};

use oneroof_model::readonly::facts::Facts;
use oneroof_pg::readonly::CatalogState;

/// Names that do not exist are answers too, and a client may ask for many of them.
const ANSWERS_MAX: usize = 10_000;

/// Facts of one state of the catalog.
#[derive(Debug, Default)]
pub(crate) struct KnownFacts(Mutex<Option<(CatalogState, Arc<Facts>)>>);

impl KnownFacts {
    /// What is known of this state.
    pub(crate) fn of(&self, state: &CatalogState) -> Option<Arc<Facts>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .as_ref()
            .filter(|(of, _)| of == state)
            .map(|(_, facts)| Arc::clone(facts))
    }

    /// Keeps what was read in this state, instead of what was known.
    pub(crate) fn keep(&self, state: &CatalogState, facts: Arc<Facts>) {
        if facts.answers() <= ANSWERS_MAX {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *known = Some((state.clone(), facts));
        }
    }
}
