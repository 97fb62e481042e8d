//! Writes the evidence of a rehearsal: one folder per run, and the sums of its files.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use oneroof_model::{Digest, Event, EventRecord};

use crate::context::EventSink;
use crate::error::EngineError;
use crate::rehearse::report::RehearsalReport;

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
        let events = std::fs::File::create(partial.join("events.jsonl")).map_err(making())?;
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
                    let _ = writeln!(file, "{line}");
                }
            }
            next(event);
        })
    }

    /// Writes everything, sums it up and gives the folder its name.
    pub(crate) fn finish(
        mut self,
        report: &RehearsalReport,
        text: &str,
    ) -> Result<PathBuf, EngineError> {
        self.write("rehearsal.json", &pretty(report)?)?;
        self.write("report.md", text)?;
        for (moment, probe) in &report.probes {
            self.write(&format!("probes/{moment}.json"), &pretty(probe)?)?;
        }
        if let Some(baseline) = &report.baseline {
            self.write("digests/baseline.json", &pretty(baseline)?)?;
        }
        save_exports(&self.partial, &report.exports)?;
        let mut files = BTreeMap::new();
        sums(&self.partial, &self.partial, &mut files)?;
        let sums: String = files
            .iter()
            .map(|(path, digest)| format!("{digest}  {path}\n"))
            .collect();
        self.write("SHA256SUMS", &sums)?;
        std::fs::rename(&self.partial, &self.path).map_err(EngineError::file(format!(
            "name evidence folder `{}`",
            self.path.display()
        )))?;
        self.finished = true;
        Ok(self.path.clone())
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

fn pretty(value: &impl serde::Serialize) -> Result<String, EngineError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
    Ok(text + "\n")
}

fn sums(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<String, Digest>,
) -> Result<(), EngineError> {
    let reading = || EngineError::file(format!("read `{}`", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(reading())? {
        let path = entry.map_err(reading())?.path();
        if path.is_dir() {
            sums(root, &path, files)?;
        } else {
            let bytes = std::fs::read(&path).map_err(reading())?;
            let relative = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string();
            files.insert(relative, Digest::of(&bytes));
        }
    }
    Ok(())
}
