//! Writes the evidence of a rehearsal: one folder per run, and the sums of its files.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use oneroof_model::evidence::{LINE_SUMS_FILE, LineSums, SIGNATURE_FILE, SUMS_FILE, sums_text};
use oneroof_model::{Digest, Event, EventRecord};

use crate::context::EventSink;
use crate::error::EngineError;
use crate::evidence::statement;
use crate::rehearse::report::{RehearsalReport, SignatureReport};
use crate::signature;

/// The record of a rehearsal.
pub(crate) const RECORD_FILE: &str = "rehearsal.json";
/// The in-toto statement about it.
pub(crate) const STATEMENT_FILE: &str = "statement.json";
/// The story of the run.
pub(crate) const EVENTS_FILE: &str = "events.jsonl";

/// The folder of a rehearsal that is under way. Until [`EvidenceFolder::finish`] it bears a name that
/// ends in `.partial`; one that never finishes (Ctrl-C) removes itself.
pub(crate) struct EvidenceFolder {
    partial: PathBuf,
    path: PathBuf,
    events: Arc<Mutex<std::fs::File>>,
    finished: bool,
}

impl EvidenceFolder {
    /// Makes `evidence/<name>.partial/` below the project's folder.
    pub(crate) fn create(root: &Path, name: &str) -> Result<EvidenceFolder, EngineError> {
        let path = root.join("evidence").join(name);
        let partial = root.join("evidence").join(format!("{name}.partial"));
        let making = || EngineError::file(format!("make evidence folder `{}`", partial.display()));
        std::fs::create_dir_all(&partial).map_err(making())?;
        let events = std::fs::File::create(partial.join(EVENTS_FILE)).map_err(making())?;
        Ok(EvidenceFolder {
            partial,
            path,
            events: Arc::new(Mutex::new(events)),
            finished: false,
        })
    }

    /// A sink that writes `events.jsonl` and then tells the next listener.
    pub(crate) fn listen(&self, next: EventSink) -> EventSink {
        let events = Arc::clone(&self.events);
        Arc::new(move |event: &Event| {
            // Progress is for people who look on; the record keeps what happened.
            if !matches!(event, Event::StepProgress { .. } | Event::TableRead { .. }) {
                let record = EventRecord {
                    format: 1,
                    at: crate::clock::now(),
                    event: event.clone(),
                };
                if let (Ok(line), Ok(mut file)) = (serde_json::to_string(&record), events.lock()) {
                    // A full disk shows when the evidence is finished: the line count is checked there.
                    let _ = file.write_all(format!("{line}\n").as_bytes());
                }
            }
            next(event);
        })
    }

    /// Writes everything, sums it up, signs the sums and gives the folder its name. `texts` are files by name. A key
    /// that cannot sign leaves the evidence unsigned, and the report says why.
    pub(crate) fn finish(
        mut self,
        key: Option<&Path>,
        report: &RehearsalReport,
        texts: &[(String, String)],
    ) -> Result<SignatureReport, EngineError> {
        let record = pretty(report)?;
        self.write(RECORD_FILE, &record)?;
        let json = serde_json::to_value(report)
            .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
        let statement = statement::of(&json, &Digest::of(record.as_bytes()));
        self.write(STATEMENT_FILE, &pretty(&statement)?)?;
        for (name, text) in texts {
            self.write(name, text)?;
        }
        for (moment, probe) in &report.probes {
            self.write(&format!("probes/{moment}.json"), &pretty(probe)?)?;
        }
        if let Some(baseline) = &report.baseline {
            self.write("digests/baseline.json", &pretty(baseline)?)?;
        }
        save_exports(&self.partial, &report.exports)?;
        let mut lines = LineSums::default();
        let mut files = BTreeMap::new();
        sums(&self.partial, &self.partial, &mut files, &mut lines)?;
        let lines = lines.text();
        self.write(LINE_SUMS_FILE, &lines)?;
        let _ = files.insert(LINE_SUMS_FILE.to_owned(), Digest::of(lines.as_bytes()));
        let sums = sums_text(&files);
        self.write(SUMS_FILE, &sums)?;
        let signature = self.sign(key, &sums)?;
        std::fs::rename(&self.partial, &self.path).map_err(EngineError::file(format!(
            "name evidence folder `{}`",
            self.path.display()
        )))?;
        self.finished = true;
        Ok(signature)
    }

    fn sign(&self, key: Option<&Path>, sums: &str) -> Result<SignatureReport, EngineError> {
        let unsigned = |detail: String| SignatureReport {
            signed: false,
            evidence_digest: Digest::of(sums.as_bytes()),
            detail,
        };
        let Some(key) = key else {
            return Ok(unsigned(
                "oneroof.toml names no runner key ([runner] key = \"PATH\")".to_owned(),
            ));
        };
        let armored = match signature::sign(key, signature::EVIDENCE, sums.as_bytes()) {
            Ok(armored) => armored,
            Err(error) => return Ok(unsigned(format!("failed to {error}"))),
        };
        self.write(SIGNATURE_FILE, &armored)?;
        let by = signature::verify(&armored, signature::EVIDENCE, sums.as_bytes());
        Ok(SignatureReport {
            signed: true,
            detail: by.map_or_else(|fault| fault.to_string(), |by| by.fingerprint),
            ..unsigned(String::new())
        })
    }

    fn write(&self, path: &str, text: &str) -> Result<(), EngineError> {
        write(&self.partial.join(path), text)
    }
}

impl Drop for EvidenceFolder {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_dir_all(&self.partial);
        }
    }
}

/// Writes `exports/<name>.json` below `folder`.
pub(crate) fn save_exports(
    folder: &Path,
    exports: &BTreeMap<String, Vec<serde_json::Value>>,
) -> Result<(), EngineError> {
    for (name, rows) in exports {
        write(
            &folder.join("exports").join(format!("{name}.json")),
            &pretty(rows)?,
        )?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    let writing = || EngineError::file(format!("write `{}`", path.display()));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(writing())?;
    }
    std::fs::write(path, text).map_err(writing())
}

pub(crate) fn pretty(value: &impl serde::Serialize) -> Result<String, EngineError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
    Ok(text + "\n")
}

fn sums(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<String, Digest>,
    lines: &mut LineSums,
) -> Result<(), EngineError> {
    let reading = || EngineError::file(format!("read `{}`", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(reading())? {
        let path = entry.map_err(reading())?.path();
        if path.is_dir() {
            sums(root, &path, files, lines)?;
        } else {
            let bytes = std::fs::read(&path).map_err(reading())?;
            let relative = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string();
            lines.add(&relative, &bytes);
            files.insert(relative, Digest::of(&bytes));
        }
    }
    Ok(())
}
