//! The relations that statements outside a transaction work on, as they are at one moment: there is no
//! transaction whose rows could be told from others', so before and after are compared.

use std::collections::BTreeMap;

use oneroof_model::outside::RelationName;
use oneroof_model::{DefinitionDigest, Effects, ObjectChange, ObjectEffect};
use serde::{Deserialize, Serialize};

use super::made::{MadeObject, made};
use super::named::{Named, named};
use super::storage::files;
use super::touched::Address;
use crate::catalog::{Definition, definition_of};
use crate::connect::Session;
use crate::error::PgError;

/// Some tables at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationsState {
    /// OIDs of the tables.
    pub tables: Vec<u32>,
    /// Everything that defines them, their indexes included.
    pub definitions: Vec<DefinitionDigest>,
    /// The files that are theirs, by OID.
    pub files: BTreeMap<u32, u32>,
}

/// The tables that `names` are or, for an index, belong to.
///
/// # Errors
/// What the server says.
pub async fn relations_state(
    session: &Session,
    names: &[RelationName],
) -> Result<RelationsState, PgError> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let rows = session
        .query(include_str!("relations.sql"), &[&names])
        .await?;
    let tables = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<u32>, _>>()?;
    Ok(state_of(session, tables).await?.0)
}

/// What became of the tables of `before`, and the tables that are others now, for the ledger.
///
/// # Errors
/// What the server says.
pub async fn relations_effects(
    session: &Session,
    before: &RelationsState,
) -> Result<(Effects, Vec<MadeObject>), PgError> {
    let (after, definition) = state_of(session, before.tables.clone()).await?;
    let addresses: Vec<Address> = before
        .tables
        .iter()
        .map(|oid| ("pg_class".to_owned(), *oid))
        .collect();
    let named = named(session, &addresses.iter().collect::<Vec<_>>()).await?;
    let effects = difference(before, &after, &named);
    if effects.objects.is_empty() {
        return Ok((effects, Vec::new()));
    }
    let altered: Vec<(&Named, ObjectChange)> = named
        .iter()
        .map(|table| (table, ObjectChange::Altered))
        .collect();
    Ok((effects, made(&altered, &definition)))
}

async fn state_of(
    session: &Session,
    tables: Vec<u32>,
) -> Result<(RelationsState, Definition), PgError> {
    if tables.is_empty() {
        return Ok((RelationsState::default(), Definition::new(Vec::new())));
    }
    let definition = definition_of(session, &["pg_class"].into(), &tables).await?;
    let definitions = definition.rows().iter().map(|row| DefinitionDigest {
        kind: row.kind.clone(),
        identity: row.identity.clone(),
        digest: row.digest(),
    });
    let files = files(session, &tables).await?;
    let state = RelationsState {
        definitions: definitions.collect(),
        files: files
            .into_iter()
            .map(|(oid, (_, file))| (oid, file))
            .collect(),
        tables,
    };
    Ok((state, definition))
}

fn difference(before: &RelationsState, after: &RelationsState, named: &[Named]) -> Effects {
    let by_name = |state: &RelationsState| -> BTreeMap<(String, String), DefinitionDigest> {
        let rows = state.definitions.iter();
        rows.map(|row| ((row.kind.clone(), row.identity.clone()), row.clone()))
            .collect()
    };
    let (old, new) = (by_name(before), by_name(after));
    let mut effects = Effects::default();
    let mut add = |(kind, identity): &(String, String), change| {
        effects.objects.push(ObjectEffect {
            kind: kind.clone(),
            identity: identity.clone(),
            change,
        });
    };
    for (name, row) in &new {
        match old.get(name) {
            None => add(name, ObjectChange::Created),
            Some(earlier) if earlier.digest != row.digest => add(name, ObjectChange::Altered),
            Some(_) => continue,
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        add(name, ObjectChange::Dropped);
    }
    effects.definitions = new
        .into_iter()
        .filter(|(name, row)| old.get(name).map(|old| &old.digest) != Some(&row.digest))
        .map(|(_, row)| row)
        .collect();
    effects.new_files = after
        .files
        .iter()
        .filter(|(oid, file)| before.files.get(oid).is_some_and(|old| old != *file))
        .filter_map(|(oid, _)| named.iter().find(|table| table.address.1 == *oid))
        .map(|table| table.identity.clone())
        .collect();
    effects.objects.sort();
    effects.definitions.sort();
    effects.new_files.sort();
    effects
}
