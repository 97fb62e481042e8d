//! The names that a change is written with, checked against what the target knows.

use oneroof_model::{Refusal, RefusalCode, nearest};
use oneroof_pg::change::{Facts, GovernedObject, Value};

use crate::error::EngineError;

/// A change that does not fit what the target holds.
pub(super) fn refused(message: impl Into<String>, hint: impl Into<String>) -> EngineError {
    Refusal::new(RefusalCode::ChangeRefused, message)
        .hint(hint)
        .into()
}

/// An unknown name, with the nearest known one.
pub(super) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> EngineError {
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("the target has no {what} yet"),
        None if known.len() <= 12 => format!("known: {}", known.join(", ")),
        None => format!("the target has {} names of that kind", known.len()),
    };
    EngineError::input(format!("find {what} `{name}`"), hint)
}

/// An object or group, written as its name or as TYPE:NAME.
pub(super) fn object<'a>(facts: &'a Facts, word: &str) -> Result<&'a GovernedObject, EngineError> {
    let is = |object: &&GovernedObject| {
        object.object_ref == word
            || word
                .split_once(':')
                .is_some_and(|(kind, name)| object.object_type == kind && object.object_ref == name)
    };
    let found: Vec<&GovernedObject> = facts.objects.iter().filter(is).collect();
    match found.as_slice() {
        [object] => Ok(object),
        [] => {
            let bare = word.split_once(':').map_or(word, |(_, name)| name);
            let known = facts
                .objects
                .iter()
                .map(|object| object.object_ref.as_str());
            Err(unknown("object", bare, known))
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|object| format!("{}:{}", object.object_type, object.object_ref))
                .collect();
            Err(EngineError::input(
                format!(
                    "find object `{word}`: it is the name of {}",
                    names.join(" and of ")
                ),
                format!("write it with its type: {}", names[0]),
            ))
        }
    }
}

/// An active scope.
pub(super) fn scope(facts: &Facts, code: &str) -> Result<(), EngineError> {
    match facts.scopes.iter().find(|scope| scope.code == code) {
        None => Err(unknown(
            "scope",
            code,
            facts.scopes.iter().map(|scope| scope.code.as_str()),
        )),
        Some(scope) if scope.status != "active" => Err(refused(
            format!(
                "scope `{code}` is {}, so nobody needs to hold it",
                scope.status
            ),
            "`oneroof coverage` shows the active scopes",
        )),
        Some(_) => Ok(()),
    }
}

/// May this agency hold something? A draft one only if that is accepted.
pub(super) fn agency(facts: &Facts, code: &str, accept_draft: bool) -> Result<(), EngineError> {
    let codes = || facts.agencies.iter().map(|agency| agency.code.as_str());
    match facts.agencies.iter().find(|agency| agency.code == code) {
        None => Err(unknown("agency", code, codes())),
        Some(agency) if agency.status == "active" => Ok(()),
        Some(agency) if agency.status == "draft" && accept_draft => Ok(()),
        Some(agency) if agency.status == "draft" => Err(refused(
            format!("agency `{code}` is not active yet: it is a draft"),
            "activate it in governance.toml and run `oneroof sync`, or accept it with --accept-draft",
        )),
        Some(agency) => Err(refused(
            format!("agency `{code}` is {}", agency.status),
            "name an active agency",
        )),
    }
}

/// A value of an axis.
pub(super) fn value<'a>(
    facts: &'a Facts,
    axis: &str,
    code: &str,
) -> Result<&'a Value, EngineError> {
    let of_axis = || facts.values.iter().filter(|value| value.axis == axis);
    if of_axis().next().is_none() {
        let mut axes: Vec<&str> = facts
            .values
            .iter()
            .map(|value| value.axis.as_str())
            .collect();
        axes.dedup();
        if axis != "topic" || axes.is_empty() {
            return Err(unknown("axis", axis, axes));
        }
    }
    of_axis()
        .find(|value| value.value == code)
        .ok_or_else(|| unknown(axis, code, of_axis().map(|value| value.value.as_str())))
}

/// Refuses where package `one-roof` is missing.
pub(super) fn axes(facts: &Facts, what: &str) -> Result<(), EngineError> {
    if facts.with_axes {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::RequirementMissing,
        format!("{what} need package `one-roof`, which is not in the schema of this target"),
    )
    .hint("rehearse and apply `one-roof` first")
    .into())
}

/// A word that must say something.
pub(super) fn said(what: &str, word: &str) -> Result<(), EngineError> {
    if word.trim().is_empty() {
        return Err(EngineError::input(
            format!("read {what}: it is empty"),
            format!("say it: {what} stays in the history for ever"),
        ));
    }
    Ok(())
}
