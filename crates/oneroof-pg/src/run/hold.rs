//! Holds tables, so that a statement with CONCURRENTLY waits in its middle: for the crash drill on a clone.

use oneroof_model::outside::RelationName;

use crate::connect::Session;
use crate::error::PgError;

/// Begins a transaction of `holder` that locks these tables, found as `session` finds them, until `holder` is
/// closed. Reads and writes go on; a concurrent build or detach waits.
///
/// # Errors
/// What the server says.
pub async fn hold(
    holder: &Session,
    session: &Session,
    relations: &[RelationName],
) -> Result<(), PgError> {
    holder.simple("begin").await?;
    for relation in relations {
        let rows = session
            .query(include_str!("hold.sql"), &[&relation.to_string()])
            .await?;
        if let Some(row) = rows.first() {
            let statement: String = row.try_get(0)?;
            holder.simple(&statement).await?;
        }
    }
    Ok(())
}
