//! Puts the effects of a transaction together.

use std::collections::BTreeSet;

use oneroof_model::{Effects, ObjectChange, ObjectEffect};

use super::catalog_rows::{Address, Versions, objects};
use super::counters::Counters;
use super::storage::replaced;
use crate::catalog::{Definition, definition_of};
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
        return Ok(effects);
    };
    let touched = touched(session, watcher, &counters, &xid).await?;
    if touched.is_empty() {
        return Ok(effects);
    }
    let classes: BTreeSet<&str> = touched.iter().map(|(class, _)| class.as_str()).collect();
    let oids: Vec<u32> = touched.iter().map(|(_, object)| *object).collect();
    let (before, after) = tokio::try_join!(
        definition_of(watcher, &classes, &oids),
        definition_of(session, &classes, &oids)
    )?;
    effects.objects = changes(&before, &after);
    effects.new_files = replaced(watcher, session, &oids).await?;
    Ok(effects)
}

/// The objects whose catalog rows the transaction wrote, replaced or deleted.
async fn touched(
    session: &Session,
    watcher: &Session,
    counters: &Counters,
    xid: &str,
) -> Result<BTreeSet<Address>, PgError> {
    let mut touched = BTreeSet::new();
    for catalog in &counters.catalogs {
        let name = catalog.table.as_str();
        if catalog.inserted + catalog.updated > 0 {
            touched.extend(objects(session, name, Versions::Written, xid).await?);
        }
        if catalog.updated + catalog.deleted > 0 {
            touched.extend(objects(watcher, name, Versions::Gone, xid).await?);
        }
    }
    Ok(touched)
}

/// The differences, fact by fact.
fn changes(before: &Definition, after: &Definition) -> Vec<ObjectEffect> {
    let diff = Definition::diff(before, after);
    let digest = |side: &Definition, kind: &str, identity: &str| {
        side.get(kind, identity)
            .map(crate::catalog::DefinitionRow::digest)
    };
    let mut effects: Vec<ObjectEffect> = Vec::new();
    for name in diff.missing {
        effects.push(ObjectEffect {
            change: ObjectChange::Dropped,
            before: digest(before, &name.kind, &name.identity),
            after: None,
            kind: name.kind,
            identity: name.identity,
        });
    }
    for name in diff.new {
        effects.push(ObjectEffect {
            change: ObjectChange::Created,
            before: None,
            after: digest(after, &name.kind, &name.identity),
            kind: name.kind,
            identity: name.identity,
        });
    }
    for changed in diff.changed {
        effects.push(ObjectEffect {
            change: ObjectChange::Altered,
            before: digest(before, &changed.kind, &changed.identity),
            after: digest(after, &changed.kind, &changed.identity),
            kind: changed.kind,
            identity: changed.identity,
        });
    }
    effects.sort();
    effects
}
