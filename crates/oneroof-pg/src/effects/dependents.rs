//! Objects of releases whose definition names what a transaction altered: after a rename they read otherwise,
//! although nobody wrote a row of theirs.

use oneroof_model::ObjectChange;

use super::made::{MadeObject, made};
use super::measure::definitions;
use super::named::{Named, named};
use super::touched::Address;
use crate::connect::Session;
use crate::error::PgError;

pub(super) const DEPENDENTS: &str = include_str!("dependents.sql");

/// Those objects that depend on an altered one of `left` and that an entry of the ledger made, as they read
/// now in `session`, under pinned settings. `watcher` reads the ledger.
pub(super) async fn dependents(
    session: &Session,
    watcher: &Session,
    left: &[MadeObject],
) -> Result<Vec<MadeObject>, PgError> {
    let altered: Vec<&MadeObject> = left
        .iter()
        .filter(|object| object.change == ObjectChange::Altered)
        .collect();
    if altered.is_empty() {
        return Ok(Vec::new());
    }
    let classes: Vec<&str> = altered.iter().map(|one| one.class.as_str()).collect();
    let oids: Vec<u32> = altered.iter().map(|one| one.oid).collect();
    let rows = session.query(DEPENDENTS, &[&classes, &oids]).await?;
    let found: Vec<Address> = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<_, PgError>>()?;
    let is_left = |(class, oid): &Address| {
        left.iter()
            .any(|one| (&one.class, &one.oid) == (class, oid))
    };
    let found: Vec<Address> = found.into_iter().filter(|one| !is_left(one)).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let known = crate::ledger::made_before(watcher, &found).await?;
    let known: Vec<&Address> = known.iter().collect();
    let objects = named(session, &known).await?;
    let definition = definitions(session, &objects).await?;
    let all: Vec<(&Named, ObjectChange)> = objects
        .iter()
        .map(|object| (object, ObjectChange::Altered))
        .collect();
    Ok(made(&all, &definition))
}
