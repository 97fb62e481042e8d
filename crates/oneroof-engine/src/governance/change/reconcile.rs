//! `reconcile decide | withdraw`: a difference between topic and label that somebody accepts.

use oneroof_model::{Refusal, RefusalCode};
use oneroof_pg::change::{Compared, Facts, compared};
use oneroof_pg::connect::Session;
use serde_json::json;

use super::execute::{ChangeOptions, ChangeReport, run};
use super::names::{self, refused, said};
use super::{Area, Change};
use crate::context::Context;
use crate::error::EngineError;

/// What may be accepted.
const KINDS: [&str; 3] = [
    "accept_orthogonal_facet",
    "accept_projection_pending",
    "accept_quarantine_hold",
];
/// So many digits of a fingerprint tell two apart.
const FINGERPRINT_MIN: usize = 8;

/// A decision as it is written on the command line.
#[derive(Debug, Clone, Default)]
pub struct NewDecision {
    /// The collection.
    pub collection: String,
    /// Its topic.
    pub topic: String,
    /// What is accepted, with or without `accept_`.
    pub kind: String,
    /// The fingerprint that was shown, or its first digits.
    pub fingerprint: String,
    /// Why.
    pub rationale: String,
    /// The approval behind it.
    pub approval: String,
}

/// Accepts a difference, bound to the facts that were shown.
///
/// # Errors
/// [`EngineError::Refused`] where the facts are others by now, or the kind does not fit them.
pub async fn decide(
    context: &Context,
    options: &ChangeOptions,
    new: &NewDecision,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |session, facts| {
        plan_decide(context, session, facts, new).await
    })
    .await
}

/// Takes the active decision on a collection and topic back.
///
/// # Errors
/// [`EngineError::Refused`] where there is none.
pub async fn withdraw(
    context: &Context,
    options: &ChangeOptions,
    collection: &str,
    topic: &str,
) -> Result<ChangeReport, EngineError> {
    run(context, options, async |session, facts| {
        let row = find(session, facts, collection, topic).await?;
        let Some(active) = row.active else {
            return Err(refused(
                format!("nobody decided on {collection} and {topic}"),
                "`oneroof reconcile list` shows the decisions",
            ));
        };
        let summary = format!(
            "the decision of {} on {collection} and {topic} ({}) is withdrawn",
            active.by, active.kind
        );
        let entry = json!({ "op": "withdraw", "id": active.id, "by": context.operator });
        Ok(Change::new("reconcile-withdraw", summary).with(Area::Decisions, entry))
    })
    .await
}

async fn plan_decide(
    context: &Context,
    session: &Session,
    facts: &Facts,
    new: &NewDecision,
) -> Result<Change, EngineError> {
    said("--rationale", &new.rationale)?;
    said("--approval", &new.approval)?;
    let kind = kind(&new.kind)?;
    let row = find(session, facts, &new.collection, &new.topic).await?;
    if new.fingerprint.len() < FINGERPRINT_MIN {
        return Err(EngineError::input(
            format!("read --facts `{}`: it is too short", new.fingerprint),
            format!(
                "give at least {FINGERPRINT_MIN} digits, as `oneroof reconcile list` shows them"
            ),
        ));
    }
    if !row.fingerprint.starts_with(&new.fingerprint) {
        return Err(Refusal::new(
            RefusalCode::FactsChanged,
            format!(
                "the facts of {} and {} are no longer {}: they are {} now",
                row.coll, row.topic, new.fingerprint, row.fingerprint
            ),
        )
        .reasons(facts_text(&row))
        .hint(format!(
            "look at them; if you still want it: --facts {}",
            &row.fingerprint[..FINGERPRINT_MIN]
        ))
        .into());
    }
    if let Some(active) = row
        .active
        .as_ref()
        .filter(|active| row.decision == Some(active.id))
    {
        return Err(refused(
            format!(
                "{} decided on {} and {} already, at {}: {}",
                active.by, row.coll, row.topic, active.at, active.kind
            ),
            format!(
                "there is nothing to do; `oneroof reconcile withdraw {} {}` takes it back",
                row.coll, row.topic
            ),
        ));
    }
    let fitting = fitting(&row);
    if !fitting.contains(&kind) {
        let hint = match (row.base_flag.as_str(), fitting.as_slice()) {
            ("divergent", _) => "topic and labels contradict each other: change the label rule, the map or the topic".to_owned(),
            ("no_label_rule", []) => "it needs an accountable owner first: oneroof owner assign --axis topic".to_owned(),
            (_, []) => "nothing needs to be accepted here".to_owned(),
            (_, kinds) => format!("what fits: {}", kinds.join(", ")),
        };
        return Err(Refusal::new(
            RefusalCode::ChangeRefused,
            format!(
                "{kind} does not fit {} and {}, which are {}",
                row.coll, row.topic, row.base_flag
            ),
        )
        .reasons(facts_text(&row))
        .hint(hint)
        .into());
    }
    let entry = json!({
        "op": "decide",
        "coll": row.coll,
        "topic": row.topic,
        "kind": kind,
        "fingerprint": row.fingerprint,
        "rationale": new.rationale,
        "by": context.operator,
        "approval_ref": new.approval,
        "supersedes": row.active.as_ref().map(|active| active.id),
        // The newest decision: the same wish at another time is another change.
        "newest": row.newest,
    });
    let summary = format!("{} and {}: {kind}", row.coll, row.topic);
    Ok(Change::new("reconcile-decide", summary).with(Area::Decisions, entry))
}

fn kind(word: &str) -> Result<&'static str, EngineError> {
    let underscored = word.replace('-', "_");
    let long = format!("accept_{underscored}");
    KINDS
        .into_iter()
        .find(|kind| *kind == underscored || *kind == long)
        .ok_or_else(|| {
            // As the help writes them.
            let known = KINDS.map(|kind| kind.trim_start_matches("accept_").replace('_', "-"));
            names::unknown("kind of decision", word, known.iter().map(String::as_str))
        })
}

/// The kinds that these facts allow; the same rules as in the view that shows them.
fn fitting(row: &Compared) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    if row.base_flag == "orthogonal_facet" {
        kinds.push(KINDS[0]);
    }
    if row.base_flag == "no_label_rule" && row.has_owner {
        kinds.push(KINDS[1]);
    }
    if row.zone == "quarantine" && row.base_flag != "divergent" {
        kinds.push(KINDS[2]);
    }
    kinds
}

async fn find(
    session: &Session,
    facts: &Facts,
    collection: &str,
    topic: &str,
) -> Result<Compared, EngineError> {
    names::axes(facts, "decisions on topics")?;
    let mut rows = compared(session)
        .await
        .map_err(EngineError::database("read topics against labels"))?;
    let place = rows
        .iter()
        .position(|row| row.coll == collection && row.topic == topic);
    if let Some(place) = place {
        return Ok(rows.swap_remove(place));
    }
    let of_collection: Vec<&str> = rows
        .iter()
        .filter(|row| row.coll == collection)
        .map(|row| row.topic.as_str())
        .collect();
    if of_collection.is_empty() {
        let known = rows.iter().map(|row| row.coll.as_str());
        return Err(names::unknown(
            "collection with a topic:",
            collection,
            known,
        ));
    }
    Err(names::unknown(
        &format!("topic of collection {collection}:"),
        topic,
        of_collection,
    ))
}

fn facts_text(row: &Compared) -> Vec<String> {
    let list = |labels: &[String]| match labels {
        [] => "none".to_owned(),
        labels => labels.join(", "),
    };
    vec![
        format!(
            "flag {}, zone {}, {}",
            row.base_flag,
            row.zone,
            if row.has_owner {
                "owned"
            } else {
                "without owner"
            }
        ),
        format!("labels of the topic: {}", list(&row.topic_labels)),
        format!("labels of the rules: {}", list(&row.rule_labels)),
        format!("fingerprint {}", row.fingerprint),
    ]
}
