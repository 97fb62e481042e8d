//! Which servers are ours: one file per server in `.oneroof/servers/`, so that a server is found
//! again after a crash and what a dead process left is removed.

use std::fs::{self, File};
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::{ServerFolder, is_id};
use super::postmaster::{Postmaster, start_time_of};
use super::rest::{self, Rest};
use super::server::ServerKind;
use crate::conninfo::ConnInfo;

/// The format that this version writes.
const FORMAT: u32 = 1;

/// One server, as it is written in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ServerEntry {
    /// Version of the file's format.
    pub format: u32,
    /// Eight hexadecimal digits; name of the file and last part of the folder's name.
    pub id: String,
    /// What it is for.
    pub kind: ServerKind,
    /// Major version, for example 15.
    pub major: u32,
    /// Version, for example `15.18`.
    pub version: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The folder of its socket.
    pub socket_dir: PathBuf,
    /// Its port: part of the socket's name, and the TCP port if it has one.
    pub port: u16,
    /// Process id of the postmaster; `None` while it is being made.
    pub pid: Option<u32>,
    /// Its superuser.
    pub superuser: String,
    /// Process id of the oneroof that made it.
    pub owner_pid: u32,
    /// When that process started (boot id and ticks), so that a reused id is not mistaken for it.
    pub owner_start_time: String,
    /// May it outlive its maker?
    pub kept: bool,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: String,
    /// System identifier of the cluster, as text; `None` while it is being made.
    pub system_identifier: Option<String>,
    /// It does not run, on purpose, and is started again by who needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting: Option<Rest>,
}

impl ServerEntry {
    /// Is the process that made it still there?
    pub fn owner_lives(&self) -> bool {
        start_time_of(self.owner_pid).as_deref() == Some(self.owner_start_time.as_str())
    }

    /// Is its server running?
    pub fn is_running(&self) -> bool {
        self.server_folder()
            .is_some_and(|folder| Postmaster::of(&folder.data()).is_some())
    }

    /// How to reach a database of it, by its private socket.
    pub fn conninfo(&self, dbname: &str, user: &str) -> ConnInfo {
        ConnInfo::for_socket(&self.socket_dir, self.port, user, dbname)
    }

    fn server_folder(&self) -> Option<ServerFolder> {
        ServerFolder::named(&self.folder, &self.id)
    }

    /// Did nobody who still wants it survive? Then it is removed.
    fn is_left_over(&self) -> bool {
        let is_there = self.is_running() || self.resting.is_some();
        let wanted = self.owner_lives() || (self.kept && is_there);
        !wanted
    }
}

/// The folder of entries. Several processes may use it at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    folder: PathBuf,
}

/// What can go wrong with the folder of entries.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
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
    #[error("read server entry `{}`: {detail}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// No entry has this id.
    #[error("find server `{id}`: no such server is registered")]
    Unknown {
        /// The id.
        id: String,
    },
    /// The entry is there, its server is not running.
    #[error("reach server `{id}`: it is registered and does not run")]
    NotRunning {
        /// The id.
        id: String,
    },
    /// A server that rests cannot be started now.
    #[error("start server `{id}` again: {detail}")]
    Start {
        /// The id.
        id: String,
        /// Why.
        detail: String,
    },
    /// The server does not end.
    #[error("stop server `{id}`")]
    DoesNotEnd {
        /// The id.
        id: String,
    },
}

/// What a sweep did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SweepReport {
    /// Servers that were removed.
    pub removed: Vec<SweptServer>,
    /// Servers that are wanted and stay.
    pub kept: Vec<ServerEntry>,
    /// What could not be removed or read, and why.
    pub failed: Vec<RegistryError>,
}

/// A server that a sweep removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweptServer {
    /// Its entry.
    pub entry: ServerEntry,
    /// Was it still running?
    pub was_running: bool,
}

/// A running server that another process made.
#[derive(Debug, Clone)]
pub struct AttachedServer {
    entry: ServerEntry,
}

impl AttachedServer {
    /// Its entry.
    pub fn entry(&self) -> &ServerEntry {
        &self.entry
    }

    /// How to reach a database of it, by its private socket.
    pub fn conninfo(&self, dbname: &str, user: &str) -> ConnInfo {
        self.entry.conninfo(dbname, user)
    }
}

impl Registry {
    /// The registry in this folder (`.oneroof/servers`); the folder need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All entries, oldest first.
    ///
    /// # Errors
    /// [`RegistryError`]; a missing folder is an empty list.
    pub fn list(&self) -> Result<Vec<ServerEntry>, RegistryError> {
        let mut entries = Vec::new();
        for read in self.read_all()? {
            entries.push(read?);
        }
        entries.sort_by(|left, right| {
            (&left.created_at, &left.id).cmp(&(&right.created_at, &right.id))
        });
        Ok(entries)
    }

    /// The entry with this id.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], or the file is not readable.
    pub fn find(&self, id: &str) -> Result<ServerEntry, RegistryError> {
        let unknown = || RegistryError::Unknown { id: id.to_owned() };
        if !is_id(id) {
            return Err(unknown());
        }
        read_entry(&self.file_of(id))?.ok_or_else(unknown)
    }

    /// A running server with this id. One that rests is started, which blocks for a moment.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], [`RegistryError::NotRunning`], [`RegistryError::Start`].
    pub fn attach(&self, id: &str) -> Result<AttachedServer, RegistryError> {
        let mut entry = self.find(id)?;
        if entry.resting.is_some()
            && let Some(awake) = rest::wake_for_use(self, id)?
        {
            entry = awake;
        }
        if !entry.is_running() {
            return Err(RegistryError::NotRunning { id: id.to_owned() });
        }
        Ok(AttachedServer { entry })
    }

    /// Stops a server, whoever made it, and removes its folder and entry.
    ///
    /// # Errors
    /// [`RegistryError`]; repeating it is safe.
    pub async fn remove(&self, id: &str) -> Result<(), RegistryError> {
        let entry = self.find(id)?;
        let registry = self.clone();
        off_thread(move || registry.remove_now(&entry, true).map(|_| ())).await?
    }

    /// Removes what dead processes left: servers whose maker is gone and that were not to be
    /// kept, and kept ones that no longer run. A process is stopped only if it really is the
    /// postmaster of that folder. Sweeps of several processes wait for each other.
    ///
    /// # Errors
    /// [`RegistryError`] if the folder itself cannot be read; failures with single servers are in
    /// the report.
    pub async fn sweep(&self) -> Result<SweepReport, RegistryError> {
        let registry = self.clone();
        off_thread(move || registry.sweep_now()).await?
    }

    fn sweep_now(&self) -> Result<SweepReport, RegistryError> {
        let mut report = SweepReport::default();
        if !self.folder.is_dir() {
            return Ok(report);
        }
        let _alone = self.lock()?;
        for read in self.read_all()? {
            let entry = match read {
                Ok(entry) => entry,
                Err(error) => {
                    report.failed.push(error);
                    continue;
                }
            };
            if !entry.is_left_over() {
                report.kept.push(entry);
                continue;
            }
            match self.remove_now(&entry, false) {
                Ok(was_running) => report.removed.push(SweptServer { entry, was_running }),
                Err(error) => report.failed.push(error),
            }
        }
        Ok(report)
    }

    /// Stops the server if it runs, then removes folder and entry; says whether it ran.
    pub(super) fn remove_now(
        &self,
        entry: &ServerEntry,
        orderly: bool,
    ) -> Result<bool, RegistryError> {
        let path = self.file_of(&entry.id);
        let folder = entry.server_folder().ok_or_else(|| RegistryError::Entry {
            path: path.clone(),
            detail: format!("`{}` cannot be a folder of ours", entry.folder.display()),
        })?;
        let running = Postmaster::of(&folder.data());
        if running
            .as_ref()
            .is_some_and(|postmaster| !postmaster.end(orderly))
        {
            return Err(RegistryError::DoesNotEnd {
                id: entry.id.clone(),
            });
        }
        let failed = |action, path: &Path, source| RegistryError::Io {
            action,
            path: path.to_owned(),
            source,
        };
        folder
            .remove()
            .map_err(|error| failed("remove", &folder.root, error))?;
        self.forget(&entry.id)
            .map_err(|error| failed("remove", &path, error))?;
        Ok(running.is_some())
    }

    /// Writes an entry so that a reader sees all of it or nothing.
    pub(super) fn write(&self, entry: &ServerEntry) -> Result<(), RegistryError> {
        let path = self.file_of(&entry.id);
        let failed = |source| RegistryError::Io {
            action: "write",
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut text = serde_json::to_vec_pretty(entry).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(&self.folder)
            .map_err(failed)?;
        file.write_all(&text).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    pub(super) fn forget(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.file_of(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// A new entry of this process, for a server that is about to be made.
    pub(super) fn draft(
        folder: &ServerFolder,
        kind: ServerKind,
        binaries: &super::ServerBinaries,
    ) -> ServerEntry {
        let owner_pid = std::process::id();
        ServerEntry {
            format: FORMAT,
            id: folder.id.clone(),
            kind,
            major: binaries.major,
            version: binaries.version.clone(),
            folder: folder.root.clone(),
            socket_dir: folder.socket(),
            port: 5432,
            pid: None,
            superuser: String::new(),
            owner_pid,
            owner_start_time: start_time_of(owner_pid).unwrap_or_default(),
            kept: false,
            created_at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            system_identifier: None,
            resting: None,
        }
    }

    fn file_of(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    pub(super) fn lock(&self) -> Result<File, RegistryError> {
        let path = self.folder.join(".lock");
        let failed = |source| RegistryError::Io {
            action: "lock",
            path: path.clone(),
            source,
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    fn read_all(&self) -> Result<Vec<Result<ServerEntry, RegistryError>>, RegistryError> {
        let failed = |source| RegistryError::Io {
            action: "read",
            path: self.folder.clone(),
            source,
        };
        let listing = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(failed)?,
        };
        let mut entries = Vec::new();
        for file in listing {
            let path = file.map_err(failed)?.path();
            let id = path
                .file_stem()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if is_id(id)
                && path
                    .extension()
                    .is_some_and(|extension| extension == "json")
            {
                entries.extend(read_entry(&path).transpose());
            }
        }
        Ok(entries)
    }
}

/// Reads one file; `None` if it is gone (another process may have removed it just now).
fn read_entry(path: &Path) -> Result<Option<ServerEntry>, RegistryError> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(RegistryError::Io {
                action: "read",
                path: path.to_owned(),
                source,
            });
        }
    };
    let wrong = |detail: String| RegistryError::Entry {
        path: path.to_owned(),
        detail,
    };
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = serde_json::from_slice(&content).map_err(|error| wrong(error.to_string()))?;
    if head.format != FORMAT {
        return Err(wrong(format!(
            "format {} is not known to this version",
            head.format
        )));
    }
    let entry: ServerEntry =
        serde_json::from_slice(&content).map_err(|error| wrong(error.to_string()))?;
    if path
        .file_stem()
        .is_none_or(|name| name != entry.id.as_str())
    {
        return Err(wrong("its id is not the name of the file".to_owned()));
    }
    Ok(Some(entry))
}

/// Runs blocking work beside the runtime.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RegistryError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| RegistryError::Io {
            action: "work on",
            path: PathBuf::from("."),
            source: io::Error::other(error),
        })
}
