//! Folders of signed files, `NAME.json` with `NAME.json.sig` beside it: approvals, and wishes for passkeys. Anybody may
//! have written them, so each is listed and read with limits and believed only as far as its signature goes.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use oneroof_model::Digest;
use oneroof_model::gate::SignedFile;

use crate::error::EngineError;
use crate::signature::{self, SignedBy};

/// An approval is about two thousand bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// The `.json` files of a folder, sorted, each with its name as it is shown. No folder is an empty one.
///
/// # Errors
/// The folder cannot be listed, or holds more than so many.
pub(super) fn list(folder: &Path, files_max: usize) -> Result<Vec<(PathBuf, String)>, EngineError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(EngineError::file(format!("list `{}`", folder.display())))?,
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    if paths.len() > files_max {
        return Err(EngineError::input(
            format!("read `{}`: it has {} files", folder.display(), paths.len()),
            format!("more than {files_max} are not read: move old ones elsewhere"),
        ));
    }
    paths.sort();
    let folder = name_of(folder);
    let named = paths.into_iter().map(|path| {
        let name = format!("{folder}/{}", name_of(&path).escape_debug());
        (path, name)
    });
    Ok(named.collect())
}

/// Writes a new file, to the disk; what is there stays.
pub(super) fn new_file(path: &Path, text: &str) -> Result<(), EngineError> {
    let doing = || EngineError::file(format!("write `{}`", path.display()));
    let mut file = File::create_new(path).map_err(doing())?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    written.map_err(|error| {
        let _ = std::fs::remove_file(path);
        doing()(error)
    })
}

/// The bytes of a file and who signed them.
pub(super) fn signed(
    path: &Path,
    name: &str,
    namespace: &str,
) -> Result<(Vec<u8>, SignedFile), String> {
    let bytes = plain_file(path)?;
    let beside = PathBuf::from(format!("{}.sig", path.display()));
    let signed_by = match plain_file(&beside) {
        Err(why) => Err(format!("its signature {name}.sig cannot be read: {why}")),
        Ok(armored) => signature::verify(&String::from_utf8_lossy(&armored), namespace, &bytes)
            .map(SignedBy::signer)
            .map_err(|fault| format!("its signature {fault}")),
    };
    let digest = Digest::of(&bytes).to_string();
    Ok((
        bytes,
        SignedFile {
            file: name.to_owned(),
            digest,
            signed_by,
        },
    ))
}

/// A regular file of a small size; never a link, which could lead anywhere.
pub(super) fn plain_file(path: &Path) -> Result<Vec<u8>, String> {
    let facts = std::fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !facts.is_file() {
        return Err("it is a link or no file".to_owned());
    }
    if facts.len() > FILE_BYTES_MAX {
        return Err(format!(
            "it has {} bytes; {FILE_BYTES_MAX} at most are read",
            facts.len()
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Reads JSON of somebody else.
pub(super) fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let wrong = |error: serde_json::Error| format!("is not what it should be: {error}");
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(wrong)?;
    // These texts are shown on terminals, where control characters can hide or rewrite what is above them.
    if has_control_character(&value) {
        return Err("has control characters in its texts".to_owned());
    }
    // From the bytes again: a member that is there twice is an error, and a value would have kept the last one.
    serde_json::from_slice(bytes).map_err(wrong)
}

fn has_control_character(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.chars().any(char::is_control),
        serde_json::Value::Array(items) => items.iter().any(has_control_character),
        serde_json::Value::Object(members) => members.values().any(has_control_character),
        _ => false,
    }
}

/// A time of such a file, in seconds since 1970.
pub(super) fn seconds(member: &str, text: &str) -> Result<i64, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc).timestamp())
        .map_err(|error| format!("{member} `{text}` is no time: {error}"))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_files_are_listed_in_order_and_not_too_many() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("approvals");
        assert!(list(&folder, 2).unwrap().is_empty());
        std::fs::create_dir(&folder).unwrap();
        for name in ["b.json", "a\n.json", "a.json.sig", "notes.md"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let names: Vec<String> = list(&folder, 2)
            .unwrap()
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(names, ["approvals/a\\n.json", "approvals/b.json"]);
        let error = list(&folder, 1).unwrap_err();
        assert!(error.to_string().contains("it has 2 files"), "{error}");
    }
}
