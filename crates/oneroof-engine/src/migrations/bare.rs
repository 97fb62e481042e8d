//! A bare folder of migrations as the package that it is for a target: what is pending there, or what our ledger there
//! says was begun, or stands.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::{LedgerEntry, MigrationTool, ReleaseState};
use oneroof_sql::migrations::{Migration, MigrationSet, Standing};

use super::opened::OpenedMigrations;
use super::pending::{Pending, pending};
use super::plan::{HISTORY_TIER, PlanOptions, package_name, tier_ids};
use crate::context::Context;
use crate::error::EngineError;
use crate::store::package_files::OpenPackage;

/// Where a verb wants to go with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// On: what was begun and not ended, or else what is pending.
    Forward,
    /// Back, or only look: what stands, the newest of it.
    Standing,
}

/// The package that a bare folder is for `target`, and a sentence about it; any other package as it is.
///
/// # Errors
/// As [`pending`]; nothing is pending, or nothing stands.
pub async fn for_target(
    context: &Context,
    package: OpenPackage,
    target: &str,
    direction: Direction,
    tool: Option<MigrationTool>,
    options: &PlanOptions,
) -> Result<(OpenPackage, Option<String>), EngineError> {
    let Some(opened) = &package.bare else {
        return Ok((package, None));
    };
    let opened = match tool {
        Some(tool) => OpenedMigrations::open(&opened.folder, Some(tool))?,
        None => (**opened).clone(),
    };
    let pending = pending(context, &opened, target, options.history_table.as_ref()).await?;
    let said = format!("{}; {}", opened.sentence(), pending.sentence(target));
    let mut known = releases(&opened, &pending, options)?;
    let begun = known
        .iter()
        .position(|release| release.1.finished.is_none());
    let stands = match direction {
        Direction::Forward => begun.or((pending.migrations.is_empty()).then_some(0)),
        Direction::Standing => Some(0),
    };
    if let Some(place) = stands.filter(|place| *place < known.len()) {
        let (package, state) = known.swap_remove(place);
        let word = match state.finished {
            Some(_) => "stands",
            None => "was begun",
        };
        let said = format!("{said}; release `{}` {word}", package.plan.package.name);
        return Ok((package, Some(said)));
    }
    if direction == Direction::Standing && !pending.ledger.is_empty() && pending.by_ledger > 0 {
        return Err(EngineError::input(
            format!("find the release of it that stands on `{target}`: {said}"),
            "the folder or the options are not those that it was applied with; name its package"
                .to_owned(),
        ));
    }
    if pending.migrations.is_empty() {
        return Err(EngineError::input(
            format!("find something to do for `{target}`: {said}"),
            None,
        ));
    }
    let options = PlanOptions {
        records: pending.records,
        ..options.clone()
    };
    let package = opened.package_of(&pending.migrations, &options)?;
    Ok((package, Some(said)))
}

/// The releases of this very folder that our ledger knows of and that stand, or were begun; the newest first.
fn releases(
    opened: &OpenedMigrations,
    pending: &Pending,
    options: &PlanOptions,
) -> Result<Vec<(OpenPackage, ReleaseState)>, EngineError> {
    let folder = opened.folder_name()?;
    let set = &opened.set;
    let ids = tier_ids(set);
    let mut found = Vec::new();
    for (name, state) in states(set, &folder, &pending.ledger) {
        let standing = tiers(&state);
        // What it was of: what stands of it, and while it is not ended, what is pending up to its last.
        let is_wanted = |migration: &Migration, id: &str| {
            let is_next = state.finished.is_none() && pending.migrations.contains(migration);
            standing.contains(id) || is_next
        };
        let wanted: Vec<Migration> = set
            .migrations
            .iter()
            .zip(&ids)
            .filter(|(migration, id)| is_wanted(migration, id))
            .map(|(migration, _)| migration.clone())
            .collect();
        let Some(last) = wanted
            .iter()
            .enumerate()
            .filter(|(place, _)| {
                let up_to = wanted.get(..=*place).unwrap_or_default();
                package_name(&folder, up_to) == name
            })
            .map(|(place, _)| place)
            .next_back()
        else {
            continue;
        };
        let wanted = wanted.get(..=last).unwrap_or_default();
        // Whether it began with the records of the tool, or only a part of them, its digest says.
        let kinds = match standing.contains(HISTORY_TIER) {
            true => &[Standing::Nothing, Standing::Tables][..],
            false => &[Standing::All],
        };
        for records in kinds {
            let options = PlanOptions {
                records: *records,
                ..options.clone()
            };
            let package = opened.clone().package_of(wanted, &options)?;
            if state.package_digest.as_deref() == Some(package.digest.to_string().as_str()) {
                found.push((package, state));
                break;
            }
        }
    }
    Ok(found)
}

/// Migrations that stand by our ledger, as tiers of packages of this folder.
pub(super) fn standing(set: &MigrationSet, folder: &str, ledger: &[LedgerEntry]) -> Vec<Migration> {
    let states = states(set, folder, ledger);
    let standing: BTreeSet<&str> = states
        .iter()
        .flat_map(|(_, state)| state.applied.iter().map(|tier| tier.tier.as_str()))
        .collect();
    let all = set.migrations.iter().zip(tier_ids(set));
    all.filter(|(_, id)| standing.contains(id.as_str()))
        .map(|(migration, _)| migration.clone())
        .collect()
}

/// What the ledger says of packages that could be of this folder, the newest first.
fn states(set: &MigrationSet, folder: &str, ledger: &[LedgerEntry]) -> Vec<(String, ReleaseState)> {
    let names: BTreeSet<String> = (1..=set.migrations.len())
        .filter_map(|count| set.migrations.get(..count))
        .map(|up_to| package_name(folder, up_to))
        .collect();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in ledger {
        let name = entry.body.get("package").and_then(|name| name.as_str());
        if let Some(name) = name.filter(|name| names.contains(*name)) {
            last.insert(name, entry.seq);
        }
    }
    let mut newest: Vec<(u64, &str)> = last.into_iter().map(|(name, seq)| (seq, name)).collect();
    newest.sort_unstable_by(|one, two| two.cmp(one));
    newest
        .into_iter()
        .map(|(_, name)| (name.to_owned(), ReleaseState::of(name, ledger)))
        .filter(|(_, state)| state.is_begun())
        .collect()
}

fn tiers(state: &ReleaseState) -> BTreeSet<&str> {
    let applied = state.applied.iter().map(|tier| tier.tier.as_str());
    let begun = state.begun.iter().map(|begun| begun.tier.as_str());
    applied.chain(begun).collect()
}
