//! `owner list`: who is accountable in effect, and by which rows.

use oneroof_pg::governance::names::NameKind;
use oneroof_pg::governance::owners::{effective_owners, ownership_rows};
use serde::Serialize;

pub use oneroof_pg::governance::owners::{EffectiveOwner, OwnerFilter, OwnershipRow};

use super::{Needs, known, read, reading};
use crate::context::Context;
use crate::error::EngineError;

/// Owners, and the rows that make them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OwnerReport {
    /// The accountable owners in effect.
    pub effective: Vec<EffectiveOwner>,
    /// The rows of the store; those that ended only with `history`.
    pub rows: Vec<OwnershipRow>,
}

/// The owners of a target that the filter asks for.
pub async fn list(
    context: &Context,
    target: &str,
    filter: &OwnerFilter,
    history: bool,
) -> Result<OwnerReport, EngineError> {
    read(context, target, "owner", Needs::Base, async |session| {
        known(session, NameKind::Object, filter.object.as_deref()).await?;
        known(session, NameKind::Scope, filter.scope.as_deref()).await?;
        known(session, NameKind::Agency, filter.agency.as_deref()).await?;
        Ok(OwnerReport {
            effective: effective_owners(session, filter)
                .await
                .map_err(reading("the owners"))?,
            rows: ownership_rows(session, filter, history)
                .await
                .map_err(reading("the ownership rows"))?,
        })
    })
    .await
}
