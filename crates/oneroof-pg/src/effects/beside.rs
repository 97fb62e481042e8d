//! Facts that lie beside the objects of a database: default privileges, settings, user mappings, the
//! database itself, roles and their members.
//!
//! Their rows are few and need no lock to be read, so all of them are read on both sides and compared.

use std::collections::BTreeSet;

use super::counters::Counters;
use crate::catalog::{Definition, DefinitionRow, definition_of};
use crate::connect::Session;
use crate::error::PgError;

/// Catalogs whose facts are part of a database's definition.
const OF_THE_DATABASE: [&str; 4] = [
    "pg_default_acl",
    "pg_user_mapping",
    "pg_db_role_setting",
    "pg_database",
];
/// Catalogs of the whole server.
const OF_THE_SERVER: [&str; 5] = [
    "pg_authid",
    "pg_auth_members",
    "pg_db_role_setting",
    "pg_tablespace",
    "pg_subscription",
];

/// The facts before (as `watcher` sees them) and after (as `session` does), if the transaction wrote any.
pub(super) async fn beside(
    session: &Session,
    watcher: &Session,
    counters: &Counters,
) -> Result<Option<(Definition, Definition)>, PgError> {
    let is_written = |name: &&str| {
        let mut catalogs = counters.catalogs.iter();
        catalogs.any(|catalog| catalog.table == *name)
    };
    let of_the_database: BTreeSet<&str> = OF_THE_DATABASE.into_iter().filter(is_written).collect();
    let server_is_asked = OF_THE_SERVER.iter().any(is_written);
    if of_the_database.is_empty() && !server_is_asked {
        return Ok(None);
    }
    let (before, after) = tokio::try_join!(
        read(watcher, &of_the_database, server_is_asked),
        read(session, &of_the_database, server_is_asked)
    )?;
    Ok(Some((before, after)))
}

async fn read(
    session: &Session,
    of_the_database: &BTreeSet<&str>,
    server_is_asked: bool,
) -> Result<Definition, PgError> {
    let mut facts = match of_the_database.is_empty() {
        true => Vec::new(),
        false => definition_of(session, of_the_database, &[])
            .await?
            .rows()
            .to_vec(),
    };
    if server_is_asked {
        for row in session.query(include_str!("beside.sql"), &[]).await? {
            let definition: Option<String> = row.try_get(2)?;
            facts.push(DefinitionRow {
                kind: row.try_get(0)?,
                identity: row.try_get(1)?,
                definition: definition.unwrap_or_default(),
            });
        }
    }
    Ok(Definition::new(facts))
}
