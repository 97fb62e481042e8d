//! Throw-away copies of a clone on its own private server, for attempts that must be committed to be tried.

use super::make::{CloneError, database, oid_of, run};
use super::registry::CloneEntry;
use crate::catalog::{self, DatabaseStatements};
use crate::connect::Session;
use crate::error::PgError;

/// Copies database `template` to `name`, closed. `like` are the settings and rights of the clone under the new
/// name, which a template does not hand down: see [`catalog::database_statements`].
///
/// `server` is a superuser's session on another database of that server.
///
/// # Errors
/// What the server says: 55006 if somebody is on the template.
pub async fn copy_database(
    server: &Session,
    template: &str,
    name: &str,
    like: &DatabaseStatements,
) -> Result<(), CloneError> {
    let create = statement(server, template, name, "create").await?;
    run(server, &create, "copy the clone").await?;
    for statement in &like.settings {
        // What the clone's server did not take, its copy does not have either.
        let _ = server.simple(statement).await;
    }
    for statement in &like.acl {
        run(server, statement, "grant rights on the copy").await?;
    }
    Ok(())
}

/// Marks a copy as the clone that it is of.
///
/// # Errors
/// What the server says.
pub async fn mark_copy(server: &Session, of: &CloneEntry, name: &str) -> Result<(), CloneError> {
    let entry = of.of_copy(name, oid_of(server, name).await?);
    catalog::write_mark(server, name, &entry.mark())
        .await
        .map_err(database("mark the copy"))
}

/// Lets sessions in.
///
/// # Errors
/// What the server says.
pub async fn open_copy(server: &Session, name: &str) -> Result<(), CloneError> {
    let open = statement(server, name, name, "open").await?;
    run(server, &open, "open the copy").await
}

/// Drops a copy, whoever is on it.
///
/// # Errors
/// What the server says.
pub async fn drop_copy(server: &Session, name: &str) -> Result<(), CloneError> {
    let drop = statement(server, name, name, "drop").await?;
    run(server, &drop, "drop the copy").await
}

async fn statement(
    server: &Session,
    template: &str,
    name: &str,
    which: &str,
) -> Result<String, CloneError> {
    let reading = || database("write the statements of a copy");
    let rows = server
        .query(include_str!("copy_database.sql"), &[&template, &name])
        .await
        .map_err(reading())?;
    match rows.first() {
        Some(row) => row.try_get(which).map_err(PgError::from).map_err(reading()),
        None => Err(reading()(PgError::Client {
            detail: format!("database `{template}` is not listed"),
        })),
    }
}
