//! Changes of governance: who owns what, topics, decisions, and what a sync brings.
//!
//! A [`Change`] is data: one JSON document with a member for each area. The SQL of an area is static, lies in
//! `sql/changes/`, and reads its member from the setting `oneroof.change`. So a change can be shown, hashed,
//! rehearsed and approved. [`execute::run`] previews it in a transaction that is rolled back; on a clone or
//! scratch database it may then be committed, on a production it becomes a sealed package.

pub(crate) mod before;
pub mod execute;
mod names;
pub mod owner;
pub(crate) mod package;
pub mod preview;
pub mod reconcile;
pub mod topic;

use oneroof_model::{Digest, canonical_json};
use serde_json::{Map, Value};

pub use oneroof_pg::change::AxisCoverage;

pub use execute::{ChangeOptions, ChangeReport, Outcome};
pub use preview::Preview;

/// The role of everything that both packages own.
pub(crate) const OWNER_ROLE: &str = "one_roof_owner";
/// Version of every package that a change becomes: the name tells them apart.
pub(crate) const VERSION: &str = "1.0.0";

/// A part of governance with SQL of its own. The order is that of the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Agencies and their relations.
    Agencies,
    /// Scopes of responsibility.
    Scopes,
    /// Containers of the inventory, and groups.
    Groups,
    /// Who holds a scope for an object or group.
    Owners,
    /// Who holds a cell of another axis.
    AxisOwners,
    /// Objects that came, left or moved.
    Objects,
    /// The life of topics.
    Topics,
    /// Labels of topics.
    TopicMap,
    /// Decisions on topic and label.
    Decisions,
}

impl Area {
    /// All areas, in the order of their runs.
    pub const ALL: [Area; 9] = [
        Area::Agencies,
        Area::Scopes,
        Area::Groups,
        Area::Owners,
        Area::AxisOwners,
        Area::Objects,
        Area::Topics,
        Area::TopicMap,
        Area::Decisions,
    ];

    /// Its member in the document.
    pub fn member(self) -> &'static str {
        match self {
            Area::Agencies => "agencies",
            Area::Scopes => "scopes",
            Area::Groups => "groups",
            Area::Owners => "owners",
            Area::AxisOwners => "axis_owners",
            Area::Objects => "objects",
            Area::Topics => "topics",
            Area::TopicMap => "topic_map",
            Area::Decisions => "decisions",
        }
    }

    /// File and text of its SQL.
    pub(crate) fn script(self) -> (&'static str, &'static str) {
        macro_rules! script {
            ($file:literal) => {
                (
                    $file,
                    include_str!(concat!("../../../../../sql/changes/", $file)),
                )
            };
        }
        match self {
            Area::Agencies => script!("10_agencies.sql"),
            Area::Scopes => script!("20_scopes.sql"),
            Area::Groups => script!("30_inventory.sql"),
            Area::Owners => script!("40_owners.sql"),
            Area::AxisOwners => script!("45_axis_owners.sql"),
            Area::Objects => script!("50_objects.sql"),
            Area::Topics => script!("60_topics.sql"),
            Area::TopicMap => script!("65_topic_map.sql"),
            Area::Decisions => script!("70_reconcile.sql"),
        }
    }
}

/// A change of governance, as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it is, in lower-case letters and `-`: `owner-assign`.
    pub name: String,
    /// One line for people.
    pub summary: String,
    areas: Map<String, Value>,
}

impl Change {
    /// A change with nothing in it yet.
    pub fn new(name: impl Into<String>, summary: impl Into<String>) -> Change {
        Change {
            name: name.into(),
            summary: summary.into(),
            areas: Map::new(),
        }
    }

    /// Appends an entry to an area.
    #[must_use]
    pub fn with(mut self, area: Area, entry: Value) -> Change {
        self.push(area, entry);
        self
    }

    /// Appends an entry to an area.
    pub fn push(&mut self, area: Area, entry: Value) {
        let entries = self
            .areas
            .entry(area.member())
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(entries) = entries {
            entries.push(entry);
        }
    }

    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// The areas that it has entries for, in the order of their runs.
    pub fn areas(&self) -> impl Iterator<Item = Area> {
        Area::ALL
            .into_iter()
            .filter(|area| self.areas.contains_key(area.member()))
    }

    /// The document that the SQL reads.
    pub fn document(&self) -> Value {
        let mut document = Map::new();
        document.insert("format".into(), 1.into());
        document.insert("name".into(), self.name.clone().into());
        document.insert("summary".into(), self.summary.clone().into());
        document.extend(self.areas.clone());
        Value::Object(document)
    }

    /// Name of its package: the same change has the same name.
    pub fn package_name(&self) -> String {
        let digest = Digest::of(canonical_json(&self.document()).as_bytes()).to_string();
        format!("one-roof-{}-{}", self.name, &digest[..8])
    }

    /// What its rows are tagged with: the release tag of its package.
    pub fn tag(&self) -> String {
        format!("{}@{VERSION}", self.package_name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Area, Change};

    #[test]
    fn the_same_change_has_the_same_name_and_another_one_has_not() {
        let change = |owner: &str| {
            Change::new("owner-assign", "x").with(Area::Owners, json!({ "owner": owner }))
        };
        assert_eq!(
            change("GOV-A").package_name(),
            change("GOV-A").package_name()
        );
        assert_ne!(
            change("GOV-A").package_name(),
            change("GOV-B").package_name()
        );
        assert!(
            change("GOV-A")
                .package_name()
                .starts_with("one-roof-owner-assign-")
        );
    }

    #[test]
    fn areas_run_in_their_order_whatever_came_first() {
        let change = Change::new("sync", "x")
            .with(Area::Decisions, json!({}))
            .with(Area::Owners, json!({}));
        assert_eq!(
            change.areas().collect::<Vec<_>>(),
            [Area::Owners, Area::Decisions]
        );
    }
}
