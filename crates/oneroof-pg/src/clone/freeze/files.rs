//! Copies the files of a stopped server, by several threads, and computes the SHA-256 of what was written. Where the
//! file system can share blocks between files (XFS, Btrfs, ZFS, APFS) nothing is written but names.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use oneroof_model::{Digest, DigestParts};
use serde::{Deserialize, Serialize};

use super::super::error::CloneError;
use super::store::SnapshotError;
use crate::ephemeral::free_disk_bytes;

/// Bytes that a thread holds.
const CHUNK_BYTES: usize = 1024 * 1024;
/// More threads only wait for the disk.
const THREADS_MAX: usize = 4;
/// What a stopped server leaves that says how it was started.
const LEFT_OUT: [&str; 2] = ["postmaster.opts", "postmaster.pid"];

/// How files were copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CopyMethod {
    /// The file system shares the blocks of both; a block is copied when one of them changes it.
    Reflink,
    /// Byte by byte.
    Plain,
}

impl std::fmt::Display for CopyMethod {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Reflink => "reflink",
            Self::Plain => "plain copy: this file system cannot share blocks between files",
        })
    }
}

/// How far a copy is; asked by another thread than those that copy.
#[derive(Debug, Default)]
pub struct CopyProgress {
    bytes: AtomicU64,
    stopped: AtomicBool,
}

impl CopyProgress {
    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Ends the copy after its next piece.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// What is in a folder, by names below it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) folders: Vec<String>,
    pub(super) files: BTreeMap<String, u64>,
}

impl Tree {
    pub(super) fn bytes(&self) -> u64 {
        self.files.values().sum()
    }
}

/// A file with its digest.
pub(super) type Digests = BTreeMap<String, Digest>;

/// Looks a folder through. Links, sockets and names that are no text are refused: a private server has none.
pub(super) fn tree(root: &Path) -> Result<Tree, SnapshotError> {
    let mut tree = Tree::default();
    let mut open = vec![String::new()];
    while let Some(below) = open.pop() {
        let folder = root.join(&below);
        let failed = |source| SnapshotError::io("read", &folder, source);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let odd = |what: &str| {
                SnapshotError::io("copy", &entry.path(), io::Error::other(what.to_owned()))
            };
            let Ok(name) = entry.file_name().into_string() else {
                return Err(odd("its name is no text"));
            };
            if name.contains('\n') {
                return Err(odd("its name has a line break"));
            }
            let path = match below.as_str() {
                "" if LEFT_OUT.contains(&name.as_str()) => continue,
                "" => name,
                below => format!("{below}/{name}"),
            };
            let facts = entry.metadata().map_err(failed)?;
            if facts.is_dir() {
                tree.folders.push(path.clone());
                open.push(path);
            } else if facts.is_file() {
                tree.files.insert(path, facts.len());
            } else {
                return Err(odd(
                    "it is neither a file nor a folder; a tablespace or a link elsewhere is not kept",
                ));
            }
        }
    }
    tree.folders.sort();
    Ok(tree)
}

/// Is there room for a copy? Where blocks are shared it needs none.
pub(super) fn require_room(tree: &Tree, from: &Path, to: &Path) -> Result<(), CloneError> {
    match free_disk_bytes(to) {
        Some(free_bytes) if free_bytes < tree.bytes() && !shares_blocks(tree, from, to) => {
            Err(CloneError::Disk {
                needed_bytes: tree.bytes(),
                free_bytes,
                folder: to.to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// Tried with one file, since no file system says so.
fn shares_blocks(tree: &Tree, from: &Path, to: &Path) -> bool {
    let largest = tree.files.iter().max_by_key(|(_, bytes)| **bytes);
    let shared = largest.map(|(name, _)| {
        let copy = tempfile::tempfile_in(to)?;
        let source = File::open(from.join(name))?;
        Ok::<(), io::Error>(rustix::fs::ioctl_ficlone(&copy, &source)?)
    });
    matches!(shared, Some(Ok(())))
}

/// Copies what is in `tree` from one folder into another one, which exists and is empty. Blocks. With `owner` the copies
/// belong to that user and group.
pub(super) fn copy_tree(
    tree: &Tree,
    from: &Path,
    to: &Path,
    owner: Option<(u32, u32)>,
    progress: &Arc<CopyProgress>,
) -> Result<(Digests, CopyMethod), SnapshotError> {
    for folder in &tree.folders {
        let path = to.join(folder);
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .and_then(|()| owned(&path, owner))
            .map_err(|source| SnapshotError::io("make", &path, source))?;
    }
    // The large ones first, so that no thread ends with one of them while others have nothing to do.
    let mut files: Vec<(&String, u64)> = tree
        .files
        .iter()
        .map(|(path, bytes)| (path, *bytes))
        .collect();
    files.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let copying = Copying {
        can_share: AtomicBool::new(true),
        next: AtomicUsize::new(0),
        done: Mutex::new(Digests::new()),
        failure: Mutex::new(None),
        progress,
    };
    let threads =
        std::thread::available_parallelism().map_or(1, |count| count.get().min(THREADS_MAX));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| copying.work(&files, from, to, owner));
        }
    });
    if let Some(failure) = copying.failure.into_inner().unwrap_or_default() {
        return Err(failure);
    }
    let method = match copying.can_share.into_inner() {
        true => CopyMethod::Reflink,
        false => CopyMethod::Plain,
    };
    let done = copying.done.into_inner();
    Ok((done.unwrap_or_default(), method))
}

struct Copying<'a> {
    can_share: AtomicBool,
    next: AtomicUsize,
    done: Mutex<Digests>,
    failure: Mutex<Option<SnapshotError>>,
    progress: &'a Arc<CopyProgress>,
}

impl Copying<'_> {
    fn work(&self, files: &[(&String, u64)], from: &Path, to: &Path, owner: Option<(u32, u32)>) {
        let mut chunk = vec![0; CHUNK_BYTES];
        while let Some((name, _)) = files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let (source, copy) = (from.join(name), to.join(name));
            match self.copy(&source, &copy, owner, &mut chunk) {
                Ok(digest) => {
                    if let Ok(mut done) = self.done.lock() {
                        done.insert((*name).clone(), digest);
                    }
                }
                Err((path, error)) => {
                    if let Ok(mut failure) = self.failure.lock() {
                        failure.get_or_insert(SnapshotError::io("copy", &path, error));
                    }
                    self.progress.stop();
                    return;
                }
            }
        }
    }

    fn copy(
        &self,
        from: &Path,
        to: &Path,
        owner: Option<(u32, u32)>,
        chunk: &mut [u8],
    ) -> Result<Digest, (PathBuf, io::Error)> {
        let reading = |error| (from.to_owned(), error);
        let writing = |error| (to.to_owned(), error);
        let mut source = File::open(from).map_err(reading)?;
        let mut copy = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(to)
            .map_err(writing)?;
        let is_shared = self.can_share.load(Ordering::Relaxed)
            && rustix::fs::ioctl_ficlone(&copy, &source).is_ok();
        if !is_shared {
            self.can_share.store(false, Ordering::Relaxed);
        }
        let mut digest = DigestParts::default();
        loop {
            if self.progress.stopped.load(Ordering::Relaxed) {
                return Err(writing(io::Error::other("it was broken off")));
            }
            // Of a shared copy the copy is read: what counts is what is there now.
            let length = if is_shared {
                copy.read(chunk).map_err(writing)?
            } else {
                source.read(chunk).map_err(reading)?
            };
            if length == 0 {
                break;
            }
            if !is_shared {
                copy.write_all(&chunk[..length]).map_err(writing)?;
            }
            digest.add(&chunk[..length]);
            let length = u64::try_from(length).unwrap_or_default();
            self.progress.bytes.fetch_add(length, Ordering::Relaxed);
        }
        owned(to, owner).map_err(writing)?;
        Ok(digest.digest())
    }
}

fn owned(path: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    match owner {
        Some((uid, gid)) => chown(path, Some(uid), Some(gid)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_same_files_and_their_digests() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(from.path().join("base/5")).unwrap();
        fs::create_dir(from.path().join("empty")).unwrap();
        fs::write(from.path().join("base/5/112"), vec![7; CHUNK_BYTES + 3]).unwrap();
        fs::write(from.path().join("PG_VERSION"), "15\n").unwrap();
        fs::write(from.path().join("postmaster.opts"), "x").unwrap();
        let there = tree(from.path()).unwrap();
        assert_eq!(there.folders, ["base", "base/5", "empty"]);
        assert_eq!(there.bytes(), CHUNK_BYTES as u64 + 6);
        let progress = Arc::default();
        let (digests, _) = copy_tree(&there, from.path(), to.path(), None, &progress).unwrap();
        assert_eq!(tree(to.path()).unwrap(), there);
        assert_eq!(digests["PG_VERSION"], Digest::of(b"15\n"));
        assert_eq!(digests["base/5/112"], Digest::of(&vec![7; CHUNK_BYTES + 3]));
        assert_eq!(progress.bytes(), there.bytes());
    }

    #[test]
    fn links_are_refused_and_a_copy_can_be_broken_off() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("one"), "1").unwrap();
        let there = tree(from.path()).unwrap();
        let progress: Arc<CopyProgress> = Arc::default();
        progress.stop();
        let error = copy_tree(&there, from.path(), to.path(), None, &progress).unwrap_err();
        assert!(error.to_string().contains("one"), "{error}");
        std::os::unix::fs::symlink("/etc", from.path().join("pg_wal")).unwrap();
        let error = tree(from.path()).unwrap_err();
        assert!(error.to_string().contains("pg_wal"), "{error}");
    }
}
