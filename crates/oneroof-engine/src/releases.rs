//! Which releases a target has, as its ledger tells.

use std::collections::BTreeSet;

use oneroof_model::ReleaseState;
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::execute::release;
use crate::ledger;

/// What the ledger of a target says about releases.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Releases {
    /// The target's name.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Each package that the ledger knows, by name.
    pub releases: Vec<ReleaseSeen>,
}

/// One release.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReleaseSeen {
    /// The package.
    pub package: String,
    /// Its version, while something of it stands.
    pub version: Option<String>,
    /// How far it is.
    pub state: ReleaseStanding,
    /// Tiers that stand, in order.
    pub tiers: Vec<String>,
    /// The tier that was begun and cut, if one was.
    pub unfinished_tier: Option<String>,
    /// When it was finished, UTC.
    pub finished_at: Option<String>,
    /// Digest of the package.
    pub package_digest: Option<String>,
}

/// How far a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ReleaseStanding {
    /// All tiers stand.
    Live,
    /// A chosen cut stands.
    Partial,
    /// A run ended in the middle; it can be resumed or rolled back.
    Interrupted,
    /// Nothing of it stands any more.
    RolledBack,
    /// A run began and no tier was committed.
    NothingDone,
}

/// Reads them.
///
/// # Errors
/// What the server says; a target without ledger.
pub async fn releases(context: &Context, target: &str) -> Result<Releases, EngineError> {
    let moment = ledger::open(context, target).await?;
    let entries = release::entries(&moment.session).await?;
    let names: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| entry.body.get("package")?.as_str())
        .collect();
    let releases = names
        .into_iter()
        .map(|name| seen(name, &ReleaseState::of(name, &entries)))
        .collect();
    let report = Releases {
        target: moment.name.clone(),
        database: moment.identity.database_name.clone(),
        releases,
    };
    moment.close().await?;
    Ok(report)
}

fn seen(package: &str, state: &ReleaseState) -> ReleaseSeen {
    ReleaseSeen {
        package: package.to_owned(),
        version: state.version.clone(),
        state: match &state.finished {
            Some(finished) if finished.complete => ReleaseStanding::Live,
            Some(_) => ReleaseStanding::Partial,
            None if state.is_begun() => ReleaseStanding::Interrupted,
            None if state.rolled_back => ReleaseStanding::RolledBack,
            None => ReleaseStanding::NothingDone,
        },
        tiers: state.applied.iter().map(|one| one.tier.clone()).collect(),
        unfinished_tier: state.begun.as_ref().map(|begun| begun.tier.clone()),
        finished_at: state.finished.as_ref().map(|finished| finished.at.clone()),
        package_digest: state.package_digest.clone(),
    }
}
