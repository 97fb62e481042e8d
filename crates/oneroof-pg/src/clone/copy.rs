//! A copy of a database inside its own server, `create database … template …`: the statements, one after the
//! other. Nobody has to be connected to the original, and nobody may be. How long a copy lives, and who finds it
//! after a crash, is its maker's: a [`super::TemplateCopy`] is registered, a copy in the private server of a
//! rehearsal ends with that server.

use super::error::{CloneError, database};
use super::fill::{create, oid_of, run};
use super::registry::CloneEntry;
use super::undo;
use crate::catalog;
use crate::connect::Session;

/// SQLSTATE of a template that somebody is connected to.
const OBJECT_IN_USE: &str = "55006";

/// Copies database `template` to `name`, with its settings and rights, which a template does not hand down. The
/// copy is closed, and has no mark.
///
/// `server` is a superuser's session on another database of that server.
///
/// # Errors
/// [`CloneError::InUse`] if somebody is connected to the template, or what the server says.
pub async fn copy_database(server: &Session, template: &str, name: &str) -> Result<(), CloneError> {
    let statements = catalog::database_statements_of(server, template, name)
        .await
        .map_err(database("read the kept clone"))?;
    match create(server, &statements.copy, name).await {
        Err(CloneError::Database { source: error, .. })
            if error.sqlstate() == Some(OBJECT_IN_USE) =>
        {
            let state = catalog::database_state(server, template, &[])
                .await
                .map_err(database("read the kept clone"))?;
            return Err(CloneError::InUse {
                name: template.to_owned(),
                sessions: state.map(|state| state.sessions).unwrap_or_default(),
            });
        }
        other => other?,
    }
    for statement in statements.settings.iter().chain(&statements.acl) {
        run(server, statement, "set up the copy").await?;
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
    catalog::open_database(server, name, true)
        .await
        .map_err(database("open the copy"))
}

/// Drops a copy, whoever is on it.
///
/// # Errors
/// What the server says.
pub async fn drop_copy(server: &Session, name: &str) -> Result<(), CloneError> {
    undo::drop_on(server, name)
        .await
        .map_err(database("drop the copy"))
}
