//! Topic against label, collection by collection.

use serde::{Deserialize, Serialize};

use crate::connect::Session;
use crate::error::PgError;

/// One collection's topic against the labels that its rules give it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reconciled {
    /// The collection.
    pub collection: String,
    /// Its topic.
    pub topic: String,
    /// approved, candidate or quarantine.
    pub zone: String,
    /// Is somebody accountable for the assignment?
    pub has_owner: bool,
    /// Labels that express the topic.
    pub topic_labels: Vec<String>,
    /// Their facets.
    pub topic_facets: Vec<String>,
    /// Labels that the active rules of the application give.
    pub rule_labels: Vec<String>,
    /// Their facets.
    pub rule_facets: Vec<String>,
    /// What the comparison says before decisions.
    pub base_flag: String,
    /// What it says with them: `reconciled_…` where one fits.
    pub flag: String,
    /// The facts that a decision is bound to.
    pub fingerprint: String,
    /// The decision that fits the facts of today.
    pub decision: Option<Decision>,
    /// Active decisions on facts that are no longer so.
    pub outdated: Vec<Decision>,
}

/// A difference that was accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = reconcile::Decision))]
pub struct Decision {
    /// Its id.
    pub id: i64,
    /// accept_orthogonal_facet, accept_projection_pending or accept_quarantine_hold.
    pub kind: String,
    /// Why.
    pub rationale: String,
    /// Who.
    pub decided_by: String,
    /// When, UTC.
    pub decided_at: String,
    /// The approval behind it.
    pub approval_ref: Option<String>,
    /// The facts it was made on.
    pub fingerprint: String,
}

/// All collections with a topic; or only those that no decision settles.
///
/// # Errors
/// What the server says.
pub async fn reconciled(session: &Session, only_open: bool) -> Result<Vec<Reconciled>, PgError> {
    super::rows(session, include_str!("reconcile.sql"), &[&only_open]).await
}
