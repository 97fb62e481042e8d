//! What a target holds, as a sync reads it.

use serde::Deserialize;

/// What is there. Only active rows: what ended is history.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Actual {
    /// All agencies.
    pub agencies: Vec<ActualAgency>,
    /// All relations.
    pub relations: Vec<RelationRow>,
    /// All scopes.
    pub scopes: Vec<ActualScope>,
    /// Listed containers; `None` where the provider has no such list.
    pub containers: Option<Vec<ActualContainer>>,
    /// Governed objects.
    pub inventory: Vec<Member>,
    /// Values of all axes.
    pub values: Vec<ActualValue>,
    /// Scope whose owner owns the containment cells.
    pub containment_owner_scope: Option<String>,
    /// Active assignments of all axes.
    pub assignments: Vec<Assignment>,
    /// Active rows of the base's store.
    pub owners: Vec<OwnerRow>,
    /// Active rows of the axes' store.
    pub axis_owners: Vec<AxisOwner>,
    /// Topics and their labels.
    pub map: Vec<MapRow>,
}

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActualAgency {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// draft, active or retired.
    pub status: String,
}

/// A relation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RelationRow {
    /// The agency.
    pub agency: String,
    /// What it does.
    pub kind: String,
    /// The law.
    pub law: String,
}

/// A scope.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActualScope {
    /// Its code.
    pub code: String,
    /// In words.
    pub description: String,
    /// The agency that one would expect.
    pub hint: Option<String>,
    /// active or retired.
    pub status: String,
    /// Its place.
    pub sort: i32,
}

/// A listed container.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActualContainer {
    /// Its name.
    pub container: String,
    /// Its group.
    pub group: String,
    /// Are its members governed?
    pub governed: bool,
}

/// An object of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// collection, ….
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// Is it born, and does it require an owner?
    pub required: bool,
    /// Its group.
    pub group: Option<String>,
}

/// A value of an axis.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActualValue {
    /// The axis.
    pub axis: String,
    /// Its code.
    pub value: String,
    /// candidate, active, deprecated or retired.
    pub status: String,
}

/// An active assignment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Assignment {
    /// Its key.
    pub id: i64,
    /// collection, ….
    pub object_type: String,
    /// The object.
    pub object_ref: String,
    /// The axis.
    pub axis: String,
    /// The value.
    pub value: String,
}

/// An active row of the base's ownership store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OwnerRow {
    /// Its key.
    pub id: i64,
    /// collection, group, ….
    pub object_type: String,
    /// The object or group.
    pub object_ref: String,
    /// The scope.
    pub scope: String,
    /// The agency.
    pub owner: String,
    /// accountable, supporting, delegated or exception.
    pub kind: String,
    /// Do members of the group inherit it?
    pub anchor: bool,
    /// Has its end passed?
    pub ended: bool,
    /// Has it not begun yet?
    pub future: bool,
    /// Its end, if it has one.
    pub to: Option<String>,
}

/// An active row of the axes' ownership store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AxisOwner {
    /// Its key.
    pub id: i64,
    /// collection, ….
    pub object_type: String,
    /// The object.
    pub object_ref: String,
    /// The axis.
    pub axis: String,
    /// The value.
    pub value: String,
    /// The agency.
    pub owner: String,
    /// accountable, supporting, delegated or exception.
    pub kind: String,
    /// Does it follow the owner of a scope?
    pub derived: bool,
    /// Has its end passed?
    pub ended: bool,
}

/// A label of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MapRow {
    /// The topic.
    pub value: String,
    /// The label.
    pub label: String,
}
