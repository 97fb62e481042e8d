//! The names and rows that a change is made from.

use serde::{Deserialize, Serialize};

use super::read;
use crate::connect::Session;
use crate::error::PgError;

/// An agency.
#[derive(Debug, Clone, Deserialize)]
pub struct Agency {
    /// Its code.
    pub code: String,
    /// draft, active or retired.
    pub status: String,
}

/// A scope of responsibility.
#[derive(Debug, Clone, Deserialize)]
pub struct Scope {
    /// Its code.
    pub code: String,
    /// active or retired.
    pub status: String,
}

/// An object of the inventory, or a group of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GovernedObject {
    /// collection, or group.
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
}

/// A value of an axis.
#[derive(Debug, Clone, Deserialize)]
pub struct Value {
    /// The axis.
    pub axis: String,
    /// Its code.
    pub value: String,
    /// The value above it.
    pub parent: Option<String>,
    /// candidate, active, deprecated or retired.
    pub status: String,
    /// Kind of its provenance.
    pub kind: Option<String>,
    /// The value that it was merged into.
    pub merged_into: Option<String>,
    /// Number of changes of its status.
    pub transitions: i64,
}

/// All names at one moment.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Is package `one-roof` there?
    pub with_axes: bool,
    /// By code.
    pub agencies: Vec<Agency>,
    /// By code.
    pub scopes: Vec<Scope>,
    /// Inventory and groups.
    pub objects: Vec<GovernedObject>,
    /// Values of all axes; empty with the base alone.
    pub values: Vec<Value>,
}

/// A row of an ownership store.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Holder {
    /// Its id.
    pub id: i64,
    /// The agency.
    pub owner: String,
    /// accountable, supporting, delegated or exception.
    pub kind: String,
    /// Do the members of the group inherit it?
    pub anchor: bool,
    /// active, superseded, revoked or expired.
    pub lifecycle: String,
    /// past (its end has passed), present, or future (it has not begun).
    pub moment: String,
    /// UTC.
    pub from: String,
    /// UTC; `None` is without end.
    pub to: Option<String>,
    /// The approval behind it.
    pub approval_ref: Option<String>,
    /// The release that wrote it.
    pub created_by: String,
}

/// An active assignment.
#[derive(Debug, Clone, Deserialize)]
pub struct Assignment {
    /// Its id.
    pub id: i64,
    /// collection, …
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// The value.
    pub value: String,
}

/// A collection's topic against its labels.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Compared {
    /// The collection.
    pub coll: String,
    /// Its topic.
    pub topic: String,
    /// approved, candidate or quarantine.
    pub zone: String,
    /// Is somebody accountable?
    pub has_owner: bool,
    /// Labels that express the topic.
    pub topic_labels: Vec<String>,
    /// Labels that the rules of the application give.
    pub rule_labels: Vec<String>,
    /// What the comparison says before decisions.
    pub base_flag: String,
    /// What it says with them.
    pub flag: String,
    /// The facts that a decision is bound to.
    pub fingerprint: String,
    /// The decision that counts.
    pub decision: Option<i64>,
    /// The active decision, even if it no longer counts.
    pub active: Option<Decided>,
    /// The newest decision of all.
    pub newest: Option<i64>,
}

/// A decision that somebody took.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Decided {
    /// Its id.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// Who.
    pub by: String,
    /// When, UTC.
    pub at: String,
    /// The facts it was made on.
    pub fingerprint: String,
}

/// Reads all names. Without package `one-roof-base` there are none: `None`.
///
/// # Errors
/// What the server says.
pub async fn facts(session: &Session) -> Result<Option<Facts>, PgError> {
    let wanted = [
        "governance_object_ownership",
        "v_object_owner_gap",
        "axis_registry",
    ];
    let rows = session
        .query(include_str!("present.sql"), &[&wanted.to_vec()])
        .await?;
    let present: Vec<String> = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    let has = |name: &str| present.iter().any(|present| present == name);
    if !has(wanted[0]) || !has(wanted[1]) {
        return Ok(None);
    }
    let with_axes = has(wanted[2]);
    Ok(Some(Facts {
        with_axes,
        agencies: read(session, include_str!("agencies.sql"), &[]).await?,
        scopes: read(session, include_str!("scopes.sql"), &[]).await?,
        objects: read(session, include_str!("objects.sql"), &[]).await?,
        values: if with_axes {
            read(session, include_str!("values.sql"), &[]).await?
        } else {
            Vec::new()
        },
    }))
}

/// All rows of a cell, oldest first. `axis` responsibility reads the base's store.
///
/// # Errors
/// What the server says.
pub async fn holders(
    session: &Session,
    axis: &str,
    object: &GovernedObject,
    value: &str,
) -> Result<Vec<Holder>, PgError> {
    let (kind, name) = (&object.object_type, &object.object_ref);
    if axis == "responsibility" {
        let sql = include_str!("holders_base.sql");
        return read(session, sql, &[kind, name, &value]).await;
    }
    let sql = include_str!("holders_axes.sql");
    read(session, sql, &[kind, name, &axis, &value]).await
}

/// The active assignments of a topic.
///
/// # Errors
/// What the server says.
pub async fn assignments(session: &Session, topic: &str) -> Result<Vec<Assignment>, PgError> {
    read(session, include_str!("assignments.sql"), &[&topic]).await
}

/// Every collection that has a topic, against its labels.
///
/// # Errors
/// What the server says.
pub async fn compared(session: &Session) -> Result<Vec<Compared>, PgError> {
    read(session, include_str!("compared.sql"), &[]).await
}
