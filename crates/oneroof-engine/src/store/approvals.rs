//! The folder `approvals/` of a project: `NAME.json` and its signature `NAME.json.sig`, revocations as
//! `NAME.revoked.json`. Foreign files: anybody may have written them, so each is read with limits and believed
//! only as far as its signature goes.

use std::path::{Path, PathBuf};

use oneroof_model::gate::{Approval, ApprovalFile, Revocation, RevocationFile};

use super::signed_files::{self, json, new_file, seconds, signed};
use crate::error::EngineError;
use crate::signature;

/// More files than this are no store of approvals.
const FILES_MAX: usize = 20_000;

/// What the folder holds.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    pub(crate) approvals: Vec<ApprovalFile>,
    pub(crate) revocations: Vec<RevocationFile>,
    /// Files that cannot be read as either, with the reason; none of them counts.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Reads the folder. No folder is an empty one.
///
/// # Errors
/// The folder cannot be listed, or holds too many files.
pub(crate) fn read(root: &Path) -> Result<Approvals, EngineError> {
    let mut found = Approvals::default();
    for (path, name) in signed_files::list(&folder(root), FILES_MAX)? {
        let outcome = match name.ends_with(".revoked.json") {
            true => revocation(&path, &name).map(|one| found.revocations.push(one)),
            false => approval(&path, &name).map(|one| found.approvals.push(one)),
        };
        if let Err(why) = outcome {
            found.unreadable.push((name, why));
        }
    }
    Ok(found)
}

/// Finds one approval by its name, its file or its digest, as a user types it.
///
/// # Errors
/// No such approval; the ones that are there are named.
pub(crate) fn find(root: &Path, word: &str) -> Result<ApprovalFile, EngineError> {
    let all = read(root)?;
    let typed = Path::new(word)
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let matches = |one: &&ApprovalFile| {
        let name = one.signed.file.trim_start_matches("approvals/");
        Some(name) == typed.as_deref()
            || Some(name.trim_end_matches(".json")) == typed.as_deref()
            || one.approval.id == word
            || (word.len() >= 8 && one.signed.digest.starts_with(word))
    };
    if let Some(found) = all.approvals.iter().find(matches) {
        return Ok(found.clone());
    }
    let names: Vec<&str> = all
        .approvals
        .iter()
        .map(|one| one.signed.file.trim_start_matches("approvals/"))
        .collect();
    let hint = match oneroof_model::nearest(word, names.iter().copied()) {
        _ if names.is_empty() => "this project has no approvals yet".to_owned(),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there is: {}", names.join(", ")),
    };
    Err(EngineError::input(format!("find approval `{word}`"), hint))
}

/// Writes a new approval and its signature; neither is left behind alone. Gives its name, relative to the project.
///
/// # Errors
/// What the file system says; a file of that name that is there.
pub(crate) fn write(
    root: &Path,
    name: &str,
    text: &str,
    armored: &str,
) -> Result<String, EngineError> {
    let folder = folder(root);
    std::fs::create_dir_all(&folder)
        .map_err(EngineError::file(format!("make `{}`", folder.display())))?;
    let signature = folder.join(format!("{name}.json.sig"));
    let file = folder.join(format!("{name}.json"));
    // The signature first: a file without one is what a reader must never find.
    new_file(&signature, armored)?;
    if let Err(error) = new_file(&file, text) {
        let _ = std::fs::remove_file(&signature);
        return Err(error);
    }
    Ok(format!("approvals/{name}.json"))
}

/// The folder.
pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join("approvals")
}

fn approval(path: &Path, name: &str) -> Result<ApprovalFile, String> {
    let (bytes, signed) = signed(path, name, signature::APPROVAL)?;
    let approval: Approval = json(&bytes)?;
    if approval.format != 1 {
        return Err(format!("format {} is not known here", approval.format));
    }
    Ok(ApprovalFile {
        created_at: seconds("created_at", &approval.created_at)?,
        expires_at: seconds("expires_at", &approval.expires_at)?,
        signed,
        approval,
    })
}

fn revocation(path: &Path, name: &str) -> Result<RevocationFile, String> {
    let (bytes, signed) = signed(path, name, signature::APPROVAL)?;
    let revocation: Revocation = json(&bytes)?;
    if revocation.format != 1 {
        return Err(format!("format {} is not known here", revocation.format));
    }
    Ok(RevocationFile { signed, revocation })
}

#[cfg(test)]
mod tests {
    use super::*;

    use oneroof_model::Digest;
    use oneroof_model::gate::{Act, Decision, EvidenceNamed, Level, ShownAt, Target};
    use proptest::prelude::*;

    fn approval() -> Approval {
        Approval {
            format: 1,
            id: "one".into(),
            decision: Decision::Approve,
            act: Act::Apply,
            package: "shop@1.0.0".into(),
            package_digest: "a".repeat(64),
            params_digest: "b".repeat(64),
            tiers: vec!["structure".into(), "seed".into()],
            target: Target {
                name: "production".into(),
                database_name: "shop".into(),
                database_oid: 16384,
                system_identifier: Some("7710745968652761303".into()),
                genesis: Some("c".repeat(64)),
                shown: ShownAt {
                    host: "db".into(),
                    port: 5432,
                },
            },
            policy_digest: "d".repeat(64),
            definition_digest: "e".repeat(64),
            evidence: EvidenceNamed {
                name: "x".into(),
                digest: "f".repeat(64),
            },
            does_not_authorise: vec!["anything else".into()],
            approver: "ada".into(),
            level: Level::parse("L4").unwrap(),
            rationale: "reviewed".into(),
            created_at: "2026-11-21T10:00:00Z".into(),
            expires_at: "2026-11-28T10:00:00Z".into(),
        }
    }

    /// A store with one signed approval.
    fn store() -> (tempfile::TempDir, String, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let key = root.path().join("key");
        assert!(
            crate::programs::ssh_make_key(&key, "a test")
                .unwrap()
                .status
                .success()
        );
        let text = serde_json::to_string_pretty(&approval()).unwrap() + "\n";
        let armored = signature::sign(&key, signature::APPROVAL, text.as_bytes()).unwrap();
        let file = write(root.path(), "one", &text, &armored).unwrap();
        let path = root.path().join(file);
        (root, text, path)
    }

    /// The only approval of a store, if it was read and its signature fits.
    fn counted(root: &Path) -> Option<ApprovalFile> {
        let found = read(root).unwrap();
        assert_eq!(found.approvals.len() + found.unreadable.len(), 1);
        found
            .approvals
            .into_iter()
            .find(|file| file.signed.signed_by.is_ok())
    }

    #[test]
    fn what_was_written_is_read_and_nothing_is_overwritten() {
        let (root, text, path) = store();
        let found = counted(root.path()).unwrap();
        assert_eq!(found.approval, approval());
        assert_eq!(found.signed.digest, Digest::of(text.as_bytes()).to_string());
        let again = write(root.path(), "one", "other", "other").unwrap_err();
        assert!(again.to_string().contains("one.json"), "{again}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
        assert!(find(root.path(), "one").is_ok());
        assert!(
            find(root.path(), "oen")
                .unwrap_err()
                .hint()
                .unwrap()
                .contains("one.json")
        );
    }

    /// Whatever becomes of a file: it is not what was signed any more, and nothing panics.
    #[test]
    fn any_other_bytes_than_the_signed_ones_do_not_count() {
        let (root, text, path) = store();
        let bytes = text.clone().into_bytes();
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 400,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let places = 0..bytes.len();
        let changes = (
            0_u8..4,
            places,
            any::<u8>(),
            prop::collection::vec(any::<u8>(), 0..200),
        );
        runner
            .run(&changes, |(kind, place, byte, garbage)| {
                let mut changed = bytes.clone();
                match kind {
                    0 => changed[place] = byte,
                    1 => changed.truncate(place),
                    2 => changed.insert(place, byte),
                    _ => changed = garbage,
                }
                std::fs::write(&path, &changed).unwrap();
                let counts = counted(root.path()).is_some();
                prop_assert_eq!(counts, changed == bytes);
                Ok(())
            })
            .unwrap();
        // A signature that is anything else does not fit either.
        std::fs::write(&path, &bytes).unwrap();
        let signature = PathBuf::from(format!("{}.sig", path.display()));
        let armored = std::fs::read(&signature).unwrap();
        let cuts = (0..armored.len() - 1, any::<u8>());
        runner
            .run(&cuts, |(place, byte)| {
                let mut changed = armored.clone();
                changed[place] = byte;
                std::fs::write(&signature, &changed).unwrap();
                if counted(root.path()).is_some() {
                    prop_assert_eq!(changed[place], armored[place]);
                }
                Ok(())
            })
            .unwrap();
    }
}
