//! `package seal`: writes the manifest that every digest, approval and run stands for.

use std::path::Path;

use oneroof_model::package::{MANIFEST_FILE, Manifest};
use oneroof_model::{DiagnosticSeverity, Digest, Refusal, RefusalCode};
use serde::Serialize;

use crate::check;
use crate::error::EngineError;
use crate::store::package_files::{OpenPackage, Seal};

/// What was sealed.
#[derive(Debug, Serialize)]
pub struct SealReport {
    /// `name@version`
    pub package: String,
    /// SHA-256 of the manifest.
    pub digest: Digest,
    /// Files in it.
    pub files: usize,
    /// Was it sealed with these bytes already?
    pub unchanged: bool,
}

/// Seals the package in `folder`; refuses one that `check` finds errors in.
pub fn seal(folder: &Path) -> Result<SealReport, EngineError> {
    let package = OpenPackage::read_folder(folder)?;
    let report = check::check(&package)?;
    if report.errors > 0 {
        let reasons = report
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error)
            .map(check::one_line)
            .collect();
        return Err(Refusal::new(
            RefusalCode::PackageInvalid,
            format!(
                "package `{}` has {}",
                package.plan.package.name,
                check::counted(report.errors, "error")
            ),
        )
        .reasons(reasons)
        .hint(format!("oneroof package check {}", folder.display()))
        .into());
    }
    let manifest = Manifest::of(package.files());
    let unchanged = *package.seal() == Seal::Sealed;
    if !unchanged {
        let path = folder.join(MANIFEST_FILE);
        let writing = || EngineError::file(format!("write `{}`", path.display()));
        // Written beside and renamed, so that a full disk leaves the old manifest.
        let part = tempfile::NamedTempFile::new_in(folder).map_err(writing())?;
        std::fs::write(part.path(), manifest.text()).map_err(writing())?;
        let file = part
            .persist(&path)
            .map_err(|error| writing()(error.error))?;
        let mut permissions = file.metadata().map_err(writing())?.permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
        file.set_permissions(permissions).map_err(writing())?;
    }
    Ok(SealReport {
        package: package.plan.release_tag(),
        digest: manifest.digest(),
        files: manifest.files.len(),
        unchanged,
    })
}
