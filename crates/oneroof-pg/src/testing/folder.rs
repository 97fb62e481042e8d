//! Folders of tests. A test that is killed cannot remove its own; the next one does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::ephemeral::free_disk_bytes;

/// Servers of a few tests at a time need much less.
const MEMORY_MIN: u64 = 2 << 30;
const PREFIX: &str = "oneroof-test-";
/// A younger folder may not be locked yet.
const YOUNG: Duration = Duration::from_secs(60);

/// A folder that is removed when it is dropped. Its lock ends with the process, however that ends.
#[derive(Debug)]
pub struct TestFolder {
    folder: TempDir,
    _lock: File,
}

impl TestFolder {
    /// Makes one in the system's folder for temporary files.
    pub fn new() -> Self {
        Self::new_in(&std::env::temp_dir())
    }

    /// Makes one there, after removing what killed tests left there.
    pub fn new_in(place: &Path) -> Self {
        sweep(place, YOUNG);
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(place)
            .unwrap();
        let lock = File::open(folder.path()).unwrap();
        lock.lock().unwrap();
        Self {
            folder,
            _lock: lock,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Default for TestFolder {
    fn default() -> Self {
        Self::new()
    }
}

/// Removes the folders of tests that nobody holds any more and that nobody touched for so long.
fn sweep(place: &Path, untouched: Duration) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let modified = entry.metadata().and_then(|found| found.modified());
        let is_old = modified.is_ok_and(|then| then.elapsed().is_ok_and(|age| age >= untouched));
        let held = File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_err());
        if is_old && !held {
            // Another test may be about to remove it too, and that of another account is not ours.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Where servers for tests have their folders: in memory if there is room. On a disk a good part of a run goes into
/// finding places for thousands of small files that are removed at once (ext4 does not use a place again for a minute).
pub fn server_folder() -> PathBuf {
    use rustix::fs::{Access, access};
    let memory = Path::new("/dev/shm");
    let has_room = free_disk_bytes(memory).is_some_and(|bytes| bytes >= MEMORY_MIN);
    let is_ours = access(memory, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    let place = match has_room && is_ours {
        true => memory,
        false => Path::new("/tmp"),
    };
    place.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_is_swept() {
        let place = tempfile::tempdir().unwrap();
        let held = TestFolder::new_in(place.path());
        let other = place.path().join("of-somebody-else");
        let left = place.path().join(format!("{PREFIX}left"));
        fs::create_dir(&other).unwrap();
        fs::create_dir_all(left.join("project")).unwrap();
        sweep(place.path(), YOUNG);
        assert!(left.is_dir(), "it is young");
        sweep(place.path(), Duration::ZERO);
        assert!(!left.exists());
        assert!(held.path().is_dir() && other.is_dir());
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists());
    }
}
