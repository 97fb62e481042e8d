//! `.oneroof/passkey-counters.json`: how often each passkey with which somebody signed in says that it signed. It
//! outlives the dashboard, so that a copy is not let in because the dashboard was started again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use oneroof_model::Digest;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;

const FILE: &str = "passkey-counters.json";
/// Held while the file is read and written again: two dashboards of a project do not undo each other.
const LOCK: &str = "passkey-counters.lock";

/// Does a passkey count on?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// It does, or it is of a kind that never counts; that is kept.
    On,
    /// It says no more than it said before; nothing is kept.
    Back {
        /// What it said before.
        last: u32,
    },
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    format: u32,
    /// By the digest of the public key.
    counters: BTreeMap<String, u32>,
}

/// A passkey says that it signed so often. Those that are shared between the devices of a person always say 0; what
/// ever counted must count on.
///
/// # Errors
/// A file that cannot be read or written: then nobody knows, and nobody is let in.
pub(crate) fn count(root: &Path, passkey: &Digest, counter: u32) -> Result<Counted, EngineError> {
    let folder = root.join(".oneroof");
    let file = folder.join(FILE);
    let writing = || EngineError::file(format!("write `{}`", file.display()));
    std::fs::create_dir_all(&folder).map_err(writing())?;
    let lock = File::create(folder.join(LOCK)).map_err(writing())?;
    lock.lock().map_err(writing())?;
    let mut kept = read(&file)?;
    let last = kept.counters.get(&passkey.to_string()).copied();
    match (counter, last.unwrap_or_default()) {
        (0, 0) => return Ok(Counted::On),
        (counter, last) if counter <= last => return Ok(Counted::Back { last }),
        _ => {}
    }
    let _ = kept.counters.insert(passkey.to_string(), counter);
    let text = serde_json::to_string_pretty(&kept)
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
    let mut fresh = tempfile::NamedTempFile::new_in(&folder).map_err(writing())?;
    fresh
        .write_all((text + "\n").as_bytes())
        .map_err(writing())?;
    fresh.as_file().sync_all().map_err(writing())?;
    fresh
        .persist(&file)
        .map_err(|error| writing()(error.error))?;
    Ok(Counted::On)
}

fn read(file: &Path) -> Result<Kept, EngineError> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Kept {
                format: 1,
                ..Kept::default()
            });
        }
        text => text.map_err(EngineError::file(format!("read `{}`", file.display())))?,
    };
    let unusable = |why: String| {
        EngineError::input(
            format!("read `{}`: {why}", file.display()),
            "it says which passkeys were copied: bring it back, or remove it if you know that none was"
                .to_owned(),
        )
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    match kept.format {
        1 => Ok(kept),
        other => Err(unusable(format!("its format is {other}, not 1"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counted_must_count_on_and_what_never_counts_may_stay_at_nothing() {
        let root = tempfile::tempdir().unwrap();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let said = |passkey: &Digest, counter| count(root.path(), passkey, counter).unwrap();
        assert_eq!(said(&one, 0), Counted::On);
        assert_eq!(said(&one, 0), Counted::On);
        assert!(!root.path().join(".oneroof").join(FILE).exists());
        assert_eq!(said(&one, 7), Counted::On);
        assert_eq!(said(&one, 7), Counted::Back { last: 7 });
        assert_eq!(said(&one, 0), Counted::Back { last: 7 });
        assert_eq!(said(&other, 3), Counted::On);
        // What was refused is not kept.
        assert_eq!(said(&one, 6), Counted::Back { last: 7 });
        assert_eq!(said(&one, 8), Counted::On);
        std::fs::write(root.path().join(".oneroof").join(FILE), "{").unwrap();
        assert!(count(root.path(), &one, 9).is_err());
    }

    #[test]
    fn of_all_who_come_at_once_with_one_number_one_is_let_in() {
        let root = tempfile::tempdir().unwrap();
        let passkey = Digest::of(b"one");
        let let_in = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| count(root.path(), &passkey, 5).unwrap()))
                .collect();
            all.into_iter()
                .map(|one| one.join().unwrap())
                .filter(|one| *one == Counted::On)
                .count()
        });
        assert_eq!(let_in, 1);
    }
}
