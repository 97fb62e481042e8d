//! `evidence verify`: is the evidence as it was written, and who signed it? Needs no project and no database.
//!
//! Everything in the folder is foreign: it is read with limits, no path of it is followed, no link either.

use std::path::{Path, PathBuf};

use oneroof_model::evidence::{
    LINE_SUMS_FILE, LineSums, SIGNATURE_FILE, SUMS_FILE, SumLine, read_sums,
};
use oneroof_model::{Digest, signers};
use serde::Serialize;
use serde_json::Value;

use super::fault::{EvidenceFault, FaultKind, ill_formed};
use super::place;
use super::statement;
use crate::clock;
use crate::error::EngineError;
use crate::signature::{self, SignatureFault};
use crate::store::evidence::{EVENTS_FILE, RECORD_FILE, STATEMENT_FILE};
use crate::store::foreign_folder::{ForeignFolder, TEXT_BYTES_MAX};

/// A list of sums that is longer is none.
const SUMS_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// A signature has a few hundred bytes.
const SIGNATURE_BYTES_MAX: u64 = 16 * 1024;
/// So far may two clocks be apart.
const SKEW_SECONDS_MAX: i64 = 300;

/// How evidence is checked.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// OpenSSH's `allowed_signers`: who may have signed it. With it, unsigned evidence does not pass.
    pub signers: Option<PathBuf>,
}

/// What a check found.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvidenceVerified {
    /// The folder.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub folder: PathBuf,
    /// Is everything as it was written?
    pub whole: bool,
    /// SHA-256 of `SHA256SUMS`: what an approval names.
    pub evidence_digest: Option<Digest>,
    /// Files in the list.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// What it is about; none if the record cannot be read.
    pub rehearsal: Option<RehearsalSeen>,
    /// Who signed it.
    pub signature: SignatureSeen,
    /// What is wrong.
    pub faults: Vec<EvidenceFault>,
    /// What is strange and proves nothing.
    pub doubts: Vec<String>,
}

/// The rehearsal that evidence is about.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RehearsalSeen {
    /// Its run.
    pub run_id: String,
    /// `passed` or `failed`
    pub verdict: String,
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: String,
    /// UTC.
    pub started_at: String,
    /// The target.
    pub target: String,
    /// Its database.
    pub database: String,
}

/// A signature, or that there is none.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SignatureSeen {
    /// Is there one that fits the list of sums?
    pub holds: bool,
    /// Whose it is: kind and base64.
    pub public_key: Option<String>,
    /// `SHA256:…`
    pub fingerprint: Option<String>,
    /// Who that is, by the list of signers.
    pub signer: Option<String>,
}

/// Checks a folder.
///
/// # Errors
/// No such folder; a list of signers that cannot be read. What is wrong with the evidence is no error.
pub fn verify(folder: &Path, options: &VerifyOptions) -> Result<EvidenceVerified, EngineError> {
    let signers = match &options.signers {
        Some(file) => Some(read_signers(file)?),
        None => None,
    };
    if !folder.is_dir() {
        return Err(EngineError::input(
            format!("check evidence `{}`: there is no such folder", folder.display()),
            "name the folder of a rehearsal's evidence; `oneroof evidence list` shows those of this project"
                .to_owned(),
        ));
    }
    let foreign = ForeignFolder::walk(folder).map_err(EngineError::file(format!(
        "read folder `{}`",
        folder.display()
    )))?;
    let mut check = Check {
        folder: foreign,
        faults: Vec::new(),
        doubts: Vec::new(),
        right: Vec::new(),
    };
    check.strange();
    if folder.to_string_lossy().ends_with(".partial") {
        check.fault(EvidenceFault::of(
            SUMS_FILE,
            FaultKind::Truncated,
            "the folder's name ends in .partial: the rehearsal was cut off before it was done",
        ));
    }
    let sums = check.sums_file();
    let listed = check.listed(&sums);
    let record = check.record();
    check.contents(record.as_ref());
    let signature = check.signature(&sums, signers.as_deref(), record.as_ref());
    let bytes = listed
        .iter()
        .filter_map(|line| check.folder.files.get(&line.path))
        .sum();
    check.faults.sort_by(|a, b| {
        let key = |fault: &EvidenceFault| (fault.file.clone(), fault.line);
        key(a).cmp(&key(b))
    });
    Ok(EvidenceVerified {
        folder: folder.to_owned(),
        whole: check.faults.is_empty(),
        evidence_digest: (!sums.is_empty()).then(|| Digest::of(&sums)),
        files: listed.len(),
        bytes,
        rehearsal: record.as_ref().map(seen),
        signature,
        faults: check.faults,
        doubts: check.doubts,
    })
}

fn read_signers(file: &Path) -> Result<Vec<signers::AllowedSigner>, EngineError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        EngineError::input(
            format!("read signers `{}`: {error}", file.display()),
            "name a file in OpenSSH's allowed_signers format: NAME namespaces=\"oneroof-evidence\" ssh-ed25519 AAAA…"
                .to_owned(),
        )
    })?;
    signers::read(&text).map_err(|fault| {
        EngineError::input(
            format!("read signers `{}`: {fault}", file.display()),
            "a line is: NAME [namespaces=\"oneroof-evidence\"] KIND KEY".to_owned(),
        )
    })
}

fn seen(record: &Value) -> RehearsalSeen {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    RehearsalSeen {
        run_id: text(&record["run_id"]),
        verdict: text(&record["verdict"]),
        package: text(&record["package"]),
        package_digest: text(&record["package_digest"]),
        started_at: text(&record["started_at"]),
        target: text(&record["source"]["target"]),
        database: text(&record["source"]["database"]),
    }
}

struct Check {
    folder: ForeignFolder,
    faults: Vec<EvidenceFault>,
    doubts: Vec<String>,
    /// Files whose sum is the listed one.
    right: Vec<String>,
}

impl Check {
    fn fault(&mut self, fault: EvidenceFault) {
        self.faults.push(fault);
    }

    fn strange(&mut self) {
        for (path, why) in std::mem::take(&mut self.folder.strange) {
            self.fault(EvidenceFault::of(&path, FaultKind::Strange, why));
        }
    }

    /// The bytes of the list; empty if there is none.
    fn sums_file(&mut self) -> Vec<u8> {
        match self.folder.bytes(SUMS_FILE, SUMS_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(why) => {
                let kind = match self.folder.files.contains_key(SUMS_FILE) {
                    true => FaultKind::Unreadable,
                    false => FaultKind::Missing,
                };
                self.fault(EvidenceFault::of(SUMS_FILE, kind, why));
                Vec::new()
            }
        }
    }

    /// Holds every line of the list against its file, and every file against the list.
    fn listed(&mut self, sums: &[u8]) -> Vec<SumLine> {
        if sums.is_empty() {
            return Vec::new();
        }
        let (lines, faults) = read_sums(sums);
        for fault in faults {
            self.fault(EvidenceFault {
                line: Some(fault.line),
                ..EvidenceFault::of(SUMS_FILE, FaultKind::IllFormed, fault.why)
            });
        }
        let line_sums = self
            .folder
            .bytes(LINE_SUMS_FILE, TEXT_BYTES_MAX)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| LineSums::parse(&text));
        for line in &lines {
            match self.folder.digest(&line.path) {
                Ok(seen) if seen == line.digest => self.right.push(line.path.clone()),
                Ok(seen) => {
                    let fault = self.changed(line, seen, line_sums.as_ref());
                    self.fault(fault);
                }
                Err(why) => {
                    let kind = match self.folder.files.contains_key(&line.path) {
                        true => FaultKind::Unreadable,
                        false => FaultKind::Missing,
                    };
                    self.fault(EvidenceFault {
                        expected: Some(line.digest.to_string()),
                        ..EvidenceFault::of(&line.path, kind, why)
                    });
                }
            }
        }
        self.line_sums_place(&lines);
        let is_listed = |path: &String| lines.iter().any(|line| line.path == *path);
        let own = [SUMS_FILE, SIGNATURE_FILE];
        let additional: Vec<String> = self
            .folder
            .files
            .keys()
            .filter(|path| !is_listed(path) && !own.contains(&path.as_str()))
            .cloned()
            .collect();
        for path in additional {
            self.fault(EvidenceFault::of(
                &path,
                FaultKind::Additional,
                "it is not in SHA256SUMS: somebody put it here later",
            ));
        }
        for needed in [RECORD_FILE, STATEMENT_FILE, EVENTS_FILE] {
            if !is_listed(&needed.to_owned()) && !self.folder.files.contains_key(needed) {
                self.fault(EvidenceFault::of(
                    needed,
                    FaultKind::Missing,
                    "evidence without it is none",
                ));
            }
        }
        lines
    }

    /// Where the list of line sums was changed, if every other file is right.
    fn line_sums_place(&mut self, lines: &[SumLine]) {
        let others = || lines.iter().filter(|line| line.path != LINE_SUMS_FILE);
        let is_changed = |fault: &EvidenceFault| {
            fault.file == LINE_SUMS_FILE && fault.kind == FaultKind::Changed
        };
        let Some(at) = self.faults.iter().position(is_changed) else {
            return;
        };
        if !others().all(|line| self.is_right(&line.path)) {
            return;
        }
        let mut sums = LineSums::default();
        for line in others() {
            if let Ok(bytes) = self.folder.bytes(&line.path, TEXT_BYTES_MAX) {
                sums.add(&line.path, &bytes);
            }
        }
        if let Ok(seen) = self.folder.bytes(LINE_SUMS_FILE, TEXT_BYTES_MAX) {
            let fault = self.faults.remove(at);
            self.faults
                .push(place::locate_in_line_sums(fault, &sums.text(), &seen));
        }
    }

    /// A file with another sum: where it differs, as far as that can be told.
    fn changed(&self, line: &SumLine, seen: Digest, line_sums: Option<&LineSums>) -> EvidenceFault {
        let fault = EvidenceFault {
            expected: Some(line.digest.to_string()),
            seen: Some(seen.to_string()),
            ..EvidenceFault::of(
                &line.path,
                FaultKind::Changed,
                "its sum is not the listed one: it was changed",
            )
        };
        match self.folder.bytes(&line.path, TEXT_BYTES_MAX) {
            Ok(bytes) => place::locate(fault, line, &bytes, line_sums),
            Err(_) => fault,
        }
    }

    /// `rehearsal.json` as JSON, whatever its sum.
    fn record(&mut self) -> Option<Value> {
        let bytes = self.folder.bytes(RECORD_FILE, TEXT_BYTES_MAX).ok()?;
        let record: Value = serde_json::from_slice(&bytes).ok()?;
        if record["format"] != 1 && self.is_right(RECORD_FILE) {
            self.fault(EvidenceFault {
                expected: Some("1".to_owned()),
                seen: Some(record["format"].to_string()),
                ..EvidenceFault::of(
                    RECORD_FILE,
                    FaultKind::IllFormed,
                    "its format is not known to this version",
                )
            });
        }
        Some(record)
    }

    fn is_right(&self, path: &str) -> bool {
        self.right.iter().any(|right| right == path)
    }

    /// Files whose sums are right must also be what they claim, and say the same.
    fn contents(&mut self, record: Option<&Value>) {
        for path in self.right.clone() {
            let is_json = path.ends_with(".json");
            if !is_json && path != EVENTS_FILE && path != LINE_SUMS_FILE {
                continue;
            }
            let bytes = match self.folder.bytes(&path, TEXT_BYTES_MAX) {
                Ok(bytes) => bytes,
                Err(why) => {
                    self.fault(EvidenceFault::of(&path, FaultKind::Unreadable, why));
                    continue;
                }
            };
            if path == LINE_SUMS_FILE {
                if std::str::from_utf8(&bytes)
                    .ok()
                    .and_then(LineSums::parse)
                    .is_none()
                {
                    self.fault(EvidenceFault::of(
                        &path,
                        FaultKind::IllFormed,
                        "it is no list of line sums",
                    ));
                }
            } else if let Some(fault) = ill_formed(&path, &bytes) {
                self.fault(fault);
            } else if let Some(record) = record
                && self.is_right(RECORD_FILE)
            {
                self.agrees(&path, &bytes, record);
            }
        }
    }

    /// What is said twice must be said alike.
    fn agrees(&mut self, path: &str, bytes: &[u8], record: &Value) {
        let probe = path
            .strip_prefix("probes/")
            .and_then(|name| name.strip_suffix(".json"));
        let expected = match (path, probe) {
            (STATEMENT_FILE, _) => {
                let Ok(record_bytes) = self.folder.bytes(RECORD_FILE, TEXT_BYTES_MAX) else {
                    return;
                };
                statement::of(record, &Digest::of(&record_bytes))
            }
            ("digests/baseline.json", _) => record["baseline"].clone(),
            (EVENTS_FILE, _) => return self.events(bytes, record),
            (RECORD_FILE, _) => return self.moments(record),
            (_, Some(moment)) => record["probes"][moment].clone(),
            _ => return,
        };
        let Ok(seen) = serde_json::from_slice::<Value>(bytes) else {
            return;
        };
        if let Some(at) = statement::first_difference(&expected, &seen) {
            self.fault(EvidenceFault {
                expected: expected.pointer(&at).map(shortened),
                seen: seen.pointer(&at).map(shortened),
                ..EvidenceFault::of(
                    path,
                    FaultKind::DoesNotFit,
                    format!(
                        "it does not say what {RECORD_FILE} says, at {}",
                        if at.is_empty() { "/" } else { &at }
                    ),
                )
            });
        }
    }

    /// The story begins and ends with the run of the record, and its clock does not run backwards.
    fn events(&mut self, bytes: &[u8], record: &Value) {
        let lines: Vec<Value> = String::from_utf8_lossy(bytes)
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let fit = |line: usize, message: String| EvidenceFault {
            line: Some(line),
            ..EvidenceFault::of(EVENTS_FILE, FaultKind::DoesNotFit, message)
        };
        let first = lines.first().map(|event| &event["run_id"]);
        if first != Some(&record["run_id"]) {
            self.fault(fit(
                1,
                format!("it does not begin with run {}", record["run_id"]),
            ));
        }
        let last = lines.last().map(|event| &event["verdict"]);
        if last != Some(&record["verdict"]) {
            self.fault(fit(
                lines.len(),
                format!("it does not end with verdict {}", record["verdict"]),
            ));
        }
        let mut before = None;
        for (number, event) in (1..).zip(&lines) {
            let at = moment(&event["at"]);
            if let (Some(before), Some(at)) = (before, at)
                && before > at
            {
                self.doubts.push(format!(
                    "{EVENTS_FILE} line {number}: the clock went back, from {before} to {at}"
                ));
            }
            before = at.or(before);
        }
    }

    /// Nothing that has not happened yet can have been seen.
    fn moments(&mut self, record: &Value) {
        let Some(started) = moment(&record["started_at"]) else {
            self.fault(EvidenceFault::of(
                RECORD_FILE,
                FaultKind::IllFormed,
                "it does not say when the rehearsal began",
            ));
            return;
        };
        let now = clock::instant();
        if (started - now).num_seconds() > SKEW_SECONDS_MAX {
            self.fault(EvidenceFault {
                expected: Some(format!("not after {}", now.to_rfc3339())),
                seen: Some(started.to_rfc3339()),
                ..EvidenceFault::of(
                    RECORD_FILE,
                    FaultKind::Clock,
                    "the rehearsal began in the future: this clock or that of the runner is wrong",
                )
            });
        }
    }

    fn signature(
        &mut self,
        sums: &[u8],
        allowed: Option<&[signers::AllowedSigner]>,
        record: Option<&Value>,
    ) -> SignatureSeen {
        let promised = record.and_then(|record| record["runner"]["public_key"].as_str());
        if !self.folder.files.contains_key(SIGNATURE_FILE) {
            let why = match (promised, allowed) {
                (Some(_), _) => "the record says that a runner signs, and there is no signature",
                (None, Some(_)) => "there is no signature, so nobody of the list has signed",
                (None, None) => return SignatureSeen::default(),
            };
            self.fault(EvidenceFault::of(SIGNATURE_FILE, FaultKind::Missing, why));
            return SignatureSeen::default();
        }
        let armored = match self.folder.bytes(SIGNATURE_FILE, SIGNATURE_BYTES_MAX) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(why) => {
                self.fault(EvidenceFault::of(
                    SIGNATURE_FILE,
                    FaultKind::Unreadable,
                    why,
                ));
                return SignatureSeen::default();
            }
        };
        let by = match signature::verify(&armored, signature::EVIDENCE, sums) {
            Ok(by) => by,
            Err(fault) => {
                let kind = match fault {
                    SignatureFault::Malformed(_) => FaultKind::IllFormed,
                    _ => FaultKind::WrongSignature,
                };
                self.fault(EvidenceFault::of(
                    SIGNATURE_FILE,
                    kind,
                    format!("the signature {fault}"),
                ));
                return SignatureSeen::default();
            }
        };
        if !signature::is_plain(&armored) {
            self.fault(EvidenceFault::of(
                SIGNATURE_FILE,
                FaultKind::Changed,
                "the signature holds, but its file is not written as ssh-keygen writes it: it was changed",
            ));
        }
        if let Some(promised) = promised
            && promised != by.public_key
        {
            self.fault(EvidenceFault {
                expected: Some(promised.to_owned()),
                seen: Some(by.public_key.clone()),
                ..EvidenceFault::of(
                    SIGNATURE_FILE,
                    FaultKind::OtherSigner,
                    "it was signed with another key than the runner's in the record",
                )
            });
        }
        let signer = allowed.and_then(|allowed| self.signer(&by, allowed));
        SignatureSeen {
            holds: true,
            signer,
            public_key: Some(by.public_key),
            fingerprint: Some(by.fingerprint),
        }
    }

    fn signer(
        &mut self,
        by: &signature::SignedBy,
        allowed: &[signers::AllowedSigner],
    ) -> Option<String> {
        let now = clock::instant().format("%Y%m%d%H%M%S").to_string();
        let mut of_key = allowed
            .iter()
            .filter(|signer| signer.public_key == by.public_key);
        if let Some(signer) = of_key
            .clone()
            .find(|signer| signer.covers(signature::EVIDENCE, &now))
        {
            return Some(signer.principals.join(","));
        }
        let why = match of_key.next() {
            Some(signer) => format!(
                "the key is {}'s, but line {} of the list does not let it sign evidence now",
                signer.principals.join(","),
                signer.line
            ),
            None => "the key is not in the list of signers".to_owned(),
        };
        self.fault(EvidenceFault {
            seen: Some(by.fingerprint.clone()),
            ..EvidenceFault::of(SIGNATURE_FILE, FaultKind::UnknownSigner, why)
        });
        None
    }
}

fn moment(value: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    let text = value.as_str()?;
    let parsed = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(parsed.with_timezone(&chrono::Utc))
}

fn shortened(value: &Value) -> String {
    const SHOWN: usize = 120;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
