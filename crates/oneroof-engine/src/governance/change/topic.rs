//! `topic propose | ratify | deprecate | merge | split`: the life of a topic.

use std::collections::BTreeSet;

use oneroof_pg::change::{Assignment, Facts, Value as Topic, assignments};
use oneroof_pg::connect::Session;
use serde_json::json;

use super::execute::{ChangeOptions, ChangeReport, run};
use super::names::{self, refused, said};
use super::{Area, Change};
use crate::context::Context;
use crate::error::EngineError;

/// Where topics come from.
const KINDS: [&str; 3] = ["human_designated", "ai_proposed", "kg_provisional"];

/// Why, and by which approval.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// In words.
    pub reason: String,
    /// The approval behind it, if any.
    pub approval: Option<String>,
}

/// Where a ratified topic shall stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum NewParent {
    /// Where it stands.
    #[default]
    Kept,
    /// At the top.
    Root,
    /// Below this topic.
    Below(String),
}

/// A part of a topic that is split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitPart {
    /// Code of the new topic.
    pub topic: String,
    /// Objects of the split topic that go there.
    pub objects: Vec<String>,
}

/// Proposes a new topic, as a candidate.
///
/// # Errors
/// [`EngineError::Input`] for unknown or ill-formed names, [`EngineError::Refused`] where it exists.
pub async fn propose(
    context: &Context,
    options: &ChangeOptions,
    topic: &str,
    name: Option<&str>,
    parent: Option<&str>,
    kind: &str,
    ground: &Ground,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |_, facts| {
        said("--reason", &ground.reason)?;
        new_code(facts, topic)?;
        if !KINDS.contains(&kind) {
            return Err(names::unknown("kind of topic", kind, KINDS));
        }
        if let Some(parent) = parent {
            standing_parent(facts, parent)?;
        }
        let entry = json!({
            "op": "propose", "value": topic, "name": name, "parent": parent, "kind": kind,
            "by": context.operator, "reason": ground.reason, "approval_ref": ground.approval,
        });
        let below = parent.map_or_else(String::new, |parent| format!(" below {parent}"));
        let summary = format!("topic {topic} is proposed{below} ({kind})");
        Ok(Change::new("topic-propose", summary).with(Area::Topics, entry))
    })
    .await
}

/// Makes a candidate an active topic, in the name of an agency.
///
/// # Errors
/// [`EngineError::Input`] for unknown names, [`EngineError::Refused`] where it is no candidate or the place makes
/// a circle.
pub async fn ratify(
    context: &Context,
    options: &ChangeOptions,
    topic: &str,
    by: &str,
    parent: &NewParent,
    ground: &Ground,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |_, facts| {
        said("--approval", ground.approval.as_deref().unwrap_or_default())?;
        let found = with_status(facts, topic, "candidate", "ratified")?;
        names::agency(facts, by, false)?;
        let (moves, place) = match parent {
            NewParent::Kept => (false, found.parent.clone()),
            NewParent::Root => (true, None),
            NewParent::Below(parent) => (true, Some(parent.clone())),
        };
        if let Some(place) = &place {
            not_below_itself(facts, topic, place, "ratified below")?;
            let above = standing_parent(facts, place)?;
            if above.status != "active" {
                return Err(refused(
                    format!(
                        "topic `{topic}` would stand below `{place}`, which is a {}",
                        above.status
                    ),
                    format!(
                        "ratify `{place}` first, or choose another place with --parent or --root"
                    ),
                ));
            }
        }
        let entry = json!({
            "op": "ratify", "value": topic, "move": moves, "parent": place, "by": by,
            "reason": if ground.reason.is_empty() { "ratified" } else { &ground.reason },
            "approval_ref": ground.approval, "transitions": found.transitions,
        });
        let summary = format!("topic {topic} is ratified by {by}");
        Ok(Change::new("topic-ratify", summary).with(Area::Topics, entry))
    })
    .await
}

/// Takes an active topic out of use.
///
/// # Errors
/// [`EngineError::Refused`] where it has children, or assignments that are not to be retired.
pub async fn deprecate(
    context: &Context,
    options: &ChangeOptions,
    topic: &str,
    retire: bool,
    ground: &Ground,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |session, facts| {
        said("--reason", &ground.reason)?;
        let found = with_status(facts, topic, "active", "deprecated")?;
        let children: Vec<&str> = topics(facts)
            .filter(|child| child.parent.as_deref() == Some(topic))
            .filter(|child| matches!(child.status.as_str(), "active" | "candidate"))
            .map(|child| child.value.as_str())
            .collect();
        if !children.is_empty() {
            return Err(refused(
                format!("topic `{topic}` has topics below it: {}", children.join(", ")),
                "deprecate or merge these first; `oneroof topic merge` moves them to the survivor",
            ));
        }
        let assigned = assigned(session, topic).await?;
        if !assigned.is_empty() && !retire {
            return Err(refused(
                format!("topic `{topic}` has {} active assignments: {}", assigned.len(), objects(&assigned)),
                format!("`oneroof topic merge {topic} --into OTHER` gives them another topic; --retire-assignments leaves them without one"),
            ));
        }
        let entry = json!({
            "op": "deprecate", "value": topic, "retire": retire, "by": context.operator,
            "reason": ground.reason, "approval_ref": ground.approval, "transitions": found.transitions,
        });
        let summary = format!("topic {topic} is deprecated: {}", ground.reason);
        Ok(Change::new("topic-deprecate", summary).with(Area::Topics, entry))
    })
    .await
}

/// Gives everything of a topic to another one, and deprecates it.
///
/// # Errors
/// [`EngineError::Refused`] where both are one, or the survivor lies below the other.
pub async fn merge(
    context: &Context,
    options: &ChangeOptions,
    topic: &str,
    into: &str,
    ground: &Ground,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |_, facts| {
        if topic == into {
            return Err(refused(
                format!("topic `{topic}` cannot be merged into itself"),
                "name the survivor with --into",
            ));
        }
        let found = with_status(facts, topic, "active", "merged")?;
        with_status(facts, into, "active", "the survivor of a merge")?;
        not_below_itself(facts, topic, into, "merged into")?;
        let reason = if ground.reason.is_empty() {
            format!("merged into {into}")
        } else {
            ground.reason.clone()
        };
        let entry = json!({
            "op": "merge", "value": topic, "into": into, "by": context.operator, "reason": reason,
            "approval_ref": ground.approval, "transitions": found.transitions,
        });
        let summary = format!("topic {topic} is merged into {into}");
        Ok(Change::new("topic-merge", summary).with(Area::Topics, entry))
    })
    .await
}

/// Splits a topic: two or more new topics below it.
///
/// # Errors
/// [`EngineError::Input`] for fewer than two parts or unknown objects, [`EngineError::Refused`] where one exists.
pub async fn split(
    context: &Context,
    options: &ChangeOptions,
    topic: &str,
    parts: &[SplitPart],
    ground: &Ground,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |session, facts| {
        said("--reason", &ground.reason)?;
        if parts.len() < 2 {
            return Err(EngineError::input(
                format!("split topic `{topic}` into {} part(s)", parts.len()),
                "a split has two or more: --into ONE --into OTHER".to_owned(),
            ));
        }
        let found = with_status(facts, topic, "active", "split")?;
        let assigned = assigned(session, topic).await?;
        let (mut codes, mut given) = (BTreeSet::new(), BTreeSet::new());
        for part in parts {
            new_code(facts, &part.topic)?;
            if !codes.insert(&part.topic) {
                return Err(EngineError::input(
                    format!("split topic `{topic}`: part `{}` is there twice", part.topic),
                    "each part has a name of its own".to_owned(),
                ));
            }
            for object in &part.objects {
                let known = || assigned.iter().map(|assigned| assigned.object_ref.as_str());
                if !known().any(|known| known == object) {
                    return Err(names::unknown(&format!("object with topic {topic}:"), object, known()));
                }
                if !given.insert(object) {
                    return Err(EngineError::input(
                        format!("split topic `{topic}`: object `{object}` goes to two parts"),
                        "give it to one".to_owned(),
                    ));
                }
            }
        }
        let into: Vec<_> = parts
            .iter()
            .map(|part| json!({ "value": part.topic, "assign": part.objects }))
            .collect();
        let entry = json!({
            "op": "split", "value": topic, "into": into, "by": context.operator, "reason": ground.reason,
            "approval_ref": ground.approval, "transitions": found.transitions,
        });
        let names: Vec<&str> = parts.iter().map(|part| part.topic.as_str()).collect();
        let summary = format!("topic {topic} is split into {}", names.join(" and "));
        Ok(Change::new("topic-split", summary).with(Area::Topics, entry))
    })
    .await
}

fn topics(facts: &Facts) -> impl Iterator<Item = &Topic> {
    facts.values.iter().filter(|value| value.axis == "topic")
}

fn find<'a>(facts: &'a Facts, code: &str) -> Result<&'a Topic, EngineError> {
    names::axes(facts, "topics")?;
    names::value(facts, "topic", code)
}

/// The topic, which must have this status.
fn with_status<'a>(
    facts: &'a Facts,
    code: &str,
    status: &str,
    act: &str,
) -> Result<&'a Topic, EngineError> {
    let topic = find(facts, code)?;
    if topic.status == status {
        return Ok(topic);
    }
    let merged = topic
        .merged_into
        .as_ref()
        .map_or_else(String::new, |into| format!(" (merged into {into})"));
    let hint = match (topic.status.as_str(), status) {
        ("candidate", _) => format!("ratify it first: oneroof topic ratify {code}"),
        ("active", _) => "there is nothing to do".to_owned(),
        _ => "what is deprecated stays so; propose a new topic".to_owned(),
    };
    Err(refused(
        format!(
            "topic `{code}` is {}{merged}; only {status} ones can be {act}",
            topic.status
        ),
        hint,
    ))
}

/// A code that is well-formed and free.
fn new_code(facts: &Facts, code: &str) -> Result<(), EngineError> {
    names::axes(facts, "topics")?;
    let is_word = code.starts_with(|first: char| first.is_ascii_lowercase())
        && !code.ends_with('-')
        && code
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !is_word {
        return Err(EngineError::input(
            format!("name a topic `{code}`"),
            "a topic is written in lower-case letters, digits and `-`, and begins with a letter"
                .to_owned(),
        ));
    }
    match topics(facts).find(|topic| topic.value == code) {
        None => Ok(()),
        Some(topic) => Err(refused(
            format!("topic `{code}` exists already: it is {}", topic.status),
            match topic.status.as_str() {
                "candidate" => format!("ratify it: oneroof topic ratify {code}"),
                _ => "choose another name; history keeps this one".to_owned(),
            },
        )),
    }
}

/// A parent that may have children: a candidate or an active topic.
fn standing_parent<'a>(facts: &'a Facts, code: &str) -> Result<&'a Topic, EngineError> {
    let parent = find(facts, code)?;
    if matches!(parent.status.as_str(), "active" | "candidate") {
        return Ok(parent);
    }
    Err(refused(
        format!(
            "topic `{code}` is {}, so nothing may stand below it",
            parent.status
        ),
        "choose an active parent; `oneroof topic tree` shows them",
    ))
}

/// Refuses a place below the topic itself, with the path from the place up to it.
fn not_below_itself(facts: &Facts, topic: &str, place: &str, act: &str) -> Result<(), EngineError> {
    let mut path = vec![place.to_owned()];
    // A path cannot be longer than there are topics.
    for _ in topics(facts) {
        let last = path.last().map_or("", String::as_str);
        if last == topic {
            path.reverse();
            return Err(refused(
                format!(
                    "topic `{topic}` cannot be {act} `{place}`, which lies below it: {}",
                    path.join(" > ")
                ),
                "a topic never lies below itself; choose a place outside of its own tree",
            ));
        }
        match topics(facts)
            .find(|known| known.value == last)
            .and_then(|known| known.parent.clone())
        {
            Some(parent) => path.push(parent),
            None => return Ok(()),
        }
    }
    Ok(())
}

async fn assigned(session: &Session, topic: &str) -> Result<Vec<Assignment>, EngineError> {
    assignments(session, topic)
        .await
        .map_err(EngineError::database("read the assignments of the topic"))
}

fn objects(assigned: &[Assignment]) -> String {
    let names: Vec<&str> = assigned
        .iter()
        .map(|assigned| assigned.object_ref.as_str())
        .collect();
    match names.as_slice() {
        [first @ .., _] if first.len() >= 12 => format!("{}, …", names[..12].join(", ")),
        names => names.join(", "),
    }
}
