//! What governance looks like at one moment: coverage by axis, who holds which cell, live findings.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::read;
use crate::connect::Session;
use crate::error::PgError;

/// Coverage of one axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AxisCoverage {
    /// The axis.
    pub axis: String,
    /// Cells that need an owner.
    pub required: i64,
    /// Of these, without one.
    pub gap: i64,
    /// Cells with more than one accountable owner.
    pub conflict: i64,
}

/// An object on a value of an axis; for responsibility the value is the scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// The axis.
    pub axis: String,
    /// collection, group, …
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// The value.
    pub value: String,
}

#[derive(Deserialize)]
struct HeldCell {
    #[serde(flatten)]
    cell: Cell,
    owner: String,
}

/// A finding that a detector sees now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The detector.
    pub detector: String,
    /// critical, warning or info.
    pub severity: String,
    /// Type of the object.
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// The axis, if any.
    pub axis: Option<String>,
    /// The value, if any.
    pub value: Option<String>,
}

/// Governance at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// By axis.
    pub coverage: Vec<AxisCoverage>,
    /// Required cells without owner.
    pub gaps: BTreeSet<Cell>,
    /// Held cells with their owners in words.
    pub owners: BTreeMap<Cell, String>,
    /// Live findings.
    pub findings: BTreeSet<Finding>,
}

/// Reads it. `with_axes` says that package `one-roof` is there; the base alone has one axis and no detector.
///
/// # Errors
/// What the server says.
pub async fn effects(session: &Session, with_axes: bool) -> Result<Effects, PgError> {
    let mut coverage: Vec<AxisCoverage> =
        read(session, include_str!("coverage_base.sql"), &[]).await?;
    let mut gaps: Vec<Cell> = read(session, include_str!("gaps_base.sql"), &[]).await?;
    let mut owners: Vec<HeldCell> = read(session, include_str!("owners_base.sql"), &[]).await?;
    let mut findings: Vec<Finding> = Vec::new();
    if with_axes {
        coverage.extend(read(session, include_str!("coverage_axes.sql"), &[]).await?);
        gaps.extend(read(session, include_str!("gaps_axes.sql"), &[]).await?);
        owners.extend(read(session, include_str!("owners_axes.sql"), &[]).await?);
        findings = read(session, include_str!("findings.sql"), &[]).await?;
    }
    Ok(Effects {
        coverage,
        gaps: gaps.into_iter().collect(),
        owners: owners
            .into_iter()
            .map(|held| (held.cell, held.owner))
            .collect(),
        findings: findings.into_iter().collect(),
    })
}
