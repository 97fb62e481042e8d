//! A folder of rendered scripts: written whole, and never over somebody else's files or edits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oneroof_model::Digest;

use crate::error::EngineError;

/// The sums of all files but itself, in the format of `sha256sum -c`.
const SUMS: &str = "SHA256SUMS";
const README: &str = "README.txt";

/// Writes the files and their sums. `first_words` begin the README of a folder that was rendered before.
pub(crate) fn write(
    folder: &Path,
    first_words: &str,
    files: &[(String, String)],
) -> Result<PathBuf, EngineError> {
    let old = rendered_before(folder, first_words)?;
    let writing = |path: &Path| EngineError::file(format!("write `{}`", path.display()));
    std::fs::create_dir_all(folder).map_err(writing(folder))?;
    // The sums go first and come last: a folder that was written in part is not taken for a whole one.
    remove(&folder.join(SUMS))?;
    for name in old
        .iter()
        .filter(|name| name.as_str() != README && !files.iter().any(|(file, _)| file == *name))
    {
        remove(&folder.join(name))?;
    }
    let mut sums = BTreeMap::new();
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(writing(&path))?;
        sums.insert(name, digits(text.as_bytes()));
    }
    let text: String = sums
        .iter()
        .map(|(name, digits)| format!("{digits}  {name}\n"))
        .collect();
    let path = folder.join(SUMS);
    std::fs::write(&path, text).map_err(writing(&path))?;
    Ok(folder.to_owned())
}

/// The files of an earlier rendering, or none for a new or empty folder. Anything else is somebody's own.
fn rendered_before(folder: &Path, first_words: &str) -> Result<Vec<String>, EngineError> {
    let reading = || EngineError::file(format!("read folder `{}`", folder.display()));
    if !folder.exists() {
        return Ok(Vec::new());
    }
    if !folder.is_dir() {
        return Err(EngineError::input(
            format!("render into `{}`: it is no folder", folder.display()),
            "give another folder with --out; nothing was written".to_owned(),
        ));
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(reading())? {
        names.push(
            entry
                .map_err(reading())?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    if names.is_empty() {
        return Ok(names);
    }
    names.sort();
    let readme = std::fs::read_to_string(folder.join(README)).unwrap_or_default();
    let sums = std::fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    let sums: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  ").map(|(digits, name)| (name, digits)))
        .collect();
    let is_ours = readme.starts_with(first_words);
    let mut foreign = Vec::new();
    let mut edited = Vec::new();
    for name in names.iter().filter(|name| *name != SUMS) {
        match sums.get(name.as_str()).filter(|_| is_ours) {
            None => foreign.push(name.as_str()),
            Some(known) => {
                let bytes = std::fs::read(folder.join(name)).map_err(reading())?;
                if digits(&bytes) != *known {
                    edited.push(name.as_str());
                }
            }
        }
    }
    let refuse = |why: String, hint: &str| {
        Err(EngineError::input(
            format!("render into `{}`: {why}", folder.display()),
            format!("{hint}; nothing was written"),
        ))
    };
    if !foreign.is_empty() {
        return refuse(
            format!(
                "it has files that were not rendered: {}",
                foreign.join(", ")
            ),
            "give a new folder with --out",
        );
    }
    if !edited.is_empty() {
        return refuse(
            format!("edited since they were rendered: {}", edited.join(", ")),
            "keep the edited files elsewhere, or give a new folder with --out",
        );
    }
    Ok(names)
}

fn remove(path: &Path) -> Result<(), EngineError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EngineError::file(
            format!("remove `{}`", path.display()),
        )(error)),
        _ => Ok(()),
    }
}

fn digits(bytes: &[u8]) -> String {
    Digest::of(bytes)
        .to_string()
        .trim_start_matches("sha256:")
        .to_owned()
}
