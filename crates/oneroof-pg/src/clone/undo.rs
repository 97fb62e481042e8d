//! What is undone on a private server when a verb ends, also when its future is dropped (Ctrl-C).

use std::time::Duration;

use super::registry::{CloneEntry, CloneRegistry};
use super::{hosted, roles};
use crate::catalog;
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// How long undoing may take after an interruption.
const UNDO_LIMIT: Duration = Duration::from_secs(30);

/// What to undo; `admin` leads to another database of the same server, as its superuser.
pub(super) enum Undo {
    /// Drop the database, once the sessions with this application name are gone: one of them may still be
    /// making it.
    DropDatabase {
        name: String,
        application_name: String,
        /// Roles that were there before it; others go with it.
        roles_before: Option<Vec<String>>,
    },
    /// Remove what was made in a server that is not ours alone.
    RemoveHosted {
        entry: Box<CloneEntry>,
        clones: CloneRegistry,
        application_name: String,
    },
    /// Let connections in again.
    OpenDatabase { name: String },
}

impl Undo {
    async fn run(&self, admin: &ConnInfo) -> Result<(), PgError> {
        match self {
            Self::DropDatabase {
                name,
                application_name,
                roles_before,
            } => {
                end_sessions(admin, application_name).await?;
                drop_database(admin, name, roles_before.as_deref()).await
            }
            Self::RemoveHosted {
                entry,
                clones,
                application_name,
            } => {
                end_sessions(admin, application_name).await?;
                hosted::remove(entry, clones, admin).await
            }
            Self::OpenDatabase { name } => {
                let session = open(admin).await?;
                catalog::open_database(&session, name, true).await?;
                session.close().await;
                Ok(())
            }
        }
    }

    /// Does it now, blocking: for `drop`, when the process may end right after. Says whether it is done.
    pub(super) fn run_blocking(self, admin: ConnInfo) -> bool {
        // A runtime of its own: the present one may be ending.
        let undoing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.is_ok_and(|runtime| {
                runtime.block_on(async {
                    let undone = tokio::time::timeout(UNDO_LIMIT, self.run(&admin)).await;
                    matches!(undone, Ok(Ok(())))
                })
            })
        });
        undoing.join().unwrap_or(false)
    }
}

/// Ends the sessions with this application name, and waits for them to be gone.
async fn end_sessions(admin: &ConnInfo, application_name: &str) -> Result<(), PgError> {
    let session = open(admin).await?;
    session
        .query(include_str!("terminate.sql"), &[&application_name])
        .await?;
    session.close().await;
    Ok(())
}

/// Drops a database, whoever is connected to it; one that is not there is no error. With it go the roles that were not
/// there before it, if that is known.
pub(super) async fn drop_database(
    admin: &ConnInfo,
    name: &str,
    roles_before: Option<&[String]>,
) -> Result<(), PgError> {
    let session = open(admin).await?;
    drop_on(&session, name).await?;
    if let Some(before) = roles_before {
        roles::drop_new(&session, before).await?;
    }
    session.close().await;
    Ok(())
}

/// The same over a session that is there already.
pub(super) async fn drop_on(session: &Session, name: &str) -> Result<(), PgError> {
    for row in session
        .query(include_str!("drop_database.sql"), &[&name])
        .await?
    {
        session.simple(row.try_get("statement")?).await?;
    }
    Ok(())
}

pub(super) async fn open(admin: &ConnInfo) -> Result<Session, PgError> {
    connect(admin, &SessionOptions::read_write("oneroof/clone")).await
}
