//! A copy of a database inside its own server, `create database … template …`: the statements, one after the
//! other. Nobody has to be connected to the original, and nobody may be. How long a copy lives, and who finds it
//! after a crash, is its maker's: a [`super::TemplateCopy`] is registered, a copy in the private server of a
//! rehearsal ends with that server.

use std::path::Path;

use super::error::{CloneError, database};
use super::fill::{create, oid_of, run};
use super::registry::CloneEntry;
use super::undo;
use crate::catalog;
use crate::connect::Session;
use crate::ephemeral::can_share_blocks;

/// How the files of a template were copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateFiles {
    /// Both share their blocks; one is copied when a database changes it.
    Shared,
    /// Byte by byte: the file system cannot share blocks.
    Plain,
    /// Byte by byte: the file system could share blocks, the server cannot.
    PlainByServer,
}

impl std::fmt::Display for TemplateFiles {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Shared => "both share their blocks (file_copy_method = clone)",
            Self::Plain => "byte by byte: this file system cannot share blocks between files",
            Self::PlainByServer => {
                "byte by byte: PostgreSQL shares blocks from 18 on, where it was built to"
            }
        })
    }
}

/// From this version on a server can be told how it copies files.
const FILE_COPY_METHOD_SINCE: u32 = 180_000;
/// SQLSTATE of a value that the setting does not have: this server was built without it.
const NO_SUCH_VALUE: &str = "22023";
/// SQLSTATE of a template that somebody is connected to.
const OBJECT_IN_USE: &str = "55006";

/// Copies database `template` to `name`, with its settings and rights, which a template does not hand down. The
/// copy is closed, and has no mark. Where file system and server can, its files share their blocks with the template's.
///
/// `server` is a superuser's session on another database of that server.
///
/// # Errors
/// [`CloneError::InUse`] if somebody is connected to the template, or what the server says.
pub async fn copy_database(
    server: &Session,
    template: &str,
    name: &str,
) -> Result<TemplateFiles, CloneError> {
    let files = share_blocks(server).await?;
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
    Ok(files)
}

/// Has the session copy files by sharing their blocks, if that is possible. It is a setting of the session and not of
/// the server, whose files may come from a snapshot of another disk.
async fn share_blocks(server: &Session) -> Result<TemplateFiles, CloneError> {
    let asking = || database("ask the private server where its files are");
    let answer = server
        .simple("show data_directory")
        .await
        .map_err(asking())?;
    let folder = answer.rows.into_iter().flatten().flatten().next();
    let tried = tokio::task::spawn_blocking(move || {
        // Beside the data, which are the server's alone.
        folder
            .as_deref()
            .and_then(|folder| Path::new(folder).parent())
            .is_some_and(can_share_blocks)
    });
    if !tried.await.unwrap_or_default() {
        return Ok(TemplateFiles::Plain);
    }
    if server.server_version_num() < FILE_COPY_METHOD_SINCE {
        return Ok(TemplateFiles::PlainByServer);
    }
    match server.simple("set file_copy_method = 'clone'").await {
        Ok(_) => Ok(TemplateFiles::Shared),
        Err(error) if error.sqlstate() == Some(NO_SUCH_VALUE) => Ok(TemplateFiles::PlainByServer),
        Err(error) => Err(asking()(error)),
    }
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
