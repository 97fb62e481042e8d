//! A kept clone becomes golden: nobody can connect to it any more, and its mark says so.

use oneroof_model::TargetClass;

use super::error::{CloneError, database};
use super::fill::run;
use super::registry::{CloneEntry, CloneRegistry};
use super::undo::Undo;
use crate::catalog;
use crate::connect::Session;
use crate::conninfo::ConnInfo;
use crate::ephemeral::ServerEntry;

/// A kept clone that admits no connections. Unless it becomes golden it is opened again, whatever happens.
#[derive(Debug)]
pub struct ClosedClone {
    entry: CloneEntry,
    admin: ConnInfo,
    finished: bool,
}

/// Closes a kept clone for new connections. `admin` is a session in another database of its server;
/// sessions with the process ids `own_pids` may stay.
///
/// # Errors
/// [`CloneError::InUse`] if somebody else is connected; then it is open again.
pub async fn close_clone(
    admin: &Session,
    entry: &CloneEntry,
    server: &ServerEntry,
    own_pids: &[i32],
) -> Result<ClosedClone, CloneError> {
    let closed = ClosedClone {
        entry: entry.clone(),
        admin: server.conninfo("postgres", &server.superuser),
        finished: false,
    };
    catalog::open_database(admin, &entry.database, false)
        .await
        .map_err(database("close the clone"))?;
    // Asked after it was closed: nobody comes in between.
    let state = catalog::database_state(admin, &entry.database, own_pids)
        .await
        .map_err(database("read the sessions of the clone"))?;
    let sessions = state.map(|state| state.sessions).unwrap_or_default();
    if sessions.is_empty() {
        return Ok(closed);
    }
    closed.open(admin).await?;
    Err(CloneError::InUse {
        name: entry.database.clone(),
        sessions,
    })
}

impl ClosedClone {
    /// Lets connections in again.
    ///
    /// # Errors
    /// What the server says.
    pub async fn open(mut self, admin: &Session) -> Result<(), CloneError> {
        catalog::open_database(admin, &self.entry.database, true)
            .await
            .map_err(database("open the clone again"))?;
        self.finished = true;
        Ok(())
    }

    /// Makes it golden: mark first, then the registry.
    ///
    /// # Errors
    /// What the server says, or the registry's file cannot be written.
    pub async fn become_golden(
        mut self,
        admin: &Session,
        clones: &CloneRegistry,
    ) -> Result<CloneEntry, CloneError> {
        let golden = self.entry.with_class(TargetClass::Golden);
        run(admin, "begin", "mark the golden clone").await?;
        catalog::write_mark(admin, &golden.database, &golden.mark())
            .await
            .map_err(database("mark the golden clone"))?;
        // From the commit on a repetition of the verb finishes it; it must stay closed.
        self.finished = true;
        run(admin, "commit", "mark the golden clone").await?;
        clones.write(&golden).map_err(CloneError::Registry)?;
        Ok(golden)
    }
}

impl Drop for ClosedClone {
    fn drop(&mut self) {
        if !self.finished {
            let undo = Undo::OpenDatabase {
                name: self.entry.database.clone(),
            };
            // If the server is gone there is nothing to open.
            let _ = undo.run_blocking(self.admin.clone());
        }
    }
}
