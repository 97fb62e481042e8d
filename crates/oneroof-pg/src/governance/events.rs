//! The event log as CloudEvents 1.0. It is a record: reading it marks nothing as emitted.

use serde_json::Value;

use crate::connect::Session;
use crate::error::PgError;

/// From where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventsSince {
    /// All events.
    Beginning,
    /// Those behind this event.
    Event(i64),
    /// Those of this moment and later, RFC 3339.
    Time(String),
}

/// Events in the order of the log, one CloudEvent each; `source` names the log in all the world.
///
/// # Errors
/// What the server says.
pub async fn events(
    session: &Session,
    source: &str,
    since: &EventsSince,
) -> Result<Vec<Value>, PgError> {
    let (after, from) = match since {
        EventsSince::Beginning => (None, None),
        EventsSince::Event(id) => (Some(*id), None),
        EventsSince::Time(time) => (None, Some(time.as_str())),
    };
    super::rows(
        session,
        include_str!("events.sql"),
        &[&source, &after, &from],
    )
    .await
}
