//! The private folder of one server: made empty and closed to others, removed only if it is ours.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};

use crate::programs::OsUser;

/// Longest path of a socket that the kernel takes, in bytes.
const SOCKET_PATH_MAX: usize = 107;
/// Holds the id; a folder without it is never removed.
const MARKER: &str = "oneroof-server";

/// `<temp>/oneroof-<id>` with `data`, `socket` and `log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerFolder {
    pub(super) id: String,
    pub(super) root: PathBuf,
}

impl ServerFolder {
    /// Where the folder of this id will be.
    pub(super) fn planned(temp: &Path, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            root: temp.join(format!("oneroof-{id}")),
        }
    }

    /// The folder that a registry entry names, if it can be one of ours at all: an absolute path
    /// whose last part carries the id.
    pub(super) fn named(root: &Path, id: &str) -> Option<Self> {
        let plain = root.is_absolute()
            && root.components().all(|part| {
                !matches!(
                    part,
                    std::path::Component::ParentDir | std::path::Component::CurDir
                )
            });
        let fits = root
            .file_name()
            .is_some_and(|name| name == &*format!("oneroof-{id}"));
        (plain && fits && is_id(id)).then(|| Self {
            id: id.to_owned(),
            root: root.to_owned(),
        })
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.root.join("socket")
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.root.join("log").join("server.log")
    }

    /// Is the path of the socket short enough? Gives its length in bytes if not.
    pub(super) fn socket_path_too_long(&self, port: u16) -> Option<usize> {
        let path = self.socket().join(format!(".s.PGSQL.{port}"));
        let length = path.as_os_str().len();
        (length > SOCKET_PATH_MAX).then_some(length)
    }

    /// Makes the folder and what is in it, mode 0700, for this user.
    pub(super) fn make(&self, owner: Option<&OsUser>) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        builder.create(&self.root)?; // fails if it is there: nobody can prepare it for us
        fs::write(self.root.join(MARKER), &self.id)?;
        let parts = [self.data(), self.socket(), self.root.join("log")];
        for part in &parts {
            builder.create(part)?;
        }
        if let Some(owner) = owner {
            let (uid, gid) = owner.ids();
            for part in parts.iter().chain([&self.root]) {
                chown(part, Some(uid), Some(gid))?;
            }
        }
        Ok(())
    }

    /// Removes it; what is gone already is no error, what is not ours is one.
    pub(super) fn remove(&self) -> io::Result<()> {
        let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        match fs::symlink_metadata(&self.root) {
            Err(error) if gone(&error) => return Ok(()),
            Err(error) => return Err(error),
            Ok(facts) if !facts.is_dir() => {
                return Err(io::Error::other("it is not a folder"));
            }
            Ok(_) => {}
        }
        match fs::read_to_string(self.root.join(MARKER)) {
            Ok(id) if id == self.id => {}
            Ok(_) => return Err(io::Error::other("it belongs to another server")),
            // Killed between two lines of `make`: then it is empty.
            Err(error) if gone(&error) => return fs::remove_dir(&self.root),
            Err(error) => return Err(error),
        }
        // The marker goes last: an interrupted removal can be repeated.
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if entry.file_name() == MARKER {
                continue;
            }
            let removed = if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())
            } else {
                fs::remove_file(entry.path())
            };
            match removed {
                Err(error) if !gone(&error) => return Err(error),
                _ => {}
            }
        }
        match fs::remove_dir_all(&self.root) {
            Err(error) if !gone(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The last lines of the server's log.
    pub(super) fn log_tail(&self, lines: usize) -> Vec<String> {
        let bytes = fs::read(self.log_file()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect()
    }
}

/// Eight hexadecimal digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A fresh id.
pub(super) fn new_id() -> String {
    let random = uuid::Uuid::now_v7().simple().to_string(); // its last part is random
    random[random.len() - 8..].to_owned()
}

/// Free bytes for an ordinary user on the disk that holds `folder`; `None` if it cannot be asked.
pub fn free_disk_bytes(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

/// Can files of this folder share their blocks? No file system says so, so it is tried, with two files that have no
/// names.
pub fn can_share_blocks(folder: &Path) -> bool {
    let tried = || -> io::Result<()> {
        let mut one = tempfile::tempfile_in(folder)?;
        one.write_all(&[1; 8192])?;
        let two = tempfile::tempfile_in(folder)?;
        Ok(rustix::fs::ioctl_ficlone(&two, &one)?)
    };
    tried().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_carry_the_id_are_ours() {
        for (root, id, ours) in [
            ("/tmp/oneroof-0123abcd", "0123abcd", true),
            ("/tmp/oneroof-0123abcd", "0123abce", false),
            ("/", "0123abcd", false),
            ("tmp/oneroof-0123abcd", "0123abcd", false),
            ("/tmp/../oneroof-0123abcd", "0123abcd", false),
            ("/tmp/oneroof-..", "..", false),
        ] {
            assert_eq!(
                ServerFolder::named(Path::new(root), id).is_some(),
                ours,
                "{root}"
            );
        }
    }

    #[test]
    fn a_folder_of_somebody_else_is_not_removed() {
        let temp = tempfile::tempdir().unwrap();
        let folder = ServerFolder::planned(temp.path(), "0123abcd");
        fs::create_dir(&folder.root).unwrap();
        fs::write(folder.root.join("precious"), "x").unwrap();
        assert!(folder.remove().is_err());
        assert!(folder.root.join("precious").is_file());
        fs::write(folder.root.join(MARKER), "fedcba98").unwrap();
        assert!(folder.remove().is_err());
        assert!(folder.root.join("precious").is_file());
    }

    #[test]
    fn making_and_removing_leaves_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let folder = ServerFolder::planned(temp.path(), &new_id());
        folder.make(None).unwrap();
        assert!(
            folder.make(None).is_err(),
            "a second server must not get the same folder"
        );
        folder.remove().unwrap();
        folder.remove().unwrap();
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
    }
}
