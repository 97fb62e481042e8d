//! Makes a clone of a snapshot: every file is copied into a private server of its own and its SHA-256 compared on the
//! way, and the copy has an identity and a mark of its own before anybody can connect.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{SecondsFormat, Utc};
use oneroof_model::{Digest, TargetClass};

use super::super::control_file::set_system_identifier;
use super::super::error::{CloneError, database};
use super::super::fill::{oid_of, run};
use super::super::physical::new_identifier;
use super::super::registry::{CloneEntry, CloneFacts, CloneRegistry};
use super::files::{CopyMethod, CopyProgress, Digests, Tree, copy_tree, require_room, tree};
use super::store::{SnapshotError, SnapshotRecord, SnapshotStore};
use super::take::{StopOnDrop, unfinished};
use crate::catalog;
use crate::connect::{Session, SessionOptions, connect};
use crate::ephemeral::{
    Lifetime, Registry, Rules, SearchPlaces, ServerConfig, ServerKind, ServerSite, find,
};
use crate::programs::{self, Program, ProgramCall};

/// What is taken out, and where it goes.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    /// Where snapshots are.
    pub store: SnapshotStore,
    /// The snapshot.
    pub name: String,
    /// What the clone is to be.
    pub class: TargetClass,
    /// Registry of clones.
    pub clones: CloneRegistry,
    /// Registry of servers.
    pub servers: Registry,
    /// Folder of server binaries, if configured.
    pub binaries: Option<std::path::PathBuf>,
    /// Where to look for binaries otherwise.
    pub places: SearchPlaces,
    /// In which folder the server's folder is made; short.
    pub temp_folder: std::path::PathBuf,
    /// Account under which the server runs if we are root.
    pub os_user: String,
    /// Who has it restored.
    pub operator: Option<String>,
}

/// A clone that was made of a snapshot. It is kept.
#[derive(Debug, Clone)]
pub struct RestoredClone {
    /// Its entry in the registry of clones.
    pub entry: CloneEntry,
    /// How to reach it as the superuser of its server.
    pub superuser: crate::conninfo::ConnInfo,
    /// Bytes of its files.
    pub bytes: u64,
    /// How the files came there.
    pub method: CopyMethod,
    /// How long it took.
    pub elapsed_ms: u64,
    /// In what it differs from what was put away.
    pub differences: Vec<String>,
}

/// Makes a clone of a snapshot. `progress` says how far the copy is.
///
/// # Errors
/// [`CloneError::Snapshot`] with each file that is not what was put away, [`CloneError::Binaries`], [`CloneError::Disk`].
/// Then, and when the future is dropped, nothing is left.
pub async fn restore_snapshot(
    options: &RestoreOptions,
    progress: &Arc<CopyProgress>,
) -> Result<RestoredClone, CloneError> {
    let started = Instant::now();
    options.store.sweep()?;
    let record = options.store.find(&options.name)?;
    let wanted = options.store.digests(&record)?;
    let rows = options.store.rows(&record)?;
    let (setting, places, major) = (
        options.binaries.clone(),
        options.places.clone(),
        record.major,
    );
    let binaries =
        tokio::task::spawn_blocking(move || find(setting.as_deref(), Some(major), &places))
            .await
            .map_err(|error| unfinished(&error))?
            .map_err(|source| CloneError::Binaries {
                major,
                source: Box::new(source),
            })?;
    let resetwal = Program::PgResetwal.in_folder(&binaries.folder);
    let mut config = ServerConfig::new(binaries, options.servers.clone());
    config.kind = ServerKind::Clone;
    config.superuser.clone_from(&record.superuser);
    config.lifetime = Lifetime::Kept;
    config.temp_folder.clone_from(&options.temp_folder);
    config.os_user.clone_from(&options.os_user);
    let server = |error| CloneError::Server(Box::new(error));
    let mut site = ServerSite::prepare(config).map_err(server)?;

    let guard = StopOnDrop(progress.clone());
    let method = take_out(options, &record, wanted, &site, progress).await?;
    drop(guard);

    let mut differences = Vec::new();
    match resetwal {
        Some(program) => {
            let identifier = new_identifier(&site.entry().id);
            set_system_identifier(&site.data_folder(), identifier).map_err(CloneError::Identity)?;
            let reset = ProgramCall::new(program)
                .arg("-D")
                .arg(site.data_folder())
                .in_folder(site.folder())
                .as_user(site.user().cloned());
            programs::run(reset)
                .await
                .map_err(|source| CloneError::Copy {
                    database: record.clone.database.clone(),
                    source,
                })?;
        }
        None => differences.push(
            "its server has the system identifier of the one that the snapshot is of: pg_resetwal is not installed"
                .to_owned(),
        ),
    }
    // Nobody else comes in before it has a mark of its own.
    site.move_in(Rules::Only(&record.superuser))
        .map_err(server)?;
    site.run().await.map_err(server)?;
    let admin = session(&site).await?;
    let entry = entry_of(
        options,
        &record,
        &site,
        oid_of(&admin, &record.clone.database).await?,
    )?;
    catalog::write_mark(&admin, &entry.database, &entry.mark())
        .await
        .map_err(database("mark the clone"))?;
    let registered = Registered {
        clones: options.clones.clone(),
        id: Some(entry.id.clone()),
    };
    options.clones.write(&entry).map_err(CloneError::Registry)?;
    if let Some(rows) = rows.filter(|_| entry.class == TargetClass::Golden) {
        let kept = options.clones.keep_rows(&entry.id, &rows);
        kept.map_err(CloneError::Registry)?;
    }
    let is_open = entry.class != TargetClass::Golden;
    catalog::open_database(&admin, &entry.database, is_open)
        .await
        .map_err(database("open the clone"))?;
    site.admit(Rules::Everybody).map_err(server)?;
    run(
        &admin,
        include_str!("../../run/reload.sql"),
        "open the clone",
    )
    .await?;
    admin.close().await;
    let superuser = site.entry().conninfo(&entry.database, &record.superuser);
    let mut made = site.finish();
    made.register_kept(true)
        .map_err(super::super::fill::unregistered)?;
    registered.stays();
    Ok(RestoredClone {
        entry,
        superuser,
        bytes: record.bytes,
        method,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        differences,
    })
}

/// Copies the files into the server's folder. Each must be what was put away; each that is not is named.
async fn take_out(
    options: &RestoreOptions,
    record: &SnapshotRecord,
    wanted: Digests,
    site: &ServerSite,
    progress: &Arc<CopyProgress>,
) -> Result<CopyMethod, CloneError> {
    let from = options.store.data(&record.name);
    let (to, owner) = (site.data_folder(), site.user().map(|user| user.ids()));
    let (record, progress) = (record.clone(), progress.clone());
    let copying = tokio::task::spawn_blocking(move || {
        let broken = |faults: Vec<String>| {
            Err(CloneError::Snapshot(SnapshotError::Broken {
                name: record.name.clone(),
                faults,
            }))
        };
        let there = tree(&from)?;
        let faults = listed_otherwise(&there, &wanted, &record.folders);
        if !faults.is_empty() {
            return broken(faults);
        }
        require_room(&there, &from, &to)?;
        let (digests, method) = copy_tree(&there, &from, &to, owner, &progress)?;
        let faults = altered(&digests, &wanted);
        if !faults.is_empty() {
            return broken(faults);
        }
        Ok(method)
    });
    copying.await.map_err(|error| unfinished(&error))?
}

/// Files and folders that are too many or too few, in words.
fn listed_otherwise(there: &Tree, wanted: &Digests, folders: &[String]) -> Vec<String> {
    let missing = wanted
        .keys()
        .filter(|path| !there.files.contains_key(*path))
        .map(|path| format!("file `{path}` is missing"));
    let strange = there
        .files
        .keys()
        .filter(|path| !wanted.contains_key(*path))
        .map(|path| format!("file `{path}` was not kept"));
    let gone = folders
        .iter()
        .filter(|folder| !there.folders.contains(folder))
        .map(|folder| format!("folder `{folder}` is missing"));
    missing.chain(strange).chain(gone).collect()
}

fn altered(copied: &BTreeMap<String, Digest>, wanted: &Digests) -> Vec<String> {
    wanted
        .iter()
        .filter(|(path, digest)| copied.get(*path) != Some(digest))
        .map(|(path, _)| format!("file `{path}` is not what was kept: its SHA-256 differs"))
        .collect()
}

fn entry_of(
    options: &RestoreOptions,
    record: &SnapshotRecord,
    site: &ServerSite,
    database_oid: u32,
) -> Result<CloneEntry, CloneError> {
    let kept = &record.clone;
    let server = site.entry();
    let source_identity = Digest::parse(&kept.source_identity).ok_or_else(|| {
        CloneError::Snapshot(SnapshotError::Broken {
            name: record.name.clone(),
            faults: vec!["the source's identity is not readable".to_owned()],
        })
    })?;
    let entry = CloneEntry::new(CloneFacts {
        id: server.id.clone(),
        class: options.class,
        server_id: server.id.clone(),
        database: kept.database.clone(),
        database_oid,
        system_identifier: server.system_identifier.clone().unwrap_or_default(),
        source: kept.source.clone(),
        source_identity,
        created_at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
    })?;
    Ok(entry.changed(|entry| {
        entry.strategy = Some("snapshot".to_owned());
        entry.operator.clone_from(&options.operator);
        entry.data_at = Some(kept.data_at.clone());
        entry.line = Some(kept.line.clone());
        entry.left_out.clone_from(&kept.left_out);
        entry.masked.clone_from(&kept.masked);
    }))
}

async fn session(site: &ServerSite) -> Result<Session, CloneError> {
    let entry = site.entry();
    connect(
        &entry.conninfo("postgres", &entry.superuser),
        &SessionOptions::read_write("oneroof/clone"),
    )
    .await
    .map_err(database("open the private server"))
}

/// Forgotten again unless the clone is finished.
struct Registered {
    clones: CloneRegistry,
    id: Option<String>,
}

impl Registered {
    fn stays(mut self) {
        self.id = None;
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let _ = self.clones.forget(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let digests = |files: &[(&str, &str)]| -> Digests {
            let entry =
                |(path, text): &(&str, &str)| ((*path).to_owned(), Digest::of(text.as_bytes()));
            files.iter().map(entry).collect()
        };
        let wanted = digests(&[("a", "1"), ("b", "2")]);
        let there = Tree {
            folders: Vec::new(),
            files: [("a".to_owned(), 1), ("c".to_owned(), 1)].into(),
        };
        assert_eq!(
            listed_otherwise(&there, &wanted, &["base".to_owned()]),
            [
                "file `b` is missing",
                "file `c` was not kept",
                "folder `base` is missing"
            ]
        );
        assert_eq!(
            altered(&digests(&[("a", "1"), ("b", "3")]), &wanted),
            ["file `b` is not what was kept: its SHA-256 differs"]
        );
    }
}
