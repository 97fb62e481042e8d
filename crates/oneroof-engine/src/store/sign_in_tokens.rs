//! `.oneroof/sign-in.json`: who may sign in to the dashboard. Of each token only its digest is kept; a token is 256
//! bits of chance, so a plain digest tells nobody anything about it. The file is its owner's alone, and local.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use oneroof_model::gate::Passkey;
use oneroof_model::{DashboardRole, Digest};
use serde::{Deserialize, Serialize};

use crate::error::EngineError;

/// A token, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptToken {
    /// Whose it is.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: DashboardRole,
    /// Its SHA-256; of a passkey, that of its public key.
    pub(crate) sha256: Digest,
    /// They show a passkey instead of a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passkey: Option<Passkey>,
    /// UTC.
    pub(crate) made_at: String,
    /// UTC; from then on it is not taken.
    pub(crate) ends_at: String,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    format: u32,
    tokens: Vec<KeptToken>,
}

/// Where the file is.
pub(crate) fn file(root: &Path) -> PathBuf {
    root.join(".oneroof").join("sign-in.json")
}

/// All tokens; none if there is no file.
pub(crate) fn read(file: &Path) -> Result<Vec<KeptToken>, EngineError> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(EngineError::file(format!("read `{}`", file.display())))?,
    };
    let unusable = |why: String| {
        EngineError::input(
            format!("read `{}`: {why}", file.display()),
            "remove the file and make new tokens: `oneroof serve token add`".to_owned(),
        )
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    match kept.format {
        1 => Ok(kept.tokens),
        other => Err(unusable(format!("its format is {other}, not 1"))),
    }
}

/// Writes them all: the file is there whole, and nobody else may read it.
pub(crate) fn write(file: &Path, tokens: Vec<KeptToken>) -> Result<(), EngineError> {
    let writing = || EngineError::file(format!("write `{}`", file.display()));
    let text = serde_json::to_string_pretty(&Kept { format: 1, tokens })
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(writing())?;
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(writing())?;
    fresh
        .as_file()
        .set_permissions(std::fs::Permissions::from_mode(0o600))
        .map_err(writing())?;
    fresh
        .write_all((text + "\n").as_bytes())
        .map_err(writing())?;
    fresh
        .persist(file)
        .map_err(|error| writing()(error.error))?;
    Ok(())
}
