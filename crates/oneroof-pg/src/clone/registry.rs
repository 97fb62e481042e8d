//! Which clones are ours: one file per clone in `.oneroof/clones/`, readable by its owner only. The
//! file holds the secret part of the clone's mark, so a mark cannot be made without it.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use oneroof_model::{Digest, TargetClass, canonical_json};
use serde::{Deserialize, Serialize};

use super::error::CloneError;
use super::tally::CopiedRows;
use super::undo;
use crate::ephemeral::{AttachedServer, Registry, RegistryError, start_time_of};
use crate::error::PgError;

/// The format that this version writes.
const FORMAT: u32 = 1;
/// Ends the name of the file with the rows that copies of a golden clone must have.
const ROWS: &str = "rows";

/// One clone, as it is written in its file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CloneEntry {
    /// Version of the file's format.
    pub format: u32,
    /// Id of the clone; name of the file.
    pub id: String,
    /// Clone, golden or scratch.
    pub class: TargetClass,
    /// Server in the registry of servers that holds it.
    pub server_id: String,
    /// Name of the database.
    pub database: String,
    /// Its OID.
    pub database_oid: u32,
    /// System identifier of its cluster.
    pub system_identifier: String,
    /// Name of the target that it was made from.
    pub source: String,
    /// Digest of that target's identity.
    pub source_identity: String,
    /// Digest in the mark.
    pub mark_digest: String,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: String,
    /// The process that a copy of a kept clone ends with; none for a clone with a server of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<Maker>,
    /// How it was made; none for clones of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Who had it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Of which moment its rows are, if that is not when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_at: Option<String>,
    /// The first clone of its line, if that is another one: snapshots of a clone, what is restored from them and what
    /// took its place belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Tables whose rows were not copied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Columns that are masked, each with its rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    /// Target of oneroof.toml in whose server it lives; none for a clone in a private server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Roles that were made in that server for it: they go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles_made: Vec<String>,
    /// Roles of the server before a release ran here: others go with the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) roles_before: Option<Vec<String>>,
    secret: String,
}

/// A process, such that no other one is ever mistaken for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// Its id.
    pub pid: u32,
    /// When it started: boot id and ticks.
    pub start_time: String,
}

impl Maker {
    /// The present process.
    pub(super) fn ours() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            start_time: start_time_of(pid).unwrap_or_default(),
        }
    }

    /// Is it still there?
    fn lives(&self) -> bool {
        start_time_of(self.pid).as_deref() == Some(self.start_time.as_str())
    }
}

impl std::fmt::Debug for CloneEntry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CloneEntry")
            .field("id", &self.id)
            .field("class", &self.class)
            .field("server_id", &self.server_id)
            .field("database", &self.database)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// What a new entry is made of.
#[derive(Debug, Clone)]
pub(super) struct CloneFacts {
    pub(super) id: String,
    pub(super) class: TargetClass,
    pub(super) server_id: String,
    pub(super) database: String,
    pub(super) database_oid: u32,
    pub(super) system_identifier: String,
    pub(super) source: String,
    pub(super) source_identity: Digest,
    pub(super) created_at: String,
}

/// Of what a database is made, and in which server.
#[derive(Debug, Clone)]
pub(super) struct CloneOrigin {
    /// Entry of a private server; none for a server that is not ours alone.
    pub(super) server_id: Option<String>,
    pub(super) system_identifier: String,
    pub(super) source: String,
    pub(super) source_identity: Digest,
}

/// The rows of a golden clone, as they are written in their file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptRows {
    format: u32,
    rows: CopiedRows,
}

/// The folder of entries. Several processes may use it at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneRegistry {
    folder: PathBuf,
}

/// What can go wrong with the folder of entries.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloneRegistryError {
    /// A file or folder could not be read, written or removed.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What should have happened to it.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// An entry is not readable, or of another version of oneroof.
    #[error("read clone entry `{}`: {detail}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// No entry has this id.
    #[error("find clone `{id}`: no such clone is registered")]
    Unknown {
        /// The id.
        id: String,
    },
    /// The clone's server is gone or cannot be removed.
    #[error("reach the server of clone `{id}`")]
    Server {
        /// The id.
        id: String,
        /// What is wrong with it.
        #[source]
        source: RegistryError,
    },
    /// The clone lives in a server that is not ours alone.
    #[error("remove clone `{id}` without a connection to the server of target `{host}`")]
    Hosted {
        /// The id.
        id: String,
        /// The target.
        host: String,
    },
    /// The clone's database cannot be dropped.
    #[error("drop the database of clone `{id}`")]
    Database {
        /// The id.
        id: String,
        /// What the server said.
        #[source]
        source: Box<PgError>,
    },
}

impl CloneEntry {
    /// A new entry with a secret of its own.
    pub(super) fn new(facts: CloneFacts) -> Result<Self, CloneError> {
        const RANDOM: &str = "/dev/urandom";
        let mut secret = [0_u8; 32];
        fs::File::open(RANDOM)
            .and_then(|mut file| file.read_exact(&mut secret))
            .map_err(|source| {
                CloneError::Registry(CloneRegistryError::Io {
                    action: "read",
                    path: RANDOM.into(),
                    source,
                })
            })?;
        let mut entry = Self {
            format: FORMAT,
            id: facts.id,
            class: facts.class,
            server_id: facts.server_id,
            database: facts.database,
            database_oid: facts.database_oid,
            system_identifier: facts.system_identifier,
            source: facts.source,
            source_identity: facts.source_identity.to_string(),
            mark_digest: String::new(),
            created_at: facts.created_at,
            maker: None,
            strategy: None,
            operator: None,
            data_at: None,
            line: None,
            left_out: Vec::new(),
            masked: Vec::new(),
            host: None,
            roles_made: Vec::new(),
            roles_before: None,
            secret: hex::encode(secret),
        };
        entry.mark_digest = entry.expected_digest();
        Ok(entry)
    }

    /// The entry of a database that is made in a server by the present process: registered before it exists, so that a
    /// killed run leaves nothing that nobody knows of. `name_of` names the database by moment and id; its OID is not
    /// known yet, and a mark without it is valid nowhere.
    pub(super) fn begun(
        class: TargetClass,
        origin: CloneOrigin,
        name_of: impl FnOnce(DateTime<Utc>, &str) -> String,
        more: impl FnOnce(&mut Self),
    ) -> Result<Self, CloneError> {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let id = id[id.len() - 8..].to_owned();
        let now = Utc::now();
        let entry = Self::new(CloneFacts {
            class,
            server_id: origin.server_id.unwrap_or_else(|| id.clone()),
            database: name_of(now, &id),
            database_oid: 0,
            system_identifier: origin.system_identifier,
            source: origin.source,
            source_identity: origin.source_identity,
            created_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
            id,
        })?;
        Ok(entry.changed(|entry| {
            entry.maker = Some(Maker::ours());
            more(entry);
        }))
    }

    /// The same clone with another class, and so with another mark.
    #[must_use]
    pub fn with_class(&self, class: TargetClass) -> Self {
        self.changed(|entry| entry.class = class)
    }

    pub(super) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut entry = self.clone();
        change(&mut entry);
        entry.mark_digest = entry.expected_digest();
        entry
    }

    /// The entry of a copy of this clone on the same server. It is never registered: outside of the run
    /// that made the copy its mark counts for nothing.
    pub(super) fn of_copy(&self, database: &str, database_oid: u32) -> Self {
        let mut entry = Self {
            database: database.to_owned(),
            database_oid,
            ..self.clone()
        };
        entry.mark_digest = entry.expected_digest();
        entry
    }

    /// Of which moment its rows are, RFC 3339 in UTC.
    pub fn data_at(&self) -> &str {
        self.data_at.as_deref().unwrap_or(&self.created_at)
    }

    /// The first clone of its line; itself if it is that.
    pub fn line(&self) -> &str {
        self.line.as_deref().unwrap_or(&self.id)
    }

    /// Was it killed while it was made?
    pub fn is_left_over(&self) -> bool {
        self.maker.as_ref().is_some_and(|maker| !maker.lives())
    }

    /// Is it a copy beside a kept clone, in that clone's server?
    fn is_guest(&self) -> bool {
        self.id != self.server_id
    }

    /// SHA-256 over what the mark says and what only this file knows.
    pub(super) fn expected_digest(&self) -> String {
        let facts = serde_json::json!({
            "class": self.class,
            "id": self.id,
            "source": self.source,
            "source_identity": self.source_identity,
            "database_oid": self.database_oid,
            "system_identifier": self.system_identifier,
            "secret": self.secret,
        });
        Digest::of(canonical_json(&facts).as_bytes()).to_string()
    }

    /// The JSON text of the mark. Its members are those of [`oneroof_model::Mark`] and
    /// `source_identity`.
    pub fn mark(&self) -> String {
        canonical_json(&serde_json::json!({
            "class": self.class,
            "id": self.id,
            "source": self.source,
            "source_identity": self.source_identity,
            "database_oid": self.database_oid,
            "digest": self.mark_digest,
        }))
    }
}

impl CloneRegistry {
    /// The registry in this folder (`.oneroof/clones`); the folder need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The registry beside one of servers: `.oneroof/servers` -> `.oneroof/clones`.
    pub fn beside(servers: &Registry) -> Self {
        Self::at(servers.folder().with_file_name("clones"))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All entries, oldest first.
    ///
    /// # Errors
    /// [`CloneRegistryError`]; a missing folder is an empty list.
    pub fn list(&self) -> Result<Vec<CloneEntry>, CloneRegistryError> {
        let failed = |source| CloneRegistryError::Io {
            action: "list",
            path: self.folder.clone(),
            source,
        };
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut entries = Vec::new();
        for file in files {
            let path = file.map_err(failed)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                entries.extend(read(&path)?);
            }
        }
        entries.sort_by(|left, right| {
            (&left.created_at, &left.id).cmp(&(&right.created_at, &right.id))
        });
        Ok(entries)
    }

    /// The entry with this id.
    ///
    /// # Errors
    /// [`CloneRegistryError::Unknown`], or the file is not readable.
    pub fn find(&self, id: &str) -> Result<CloneEntry, CloneRegistryError> {
        let unknown = || CloneRegistryError::Unknown { id: id.to_owned() };
        let path = self.file_of(id, "json").ok_or_else(unknown)?;
        read(&path)?
            .filter(|entry| entry.id == id)
            .ok_or_else(unknown)
    }

    /// A registered clone and its running server.
    ///
    /// # Errors
    /// [`CloneRegistryError::Unknown`], [`CloneRegistryError::Server`].
    pub fn attach(
        &self,
        id: &str,
        servers: &Registry,
    ) -> Result<(CloneEntry, AttachedServer), CloneRegistryError> {
        let entry = self.find(id)?;
        let server =
            servers
                .attach(&entry.server_id)
                .map_err(|source| CloneRegistryError::Server {
                    id: id.to_owned(),
                    source,
                })?;
        Ok((entry, server))
    }

    /// Forgets clones whose server is no longer registered: what a dead process left. Sweep the
    /// servers first. Gives the ids.
    ///
    /// # Errors
    /// [`CloneRegistryError`].
    pub fn forget_left_overs(&self, servers: &Registry) -> Result<Vec<String>, CloneRegistryError> {
        let mut forgotten = Vec::new();
        for entry in self.list()? {
            if entry.host.is_none()
                && let Err(RegistryError::Unknown { .. }) = servers.find(&entry.server_id)
            {
                self.forget(&entry.id)?;
                forgotten.push(entry.id);
            }
        }
        Ok(forgotten)
    }

    /// The clone belongs to this line from now on: it took the place of one that does.
    ///
    /// # Errors
    /// [`CloneRegistryError`].
    pub fn hand_down_line(&self, id: &str, line: &str) -> Result<(), CloneRegistryError> {
        let entry = self.find(id)?;
        self.write(&entry.changed(|entry| entry.line = Some(line.to_owned())))
    }

    /// Writes an entry: whole or not at all, for its owner's eyes only.
    pub(super) fn write(&self, entry: &CloneEntry) -> Result<(), CloneRegistryError> {
        let path = self
            .file_of(&entry.id, "json")
            .ok_or_else(|| CloneRegistryError::Unknown {
                id: entry.id.clone(),
            })?;
        let text = serde_json::to_string_pretty(entry);
        self.write_file(&path, text)
    }

    fn write_file(
        &self,
        path: &Path,
        text: serde_json::Result<String>,
    ) -> Result<(), CloneRegistryError> {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        let text = text.map_err(|error| CloneRegistryError::Entry {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| CloneRegistryError::Io {
                action,
                path,
                source,
            }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(failed("make folder", &self.folder))?;
        let draft = path.with_extension("draft");
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| {
                // Not forced to the disk: that would wait for all that was written before it, the gigabytes of a
                // clone included. A machine that crashes loses its clones with their entries.
                file.write_all(text.as_bytes())?;
                file.write_all(b"\n")
            })
            .and_then(|()| fs::rename(&draft, path));
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written.map_err(failed("write", path))
    }

    /// Keeps the rows that copies of this clone must have.
    ///
    /// # Errors
    /// [`CloneRegistryError`].
    pub fn keep_rows(&self, id: &str, rows: &CopiedRows) -> Result<(), CloneRegistryError> {
        let unknown = || CloneRegistryError::Unknown { id: id.to_owned() };
        let path = self.file_of(id, ROWS).ok_or_else(unknown)?;
        let text = serde_json::to_string(&KeptRows {
            format: FORMAT,
            rows: rows.clone(),
        });
        self.write_file(&path, text)
    }

    /// The rows that copies of this clone must have; none of a clone that is not golden, or that an earlier version
    /// made golden.
    ///
    /// # Errors
    /// [`CloneRegistryError`].
    pub fn kept_rows(&self, id: &str) -> Result<Option<CopiedRows>, CloneRegistryError> {
        let Some(path) = self.file_of(id, ROWS) else {
            return Ok(None);
        };
        let Some(text) = read_file(&path)? else {
            return Ok(None);
        };
        let wrong = |detail: String| CloneRegistryError::Entry {
            path: path.clone(),
            detail,
        };
        let kept: KeptRows =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if kept.format != FORMAT {
            return Err(wrong(format!("format {} is not known here", kept.format)));
        }
        Ok(Some(kept.rows))
    }

    /// Removes an entry; one that is not there is no error.
    ///
    /// # Errors
    /// [`CloneRegistryError::Io`].
    pub fn forget(&self, id: &str) -> Result<(), CloneRegistryError> {
        for extension in [ROWS, "json"] {
            let Some(path) = self.file_of(id, extension) else {
                continue;
            };
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(CloneRegistryError::Io {
                        action: "remove",
                        path,
                        source,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Ids come from marks, which anybody may have written: nothing but digits becomes a path.
    fn file_of(&self, id: &str, extension: &str) -> Option<PathBuf> {
        let valid =
            !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        valid.then(|| self.folder.join(format!("{id}.{extension}")))
    }
}

/// Removes a clone for good: its server with everything in it, and its entry. A database that is a guest
/// in the server of another clone goes alone.
///
/// # Errors
/// [`CloneRegistryError`]; repeating it is safe.
pub async fn remove_clone(
    id: &str,
    clones: &CloneRegistry,
    servers: &Registry,
) -> Result<(), CloneRegistryError> {
    let entry = clones.find(id)?;
    if let Some(host) = entry.host {
        return Err(CloneRegistryError::Hosted { id: entry.id, host });
    }
    if entry.is_guest() {
        return remove_guest(&entry, clones, servers).await;
    }
    match servers.remove(&entry.server_id).await {
        Ok(()) | Err(RegistryError::Unknown { .. }) => {}
        Err(source) => {
            return Err(CloneRegistryError::Server {
                id: id.to_owned(),
                source,
            });
        }
    }
    for guest in clones.list()? {
        if guest.server_id == entry.server_id {
            clones.forget(&guest.id)?;
        }
    }
    clones.forget(id)
}

/// Drops the copies whose maker was killed before it could do so. Gives their ids.
///
/// # Errors
/// [`CloneRegistryError`].
pub async fn sweep_copies(
    clones: &CloneRegistry,
    servers: &Registry,
) -> Result<Vec<String>, CloneRegistryError> {
    let mut swept = Vec::new();
    for entry in clones.list()? {
        if entry.host.is_none() && entry.is_left_over() {
            remove_guest(&entry, clones, servers).await?;
            swept.push(entry.id);
        }
    }
    Ok(swept)
}

async fn remove_guest(
    entry: &CloneEntry,
    clones: &CloneRegistry,
    servers: &Registry,
) -> Result<(), CloneRegistryError> {
    match servers.attach(&entry.server_id) {
        Ok(server) => {
            let superuser = server.entry().superuser.clone();
            let admin = server.conninfo("postgres", &superuser);
            undo::drop_database(&admin, &entry.database, entry.roles_before.as_deref())
                .await
                .map_err(|source| CloneRegistryError::Database {
                    id: entry.id.clone(),
                    source: Box::new(source),
                })?;
        }
        // A server that is gone took the database with it.
        Err(RegistryError::Unknown { .. }) => {}
        Err(source) => {
            return Err(CloneRegistryError::Server {
                id: entry.id.clone(),
                source,
            });
        }
    }
    clones.forget(&entry.id)
}

/// The text of a file, if it is there.
fn read_file(path: &Path) -> Result<Option<String>, CloneRegistryError> {
    match fs::read_to_string(path) {
        // The machine crashed before its content reached the disk.
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CloneRegistryError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        }),
    }
}

fn read(path: &Path) -> Result<Option<CloneEntry>, CloneRegistryError> {
    let Some(text) = read_file(path)? else {
        return Ok(None);
    };
    let entry: CloneEntry =
        serde_json::from_str(&text).map_err(|error| CloneRegistryError::Entry {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
    if entry.format != FORMAT {
        return Err(CloneRegistryError::Entry {
            path: path.to_owned(),
            detail: format!("format {} is not known here", entry.format),
        });
    }
    Ok(Some(entry))
}
