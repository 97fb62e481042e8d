//! Puts the effects of a transaction together.

use std::collections::BTreeSet;

use oneroof_model::{DefinitionDigest, Effects, ObjectChange, ObjectEffect};

use super::beside::beside;
use super::counters::counters;
use super::dependents::dependents;
use super::made::{MadeObject, made};
use super::named::{Named, named};
use super::storage::replaced;
use super::touched::{Address, Transaction, touched};
use crate::catalog::{Definition, DefinitionRow, Pinned, definitions_here};
use crate::connect::Session;
use crate::error::PgError;

pub(super) const TRANSACTION: &str = include_str!("transaction.sql");

/// What the present transaction of `session` did so far. `watcher` is another session, outside of any
/// transaction: it sees what was committed.
///
/// # Errors
/// What the server says.
pub async fn measure(session: &Session, watcher: &Session) -> Result<Effects, PgError> {
    let pinned = Pinned::measuring(session).await?;
    let result = measured_here(session, watcher).await;
    Ok(pinned.finish(result).await?.0)
}

/// As [`measure`], with the objects that the transaction leaves behind, for the ledger: what it made, and what an
/// entry of the ledger made and reads otherwise now.
///
/// # Errors
/// What the server says.
pub async fn measure_for_ledger(
    session: &Session,
    watcher: &Session,
) -> Result<(Effects, Vec<MadeObject>), PgError> {
    let pinned = Pinned::measuring(session).await?;
    let result = async {
        let (effects, mut left) = measured_here(session, watcher).await?;
        left.extend(dependents(session, watcher, &left).await?);
        Ok((effects, left))
    };
    let result = result.await;
    pinned.finish(result).await
}

async fn measured_here(
    session: &Session,
    watcher: &Session,
) -> Result<(Effects, Vec<MadeObject>), PgError> {
    let counters = counters(session).await?;
    let mut effects = Effects {
        rows: counters.tables.clone(),
        ..Effects::default()
    };
    let rows = session.query(TRANSACTION, &[]).await?;
    let Some(row) = rows.first() else {
        return Ok((effects, Vec::new()));
    };
    let (Some(xid), Some(age)) = (row.try_get(0)?, row.try_get(1)?) else {
        return Ok((effects, Vec::new()));
    };
    let transaction = Transaction { xid, age };
    let objects = touched(session, watcher, &counters, &transaction).await?;
    let with = |wanted: &[ObjectChange]| -> Vec<&Address> {
        let all = objects.iter();
        all.filter(|(_, change)| change.is_some_and(|change| wanted.contains(&change)))
            .map(|(address, _)| address)
            .collect()
    };
    let standing = with(&[ObjectChange::Created, ObjectChange::Altered]);
    let dropped = with(&[ObjectChange::Dropped]);
    let (standing, dropped) =
        tokio::try_join!(named(session, &standing), named(watcher, &dropped))?;
    for object in standing.iter().chain(&dropped) {
        if let Some(Some(change)) = objects.get(&object.address) {
            effects.objects.push(ObjectEffect {
                kind: object.kind.clone(),
                identity: object.identity.clone(),
                change: *change,
            });
        }
    }
    let definition = definitions(session, &standing).await?;
    effects.definitions = definition.rows().iter().map(digest).collect();
    let changes: Vec<(&Named, ObjectChange)> = standing
        .iter()
        .filter_map(|named| Some((named, (*objects.get(&named.address)?)?)))
        .collect();
    let left = made(&changes, &definition);
    if let Some((before, after)) = beside(session, watcher, &counters).await? {
        add_beside(&mut effects, &before, &after);
    }
    let relations: Vec<u32> = objects
        .keys()
        .filter(|(class, _)| class == "pg_class")
        .map(|(_, oid)| *oid)
        .collect();
    if !relations.is_empty() {
        effects.new_files = replaced(watcher, session, &relations).await?;
    }
    effects.objects.sort();
    effects.definitions.sort();
    Ok((effects, left))
}

/// Everything that defines these objects, under pinned settings. They are read in the session that changed them:
/// elsewhere printing a view waits for the locks of just this session.
pub(super) async fn definitions(
    session: &Session,
    objects: &[Named],
) -> Result<Definition, PgError> {
    if objects.is_empty() {
        return Ok(Definition::new(Vec::new()));
    }
    let mut parts: BTreeSet<&str> = BTreeSet::new();
    for object in objects {
        parts.insert(object.address.0.as_str());
        // A composite type is a relation and a type.
        if object.kind == "composite type" {
            parts.insert("pg_type");
        }
        if object.is_system {
            parts.insert("system");
        }
    }
    let oids: Vec<u32> = objects.iter().map(|object| object.address.1).collect();
    definitions_here(session, &parts, &oids).await
}

/// What differs beside the objects.
fn add_beside(effects: &mut Effects, before: &Definition, after: &Definition) {
    let diff = Definition::diff(before, after);
    let mut add = |kind: &str, identity: &str, change| {
        effects.objects.push(ObjectEffect {
            kind: kind.to_owned(),
            identity: identity.to_owned(),
            change,
        });
        if let Some(row) = after.get(kind, identity) {
            effects.definitions.push(digest(row));
        }
    };
    for name in diff.missing {
        add(&name.kind, &name.identity, ObjectChange::Dropped);
    }
    for name in diff.new {
        add(&name.kind, &name.identity, ObjectChange::Created);
    }
    for changed in diff.changed {
        add(&changed.kind, &changed.identity, ObjectChange::Altered);
    }
}

fn digest(row: &DefinitionRow) -> DefinitionDigest {
    DefinitionDigest {
        kind: row.kind.clone(),
        identity: row.identity.clone(),
        digest: row.digest(),
    }
}
