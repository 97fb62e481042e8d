//! `reconcile list`: topic against label, collection by collection.

use oneroof_pg::governance::reconcile::reconciled;

pub use oneroof_pg::governance::reconcile::{Decision, Reconciled};

use super::{Needs, read, reading};
use crate::context::Context;
use crate::error::EngineError;

/// Every collection with a topic; or only those that no decision settles and whose sets share nothing.
pub async fn list(
    context: &Context,
    target: &str,
    only_open: bool,
) -> Result<Vec<Reconciled>, EngineError> {
    read(
        context,
        target,
        "reconcile",
        Needs::OneRoof,
        async |session| {
            reconciled(session, only_open)
                .await
                .map_err(reading("topics against labels"))
        },
    )
    .await
}
