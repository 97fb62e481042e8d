//! Topics of the seed that are not there yet, their labels and their objects.

use serde_json::json;

use super::{Plan, SyncArea};
use crate::governance::desired::SeedValue;

const TOPIC: &str = "topic";
/// Held until somebody ratifies it.
const PROVISIONAL: &str = "kg_provisional";

impl Plan<'_> {
    pub(super) fn topics(&mut self) {
        let (desired, actual) = (self.desired, self.actual);
        let is_there = |value: &str| {
            actual
                .values
                .iter()
                .any(|known| known.axis == TOPIC && known.value == value)
        };
        let mut new: Vec<&SeedValue> = desired
            .topics
            .values
            .iter()
            .filter(|value| !is_there(&value.value))
            .collect();
        // Parents first; what is left names a parent that is nowhere, or itself.
        let mut placed: Vec<&str> = Vec::new();
        while let Some(next) = new.iter().position(|value| {
            last_parent(value).is_none_or(|parent| is_there(parent) || placed.contains(&parent))
        }) {
            let value = new.remove(next);
            placed.push(&value.value);
            self.topic(value);
        }
        for value in new {
            self.refuse(format!(
                "topic {} cannot be added: its parent {} is missing or below it",
                value.value,
                last_parent(value).unwrap_or("-")
            ));
        }
        for row in &desired.topics.map {
            let known = actual
                .map
                .iter()
                .any(|known| known.value == row.value && known.label == row.label);
            if !known {
                self.push(
                    SyncArea::TopicMap,
                    json!({ "op": "map", "value": row.value, "label": row.label, "kind": row.map_kind }),
                );
            }
        }
        // Only for topics that are new: an assignment that somebody ended or moved does not come back.
        for row in &desired.topics.assign {
            if placed.contains(&row.value.as_str()) {
                self.push(
                    SyncArea::TopicMap,
                    json!({
                        "op": "assign",
                        "object_ref": row.collection,
                        "value": row.value,
                        "zone": row.zone,
                        "confidence": row.confidence,
                        "kind": row.kind,
                    }),
                );
            }
        }
    }

    fn topic(&mut self, value: &SeedValue) {
        let approval = &self.desired.approval;
        self.push(
            SyncArea::Topics,
            json!({
                "op": "propose",
                "value": value.value,
                "name": value.name,
                "parent": if value.ratify.is_some() { None } else { value.parent.as_ref() },
                "kind": value.kind,
                "by": "sync",
                "reason": "new in topic_seed",
                "approval_ref": approval,
            }),
        );
        if value.kind == PROVISIONAL && value.ratify.is_none() {
            return;
        }
        let approval = &self.desired.approval;
        self.push(
            SyncArea::Topics,
            json!({
                "op": "ratify",
                "value": value.value,
                "move": value.ratify.is_some(),
                "parent": value.ratify.as_ref().and_then(|ratify| ratify.parent.as_ref()),
                "by": value.ratify.as_ref().map_or("sync", |ratify| ratify.by.as_str()),
                "reason": "topic_seed says that it is active",
                "approval_ref": approval,
            }),
        );
    }
}

/// The topic above it in the end.
fn last_parent(value: &SeedValue) -> Option<&str> {
    match &value.ratify {
        Some(ratify) => ratify.parent.as_deref(),
        None => value.parent.as_deref(),
    }
}
