//! What happened in a rehearsal, in a line: events of its journal in words.

use serde_json::Value;

use crate::parts::badge::Tone;
use crate::parts::text::duration;

/// A line.
#[derive(Debug, PartialEq)]
pub(crate) struct Happened {
    pub(crate) tone: Tone,
    pub(crate) word: &'static str,
    pub(crate) text: String,
    pub(crate) at: Option<String>,
}

/// An event in words; `None` for what only programs want to know.
pub(crate) fn happened(event: &Value) -> Option<Happened> {
    let text = |member: &str| event[member].as_str().unwrap_or_default();
    let took = || duration(event["duration_ms"].as_u64().unwrap_or_default());
    let (tone, word, text) = match text("event") {
        "run_started" => (
            Tone::Info,
            "begin",
            format!("{} from {}", text("package"), text("target")),
        ),
        "step_started" => (
            Tone::Quiet,
            "step",
            format!("{}: {}", event["step"], text("title")),
        ),
        "step_finished" => {
            let (tone, word) = match text("outcome") {
                "passed" => (Tone::Good, "passed"),
                "skipped" => (Tone::Quiet, "skipped"),
                _ => (Tone::Bad, "failed"),
            };
            let line = format!("{}: {}, {}", event["step"], text("detail"), took());
            (tone, word, line)
        }
        "tier_started" => (
            Tone::Quiet,
            "tier",
            format!("{}: {}", text("title"), text("summary")),
        ),
        "tier_applied" => (
            Tone::Good,
            "committed",
            format!("{} in {}", text("title"), took()),
        ),
        "tier_rolled_back" => (
            Tone::Good,
            "undone",
            format!("{} in {}", text("title"), took()),
        ),
        "marker" => (Tone::Info, "marker", text("text").to_owned()),
        "notice" => (
            Tone::Quiet,
            "server",
            format!("{}: {}", text("severity"), text("message")),
        ),
        "lock_retry" => (
            Tone::Warn,
            "waits",
            format!(
                "{} tries again for its locks, {} of {}",
                text("tier"),
                event["attempt"],
                event["attempts_max"]
            ),
        ),
        "statement_waits" => (Tone::Warn, "waits", format!("{} for others", text("tier"))),
        "run_finished" => {
            let tone = match text("verdict") {
                "passed" => Tone::Good,
                _ => Tone::Bad,
            };
            (tone, "end", format!("{} in {}", text("verdict"), took()))
        }
        _ => return None,
    };
    Some(Happened {
        tone,
        word,
        text,
        at: event["at"].as_str().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_told_in_words() {
        let event = json!({ "format": 1, "at": "2026-11-22T00:00:00Z", "event": "step_finished", "step": 3,
            "title": "clone", "outcome": "failed", "detail": "the disk is full", "duration_ms": 1500 });
        let told = happened(&event).unwrap();
        assert_eq!((told.tone, told.word), (Tone::Bad, "failed"));
        assert!(
            told.text.starts_with("3: the disk is full, 1.5"),
            "{}",
            told.text
        );
        for quiet in [json!({ "event": "probe_taken" }), json!({}), json!(7)] {
            assert_eq!(happened(&quiet), None);
        }
    }
}
