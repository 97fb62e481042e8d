//! Names of objects that were touched.

use super::touched::Address;
use crate::connect::Session;
use crate::error::PgError;

pub(super) const NAMED: &str = include_str!("named.sql");

/// An object with a name that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) address: Address,
    /// What it is, in the server's words: `table`, `function`, …
    pub(super) kind: String,
    pub(super) identity: String,
    /// Does it belong to the server or to an extension?
    pub(super) is_system: bool,
}

/// The names of objects that `session` sees; temporary ones are left out.
pub(super) async fn named(session: &Session, objects: &[&Address]) -> Result<Vec<Named>, PgError> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let classes: Vec<&str> = objects.iter().map(|(class, _)| class.as_str()).collect();
    let oids: Vec<u32> = objects.iter().map(|(_, oid)| *oid).collect();
    let rows = session.query(NAMED, &[&classes, &oids]).await?;
    rows.iter()
        .map(|row| {
            Ok(Named {
                address: (row.try_get(0)?, row.try_get(1)?),
                kind: row.try_get(2)?,
                identity: row.try_get(3)?,
                is_system: row.try_get(4)?,
            })
        })
        .collect()
}
