//! Puts the effects of a transaction together.

use std::collections::BTreeSet;

use oneroof_model::{DefinitionDigest, Effects, ObjectChange, ObjectEffect};

use super::beside::beside;
use super::counters::Counters;
use super::made::{MadeObject, made};
use super::named::{Named, named};
use super::storage::replaced;
use super::touched::{Address, touched};
use crate::catalog::{Definition, DefinitionRow, definition_of};
use crate::connect::Session;
use crate::error::PgError;

/// What the present transaction of `session` did so far. `watcher` is another session, outside of any
/// transaction: it sees what was committed.
///
/// # Errors
/// What the server says.
pub async fn measure(
    session: &Session,
    watcher: &Session,
    counters: Counters,
) -> Result<Effects, PgError> {
    Ok(measure_made(session, watcher, counters).await?.0)
}

/// As [`measure`], with the objects that the transaction leaves behind, for the ledger.
///
/// # Errors
/// What the server says.
pub async fn measure_made(
    session: &Session,
    watcher: &Session,
    counters: Counters,
) -> Result<(Effects, Vec<MadeObject>), PgError> {
    let mut effects = Effects {
        rows: counters.tables.clone(),
        ..Effects::default()
    };
    let rows = session.query(include_str!("transaction.sql"), &[]).await?;
    let xid: Option<String> = match rows.first() {
        Some(row) => row.try_get(0)?,
        None => None,
    };
    let Some(xid) = xid else {
        return Ok((effects, Vec::new()));
    };
    let objects = touched(session, watcher, &counters, &xid).await?;
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

/// Everything that defines these objects. They are read in the session that changed them:
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
    definition_of(session, &parts, &oids).await
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
