//! The files of a rehearsal's evidence: each as `SHA256SUMS` names it, and whether it is still what was written.

use std::path::{Path, PathBuf};

use oneroof_model::Digest;
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::store::kept_rehearsal;

/// The list of sums is never so long.
const SUMS_BYTES_MAX: u64 = 8 * 1024 * 1024;
const SUMS: &str = "SHA256SUMS";

/// A file of the evidence.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvidenceFile {
    /// Its path in the folder.
    pub path: String,
    /// What its bytes must hash to.
    pub digest: String,
    /// Its size; `None` if it is gone.
    pub bytes: Option<u64>,
    /// Is it as it was written?
    pub intact: bool,
}

/// What a look at all files of an evidence found.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvidenceFiles {
    /// SHA-256 of `SHA256SUMS`: the digest of the evidence.
    pub evidence_digest: String,
    /// The files, sorted as the list of sums has them.
    pub files: Vec<EvidenceFile>,
    /// Files in the folder that no sum vouches for.
    pub strangers: Vec<String>,
    /// Are all as they were written, with no stranger among them?
    pub intact: bool,
}

/// Hashes every file of an evidence and holds it against its sum. `name` is a name in `evidence/`.
///
/// # Errors
/// No such evidence, or one without a readable list of sums.
pub fn files(context: &Context, name: &str) -> Result<EvidenceFiles, EngineError> {
    let folder = folder(context, name)?;
    let (sums, evidence_digest) = sums(&folder)?;
    let mut files = Vec::with_capacity(sums.len());
    for (digest, path) in sums {
        let bytes = std::fs::read(folder.join(&path)).ok();
        files.push(EvidenceFile {
            intact: bytes
                .as_ref()
                .is_some_and(|bytes| Digest::of(bytes).to_string() == digest),
            bytes: bytes.map(|bytes| bytes.len() as u64),
            path,
            digest,
        });
    }
    let mut present = Vec::new();
    present_below(&folder, &folder, &mut present)?;
    // The list cannot hold its own sum, nor that of the signature on it.
    let mut strangers: Vec<String> = present
        .into_iter()
        .filter(|path| path != SUMS && path != "SHA256SUMS.sig")
        .filter(|path| !files.iter().any(|file| file.path == *path))
        .collect();
    strangers.sort();
    Ok(EvidenceFiles {
        evidence_digest,
        intact: strangers.is_empty() && files.iter().all(|file| file.intact),
        files,
        strangers,
    })
}

/// The bytes of one file, if they are what its sum says.
///
/// # Errors
/// No such evidence or file; a file that was changed since it was written.
pub fn file(context: &Context, name: &str, path: &str) -> Result<Vec<u8>, EngineError> {
    let folder = folder(context, name)?;
    let (sums, _) = sums(&folder)?;
    // Only what the list names is given out, so no path leads out of the folder.
    let digest = match sums.iter().find(|(_, known)| known == path) {
        Some((digest, _)) => Some(digest),
        None if path == SUMS => None,
        None => {
            return Err(EngineError::input(
                format!("find file `{path}` in evidence `{name}`"),
                "the page of the evidence lists its files".to_owned(),
            ));
        }
    };
    let bytes = std::fs::read(folder.join(path)).map_err(EngineError::file(format!(
        "read `{path}` of evidence `{name}`"
    )))?;
    if digest.is_some_and(|digest| Digest::of(&bytes).to_string() != *digest) {
        return Err(EngineError::input(
            format!("give out `{path}` of evidence `{name}`: it was changed since it was written"),
            "take the evidence from the commit that it came with".to_owned(),
        ));
    }
    Ok(bytes)
}

fn folder(context: &Context, name: &str) -> Result<PathBuf, EngineError> {
    let evidence = context.root.join("evidence");
    let names = kept_rehearsal::names(&evidence);
    if names.iter().any(|known| known == name) {
        return Ok(evidence.join(name));
    }
    Err(EngineError::input(
        format!("find evidence `{name}`"),
        match names.last() {
            Some(newest) => format!("the newest is `{newest}`"),
            None => "this project has none yet: `oneroof rehearse` makes it".to_owned(),
        },
    ))
}

/// The lines of `SHA256SUMS`, and its own digest.
fn sums(folder: &Path) -> Result<(Vec<(String, String)>, String), EngineError> {
    let path = folder.join(SUMS);
    let reading = || EngineError::file(format!("read `{}`", path.display()));
    if std::fs::metadata(&path).map_err(reading())?.len() > SUMS_BYTES_MAX {
        return Err(EngineError::other(format!(
            "read `{}`: it is too large for a list of sums",
            path.display()
        )));
    }
    let text = std::fs::read_to_string(&path).map_err(reading())?;
    let lines = text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .filter(|(_, path)| is_inside(path))
        .map(|(digest, path)| (digest.to_owned(), path.to_owned()))
        .collect();
    Ok((lines, Digest::of(text.as_bytes()).to_string()))
}

/// A list of sums that somebody changed may name anything.
fn is_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)))
}

fn present_below(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), EngineError> {
    let reading = || EngineError::file(format!("read `{}`", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(reading())? {
        let path = entry.map_err(reading())?.path();
        if path.is_dir() {
            present_below(root, &path, found)?;
        } else {
            let inner = path.strip_prefix(root).unwrap_or(&path);
            found.push(inner.display().to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        assert!(is_inside("report.md") && is_inside("probes/entry.json"));
        for path in [
            "../oneroof.toml",
            "/etc/passwd",
            "probes/../../x",
            "./report.md",
        ] {
            // `.` at the beginning is a component of its own.
            assert!(!is_inside(path), "{path}");
        }
    }
}
