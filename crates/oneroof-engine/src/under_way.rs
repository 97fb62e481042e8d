//! Rehearsals that are under way: their journals, as they are written. A journal that is not written any more and
//! never became evidence is of a rehearsal that was cut off.

use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::EngineError;
use crate::store::journal::{self, Journal};

/// A rehearsal that has not become evidence yet.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UnderWay {
    /// The name that its evidence will have.
    pub name: String,
    /// `name@version`
    pub package: Option<String>,
    /// The target that it began from.
    pub target: Option<String>,
    /// The step that it is in.
    pub step: Option<String>,
    /// When it last said something, UTC.
    pub last_at: Option<String>,
}

/// What became of a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = under_way::Standing))]
pub enum Standing {
    /// It goes on, or was cut off: its journal does not say.
    Going,
    /// It is evidence now.
    Finished,
    /// It left nothing: it was refused, or stopped.
    Gone,
}

/// A piece of a journal.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Story {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub standing: Standing,
    /// What happened, as it stands in `events.jsonl`.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<Object>))]
    pub events: Vec<Value>,
    /// Where the next piece begins.
    pub next: u64,
}

/// The rehearsals that are under way, the newest first.
pub fn list(context: &Context) -> Vec<UnderWay> {
    let names = journal::partial_names(&context.root).into_iter().rev();
    let seen = names.map(|name| match story(context, &name, 0) {
        Ok(story) => seen(name, &story.events),
        Err(_) => seen(name, &[]),
    });
    seen.collect()
}

fn seen(name: String, events: &[Value]) -> UnderWay {
    let text = |event: &Value, member: &str| event[member].as_str().map(str::to_owned);
    let of = |kind: &'static str| move |event: &&Value| event["event"] == kind;
    let begin = events.iter().find(of("run_started"));
    let step = events.iter().rev().find(of("step_started"));
    UnderWay {
        name,
        package: begin.and_then(|event| text(event, "package")),
        target: begin.and_then(|event| text(event, "target")),
        step: step.map(|event| {
            let title = event["title"].as_str().unwrap_or_default();
            format!("step {}: {title}", event["step"])
        }),
        last_at: events.last().and_then(|event| text(event, "at")),
    }
}

/// What happened since a place of the journal; 0 for all.
///
/// # Errors
/// A name that no rehearsal can have; a journal that cannot be read.
pub fn story(context: &Context, name: &str, from: u64) -> Result<Story, EngineError> {
    let Journal {
        lines,
        next,
        standing,
    } = journal::read(&context.root, name, from)?;
    let events = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(Story {
        name: name.to_owned(),
        standing,
        events: events.collect(),
        next,
    })
}
