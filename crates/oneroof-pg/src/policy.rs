//! The policy that a DBA installed in a target.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// A policy as it lies in the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstalledPolicy {
    /// 1, 2, 3 and so on; the highest holds.
    pub version: u32,
    /// The policy as JSON.
    pub body: serde_json::Value,
    /// SHA-256 of the body as PostgreSQL prints it.
    pub digest: String,
    /// Login that installed it.
    pub installed_by: String,
    /// When, UTC, RFC 3339.
    pub installed_at: String,
}

/// Reads the policy that holds; `None` if none was ever installed.
///
/// # Errors
/// What the server says: 42501 without select on `oneroof.policy`, 42P01 in a database that was not adopted.
pub async fn policy(session: &Session) -> Result<Option<InstalledPolicy>, PgError> {
    let rows = session.query(include_str!("policy.sql"), &[]).await?;
    rows.first()
        .map(|row| {
            Ok(InstalledPolicy {
                version: row.try_get::<_, i32>("version")?.unsigned_abs(),
                body: row.try_get("body")?,
                digest: row.try_get("digest")?,
                installed_by: row.try_get("installed_by")?,
                installed_at: row.try_get("installed_at")?,
            })
        })
        .transpose()
}
