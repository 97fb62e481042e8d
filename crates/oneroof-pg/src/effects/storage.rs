//! Tables whose file is another one: truncated, rewritten, or refreshed.

use std::collections::BTreeMap;

use crate::connect::Session;
use crate::error::PgError;

pub(super) const STORAGE: &str = include_str!("storage.sql");

/// Tables and materialized views of `objects` that exist on both sides with different files, by name.
pub(super) async fn replaced(
    before: &Session,
    after: &Session,
    objects: &[u32],
) -> Result<Vec<String>, PgError> {
    let (old, new) = tokio::try_join!(files(before, objects), files(after, objects))?;
    Ok(new
        .into_iter()
        .filter(|(oid, (_, file))| old.get(oid).is_some_and(|(_, old)| old != file))
        .map(|(_, (name, _))| name)
        .collect())
}

/// Name and file of each table and materialized view of `objects`, by OID.
pub(super) async fn files(
    session: &Session,
    objects: &[u32],
) -> Result<BTreeMap<u32, (String, u32)>, PgError> {
    let rows = session.query(STORAGE, &[&objects]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(1)?, (row.try_get(0)?, row.try_get(2)?))))
        .collect()
}
