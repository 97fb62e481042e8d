//! `event export`: the event log as CloudEvents 1.0. Read-only; nothing is marked as emitted.

use std::path::Path;

use chrono::{DateTime, NaiveDate};
use oneroof_pg::governance::events::events;
use serde_json::Value;

use super::{Needs, Roof, reading};
use crate::context::Context;
use crate::error::EngineError;

pub use oneroof_pg::governance::events::EventsSince;

/// The events of a target in the order of the log.
pub async fn export(
    context: &Context,
    target: &str,
    since: &EventsSince,
) -> Result<Vec<Value>, EngineError> {
    let mut roof = Roof::open(context, target, "event").await?;
    let schema = roof.schema.clone();
    let outcome = roof
        .read(Needs::OneRoof, async |session| {
            let identity = oneroof_pg::catalog::identity(session)
                .await
                .map_err(reading("the target's identity"))?;
            let server = identity.system_identifier.as_deref();
            let source = source(server, &identity.database_name, &schema);
            events(session, &source, since)
                .await
                .map_err(reading("the event log"))
        })
        .await;
    roof.close().await;
    outcome
}

/// Reads what `--since` says: the number of an event, a day, or a time with its zone.
pub fn since(word: Option<&str>) -> Result<EventsSince, EngineError> {
    let Some(word) = word else {
        return Ok(EventsSince::Beginning);
    };
    if let Ok(id) = word.parse::<i64>() {
        return Ok(EventsSince::Event(id));
    }
    if word.parse::<NaiveDate>().is_ok() {
        return Ok(EventsSince::Time(format!("{word}T00:00:00Z")));
    }
    match DateTime::parse_from_rfc3339(word) {
        Ok(time) => Ok(EventsSince::Time(time.to_rfc3339())),
        Err(error) => Err(EngineError::input(
            format!("understand `{word}` as a place in the log: {error}"),
            "write the id of an event (its successors follow), a day (2026-11-21, UTC), or a time (2026-11-21T12:00:00Z)"
                .to_owned(),
        )),
    }
}

/// Writes events to a new file, one a line.
pub fn write(path: &Path, events: &[Value]) -> Result<(), EngineError> {
    crate::store::new_file::write(path, &lines(events))
}

/// One event a line.
pub fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

/// The log's name in all the world: with the id of an event it must be unique. A server that does not tell
/// its identifier is left out.
fn source(server: Option<&str>, database: &str, schema: &str) -> String {
    let parts = server.into_iter().chain([database, schema]);
    let parts: Vec<String> = parts.map(escaped).collect();
    format!("urn:oneroof:governance-event-log:{}", parts.join(":"))
}

/// What a URI takes as it is, and everything else as `%XX`.
fn escaped(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_log() {
        let time = |text: &str| EventsSince::Time(text.to_owned());
        assert_eq!(since(None).unwrap(), EventsSince::Beginning);
        assert_eq!(since(Some("12")).unwrap(), EventsSince::Event(12));
        assert_eq!(
            since(Some("2026-11-21")).unwrap(),
            time("2026-11-21T00:00:00Z")
        );
        assert_eq!(
            since(Some("2026-11-21T12:00:00+07:00")).unwrap(),
            time("2026-11-21T12:00:00+07:00")
        );
        for word in ["yesterday", "2026-13-01", "2026-11-21 12:00", ""] {
            assert!(since(Some(word)).is_err(), "{word}");
        }
    }

    #[test]
    fn the_name_of_a_log_is_a_uri() {
        assert_eq!(
            source(Some("73"), "Straße 1", "one_roof"),
            "urn:oneroof:governance-event-log:73:Stra%C3%9Fe%201:one_roof"
        );
    }
}
