//! Making a clone, whatever the strategy, and the promise that a failure leaves nothing.

use std::path::Path;
use std::time::Instant;

use super::error::CloneError;
use super::fill::{Filled, Work};
use super::options::{CloneOptions, CloneProgress, CloneReport};
use super::physical;
use super::plan::{Plan, SOURCE_TRANSACTIONS};
use super::registry::{CloneEntry, CloneRegistry};
use super::strategy::CloneStrategy;
use super::tally::CopiedRows;
use crate::catalog::RoleStatementKind;
use crate::conninfo::ConnInfo;
use crate::ephemeral::{EphemeralServer, Lifetime, RegistryError, ServerEntry};

/// Copies the database that `source` names into a private server and marks the copy.
///
/// `source` is the clone role's connection: it needs select on everything (what is missing is named
/// with its SQL). Its transactions there are read-only. The clone carries the source's roles without
/// passwords, so that everything that happens to it happens under the same names and rights.
///
/// # Errors
/// [`CloneError`]. On failure, or when the future is dropped, nothing is left.
pub async fn make_clone(
    source: &ConnInfo,
    options: &CloneOptions,
    mut progress: impl FnMut(CloneProgress) + Send,
) -> Result<DatabaseClone, CloneError> {
    let started = Instant::now();
    let plan = Plan::read(source, options).await?;
    progress(CloneProgress::Source {
        size_bytes: plan.size_bytes,
    });

    check_room(&plan, options)?;

    let (work, filled) = match options.strategy {
        CloneStrategy::Physical => physical::make(&plan, source, options, &mut progress).await?,
        CloneStrategy::Logical => {
            let mut work = Work::start(&plan, options).await?;
            match work.fill(&plan, source, options, &mut progress).await {
                Ok(filled) => (work, filled),
                Err(error) => {
                    work.parts.remove().await;
                    return Err(error);
                }
            }
        }
    };
    let entry = filled.entry.clone();
    let rows = filled.copied.rows.clone();
    Ok(DatabaseClone {
        server: work.server,
        entry,
        rows,
        report: report_of(plan, filled, options, started),
        parts: work.parts,
    })
}

/// What was done.
pub(super) fn report_of(
    plan: Plan,
    filled: Filled,
    options: &CloneOptions,
    started: Instant,
) -> CloneReport {
    let mut differences = plan.differences(&filled.identity);
    differences.extend(filled.copied.differences);
    CloneReport {
        strategy: options.strategy,
        clone: filled.identity,
        bytes: filled.copied.bytes,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        source_transactions: SOURCE_TRANSACTIONS + filled.copied.transactions,
        source_programs: filled.copied.programs,
        roles: plan.count_of(RoleStatementKind::Role),
        settings_refused: filled.settings_refused,
        masks: plan.masks,
        doors: plan.doors,
        differences,
        files: filled.copied.files,
        source: plan.identity,
    }
}

/// Is there room for the copy? A disk that cannot be asked is tried.
fn check_room(plan: &Plan, options: &CloneOptions) -> Result<(), CloneError> {
    let folder = &options.temp_folder;
    fits(
        plan.size_bytes,
        crate::ephemeral::free_disk_bytes(folder),
        folder,
    )
}

fn fits(needed_bytes: u64, free_bytes: Option<u64>, folder: &Path) -> Result<(), CloneError> {
    match free_bytes {
        Some(free_bytes) if free_bytes < needed_bytes => Err(CloneError::Disk {
            needed_bytes,
            free_bytes,
            folder: folder.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// A clone and its server. With [`Lifetime::WithProcess`] dropping it removes both.
#[derive(Debug)]
pub struct DatabaseClone {
    parts: Parts,
    server: ServerEntry,
    entry: CloneEntry,
    report: CloneReport,
    rows: Option<CopiedRows>,
}

impl DatabaseClone {
    /// Its id: `clone:<id>` as a target.
    pub fn id(&self) -> &str {
        &self.entry.id
    }

    /// Name of the database.
    pub fn database(&self) -> &str {
        &self.entry.database
    }

    /// Its entry in the registry of clones.
    pub fn entry(&self) -> &CloneEntry {
        &self.entry
    }

    /// What was done.
    pub fn report(&self) -> &CloneReport {
        &self.report
    }

    /// What the source sent, to compare with: none unless it was tallied.
    pub fn copied_rows(&self) -> Option<&CopiedRows> {
        self.rows.as_ref()
    }

    /// How to reach it as the server's superuser.
    pub fn superuser_conninfo(&self) -> ConnInfo {
        self.conninfo(&self.server.superuser)
    }

    /// How to reach it as any login role of the source; no password is asked on the private socket.
    pub fn conninfo(&self, role: &str) -> ConnInfo {
        self.server.conninfo(&self.entry.database, role)
    }

    /// How to reach another database of its server as the superuser, `postgres` for example.
    pub fn server_conninfo(&self, database: &str) -> ConnInfo {
        self.superuser_conninfo().with_dbname(database)
    }

    /// Entry of the server that holds it, in the registry of servers.
    pub fn server(&self) -> &ServerEntry {
        &self.server
    }

    /// Does it stay when this value is dropped, or we are killed? Only a clone made with [`Lifetime::Kept`] can.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn set_kept(&mut self, kept: bool) -> Result<(), RegistryError> {
        self.parts.keep(kept)
    }

    /// Removes the clone: its server with everything in it, and its entry.
    ///
    /// # Errors
    /// [`RegistryError`] if the server does not end or something cannot be removed.
    pub async fn remove(mut self) -> Result<(), RegistryError> {
        self.parts.registered = Some(self.entry.id.clone());
        self.parts.forget();
        match self.parts.server.take() {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }
}

/// What exists of a clone. Removed when dropped, unless it is finished and to be kept.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) server: Option<EphemeralServer>,
    pub(super) clones: CloneRegistry,
    pub(super) registered: Option<String>,
    pub(super) lifetime: Lifetime,
    /// Does it stay when dropped?
    pub(super) kept: bool,
}

impl Parts {
    /// Does it stay, if it can?
    pub(super) fn keep(&mut self, kept: bool) -> Result<(), RegistryError> {
        let kept = kept && self.lifetime == Lifetime::Kept;
        if let Some(server) = &mut self.server {
            server.register_kept(kept)?;
        }
        self.kept = kept;
        Ok(())
    }

    pub(super) async fn remove(mut self) {
        self.forget();
        if let Some(server) = self.server.take() {
            // What made the clone fail is what the caller hears about; a sweep finds the rest.
            let _ = server.stop().await;
        }
    }

    fn forget(&mut self) {
        if let Some(id) = self.registered.take() {
            let _ = self.clones.forget(&id);
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        self.forget();
        if let Some(mut server) = self.server.take() {
            // Blocking, so that nothing is left when the process ends right after (Ctrl-C).
            server.remove_on_drop(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_sizes() {
        let folder = Path::new("/small");
        assert!(fits(10, Some(10), folder).is_ok());
        assert!(fits(10, None, folder).is_ok());
        let error = fits(11, Some(10), folder).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("11") && text.contains("10") && text.contains("/small"),
            "{text}"
        );
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("[postgres] folder"))
        );
    }
}
