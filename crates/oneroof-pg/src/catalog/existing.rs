//! Which objects are there already, before a release makes them.

use crate::connect::Session;
use crate::error::PgError;

/// An object that was asked for and is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingObject {
    /// Its place in what was asked.
    pub place: usize,
    /// Its catalog.
    pub class: String,
    /// Its OID there.
    pub oid: u32,
    /// `table`, `view`, ….
    pub kind: String,
    /// Schema-qualified name.
    pub identity: String,
    /// Role that owns it.
    pub owner: String,
}

/// Asks by class (`relation`, `type`, `schema`), schema and name; without a schema in that one where the
/// session's search path would make a new object.
///
/// # Errors
/// What the server says.
pub async fn existing(
    session: &Session,
    wanted: &[(&str, Option<&str>, &str)],
) -> Result<Vec<ExistingObject>, PgError> {
    let classes: Vec<&str> = wanted.iter().map(|(class, ..)| *class).collect();
    let schemas: Vec<Option<&str>> = wanted.iter().map(|(_, schema, _)| *schema).collect();
    let names: Vec<&str> = wanted.iter().map(|(.., name)| *name).collect();
    let rows = session
        .query(include_str!("existing.sql"), &[&classes, &schemas, &names])
        .await?;
    rows.iter().map(object).collect()
}

/// Asks by kind and full name, as effects have them.
///
/// # Errors
/// What the server says.
pub async fn existing_named(
    session: &Session,
    wanted: &[(&str, &str)],
) -> Result<Vec<ExistingObject>, PgError> {
    let (kinds, names): (Vec<&str>, Vec<&str>) = wanted.iter().copied().unzip();
    let rows = session
        .query(include_str!("existing_named.sql"), &[&kinds, &names])
        .await?;
    rows.iter().map(object).collect()
}

fn object(row: &tokio_postgres::Row) -> Result<ExistingObject, PgError> {
    let place: i32 = row.try_get(0)?;
    Ok(ExistingObject {
        place: usize::try_from(place).unwrap_or(1).saturating_sub(1),
        class: row.try_get(1)?,
        oid: row.try_get(2)?,
        kind: row.try_get(3)?,
        identity: row.try_get(4)?,
        owner: row.try_get(5)?,
    })
}
