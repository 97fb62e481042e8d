//! Throw-away copies of the clone on its own server, for negatives that are runs of the engine: what they
//! try would be committed. One working copy is made before the first tier and goes through the
//! release; a negative that has to change something first gets a copy of it.

use std::cell::RefCell;

use oneroof_pg::catalog;
use oneroof_pg::clone::{copy_database, drop_copy, mark_copy, open_copy};
use oneroof_pg::connect::{Session, SessionOptions, connect};

use super::clone::{Clone, clone_error};
use crate::error::EngineError;
use crate::execute::release::Place;

/// Copies of one clone. [`Copies::drop_all`] must be called on every path.
pub(super) struct Copies<'a> {
    clone: &'a Clone,
    /// A superuser's session on another database of the server.
    server: Session,
    run_id: &'a str,
    /// Those that exist; the first one is the working copy.
    names: RefCell<Vec<String>>,
}

/// Does a copy bear the mark of a clone?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marked {
    Yes,
    No,
}

impl<'a> Copies<'a> {
    /// Makes the working copy. `admin`, a session on the clone, ends here: nobody may be on it meanwhile.
    pub(super) async fn begin(
        clone: &'a Clone,
        admin: Session,
        run_id: &'a str,
    ) -> Result<Copies<'a>, EngineError> {
        let copies = Copies {
            clone,
            server: clone.server_session(run_id).await?,
            run_id,
            names: RefCell::default(),
        };
        admin.close().await;
        let name = copies.next_name();
        copies
            .make(&clone.entry().database, name, Marked::Yes)
            .await?;
        Ok(copies)
    }

    /// The working copy.
    pub(super) fn working(&self) -> String {
        self.names.borrow().first().cloned().unwrap_or_default()
    }

    /// A copy of the working copy as it is now.
    pub(super) async fn another(&self, marked: Marked) -> Result<String, EngineError> {
        let name = self.next_name();
        self.make(&self.working(), name.clone(), marked).await?;
        Ok(name)
    }

    /// A superuser's session on a copy.
    pub(super) async fn admin(&self, name: &str) -> Result<Session, EngineError> {
        let conninfo = self.server_conninfo(name);
        connect(
            &conninfo,
            &SessionOptions::read_write(format!("oneroof/rehearse/{}", self.run_id)),
        )
        .await
        .map_err(EngineError::database("open a copy of the clone"))
    }

    /// A copy as the place of a release run.
    pub(super) async fn place(&self, name: &str) -> Result<Place, EngineError> {
        let admin = self.admin(name).await?;
        let place = self.clone.place_of(&admin, name).await;
        admin.close().await;
        place
    }

    /// Gives the working copy its mark, or takes it away.
    pub(super) async fn mark_working(&self, marked: Marked) -> Result<(), EngineError> {
        let name = self.working();
        match marked {
            Marked::Yes => mark_copy(&self.server, self.clone.entry(), &name)
                .await
                .map_err(clone_error),
            Marked::No => catalog::remove_mark(&self.server, &name)
                .await
                .map_err(EngineError::database("take the mark of a copy away")),
        }
    }

    /// A session of the server that is on none of the copies.
    pub(super) fn server(&self) -> &Session {
        &self.server
    }

    /// Drops one copy.
    pub(super) async fn drop_one(&self, name: &str) -> Result<(), EngineError> {
        self.names.borrow_mut().retain(|known| known != name);
        drop_copy(&self.server, name).await.map_err(clone_error)
    }

    /// Drops what is left of them, and closes the session.
    pub(super) async fn drop_all(self) -> Result<(), EngineError> {
        let names = self.names.take();
        let mut outcome = Ok(());
        for name in names.iter().rev() {
            let dropped = drop_copy(&self.server, name).await.map_err(clone_error);
            outcome = outcome.and(dropped);
        }
        self.server.close().await;
        outcome
    }

    async fn make(&self, template: &str, name: String, marked: Marked) -> Result<(), EngineError> {
        copy_database(&self.server, template, &name)
            .await
            .map_err(clone_error)?;
        self.names.borrow_mut().push(name.clone());
        if marked == Marked::Yes {
            mark_copy(&self.server, self.clone.entry(), &name)
                .await
                .map_err(clone_error)?;
        }
        open_copy(&self.server, &name).await.map_err(clone_error)
    }

    fn server_conninfo(&self, name: &str) -> oneroof_pg::conninfo::ConnInfo {
        self.clone.superuser().with_dbname(name)
    }

    /// A name that says whose copy it is, within the 63 bytes of a name.
    fn next_name(&self) -> String {
        let number = self.names.borrow().len() + 1;
        let stamp = uuid::Uuid::now_v7().simple().to_string();
        let id = self.clone.id();
        format!("oneroof_copy_{id}_{number}_{}", &stamp[stamp.len() - 6..])
    }
}
