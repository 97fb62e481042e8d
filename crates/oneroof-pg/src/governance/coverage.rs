//! Who covers what: the figures of the coverage API, counted in the database.
//!
//! Everything but [`scan_status`] works with the package `one-roof-base` alone.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// The whole inventory in eight figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CoverageSummary {
    /// Objects that need an owner, times active scopes.
    pub total_cells: u64,
    /// Of them, those with an accountable owner in effect; the rows of groups are not counted.
    pub covered_cells: u64,
    /// The others.
    pub gap_cells: u64,
    /// Percent, two decimals; `None` where there is no cell.
    pub coverage_pct: Option<String>,
    /// Objects and scopes with more than one active accountable row.
    pub conflicts: u64,
    /// Objects that need an owner.
    pub objects: u64,
    /// Active scopes.
    pub scopes: u64,
    /// Valid rows that members of a group inherit.
    pub ownership_anchors: u64,
}

/// One scope.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScopeCoverage {
    /// Its code.
    pub scope: String,
    /// What it is about.
    pub description: String,
    /// Objects that need an owner.
    pub objects: u64,
    /// Of them, those that have one.
    pub covered: u64,
    /// The others.
    pub gap: u64,
}

/// One agency. The rows of groups are counted here too.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OwnerCoverage {
    /// Its code.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// draft, active or retired.
    pub status: String,
    /// Owner rows in effect: `direct` + `inherited`.
    pub total: u64,
    /// By a row of the object or group itself.
    pub direct: u64,
    /// By the anchor of a group above.
    pub inherited: u64,
}

/// One object.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ObjectCoverage {
    /// collection
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// Active scopes.
    pub scopes_required: u64,
    /// Of them, those with an owner.
    pub covered: u64,
    /// The others.
    pub gap: u64,
}

/// One group of objects.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GroupCoverage {
    /// The group; `None` for objects that lie in none.
    pub group: Option<String>,
    /// Objects that need an owner.
    pub objects: u64,
    /// They times active scopes.
    pub cells: u64,
    /// Of them, those with an owner.
    pub covered: u64,
    /// The others.
    pub gap: u64,
}

/// A cell that nobody is accountable for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Gap {
    /// collection
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// The scope.
    pub scope: String,
}

/// More than one active accountable row for one object and scope.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Conflict {
    /// collection, group, or what else is owned.
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// The scope.
    pub scope: String,
    /// Number of rows.
    pub owner_count: u64,
    /// Their agencies.
    pub owners: Vec<String>,
}

/// One axis.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AxisCoverage {
    /// Its code.
    pub axis: String,
    /// Its name.
    pub name: String,
    /// deterministic, uncertain or system.
    pub kind: String,
    /// candidate, active, deprecated or retired.
    pub status: String,
    /// Active values.
    pub active_values: u64,
    /// Active coverage rules.
    pub active_rules: u64,
    /// Cells that the rules require.
    pub required_cells: u64,
    /// Of them, those without an owner.
    pub gap_cells: u64,
    /// Assignments that nobody vouches for.
    pub quarantine: u64,
}

/// The newest scan of the drift detectors.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ScanStatus {
    /// Was there ever one?
    pub scanned: bool,
    /// That scan; absent where there was none.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub last: Option<ScanRun>,
}

/// Either there was a scan, and all of its members are there, or none of them: what a derived shape cannot say of an
/// `Option` among the members.
#[cfg(feature = "schema")]
mod scan_status_shape {
    use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
    use utoipa::openapi::{Ref, RefOr};
    use utoipa::{PartialSchema, ToSchema};

    use super::{ScanRun, ScanStatus};

    fn scanned(is: bool) -> ObjectBuilder {
        let word = ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .enum_values(Some([is]));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("scanned", word)
            .required("scanned")
    }

    impl PartialSchema for ScanStatus {
        fn schema() -> RefOr<Schema> {
            let there = AllOfBuilder::new()
                .item(scanned(true))
                .item(Ref::from_schema_name(ScanRun::name()));
            OneOfBuilder::new()
                .item(scanned(false))
                .item(there)
                .description(Some("The newest scan of the drift detectors"))
                .into()
        }
    }

    impl ToSchema for ScanStatus {
        fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            schemas.push((ScanRun::name().into_owned(), ScanRun::schema()));
            ScanRun::schemas(schemas);
        }
    }
}

/// A scan.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScanRun {
    /// Its id.
    pub scan_id: i64,
    /// Who scanned.
    pub actor: String,
    /// baseline, manual or scheduled.
    pub mode: String,
    /// UTC.
    pub started_at: String,
    /// UTC.
    pub finished_at: Option<String>,
    /// Whole seconds since it began.
    pub age_seconds: i64,
    /// Findings that it saw.
    pub findings: u64,
    /// Findings seen for the first time.
    pub opened: u64,
    /// Findings that were there before and are gone.
    pub resolved: u64,
    /// Open findings at its end.
    pub open: u64,
    /// Of them, critical ones.
    pub critical: u64,
}

/// The summary.
///
/// # Errors
/// What the server says.
pub async fn summary(session: &Session) -> Result<CoverageSummary, PgError> {
    super::row(session, include_str!("coverage/summary.sql"), &[]).await
}

/// Each active scope.
///
/// # Errors
/// What the server says.
pub async fn by_scope(session: &Session) -> Result<Vec<ScopeCoverage>, PgError> {
    super::rows(session, include_str!("coverage/by_scope.sql"), &[]).await
}

/// Each agency that owns something, the one with the most first.
///
/// # Errors
/// What the server says.
pub async fn by_owner(session: &Session) -> Result<Vec<OwnerCoverage>, PgError> {
    super::rows(session, include_str!("coverage/by_owner.sql"), &[]).await
}

/// Each object that needs an owner, or one of them.
///
/// # Errors
/// What the server says.
pub async fn by_object(
    session: &Session,
    object: Option<&str>,
) -> Result<Vec<ObjectCoverage>, PgError> {
    super::rows(session, include_str!("coverage/by_object.sql"), &[&object]).await
}

/// Each group.
///
/// # Errors
/// What the server says.
pub async fn by_group(session: &Session) -> Result<Vec<GroupCoverage>, PgError> {
    super::rows(session, include_str!("coverage/by_group.sql"), &[]).await
}

/// Each axis: needs package `one-roof`.
///
/// # Errors
/// What the server says.
pub async fn by_axis(session: &Session) -> Result<Vec<AxisCoverage>, PgError> {
    super::rows(session, include_str!("coverage/by_axis.sql"), &[]).await
}

/// Each cell that nobody is accountable for, or those of one object.
///
/// # Errors
/// What the server says.
pub async fn gaps(session: &Session, object: Option<&str>) -> Result<Vec<Gap>, PgError> {
    super::rows(session, include_str!("coverage/gaps.sql"), &[&object]).await
}

/// Each conflict, or those of one object.
///
/// # Errors
/// What the server says.
pub async fn conflicts(session: &Session, object: Option<&str>) -> Result<Vec<Conflict>, PgError> {
    super::rows(session, include_str!("coverage/conflicts.sql"), &[&object]).await
}

/// The newest scan: needs package `one-roof`.
///
/// # Errors
/// What the server says.
pub async fn scan_status(session: &Session) -> Result<ScanStatus, PgError> {
    let mut runs: Vec<ScanRun> =
        super::rows(session, include_str!("coverage/scan_status.sql"), &[]).await?;
    let last = runs.pop();
    Ok(ScanStatus {
        scanned: last.is_some(),
        last,
    })
}
