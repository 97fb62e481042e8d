//! Who is accountable: in effect, and by which rows.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// Which owners are asked for; what is `None` is not asked.
#[derive(Debug, Clone, Default)]
pub struct OwnerFilter {
    /// Object or group.
    pub object: Option<String>,
    /// Scope of responsibility.
    pub scope: Option<String>,
    /// Agency.
    pub agency: Option<String>,
}

/// The accountable owner of an object and scope, in effect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EffectiveOwner {
    /// collection, group, or what else is owned.
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// Scope of responsibility.
    pub scope: String,
    /// The agency.
    pub owner_gov_code: String,
    /// accountable
    pub owner_kind: String,
    /// direct or inherited.
    pub resolution: String,
    /// Type of the object whose row decides.
    pub source_anchor_type: String,
    /// The object whose row decides.
    pub source_anchor_ref: String,
    /// Levels between the object and the row that decides.
    pub depth: u32,
}

/// A row of the ownership store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OwnershipRow {
    /// Its id.
    pub id: i64,
    /// collection, group, or what else is owned.
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// Scope of responsibility.
    pub scope: String,
    /// The agency.
    pub owner_gov_code: String,
    /// accountable, supporting, delegated or exception.
    pub owner_kind: String,
    /// Do the members of the group inherit it?
    pub is_inherited_anchor: bool,
    /// active, superseded, revoked or expired.
    pub lifecycle_status: String,
    /// Does it count now? Active, begun and not ended.
    pub is_valid: bool,
    /// UTC.
    pub effective_from: String,
    /// UTC; `None` is without end.
    pub effective_to: Option<String>,
    /// The approval behind it.
    pub approval_ref: Option<String>,
    /// The row that it follows.
    pub supersedes_id: Option<i64>,
    /// The release that wrote it.
    pub created_by: String,
}

/// The owners in effect, by object and scope.
///
/// # Errors
/// What the server says.
pub async fn effective_owners(
    session: &Session,
    filter: &OwnerFilter,
) -> Result<Vec<EffectiveOwner>, PgError> {
    super::rows(
        session,
        include_str!("effective_owners.sql"),
        &[&filter.object, &filter.scope, &filter.agency],
    )
    .await
}

/// Rows of the ownership store; with `history` those that no longer count too.
///
/// # Errors
/// What the server says.
pub async fn ownership_rows(
    session: &Session,
    filter: &OwnerFilter,
    history: bool,
) -> Result<Vec<OwnershipRow>, PgError> {
    super::rows(
        session,
        include_str!("ownership_rows.sql"),
        &[&filter.object, &filter.scope, &filter.agency, &history],
    )
    .await
}
