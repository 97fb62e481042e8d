//! A copy of a kept clone for one verb, inside the clone's server, registered and marked as a clone of its own: a
//! killed verb leaves nothing that nobody knows of. The kept clone itself is not opened; it need not even admit
//! connections. How a database is copied is [`super::copy`]'s.

use oneroof_model::{Digest, TargetClass};

use super::copy::{TemplateFiles, copy_database, open_copy};
use super::error::{CloneError, database};
use super::fill::oid_of;
use super::name::clone_name;
use super::registry::{CloneEntry, CloneOrigin, CloneRegistry};
use super::roles;
use super::undo::{self, Undo};
use crate::catalog;
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::ephemeral::ServerEntry;

/// Which clone is copied.
#[derive(Debug, Clone)]
pub struct TemplateOptions {
    /// The kept clone, golden or not.
    pub source: CloneEntry,
    /// Its server.
    pub server: ServerEntry,
    /// Registry of clones.
    pub clones: CloneRegistry,
    /// `oneroof/<verb>/<run>`: names the session that copies.
    pub application_name: String,
    /// What becomes of roles that are made while the copy is there.
    pub roles: RolesOfServer,
}

/// Roles belong to a server and not to a database: what happens on a copy can make some that outlive it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolesOfServer {
    /// They stay.
    Stay,
    /// They go with the copy. Copies that say so wait for each other.
    GoWithCopy,
}

/// A copy, which ends with this value and never outlives the process: killed runs are swept up by
/// [`super::sweep_copies`].
#[derive(Debug)]
pub struct TemplateCopy {
    entry: CloneEntry,
    server: ServerEntry,
    clones: CloneRegistry,
    application_name: String,
    /// Holds the place of the only copy that makes roles.
    alone: Option<Session>,
    files: TemplateFiles,
    removed: bool,
}

/// Copies a kept clone, marks the copy as a clone and opens it.
///
/// # Errors
/// [`CloneError::InUse`] if somebody is connected to the kept clone, or what the server says. Then, and
/// when the future is dropped, nothing is left.
pub async fn copy_from_template(options: &TemplateOptions) -> Result<TemplateCopy, CloneError> {
    let TemplateOptions { source, server, .. } = options;
    let origin = CloneOrigin {
        server_id: Some(server.id.clone()),
        system_identifier: source.system_identifier.clone(),
        source: source.source.clone(),
        source_identity: Digest::of(source.mark().as_bytes()),
    };
    let name_of = |now, id: &str| clone_name(&source.database, now, id);
    let entry = CloneEntry::begun(TargetClass::Clone, origin, name_of, |entry| {
        entry.strategy = Some("template".to_owned());
        entry.data_at = Some(source.data_at().to_owned());
        entry.left_out.clone_from(&source.left_out);
        entry.masked.clone_from(&source.masked);
    })?;
    options.clones.write(&entry).map_err(CloneError::Registry)?;
    let mut copy = TemplateCopy {
        entry,
        server: server.clone(),
        clones: options.clones.clone(),
        application_name: options.application_name.clone(),
        alone: None,
        files: TemplateFiles::Plain,
        removed: false,
    };
    match copy.fill(source, options.roles).await {
        Ok(()) => Ok(copy),
        Err(error) => {
            // Why there is no copy is what the caller hears about; a sweep finds what is left.
            let _ = copy.remove().await;
            Err(error)
        }
    }
}

impl TemplateCopy {
    /// Its entry in the registry of clones.
    pub fn entry(&self) -> &CloneEntry {
        &self.entry
    }

    /// How to reach it as the server's superuser.
    pub fn superuser_conninfo(&self) -> ConnInfo {
        self.conninfo(&self.server.superuser)
    }

    /// How to reach it as any login role; no password is asked on the private socket.
    pub fn conninfo(&self, role: &str) -> ConnInfo {
        self.server.conninfo(&self.entry.database, role)
    }

    /// How its files were copied.
    pub fn files(&self) -> TemplateFiles {
        self.files
    }

    /// The server that it lives in.
    pub fn server(&self) -> &ServerEntry {
        &self.server
    }

    /// It stays, a clone of its own in the server of its source, until somebody drops it. It goes with that server.
    ///
    /// # Errors
    /// The registry's file cannot be written.
    pub fn keep(mut self, operator: Option<String>) -> Result<CloneEntry, CloneError> {
        let kept = self.entry.changed(|entry| {
            entry.maker = None;
            entry.roles_before = None;
            entry.operator = operator;
        });
        self.clones.write(&kept).map_err(CloneError::Registry)?;
        self.removed = true;
        Ok(kept)
    }

    /// Drops it.
    ///
    /// # Errors
    /// What the server says.
    pub async fn remove(mut self) -> Result<(), CloneError> {
        let roles = self.entry.roles_before.as_deref();
        undo::drop_database(&self.admin(), &self.entry.database, roles)
            .await
            .map_err(database("drop the copy"))?;
        self.removed = true;
        if let Some(alone) = self.alone.take() {
            alone.close().await;
        }
        self.clones
            .forget(&self.entry.id)
            .map_err(CloneError::Registry)
    }

    fn admin(&self) -> ConnInfo {
        self.server.conninfo("postgres", &self.server.superuser)
    }

    async fn fill(&mut self, source: &CloneEntry, roles: RolesOfServer) -> Result<(), CloneError> {
        let options = SessionOptions::read_write(self.application_name.clone());
        let opening = || database("open the private server");
        let admin = connect(&self.admin(), &options).await.map_err(opening())?;
        if roles == RolesOfServer::GoWithCopy {
            let alone = connect(&self.admin(), &options).await.map_err(opening())?;
            let waiting = || database("wait for the other rehearsals in this server");
            roles::be_alone(&alone).await.map_err(waiting())?;
            let before = roles::names(&alone).await.map_err(waiting())?;
            self.alone = Some(alone);
            self.entry = self
                .entry
                .changed(|entry| entry.roles_before = Some(before));
            self.clones
                .write(&self.entry)
                .map_err(CloneError::Registry)?;
        }
        let name = &self.entry.database;
        self.files = copy_database(&admin, &source.database, name).await?;
        let oid = oid_of(&admin, name).await?;
        self.entry = self.entry.changed(|entry| entry.database_oid = oid);
        let name = &self.entry.database;
        catalog::write_mark(&admin, name, &self.entry.mark())
            .await
            .map_err(database("mark the copy"))?;
        self.clones
            .write(&self.entry)
            .map_err(CloneError::Registry)?;
        open_copy(&admin, name).await?;
        admin.close().await;
        Ok(())
    }
}

impl Drop for TemplateCopy {
    fn drop(&mut self) {
        if self.removed {
            return;
        }
        let undo = Undo::DropDatabase {
            name: self.entry.database.clone(),
            application_name: self.application_name.clone(),
            roles_before: self.entry.roles_before.clone(),
        };
        if undo.run_blocking(self.admin()) {
            let _ = self.clones.forget(&self.entry.id);
        }
    }
}
