//! `package diff`: what differs between two packages, or between a package and its own seal.

use oneroof_model::Digest;
use oneroof_model::package::{MANIFEST_FILE, Manifest};
use serde::Serialize;

use crate::error::EngineError;
use crate::store::package_files::OpenPackage;

/// The differences of two packages.
#[derive(Debug, Serialize)]
pub struct DiffReport {
    /// Digest of the first.
    pub left: Digest,
    /// Digest of the second.
    pub right: Digest,
    /// Each file that differs.
    pub files: Vec<FileDifference>,
}

/// One file that differs.
#[derive(Debug, Serialize)]
pub struct FileDifference {
    /// Path in the package.
    pub path: String,
    /// `added`, `removed`, `changed`
    pub change: &'static str,
    /// The text on the left, if it is text.
    pub left: Option<String>,
    /// The text on the right, if it is text.
    pub right: Option<String>,
}

/// Compares two packages file by file; the manifests themselves are left out.
pub fn diff(left: &OpenPackage, right: &OpenPackage) -> DiffReport {
    let paths: std::collections::BTreeSet<&String> =
        left.files().keys().chain(right.files().keys()).collect();
    let files = paths
        .into_iter()
        .filter(|path| *path != MANIFEST_FILE)
        .filter_map(|path| {
            let (before, after) = (left.files().get(path), right.files().get(path));
            let change = match (before, after) {
                (None, Some(_)) => "added",
                (Some(_), None) => "removed",
                (Some(before), Some(after)) if before != after => "changed",
                _ => return None,
            };
            let text = |bytes: Option<&Vec<u8>>| {
                bytes.and_then(|bytes| String::from_utf8(bytes.clone()).ok())
            };
            Some(FileDifference {
                path: path.clone(),
                change,
                left: text(before),
                right: text(after),
            })
        })
        .collect();
    DiffReport {
        left: left.digest,
        right: right.digest,
        files,
    }
}

/// Compares a package with what its manifest sealed: only names and kinds of change are known.
pub fn diff_with_seal(package: &OpenPackage) -> Result<DiffReport, EngineError> {
    let sealed = match package.files().get(MANIFEST_FILE) {
        Some(_) => Manifest::parse(package.text(MANIFEST_FILE)?)?,
        None => Manifest {
            files: std::collections::BTreeMap::new(),
        },
    };
    let present = Manifest::of(package.files());
    let paths: std::collections::BTreeSet<&String> =
        sealed.files.keys().chain(present.files.keys()).collect();
    let files = paths
        .into_iter()
        .filter_map(|path| {
            let change = match (sealed.files.get(path), present.files.get(path)) {
                (None, Some(_)) => "added",
                (Some(_), None) => "removed",
                (Some(before), Some(after)) if before != after => "changed",
                _ => return None,
            };
            let right = package
                .files()
                .get(path)
                .and_then(|bytes| String::from_utf8(bytes.clone()).ok());
            Some(FileDifference {
                path: path.clone(),
                change,
                left: None,
                right,
            })
        })
        .collect();
    Ok(DiffReport {
        left: sealed.digest(),
        right: present.digest(),
        files,
    })
}
