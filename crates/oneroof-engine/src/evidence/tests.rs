//! Evidence that was tampered with, by hand and by chance.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use oneroof_model::Event;
use proptest::prelude::*;

use super::*;
use crate::parameters;
use crate::rehearse::{empty_report, report::RunnerReport, texts};
use crate::store::evidence::EvidenceFolder;
use crate::store::package_files::OpenPackage;

/// A folder of evidence as files, and the key that signed it. In memory: a static is never dropped, and a folder in it
/// would stay behind.
struct Fixture {
    key: Vec<u8>,
    public_key: Vec<u8>,
    files: BTreeMap<String, Vec<u8>>,
}

/// The key of the fixture as files, which go with the test.
struct RunnerKey(tempfile::TempDir);

impl RunnerKey {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = Self(folder);
        fs::write(key.path(), &fixture().key).unwrap();
        fs::set_permissions(key.path(), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(key.path().with_extension("pub"), &fixture().public_key).unwrap();
        key
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("runner")
    }
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(make)
}

#[expect(clippy::disallowed_methods, reason = "a test makes a key")]
fn make_key(key: &Path) {
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "a test", "-f"])
        .arg(key)
        .status();
    assert!(made.unwrap().success());
}

/// Signed evidence of a small package, written by the writer of rehearsals.
fn make() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("runner");
    make_key(&key);
    let package = folder.path().join("package");
    fs::create_dir_all(package.join("tiers")).unwrap();
    fs::write(
        package.join("release.toml"),
        "format = 1\n[package]\nname = 'p'\nversion = '1'\n[[metric]]\nname = 'rows'\nmeaning = 'rows of it'\nquery = 'select 1'\n[[tier]]\nid = 'a'\nfile = 'tiers/a.sql'\n",
    )
    .unwrap();
    fs::write(package.join("tiers/a.sql"), "select 1;\n").unwrap();
    let package = OpenPackage::read_folder(&package).unwrap();
    let parameters = parameters::resolve_layers(&package, &[], None, &[]).unwrap();
    let context = Context {
        root: folder.path().to_owned(),
        targets: BTreeMap::new(),
        search: oneroof_pg::ephemeral::SearchPlaces::nowhere(),
        server_binaries: None,
        server_folder: None,
        runner_key: Some(key.clone()),
        operator: "somebody".into(),
        events: Arc::new(|_: &Event| {}),
    };
    let mut report = empty_report(&context, &package, &parameters, "r1", "production");
    let by = crate::signature::public_half(&key).unwrap();
    report.runner = Some(RunnerReport {
        public_key: by.public_key,
        fingerprint: by.fingerprint,
    });
    report.evidence = Some("evidence/e".into());
    let value = oneroof_model::Value::Integer(1);
    let probe = BTreeMap::from([("rows".to_owned(), value)]);
    report.probes.insert("entry".into(), probe);
    let evidence = EvidenceFolder::create(folder.path(), "e").unwrap();
    let listener = evidence.listen(context.events.clone());
    listener(&Event::RunStarted {
        run_id: "r1".into(),
        verb: "rehearse".into(),
        package: report.package.clone(),
        package_digest: report.package_digest.to_string(),
        target: "production".into(),
    });
    listener(&Event::RunFinished {
        verdict: "passed".into(),
        duration_ms: 1,
    });
    let written = texts(&report, Vec::new());
    let signature = evidence.finish(Some(&key), &report, &written).unwrap();
    assert!(signature.signed, "{signature:?}");
    let mut files = BTreeMap::new();
    let root = folder.path().join("evidence/e");
    for path in crate::store::foreign_folder::ForeignFolder::walk(&root)
        .unwrap()
        .files
        .keys()
    {
        let _ = files.insert(path.clone(), fs::read(root.join(path)).unwrap());
    }
    Fixture {
        public_key: fs::read(key.with_extension("pub")).unwrap(),
        key: fs::read(key).unwrap(),
        files,
    }
}

fn write(files: &BTreeMap<String, Vec<u8>>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn checked(folder: &Path) -> EvidenceVerified {
    verify(folder, &VerifyOptions::default()).unwrap()
}

#[test]
fn evidence_as_it_was_written_is_whole() {
    let folder = write(&fixture().files);
    let found = checked(folder.path());
    assert_eq!(found.faults, []);
    assert!(found.whole && found.signature.holds, "{found:?}");
    assert_eq!(found.rehearsal.unwrap().run_id, "r1");
    for needed in [
        "events.jsonl",
        "line-sums.txt",
        "post-gate.md",
        "probes/entry.json",
        "rehearsal.json",
        "report.html",
        "report.md",
        "runbook-approver.md",
        "runbook-operator.md",
        "statement.json",
        "SHA256SUMS",
        "SHA256SUMS.sig",
    ] {
        assert!(fixture().files.contains_key(needed), "{needed}");
    }
}

/// What is done to a folder, and what must be said about it: file, kind, and a part of the message.
#[track_caller]
fn check(tamper: impl FnOnce(&Path), file: &str, kind: FaultKind, part: &str) {
    let folder = write(&fixture().files);
    tamper(folder.path());
    let found = checked(folder.path());
    assert!(!found.whole);
    assert!(
        found
            .faults
            .iter()
            .any(|fault| fault.file == file && fault.kind == kind && fault.message.contains(part)),
        "{file} {kind:?} {part}: {:#?}",
        found.faults
    );
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Lists and signs again, as somebody could who has a key of his own.
fn sum_up(folder: &Path, key: Option<&Path>) {
    let foreign = crate::store::foreign_folder::ForeignFolder::walk(folder).unwrap();
    let own = [
        "SHA256SUMS".to_owned(),
        "SHA256SUMS.sig".to_owned(),
        "line-sums.txt".to_owned(),
    ];
    let mut sums = BTreeMap::new();
    let mut lines = oneroof_model::evidence::LineSums::default();
    for path in foreign.files.keys().filter(|path| !own.contains(path)) {
        let bytes = fs::read(folder.join(path)).unwrap();
        lines.add(path, &bytes);
        sums.insert(path.clone(), oneroof_model::Digest::of(&bytes));
    }
    fs::write(folder.join("line-sums.txt"), lines.text()).unwrap();
    sums.insert(
        "line-sums.txt".to_owned(),
        oneroof_model::Digest::of(lines.text().as_bytes()),
    );
    let sums = oneroof_model::evidence::sums_text(&sums);
    fs::write(folder.join("SHA256SUMS"), &sums).unwrap();
    let signature = folder.join("SHA256SUMS.sig");
    match key {
        Some(key) => {
            let namespace = crate::signature::EVIDENCE;
            let armored = crate::signature::sign(key, namespace, sums.as_bytes()).unwrap();
            fs::write(signature, armored).unwrap();
        }
        None => fs::remove_file(signature).unwrap(),
    }
}

#[test]
fn what_was_tampered_with_is_named() {
    use FaultKind::*;
    let remove =
        |name: &'static str| move |folder: &Path| fs::remove_file(folder.join(name)).unwrap();
    check(remove("report.md"), "report.md", Missing, "missing");
    check(remove("SHA256SUMS"), "SHA256SUMS", Missing, "missing");
    check(
        remove("SHA256SUMS.sig"),
        "SHA256SUMS.sig",
        Missing,
        "the record says that a runner signs",
    );
    check(
        |folder| fs::write(folder.join("more.txt"), "x").unwrap(),
        "more.txt",
        Additional,
        "not in SHA256SUMS",
    );
    check(
        |folder| edit(&folder.join("report.md"), "somebody", "somebodY"),
        "report.md",
        Changed,
        "it is `Y`, it was `y`",
    );
    check(
        |folder| edit(&folder.join("rehearsal.json"), "\"passed\"", "\"failed\""),
        "rehearsal.json",
        Changed,
        "line 3 was changed",
    );
    check(
        |folder| {
            edit(
                &folder.join("rehearsal.json"),
                "  \"verdict\"",
                "  verdict\"",
            )
        },
        "rehearsal.json",
        Changed,
        "before this byte `\"` was removed; it stops being JSON here",
    );
    check(
        |folder| {
            let path = folder.join("rehearsal.json");
            let bytes = fs::read(&path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        },
        "rehearsal.json",
        Changed,
        "it was cut off",
    );
    check(
        |folder| edit(&folder.join("line-sums.txt"), "line sums 1", "line sums 2"),
        "line-sums.txt",
        Changed,
        "differs from here on",
    );
    // A sum of the list itself.
    check(
        |folder| {
            let path = folder.join("SHA256SUMS");
            let text = fs::read_to_string(&path).unwrap();
            let first = if text.starts_with('0') { "1" } else { "0" };
            fs::write(path, format!("{first}{}", &text[1..])).unwrap();
        },
        "SHA256SUMS",
        Changed,
        "the list was",
    );
    for (line, part) in [
        ("../../etc/passwd", "leads out of the folder"),
        ("/etc/passwd", "is absolute"),
        ("a/../b", "leads out of the folder"),
        ("SHA256SUMS", "cannot be in its own list"),
    ] {
        check(
            |folder| {
                let path = folder.join("SHA256SUMS");
                let text = fs::read_to_string(&path).unwrap();
                fs::write(path, format!("{text}{}  {line}\n", "0".repeat(64))).unwrap();
            },
            "SHA256SUMS",
            IllFormed,
            part,
        );
    }
    check(
        |folder| {
            fs::remove_file(folder.join("report.md")).unwrap();
            std::os::unix::fs::symlink("/etc/hostname", folder.join("report.md")).unwrap();
        },
        "report.md",
        Strange,
        "it is a link",
    );
    check(
        |folder| {
            fs::rename(folder.join("probes"), folder.join("elsewhere")).unwrap();
            std::os::unix::fs::symlink("elsewhere", folder.join("probes")).unwrap();
        },
        "probes",
        Strange,
        "it is a link",
    );
    check(
        |folder| {
            let file = fs::OpenOptions::new()
                .write(true)
                .open(folder.join("report.md"));
            file.unwrap().set_len(1 << 40).unwrap();
        },
        "report.md",
        Unreadable,
        "no evidence has",
    );
    check(
        |folder| fs::write(folder.join("SHA256SUMS.sig"), "no signature").unwrap(),
        "SHA256SUMS.sig",
        IllFormed,
        "no SSH signature",
    );
    check(
        |folder| {
            let path = folder.join("SHA256SUMS.sig");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        },
        "SHA256SUMS.sig",
        Changed,
        "not written as ssh-keygen writes it",
    );
    // Signed for another purpose.
    check(
        |folder| {
            let sums = fs::read(folder.join("SHA256SUMS")).unwrap();
            let key = RunnerKey::new();
            let armored =
                crate::signature::sign(&key.path(), crate::signature::APPROVAL, &sums).unwrap();
            fs::write(folder.join("SHA256SUMS.sig"), armored).unwrap();
        },
        "SHA256SUMS.sig",
        WrongSignature,
        "oneroof-approval",
    );
}

/// Whoever can sum up can also lie; then the files must still say the same, and the key is another one.
#[test]
fn what_was_summed_up_again_must_still_fit() {
    use FaultKind::*;
    let runner = RunnerKey::new();
    let path = runner.path();
    let key = Some(path.as_path());
    check(
        |folder| {
            edit(&folder.join("rehearsal.json"), "\"passed\"", "\"failed\"");
            sum_up(folder, key);
        },
        "statement.json",
        DoesNotFit,
        "at /",
    );
    check(
        |folder| {
            edit(&folder.join("probes/entry.json"), "1", "2");
            sum_up(folder, key);
        },
        "probes/entry.json",
        DoesNotFit,
        "at /rows",
    );
    check(
        |folder| {
            edit(&folder.join("events.jsonl"), "\"r1\"", "\"r2\"");
            sum_up(folder, key);
        },
        "events.jsonl",
        DoesNotFit,
        "does not begin with run",
    );
    check(
        |folder| {
            edit(&folder.join("statement.json"), "{", "[");
            sum_up(folder, key);
        },
        "statement.json",
        IllFormed,
        "stops being JSON",
    );
    check(
        |folder| {
            edit(
                &folder.join("rehearsal.json"),
                "\"format\": 1",
                "\"format\": 2",
            );
            sum_up(folder, key);
        },
        "rehearsal.json",
        IllFormed,
        "format is not known",
    );
    check(
        |folder| {
            edit(
                &folder.join("rehearsal.json"),
                "\"started_at\": \"20",
                "\"started_at\": \"30",
            );
            sum_up(folder, key);
        },
        "rehearsal.json",
        Clock,
        "in the future",
    );
    let other = tempfile::tempdir().unwrap();
    make_key(&other.path().join("key"));
    check(
        |folder| sum_up(folder, Some(&other.path().join("key"))),
        "SHA256SUMS.sig",
        OtherSigner,
        "another key than the runner's",
    );
    check(
        |folder| sum_up(folder, None),
        "SHA256SUMS.sig",
        Missing,
        "there is no signature",
    );
}

#[test]
fn a_list_of_signers_decides_who_may_have_signed() {
    let folder = write(&fixture().files);
    let public = crate::signature::public_half(&RunnerKey::new().path()).unwrap();
    let list = tempfile::NamedTempFile::new().unwrap();
    let with = |text: &str| {
        fs::write(list.path(), text).unwrap();
        let options = VerifyOptions {
            signers: Some(list.path().to_owned()),
        };
        verify(folder.path(), &options)
    };
    let good = format!(
        "runner@ci namespaces=\"oneroof-evidence\" {}\n",
        public.public_key
    );
    let found = with(&good).unwrap();
    assert!(found.whole);
    assert_eq!(found.signature.signer.as_deref(), Some("runner@ci"));
    let unknown = |text: &str, part: &str| {
        let found = with(text).unwrap();
        let fault = &found.faults[0];
        assert_eq!(fault.kind, FaultKind::UnknownSigner, "{text}");
        assert!(fault.message.contains(part), "{}", fault.message);
    };
    unknown("", "not in the list");
    unknown(&good.replace("oneroof-evidence", "git"), "line 1");
    unknown(
        &good.replace(" ssh-", ",valid-before=\"20200101Z\" ssh-"),
        "does not let it sign",
    );
    let error = with("nonsense").unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
    // With a list, unsigned evidence does not pass.
    fs::remove_file(folder.path().join("SHA256SUMS.sig")).unwrap();
    assert!(!with(&good).unwrap().whole);
}

#[test]
fn evidence_is_signed_once_and_only_whole() {
    let folder = write(&fixture().files);
    let key = RunnerKey::new();
    let again = sign(folder.path(), &key.path()).unwrap_err().to_string();
    assert!(again.contains("it is there already"), "{again}");
    fs::remove_file(folder.path().join("SHA256SUMS.sig")).unwrap();
    let signed = sign(folder.path(), &key.path()).unwrap();
    assert!(signed.fingerprint.starts_with("SHA256:"));
    assert!(checked(folder.path()).whole);
    fs::remove_file(folder.path().join("SHA256SUMS.sig")).unwrap();
    edit(&folder.path().join("report.md"), "somebody", "nobody");
    assert!(sign(folder.path(), &key.path()).is_err());
}

/// One file of the fixture, as (name, a place in it).
fn place() -> impl Strategy<Value = (String, usize)> {
    let files: Vec<(String, usize)> = fixture()
        .files
        .iter()
        .map(|(name, bytes)| (name.clone(), bytes.len()))
        .collect();
    proptest::sample::select(files).prop_flat_map(|(name, length)| (Just(name), 0..length.max(1)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any byte of any file, changed to any other, is found; of a listed file, at its very place.
    #[test]
    fn a_changed_byte_is_found((name, at) in place(), by in 1..=u8::MAX) {
        let mut files = fixture().files.clone();
        let bytes = files.get_mut(&name).unwrap();
        bytes[at] = bytes[at].wrapping_add(by);
        let folder = write(&files);
        let found = checked(folder.path());
        prop_assert!(!found.whole, "{name} byte {at}");
        if !name.starts_with("SHA256SUMS") {
            let fault = found.faults.iter().find(|fault| fault.file == name);
            prop_assert_eq!(fault.and_then(|fault| fault.byte), Some(at + 1), "{}: {:#?}", name, found.faults);
        }
    }

    /// So is a file that lost its end, and one that got something into its middle.
    #[test]
    fn what_was_cut_or_put_in_is_found((name, at) in place(), more in proptest::collection::vec(any::<u8>(), 1..40), cut in any::<bool>()) {
        let mut files = fixture().files.clone();
        let bytes = files.get_mut(&name).unwrap();
        match cut {
            true => bytes.truncate(at),
            false => drop(bytes.splice(at..at, more)),
        }
        let folder = write(&files);
        prop_assert!(!checked(folder.path()).whole, "{name} at {at}");
    }

    /// Whatever is in the files that are read first, it is no evidence, and no panic.
    #[test]
    fn garbage_is_refused(name in proptest::sample::select(vec!["SHA256SUMS", "SHA256SUMS.sig", "rehearsal.json", "line-sums.txt", "events.jsonl"]), bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut files = fixture().files.clone();
        files.insert(name.to_owned(), bytes);
        let folder = write(&files);
        prop_assert!(!checked(folder.path()).whole);
    }
}
