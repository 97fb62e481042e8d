//! `sync`: one small follow-up release from the difference between `governance.toml` and the target.

use std::path::PathBuf;
use std::sync::Mutex;

use oneroof_model::governance::{
    Actual, Desired, Difference, Orders, SyncArea, container_changes, difference,
};
use oneroof_model::{Refusal, RefusalCode};
use oneroof_pg::connect::Session;
use oneroof_pg::sync;
use serde::Serialize;
use serde_json::Value;

use super::change::execute::run;
use super::change::{Area, Change, ChangeOptions, ChangeReport};
use super::reading;
use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::store::package_files::OpenPackage;
use crate::{open, parameters};

/// Both packages, in the order they are applied in.
const PACKAGES: [&str; 2] = ["one-roof-base", "one-roof"];
/// What this kind of change is called.
const NAME: &str = "sync";

/// What a sync found and did.
#[derive(Debug, Clone, Serialize)]
pub struct SyncReport {
    /// The target.
    pub target: String,
    /// What people should know or decide; the sync does nothing about it.
    pub notes: Vec<String>,
    /// The change; `None` if there is nothing to do.
    #[serde(flatten)]
    pub change: Option<ChangeReport>,
}

/// Compares the target with the wish, and does with the difference what `options` say.
///
/// # Errors
/// [`RefusalCode::ChangeRefused`] with every reason where the wish cannot be followed, and what the server says.
pub async fn sync(
    context: &Context,
    options: &ChangeOptions,
    params: &[PathBuf],
) -> Result<SyncReport, EngineError> {
    let target = open::target(context, &options.target)?;
    let desired = desired(context, &target, params)?;
    let found: Mutex<Option<Difference>> = Mutex::default();
    let outcome = run(context, options, async |session, facts| {
        if !facts.with_axes {
            return Err(not_released(&target));
        }
        let difference = compare(session, &desired).await?;
        let plan = change(&target, &difference);
        if let Ok(mut found) = found.lock() {
            *found = Some(difference);
        }
        plan
    })
    .await;
    let found = found.into_inner().ok().flatten().unwrap_or_default();
    let nothing = found.is_empty() && found.refused.is_empty();
    let change = match outcome {
        Ok(report) => Some(report),
        Err(EngineError::Other { message, .. }) if nothing && message == found.summary() => None,
        Err(error) => return Err(error),
    };
    Ok(SyncReport {
        target: target.name.clone(),
        notes: found.notes,
        change,
    })
}

/// What the parameters of the target say, and the orders beside them.
fn desired(
    context: &Context,
    target: &TargetDatabase,
    params: &[PathBuf],
) -> Result<Desired, EngineError> {
    let folder = context.root.join("packages");
    let mut values = Vec::new();
    for name in PACKAGES {
        let package = OpenPackage::open(Some(&folder), name)?;
        values.push(parameters::resolve(&package, target, params)?.json());
    }
    let mut orders = Orders::default();
    for file in target.params.iter().chain(params) {
        let text = std::fs::read_to_string(file)
            .map_err(EngineError::file(format!("read `{}`", file.display())))?;
        orders.add_file(&file.display().to_string(), &text)?;
    }
    Desired::read(&values[0], &values[1], orders).map_err(|error| {
        EngineError::input(
            error.to_string(),
            "docs/reference/governance-toml.md has the shape of each parameter".to_owned(),
        )
    })
}

/// Reads what is there, with the wished list of containers in it, and compares.
async fn compare(session: &Session, desired: &Desired) -> Result<Difference, EngineError> {
    let what = "what the target holds";
    let now = sync::actual(session).await.map_err(reading(what))?;
    let mut actual = understood(now)?;
    let containers = container_changes(desired, &actual);
    if !containers.is_empty() {
        let then = sync::actual_with(session, &containers)
            .await
            .map_err(reading(what))?;
        // The list itself is compared as it is now.
        let listed = actual.containers.take();
        actual = Actual {
            containers: listed,
            ..understood(then)?
        };
    }
    Ok(difference(desired, &actual, containers))
}

fn understood(document: Value) -> Result<Actual, EngineError> {
    serde_json::from_value(document)
        .map_err(|error| EngineError::other(format!("understand what the target holds: {error}")))
}

/// The change of a difference; nothing to do ends the run before it begins.
fn change(target: &TargetDatabase, difference: &Difference) -> Result<Change, EngineError> {
    if !difference.refused.is_empty() {
        return Err(Refusal::new(
            RefusalCode::ChangeRefused,
            format!("target `{}` cannot follow governance.toml", target.name),
        )
        .reasons(difference.refused.clone())
        .hint("correct governance.toml; nothing of the difference was done")
        .into());
    }
    if difference.is_empty() {
        return Err(EngineError::other(difference.summary()));
    }
    let mut change = Change::new(NAME, difference.summary());
    for (area, entry) in &difference.entries {
        change.push(area_of(*area), entry.clone());
    }
    Ok(change)
}

fn area_of(area: SyncArea) -> Area {
    match area {
        SyncArea::Agencies => Area::Agencies,
        SyncArea::Scopes => Area::Scopes,
        SyncArea::Groups => Area::Groups,
        SyncArea::Owners => Area::Owners,
        SyncArea::Objects => Area::Objects,
        SyncArea::Topics => Area::Topics,
        SyncArea::TopicMap => Area::TopicMap,
    }
}

fn not_released(target: &TargetDatabase) -> EngineError {
    Refusal::new(
        RefusalCode::RequirementMissing,
        format!("package `one-roof` is not applied on target `{}`", target.name),
    )
    .hint("before the release there is nothing to follow: its figures come from governance.toml and the inventory")
    .into()
}
