//! `topic list` and `topic tree`.

use oneroof_pg::governance::topics::topics;

pub use oneroof_pg::governance::topics::Topic;

use super::{Needs, one_of, read, reading};
use crate::context::Context;
use crate::error::EngineError;

/// What a topic can be.
const STATUSES: [&str; 4] = ["candidate", "active", "deprecated", "retired"];

/// The topics of a target, each below its parent; or only those of a status.
pub async fn list(
    context: &Context,
    target: &str,
    status: Option<&str>,
) -> Result<Vec<Topic>, EngineError> {
    one_of("status", status, &STATUSES)?;
    read(context, target, "topic", Needs::OneRoof, async |session| {
        topics(session, status).await.map_err(reading("the topics"))
    })
    .await
}
