//! How much disk the databases of a server take.

use std::collections::HashMap;

use crate::connect::Session;
use crate::error::PgError;

/// Bytes by name of database.
///
/// # Errors
/// What the server says.
pub async fn database_sizes(session: &Session) -> Result<HashMap<String, u64>, PgError> {
    let rows = session
        .query(include_str!("database_sizes.sql"), &[])
        .await?;
    rows.iter()
        .map(|row| {
            let bytes: i64 = row.try_get("bytes")?;
            Ok((row.try_get("name")?, bytes.unsigned_abs()))
        })
        .collect()
}
