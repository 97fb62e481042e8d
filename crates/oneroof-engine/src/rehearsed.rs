//! `apply --evidence`: what the tiers did in a rehearsal, and whether that rehearsal is about this very
//! release.

use std::collections::BTreeMap;
use std::path::PathBuf;

use oneroof_model::locks::TierLock;
use oneroof_model::package::ResolvedParameters;
use oneroof_model::{Effects, Refusal, RefusalCode};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::EngineError;
use crate::execute::effects::RehearsedEffects;
use crate::store::kept_rehearsal::KeptRehearsal;
use crate::store::package_files::OpenPackage;

/// The rehearsal that an apply must repeat.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsed {
    /// The folder of its evidence.
    pub evidence: PathBuf,
    /// Its run.
    pub run_id: String,
    /// UTC.
    pub started_at: String,
    #[serde(skip)]
    pub(crate) effects: RehearsedEffects,
    /// Locks of each tier, by its id.
    #[serde(skip)]
    pub(crate) locks: BTreeMap<String, Vec<TierLock>>,
}

/// What is read of a tier's record.
#[derive(Deserialize)]
struct RehearsedTier {
    tier: String,
    #[serde(flatten)]
    effects: Effects,
    locks: Option<Vec<TierLock>>,
}

/// Reads the effects of a rehearsal of just these bytes, with just these parameters, on a server of the same
/// major version.
///
/// # Errors
/// Refuses (`other-evidence`) a rehearsal that failed or was about something else.
pub(crate) fn read(
    context: &Context,
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    major: u32,
    word: &str,
) -> Result<Rehearsed, EngineError> {
    let kept = KeptRehearsal::open(
        context,
        word,
        "apply as rehearsed in",
        "--evidence takes the folder of a rehearsal's evidence",
    )?;
    let mut reasons = Vec::new();
    let mut same = |what: &str, there: &str, here: &str| {
        if there != here {
            reasons.push(format!("{what}: rehearsed {there}, now {here}"));
        }
    };
    same("verdict", kept.text("verdict"), "passed");
    same(
        "package",
        kept.text("package_digest"),
        &package.digest.to_string(),
    );
    same(
        "parameters",
        kept.text("params_digest"),
        &parameters.digest().to_string(),
    );
    let server = kept.report["source"]["server_version"].as_str();
    let there = server.and_then(|version| version.split('.').next());
    same(
        "PostgreSQL",
        there.unwrap_or("an unknown version"),
        &major.to_string(),
    );
    if !reasons.is_empty() {
        return Err(Refusal::new(
            RefusalCode::OtherEvidence,
            format!("{} is not about what would be applied", kept.name()),
        )
        .reasons(reasons)
        .hint("rehearse just this package with just these parameters")
        .into());
    }
    let mut rehearsed = Rehearsed {
        run_id: kept.text("run_id").to_owned(),
        started_at: kept.text("started_at").to_owned(),
        effects: BTreeMap::new(),
        locks: BTreeMap::new(),
        evidence: kept.folder.clone(),
    };
    for tier in kept.report["tiers"].as_array().into_iter().flatten() {
        let read: RehearsedTier = serde_json::from_value(tier.clone()).map_err(|error| {
            EngineError::input(
                format!(
                    "read the effects of tier {} in `{}`: {error}",
                    tier["tier"],
                    kept.folder.display()
                ),
                "this evidence is of another version of oneroof: rehearse again".to_owned(),
            )
        })?;
        let _ = rehearsed
            .locks
            .insert(read.tier.clone(), read.locks.unwrap_or_default());
        let _ = rehearsed.effects.insert(read.tier, read.effects);
    }
    Ok(rehearsed)
}
