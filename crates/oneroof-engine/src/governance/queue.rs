//! What waits for a person.

use oneroof_pg::governance::queue::{lanes, queue};
use serde::Serialize;

pub use oneroof_pg::governance::queue::{Lane, QueueItem};

use super::{Needs, read, reading};
use crate::context::Context;
use crate::error::EngineError;

/// The review queue of a target.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReviewQueue {
    /// The target's name.
    pub target: String,
    /// Both lanes, the official one first.
    pub lanes: Vec<Lane>,
    /// What waits: the objects with the worst first, each object's items together.
    pub items: Vec<QueueItem>,
}

/// Reads the review queue of a target.
pub async fn review_queue(context: &Context, target: &str) -> Result<ReviewQueue, EngineError> {
    read(context, target, "queue", Needs::OneRoof, async |session| {
        Ok(ReviewQueue {
            target: target.to_owned(),
            lanes: lanes(session).await.map_err(reading("the lanes"))?,
            items: queue(session).await.map_err(reading("the review queue"))?,
        })
    })
    .await
}
