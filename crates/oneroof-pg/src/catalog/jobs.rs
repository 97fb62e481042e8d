//! What could act by itself on a server.

use crate::connect::Session;
use crate::error::PgError;

/// Background workers of extensions (a scheduler such as pg_cron is one), and enabled subscriptions of
/// `database`, in words.
///
/// # Errors
/// What the server says: subscriptions are for superusers.
pub async fn jobs(session: &Session, database: &str) -> Result<Vec<String>, PgError> {
    let rows = session
        .query(include_str!("jobs.sql"), &[&database])
        .await?;
    rows.iter().map(|row| Ok(row.try_get("job")?)).collect()
}
