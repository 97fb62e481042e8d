//! What a clone role lacks.

use std::fmt;

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// One right that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingRight {
    /// What is missing, for example `select on table public.orders`.
    pub missing: String,
    /// The statement that gives it, for a DBA.
    pub sql: String,
}

impl fmt::Display for MissingRight {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: `{}`", self.missing, self.sql)
    }
}

/// What the session's role lacks to copy its whole database; empty if it may.
///
/// # Errors
/// What the server says.
pub async fn missing_rights(session: &Session) -> Result<Vec<MissingRight>, PgError> {
    let rows = session.query(include_str!("rights.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(MissingRight {
                missing: row.try_get("missing")?,
                sql: row.try_get("grant_statement")?,
            })
        })
        .collect()
}
