//! The folder of snapshots, `.oneroof/snapshots/`: one folder each, with `snapshot.json`, `files-sha256.txt` (which
//! `sha256sum -c` reads) and the files below `data/`. One in the making bears another name and is never taken for whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use oneroof_model::{Digest, TargetClass};
use serde::{Deserialize, Serialize};

use super::super::tally::CopiedRows;
use super::files::{CopyMethod, Digests, Tree};
use crate::ephemeral::start_time_of;

/// The format that this version writes.
const FORMAT: u32 = 1;
const RECORD: &str = "snapshot.json";
const LIST: &str = "files-sha256.txt";
const DATA: &str = "data";
/// The rows that copies of the clone must have, if it is golden.
const ROWS: &str = "rows.json";
/// Begins the name of a snapshot in the making, or of one that is being removed.
const DRAFT: &str = ".draft-";
const NAME_BYTES_MAX: usize = 64;

/// A snapshot, as it is written in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SnapshotRecord {
    /// Version of the file's format.
    pub format: u32,
    /// Its name.
    pub name: String,
    /// When it was taken, RFC 3339 in UTC.
    pub taken_at: String,
    /// Who had it taken.
    pub operator: Option<String>,
    /// What it is of.
    pub clone: FrozenClone,
    /// Major of the server.
    pub major: u32,
    /// Version of the server, for example `15.18`.
    pub version: String,
    /// Superuser of the server.
    pub superuser: String,
    /// Bytes of all files.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
    /// Folders below `data/`, which the list of files does not show when they are empty.
    pub folders: Vec<String>,
    /// How the files came here.
    pub method: CopyMethod,
    /// SHA-256 of `files-sha256.txt`.
    pub list_digest: Digest,
}

/// The clone that a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenClone {
    /// Its id.
    pub id: String,
    /// The first clone of its line: snapshots and what is restored from them belong together.
    pub line: String,
    /// Clone or golden.
    pub class: TargetClass,
    /// Its database.
    pub database: String,
    /// The target that it was made from.
    pub source: String,
    /// Digest of that target's identity.
    pub source_identity: String,
    /// Of which moment its rows are.
    pub data_at: String,
    /// Tables whose rows it does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Columns that are masked, each with its rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    /// SHA-256 of `rows.json`, if it has the rows that copies of the clone must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_digest: Option<Digest>,
}

/// What can go wrong with snapshots.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
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
    /// The name cannot be one.
    #[error("name a snapshot `{name}`: {why}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is one of this name.
    #[error("take snapshot `{name}`: there is one of this name")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is none of this name.
    #[error("find snapshot `{name}`: there is none")]
    Unknown {
        /// The name.
        name: String,
    },
    /// It is not what was put away.
    #[error("use snapshot `{name}`: {}", faults.join("; "))]
    Broken {
        /// The name.
        name: String,
        /// What is wrong, each with its file.
        faults: Vec<String>,
    },
}

impl SnapshotError {
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// The folder of snapshots. Several processes may use it at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotStore {
    folder: PathBuf,
}

/// A snapshot in the making. Dropped, it is removed.
pub(super) struct Draft {
    folder: PathBuf,
    store: PathBuf,
    armed: bool,
}

impl SnapshotStore {
    /// The snapshots in this folder (`.oneroof/snapshots`); it need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All snapshots, oldest first.
    ///
    /// # Errors
    /// [`SnapshotError`]; a missing folder is an empty list.
    pub fn list(&self) -> Result<Vec<SnapshotRecord>, SnapshotError> {
        let mut records = Vec::new();
        for name in self.names()? {
            if check_name(&name).is_ok() {
                records.push(self.find(&name)?);
            }
        }
        records.sort_by(|one, two| (&one.taken_at, &one.name).cmp(&(&two.taken_at, &two.name)));
        Ok(records)
    }

    /// The snapshot of this name.
    ///
    /// # Errors
    /// [`SnapshotError::Unknown`], or its record is not readable.
    pub fn find(&self, name: &str) -> Result<SnapshotRecord, SnapshotError> {
        let unknown = || SnapshotError::Unknown {
            name: name.to_owned(),
        };
        check_name(name).map_err(|_| unknown())?;
        let broken = |fault: String| SnapshotError::Broken {
            name: name.to_owned(),
            faults: vec![format!("file `{RECORD}`: {fault}")],
        };
        let folder = self.folder.join(name);
        let bytes = match fs::read(folder.join(RECORD)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.exists() => {
                return Err(unknown());
            }
            Err(error) => return Err(broken(error.to_string())),
        };
        let record: SnapshotRecord =
            serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        if record.format != FORMAT {
            return Err(broken(format!(
                "format {} is not known here",
                record.format
            )));
        }
        if record.name != name {
            return Err(broken(format!("it is of snapshot `{}`", record.name)));
        }
        Ok(record)
    }

    /// Removes a snapshot, readable or not.
    ///
    /// # Errors
    /// [`SnapshotError::Unknown`], or a file cannot be removed.
    pub fn drop(&self, name: &str) -> Result<(), SnapshotError> {
        let folder = self.folder.join(name);
        if check_name(name).is_err() || !folder.is_dir() {
            return Err(SnapshotError::Unknown {
                name: name.to_owned(),
            });
        }
        // Under another name first: what is half removed is no snapshot.
        let draft = self.draft_folder();
        fs::rename(&folder, &draft)
            .map_err(|source| SnapshotError::io("remove", &folder, source))?;
        fs::remove_dir_all(&draft).map_err(|source| SnapshotError::io("remove", &draft, source))
    }

    /// Removes what killed processes left half-done. Gives how many.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn sweep(&self) -> Result<usize, SnapshotError> {
        let mut swept = 0;
        for name in self.names()? {
            let Some((pid, start)) = name
                .strip_prefix(DRAFT)
                .and_then(|rest| rest.split_once('-'))
            else {
                continue;
            };
            let lives = pid.parse().ok().and_then(start_time_of);
            let lives = lives.is_some_and(|lives| start.starts_with(&short(&lives)));
            if !lives {
                let folder = self.folder.join(&name);
                fs::remove_dir_all(&folder)
                    .map_err(|source| SnapshotError::io("remove", &folder, source))?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    pub(super) fn data(&self, name: &str) -> PathBuf {
        self.folder.join(name).join(DATA)
    }

    /// The files of a snapshot with their digests, if the list is the one that the record names.
    pub(super) fn digests(&self, record: &SnapshotRecord) -> Result<Digests, SnapshotError> {
        let broken = |fault: String| SnapshotError::Broken {
            name: record.name.clone(),
            faults: vec![format!("file `{LIST}`: {fault}")],
        };
        let path = self.folder.join(&record.name).join(LIST);
        let bytes = fs::read(path).map_err(|error| broken(error.to_string()))?;
        if Digest::of(&bytes) != record.list_digest {
            return Err(broken(
                "its SHA-256 is not the one that was kept".to_owned(),
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
        let line = |line: &str| {
            let (digest, path) = line.split_once("  ")?;
            let path = path.strip_prefix(DATA)?.strip_prefix('/')?;
            Some((path.to_owned(), Digest::parse(digest)?))
        };
        let files: Option<BTreeMap<String, Digest>> = text.lines().map(line).collect();
        files.ok_or_else(|| broken("a line is not readable".to_owned()))
    }

    /// The rows that copies of the clone must have, if they were put away with it.
    pub(super) fn rows(
        &self,
        record: &SnapshotRecord,
    ) -> Result<Option<CopiedRows>, SnapshotError> {
        let Some(digest) = &record.clone.rows_digest else {
            return Ok(None);
        };
        let broken = |fault: String| SnapshotError::Broken {
            name: record.name.clone(),
            faults: vec![format!("file `{ROWS}`: {fault}")],
        };
        let path = self.folder.join(&record.name).join(ROWS);
        let bytes = fs::read(path).map_err(|error| broken(error.to_string()))?;
        if Digest::of(&bytes) != *digest {
            return Err(broken(
                "its SHA-256 is not the one that was kept".to_owned(),
            ));
        }
        let rows = serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        Ok(Some(rows))
    }

    /// Begins one of this name.
    pub(super) fn draft(&self, name: &str) -> Result<Draft, SnapshotError> {
        self.require_free(name)?;
        let folder = self.draft_folder();
        let failed = |source| SnapshotError::io("make", &folder, source);
        let mut builder = DirBuilder::new();
        builder.mode(0o700).recursive(true);
        builder.create(&self.folder).map_err(failed)?;
        builder.create(folder.join(DATA)).map_err(failed)?;
        Ok(Draft {
            folder,
            store: self.folder.clone(),
            armed: true,
        })
    }

    pub(super) fn require_free(&self, name: &str) -> Result<(), SnapshotError> {
        check_name(name)?;
        if self.folder.join(name).exists() {
            return Err(SnapshotError::Taken {
                name: name.to_owned(),
            });
        }
        Ok(())
    }

    fn draft_folder(&self) -> PathBuf {
        let pid = std::process::id();
        let start = short(&start_time_of(pid).unwrap_or_default());
        let own = uuid::Uuid::now_v7().simple().to_string();
        self.folder.join(format!("{DRAFT}{pid}-{start}-{own}"))
    }

    fn names(&self) -> Result<Vec<String>, SnapshotError> {
        let failed = |source| SnapshotError::io("list", &self.folder, source);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        Ok(names)
    }
}

impl Draft {
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    /// Writes list and record, and gives it its name: from here on it is one.
    pub(super) fn finish(
        mut self,
        mut record: SnapshotRecord,
        tree: Tree,
        digests: &Digests,
        rows: Option<&CopiedRows>,
    ) -> Result<SnapshotRecord, SnapshotError> {
        let mut list = String::new();
        for (path, digest) in digests {
            let _ = writeln!(list, "{digest}  {DATA}/{path}");
        }
        record.format = FORMAT;
        record.bytes = tree.bytes();
        record.files = u64::try_from(digests.len()).unwrap_or(u64::MAX);
        record.folders = tree.folders;
        record.list_digest = Digest::of(list.as_bytes());
        let write = |name: &str, bytes: &[u8]| {
            let path = self.folder.join(name);
            fs::write(&path, bytes).map_err(|source| SnapshotError::io("write", &path, source))
        };
        let unwritten = |name: &str| {
            let path = self.folder.join(name);
            move |error: serde_json::Error| SnapshotError::io("write", &path, error.into())
        };
        write(LIST, list.as_bytes())?;
        if let Some(rows) = rows {
            let text = serde_json::to_vec(rows).map_err(unwritten(ROWS))?;
            record.clone.rows_digest = Some(Digest::of(&text));
            write(ROWS, &text)?;
        }
        let text = serde_json::to_vec_pretty(&record).map_err(unwritten(RECORD))?;
        write(RECORD, &text)?;
        let place = self.store.join(&record.name);
        // Fails if another process was faster: a folder with something in it is never replaced.
        fs::rename(&self.folder, &place).map_err(|source| match source.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                SnapshotError::Taken {
                    name: record.name.clone(),
                }
            }
            _ => SnapshotError::io("write", &place, source),
        })?;
        self.armed = false;
        Ok(record)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.armed {
            // What a thread still writes there is found by a sweep.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The part of a start time that fits into a file's name: boot and ticks without what separates them.
fn short(start_time: &str) -> String {
    start_time
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

fn check_name(name: &str) -> Result<(), SnapshotError> {
    let wrong = |why| {
        Err(SnapshotError::Name {
            name: name.to_owned(),
            why,
        })
    };
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return wrong("it must have 1 to 64 characters");
    }
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if !name.chars().all(is_plain) || name.starts_with(['.', '-']) {
        return wrong(
            "only letters, digits, `-`, `_` and `.`, and neither `.` nor `-` at its start",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["golden", "before-2.0", "a_b"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        let long = "x".repeat(65);
        for name in ["", ".", "..", ".draft-1", "a/b", "-x", "ü", long.as_str()] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn what_a_dead_process_left_is_swept_and_ours_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = SnapshotStore::at(folder.path().join("snapshots"));
        let draft = store.draft("one").unwrap();
        let left = store.folder().join(format!("{DRAFT}999999999-x-y"));
        fs::create_dir(&left).unwrap();
        assert_eq!(store.sweep().unwrap(), 1);
        assert!(!left.exists() && draft.folder.exists());
        assert!(store.list().unwrap().is_empty(), "a draft is no snapshot");
        drop(draft);
        assert_eq!(store.sweep().unwrap(), 0);
        assert_eq!(fs::read_dir(store.folder()).unwrap().count(), 0);
    }
}
