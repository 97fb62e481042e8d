//! `runs/<run>.jsonl`: the events of a run that changed a target, or was to change it. Refused and aborted ones too:
//! the ledger of the target knows nothing of those.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use oneroof_model::{Event, EventRecord};
use serde_json::json;

use crate::clock;
use crate::context::{Context, EventSink};
use crate::error::EngineError;

/// The log of a run that is under way.
pub(crate) struct RunLog {
    file: Arc<Mutex<File>>,
}

impl RunLog {
    /// Makes `runs/<run_id>.jsonl`.
    ///
    /// # Errors
    /// What the file system says: a run that cannot be recorded does not begin.
    pub(crate) fn create(root: &Path, run_id: &str) -> Result<RunLog, EngineError> {
        let folder = root.join("runs");
        let path = folder.join(format!("{run_id}.jsonl"));
        let file = std::fs::create_dir_all(&folder)
            .and_then(|()| File::create_new(&path))
            .map_err(EngineError::file(format!("write `{}`", path.display())))?;
        Ok(RunLog {
            file: Arc::new(Mutex::new(file)),
        })
    }

    /// The context whose events are written, and then told to the listener that it had.
    pub(crate) fn listening(&self, context: &Context) -> Context {
        let file = Arc::clone(&self.file);
        let next: EventSink = context.events.clone();
        let events: EventSink = Arc::new(move |event: &Event| {
            if !matches!(event, Event::StepProgress { .. } | Event::TableRead { .. }) {
                let record = EventRecord {
                    format: 1,
                    at: clock::now(),
                    event: event.clone(),
                };
                append(&file, &json!(record));
            }
            next(event);
        });
        Context {
            events,
            ..context.clone()
        }
    }

    /// The last line: how the run ended, who ran it, and by whose leave.
    pub(crate) fn end(
        &self,
        operator: &str,
        approvals: &serde_json::Value,
        outcome: Result<(), &EngineError>,
    ) {
        let (verdict, code, message) = match outcome {
            Ok(()) => ("passed", None, None),
            Err(error @ EngineError::Refused(refusal)) => (
                "refused",
                Some(refusal.code.as_str()),
                Some(error.to_string()),
            ),
            Err(error) => ("failed", None, Some(error.to_string())),
        };
        let reasons = match outcome {
            Err(EngineError::Refused(refusal)) => refusal.reasons.clone(),
            _ => Vec::new(),
        };
        let line = json!({
            "format": 1, "at": clock::now(), "event": "run_ended", "verdict": verdict, "code": code,
            "message": message, "reasons": reasons, "operator": operator, "approvals": approvals,
        });
        append(&self.file, &line);
    }
}

/// The change itself is in the ledger of the target; a disk that is full by now must not undo it. A line is written
/// at once: whoever reads along sees whole ones.
fn append(file: &Mutex<File>, line: &serde_json::Value) {
    if let Ok(mut file) = file.lock() {
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}
