//! What this project knows of the ledgers of its targets: the newest head that was ever seen whole, one
//! file for each database below `.oneroof/ledgers/`, as `ssh` keeps the keys of hosts. Without it, a tail
//! that was cut off could not show.

use std::path::{Path, PathBuf};

use oneroof_pg::catalog::TargetIdentity;
use oneroof_pg::ledger::LedgerHead;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;

/// The head that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenHead {
    format: u32,
    /// Name of the database, for people.
    database: String,
    /// Genesis of the ledger.
    pub(crate) genesis: String,
    /// Number of the entry.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) hash: String,
    /// When it was seen, UTC.
    pub(crate) seen_at: String,
}

/// The file of a database; `None` if the read role may not ask which cluster it is in.
pub(crate) fn file(root: &Path, identity: &TargetIdentity) -> Option<PathBuf> {
    let cluster = identity.system_identifier.as_ref()?;
    let name = format!("{cluster}-{}.json", identity.database_oid);
    Some(root.join(".oneroof").join("ledgers").join(name))
}

/// What was seen of it, if anything.
pub(crate) fn read(file: &Path) -> Result<Option<SeenHead>, EngineError> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(EngineError::file(format!("read `{}`", file.display())))?,
    };
    let unusable = |why: String| {
        EngineError::input(
            format!("read `{}`: {why}", file.display()),
            "remove the file if nobody knows how it came to that; the next verify writes it anew"
                .to_owned(),
        )
    };
    let seen: SeenHead =
        serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    match seen.format {
        1 => Ok(Some(seen)),
        other => Err(unusable(format!("its format is {other}, not 1"))),
    }
}

/// Remembers the head of a ledger that was found whole.
pub(crate) fn remember(
    file: &Path,
    identity: &TargetIdentity,
    genesis: &str,
    head: &LedgerHead,
) -> Result<(), EngineError> {
    let seen = SeenHead {
        format: 1,
        database: identity.database_name.clone(),
        genesis: genesis.to_owned(),
        seq: head.seq,
        hash: head.hash.clone(),
        seen_at: crate::clock::now(),
    };
    let writing = || EngineError::file(format!("write `{}`", file.display()));
    let text = serde_json::to_string_pretty(&seen)
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(writing())?;
    // A file that is there whole or not at all.
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(writing())?;
    std::io::Write::write_all(&mut fresh, (text + "\n").as_bytes()).map_err(writing())?;
    fresh
        .persist(file)
        .map_err(|error| writing()(error.error))?;
    Ok(())
}
