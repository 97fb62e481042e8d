//! `runs/<run>.jsonl`, read back: what the ledger of a target cannot know.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::error::EngineError;

/// A longer file is no record of a run.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The files of a project.
#[derive(Debug, Default)]
pub(super) struct RunFiles {
    pub(super) runs: Vec<RunFile>,
    /// Names of those that cannot be read, with the reason.
    pub(super) unreadable: Vec<String>,
}

/// One run, as its file has it.
#[derive(Debug, Clone, Default)]
pub(super) struct RunFile {
    pub(super) run_id: String,
    pub(super) verb: String,
    pub(super) package: String,
    pub(super) package_digest: String,
    pub(super) target: String,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    /// `passed`, `refused`, `failed`; empty if the run never ended by itself.
    pub(super) verdict: String,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) operator: Option<String>,
    pub(super) approvals: Value,
}

/// Those that are about this target.
pub(super) fn read(root: &Path, target: &str) -> Result<RunFiles, EngineError> {
    let folder = root.join("runs");
    let mut found = RunFiles::default();
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(EngineError::file(format!("read `{}`", folder.display())))?,
    };
    for entry in entries {
        let entry = entry.map_err(EngineError::file(format!("read `{}`", folder.display())))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".jsonl") || name == "queries.jsonl" {
            continue;
        }
        match read_one(&entry.path()) {
            Ok(run) if run.target == target => found.runs.push(run),
            Ok(_) => {}
            Err(why) => found.unreadable.push(format!("{name}: {why}")),
        }
    }
    found.runs.sort_by(|a, b| a.run_id.cmp(&b.run_id));
    found.unreadable.sort();
    Ok(found)
}

fn read_one(path: &Path) -> Result<RunFile, String> {
    let length = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if length > BYTES_MAX {
        return Err(format!("it has {length} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut run = RunFile::default();
    let count = text.lines().count();
    for (number, line) in (1..).zip(text.lines()) {
        let event: Value = match serde_json::from_str(line) {
            Ok(event) => event,
            // A run that was killed may have left half a line, the last one.
            Err(_) if number == count && number > 1 => break,
            Err(error) => return Err(format!("line {number}: {error}")),
        };
        take(&mut run, &event);
    }
    match run.run_id.is_empty() {
        true => Err("it does not begin with the run".to_owned()),
        false => Ok(run),
    }
}

fn take(run: &mut RunFile, event: &Value) {
    let text = |name: &str| event[name].as_str().map(str::to_owned);
    let at = text("at")
        .and_then(|at| DateTime::parse_from_rfc3339(&at).ok())
        .map(|at| at.with_timezone(&Utc));
    match event["event"].as_str() {
        Some("run_started") => {
            run.run_id = text("run_id").unwrap_or_default();
            run.verb = text("verb").unwrap_or_default();
            run.package = text("package").unwrap_or_default();
            run.package_digest = text("package_digest").unwrap_or_default();
            run.target = text("target").unwrap_or_default();
            run.started_at = at;
        }
        Some("run_finished") => {
            run.verdict = text("verdict").unwrap_or_default();
            run.ended_at = at;
        }
        Some("run_ended") => {
            run.verdict = text("verdict").unwrap_or_default();
            run.code = text("code");
            run.message = text("message");
            run.operator = text("operator");
            run.approvals = event["approvals"].clone();
            run.ended_at = at;
        }
        _ => {}
    }
}
