//! `evidence sign`: signs evidence that is whole and has no signature yet.

use std::path::Path;

use oneroof_model::Digest;
use oneroof_model::evidence::{SIGNATURE_FILE, SUMS_FILE};
use serde::Serialize;

use super::fault::FaultKind;
use super::verify::{VerifyOptions, verify};
use crate::error::{EngineError, Failure};
use crate::signature;
use crate::store::new_file;

/// What was signed.
#[derive(Debug, Serialize)]
pub struct EvidenceSigned {
    /// The folder.
    pub folder: std::path::PathBuf,
    /// SHA-256 of `SHA256SUMS`.
    pub evidence_digest: Digest,
    /// Whose key: `SHA256:…`
    pub fingerprint: String,
}

/// Signs the sums of a folder; a signature that is there is kept.
///
/// # Errors
/// Evidence that is not whole, or is signed already; a key that cannot sign.
pub fn sign(folder: &Path, key: &Path) -> Result<EvidenceSigned, EngineError> {
    let found = verify(folder, &VerifyOptions::default())?;
    let other = found
        .faults
        .iter()
        .find(|fault| !(fault.file == SIGNATURE_FILE && fault.kind == FaultKind::Missing));
    if let Some(fault) = other {
        return Err(Failure {
            message: format!(
                "`{}` is not as it was written, and is not signed",
                folder.display()
            ),
            detail: Some(format!("{}: {}", fault.place(), fault.message)),
            hint: Some("rehearse again; changed evidence proves nothing".into()),
            ..Failure::default()
        }
        .into());
    }
    let path = folder.join(SUMS_FILE);
    let sums =
        std::fs::read(&path).map_err(EngineError::file(format!("read `{}`", path.display())))?;
    let armored = signature::sign(key, signature::EVIDENCE, &sums)?;
    let by = signature::verify(&armored, signature::EVIDENCE, &sums)
        .map_err(|fault| EngineError::other(format!("use the signature: it {fault}")))?;
    new_file::write(&folder.join(SIGNATURE_FILE), &armored)?;
    Ok(EvidenceSigned {
        folder: folder.to_owned(),
        evidence_digest: Digest::of(&sums),
        fingerprint: by.fingerprint,
    })
}
