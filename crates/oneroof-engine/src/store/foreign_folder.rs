//! A folder that somebody else may have written: walked without following a link, read with limits.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use oneroof_model::{Digest, DigestParts};

/// More files than evidence ever has.
const ENTRIES_MAX: usize = 10_000;
/// Folders within folders.
const DEPTH_MAX: usize = 8;
/// A longer file is not evidence, and is not read to its end.
pub(crate) const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// What is looked at as a whole is no longer than this.
pub(crate) const TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What lies in a folder, below it too.
#[derive(Debug, Default)]
pub(crate) struct ForeignFolder {
    root: PathBuf,
    /// Plain files, by their paths relative to the folder.
    pub(crate) files: BTreeMap<String, u64>,
    /// What evidence never has: links, sockets, names that are no text, too many files.
    pub(crate) strange: Vec<(String, String)>,
}

impl ForeignFolder {
    /// Walks the folder.
    pub(crate) fn walk(root: &Path) -> io::Result<ForeignFolder> {
        let mut folder = ForeignFolder {
            root: root.to_owned(),
            ..ForeignFolder::default()
        };
        folder.descend(root, "", 0)?;
        folder.strange.sort();
        Ok(folder)
    }

    fn descend(&mut self, path: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                let shown = format!("{prefix}{}", entry.file_name().to_string_lossy());
                self.strange
                    .push((shown, "its name is no UTF-8 text".to_owned()));
                continue;
            };
            let name = format!("{prefix}{name}");
            if self.files.len() + self.strange.len() >= ENTRIES_MAX {
                self.strange
                    .push((name, format!("there are more than {ENTRIES_MAX} files")));
                return Ok(());
            }
            let kind = entry.file_type()?;
            if kind.is_symlink() {
                self.strange.push((
                    name,
                    "it is a link; evidence has plain files only".to_owned(),
                ));
            } else if kind.is_dir() && depth < DEPTH_MAX {
                self.descend(&entry.path(), &format!("{name}/"), depth + 1)?;
            } else if kind.is_file() {
                let _ = self.files.insert(name, entry.metadata()?.len());
            } else {
                self.strange.push((name, "it is no plain file".to_owned()));
            }
        }
        Ok(())
    }

    /// The sum of a file that [`ForeignFolder::walk`] found, read in parts; the error says why there is none.
    pub(crate) fn digest(&self, path: &str) -> Result<Digest, String> {
        let mut file = self.open(path)?;
        let mut parts = DigestParts::default();
        let mut buffer = vec![0; 64 * 1024];
        let mut read_in_all: u64 = 0;
        loop {
            let read = file
                .read(&mut buffer)
                .map_err(|error| format!("it cannot be read: {error}"))?;
            if read == 0 {
                return Ok(parts.digest());
            }
            read_in_all += read as u64;
            if read_in_all > FILE_BYTES_MAX {
                return Err(too_long());
            }
            parts.add(&buffer[..read]);
        }
    }

    /// A whole file of at most `bytes_max` bytes.
    pub(crate) fn bytes(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = self
            .open(path)?
            .take(bytes_max + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("it cannot be read: {error}"))?;
        match read as u64 > bytes_max {
            true => Err(format!("it has more than {bytes_max} bytes")),
            false => Ok(bytes),
        }
    }

    fn open(&self, path: &str) -> Result<File, String> {
        match self.files.get(path) {
            None => Err("it is missing".to_owned()),
            Some(length) if *length > FILE_BYTES_MAX => Err(too_long()),
            Some(_) => File::open(self.root.join(path))
                .map_err(|error| format!("it cannot be read: {error}")),
        }
    }
}

fn too_long() -> String {
    format!("it has more than {FILE_BYTES_MAX} bytes; no evidence has")
}
