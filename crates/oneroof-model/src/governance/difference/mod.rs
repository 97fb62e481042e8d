//! The change that leads from what a target holds to what people want.
//!
//! It is made of entries, one JSON object each, for the areas of a change; the static SQL of an area applies
//! them. Nothing is concluded that cannot be taken back: what is only absent from the wish stays and is noted,
//! what ends needs `[[retire]]`, and a name that went and one that came are paired by `[[rename]]` alone.

mod agencies;
mod groups;
mod objects;
mod owners;
mod scopes;
#[cfg(test)]
mod tests;
mod topics;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Actual, Desired};

pub use groups::container_changes;

/// An area of a change that a sync writes, in the order of the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncArea {
    /// Agencies and their relations.
    Agencies,
    /// Scopes, and the values of axis responsibility.
    Scopes,
    /// Containers of the inventory, and the values of axis containment.
    Groups,
    /// Rows of the base's ownership store.
    Owners,
    /// Assignments and ownership of the axes.
    Objects,
    /// Topics.
    Topics,
    /// Labels of topics, and objects on them.
    TopicMap,
}

/// What a sync would do, and what it noticed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// The entries, area by area.
    pub entries: Vec<(SyncArea, Json)>,
    /// What people should know or decide; nothing was done about it.
    pub notes: Vec<String>,
    /// Why this cannot be done; then nothing is.
    pub refused: Vec<String>,
}

impl Difference {
    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries an area has.
    pub fn count(&self, area: SyncArea) -> usize {
        self.entries
            .iter()
            .filter(|(other, _)| *other == area)
            .count()
    }

    /// One line: what changes, counted.
    pub fn summary(&self) -> String {
        let areas = [
            (SyncArea::Agencies, "agencies"),
            (SyncArea::Scopes, "scopes"),
            (SyncArea::Groups, "groups"),
            (SyncArea::Owners, "owners"),
            (SyncArea::Objects, "objects"),
            (SyncArea::Topics, "topics"),
            (SyncArea::TopicMap, "topic map"),
        ];
        let parts: Vec<String> = areas
            .into_iter()
            .map(|(area, name)| (name, self.count(area)))
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        if parts.is_empty() {
            return "nothing to do".to_owned();
        }
        format!(
            "follow governance.toml and the inventory: {}",
            parts.join(", ")
        )
    }
}

/// Compares. `actual` must be read with the container changes of [`container_changes`] in it, so that its
/// inventory is the one that will be.
pub fn difference(desired: &Desired, actual: &Actual, containers: Vec<Json>) -> Difference {
    let mut plan = Plan {
        desired,
        actual,
        out: Difference::default(),
        scopes: Vec::new(),
        groups: Vec::new(),
        retired_groups: BTreeSet::new(),
    };
    plan.agencies();
    plan.scopes();
    plan.groups(containers);
    plan.owners();
    plan.objects();
    plan.topics();
    plan.out.entries.sort_by_key(|(area, _)| *area);
    plan.out
}

/// The work in progress.
struct Plan<'a> {
    desired: &'a Desired,
    actual: &'a Actual,
    out: Difference,
    /// Scopes that will be active.
    scopes: Vec<String>,
    /// Groups that will have anchors.
    groups: Vec<String>,
    /// Groups that end.
    retired_groups: BTreeSet<String>,
}

impl Plan<'_> {
    fn push(&mut self, area: SyncArea, entry: Json) {
        self.out.entries.push((area, entry));
    }

    fn note(&mut self, note: impl Into<String>) {
        self.out.notes.push(note.into());
    }

    fn refuse(&mut self, why: impl Into<String>) {
        let why = why.into();
        if !self.out.refused.contains(&why) {
            self.out.refused.push(why);
        }
    }

    /// Will this agency be retired by this sync, or is it?
    fn is_retired(&self, code: &str) -> bool {
        match self.desired.agency(code) {
            Some(agency) => agency.status == "retired",
            None => {
                self.desired.orders.agency(code).is_some()
                    || self
                        .actual
                        .agencies
                        .iter()
                        .any(|agency| agency.code == code && agency.status == "retired")
            }
        }
    }

    /// The inventory has the object.
    fn is_listed(&self, object_type: &str, object_ref: &str) -> bool {
        self.actual
            .inventory
            .iter()
            .any(|member| member.object_type == object_type && member.object_ref == object_ref)
    }

    /// The new name of an object that is gone, if people gave it one.
    fn new_name(&self, object_type: &str, object_ref: &str) -> Option<&str> {
        if self.is_listed(object_type, object_ref) {
            return None;
        }
        let order = self
            .desired
            .orders
            .renames
            .iter()
            .find(|order| order.from == object_ref)?;
        self.is_listed(object_type, &order.to)
            .then_some(order.to.as_str())
    }

    /// It was governed and the inventory no longer has it.
    fn is_gone(&self, object_type: &str, object_ref: &str) -> bool {
        !self.is_listed(object_type, object_ref)
            && self.actual.assignments.iter().any(|assignment| {
                assignment.object_type == object_type && assignment.object_ref == object_ref
            })
    }
}
