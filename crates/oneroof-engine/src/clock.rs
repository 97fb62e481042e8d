//! The only place of the engine that reads the clock.

use chrono::{SecondsFormat, Utc};

/// Now, UTC, RFC 3339 with microseconds.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Now, UTC, as it stands in a folder's name: `20261121T101500Z`.
pub(crate) fn folder_stamp() -> String {
    Utc::now().format("%Y%m%dT%H%M%SZ").to_string()
}

/// Today, UTC: `2026-11-21`.
pub(crate) fn today() -> String {
    Utc::now().format("%Y-%m-%d").to_string()
}

/// Now, UTC, to compare with what somebody wrote.
pub(crate) fn instant() -> chrono::DateTime<Utc> {
    Utc::now()
}
