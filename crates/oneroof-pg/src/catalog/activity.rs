//! Who else is connected to the database, and since when their transactions are open.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// The other sessions of a database.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Activity {
    /// May the session's role see the state of others? If not, absence proves nothing:
    /// `grant pg_read_all_stats to <role>`.
    pub visible: bool,
    /// Client sessions except the asking one, longest transaction first.
    pub sessions: Vec<OtherSession>,
}

/// One other session; what may not be seen is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OtherSession {
    /// Process id of its backend.
    pub pid: i32,
    /// Login role.
    pub role: Option<String>,
    /// `application_name`.
    pub application_name: Option<String>,
    /// Client address, `[local]` for a socket.
    pub client: Option<String>,
    /// `active`, `idle`, `idle in transaction`, ….
    pub state: Option<String>,
    /// Seconds in that state.
    pub state_seconds: Option<f64>,
    /// Seconds since its transaction began, if it has one.
    pub transaction_seconds: Option<f64>,
}

impl Activity {
    /// Sessions that are idle in a transaction for at least so many seconds.
    pub fn idle_in_transaction(&self, at_least_seconds: f64) -> Vec<&OtherSession> {
        self.sessions
            .iter()
            .filter(|session| {
                session
                    .state
                    .as_deref()
                    .is_some_and(|state| state.starts_with("idle in transaction"))
                    && session
                        .state_seconds
                        .is_some_and(|seconds| seconds >= at_least_seconds)
            })
            .collect()
    }
}

/// Reads the sessions of the current database.
///
/// # Errors
/// What the server says.
pub async fn activity(session: &Session) -> Result<Activity, PgError> {
    let rows = session.query(include_str!("activity.sql"), &[]).await?;
    let mut activity = Activity {
        visible: false,
        sessions: Vec::new(),
    };
    for row in &rows {
        activity.visible = row.try_get("visible")?;
        let Some(pid) = row.try_get("pid")? else {
            continue;
        };
        activity.sessions.push(OtherSession {
            pid,
            role: row.try_get("role")?,
            application_name: row.try_get("application_name")?,
            client: row.try_get("client")?,
            state: row.try_get("state")?,
            state_seconds: row.try_get("state_seconds")?,
            transaction_seconds: row.try_get("transaction_seconds")?,
        });
    }
    Ok(activity)
}
