//! `clone check`: the clone safety gate, line by line. Inside the clone nothing is touched: what must be
//! asked there is asked on a copy that is dropped again.

mod inside;

use std::collections::BTreeSet;
use std::path::Path;

use oneroof_model::{LedgerEntry, ReleaseState, TargetClass};
use oneroof_pg::catalog::DatabaseState;
use oneroof_pg::connect::Session;
use serde::Serialize;

pub(crate) use self::inside::inside;

use crate::context::Context;
use crate::error::EngineError;
use crate::execute::locks::LockReading;
use crate::execute::release::{ReleaseRun, Resume, entries};
use crate::kept::{self, KeptClone, WorkingCopy};
use crate::revalidate::report::RepeatsReport;
use crate::store::package_files::OpenPackage;
use crate::{parameters, repeat, run_id};

/// One line of the gate.
#[derive(Debug, Clone, Serialize)]
pub struct CheckLine {
    /// What is checked.
    pub check: &'static str,
    /// How it came out.
    pub outcome: LineOutcome,
    /// What was looked at and seen.
    pub detail: String,
}

/// How a line came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// As it must be.
    Passed,
    /// Not as it must be.
    Failed,
    /// It says nothing about this package.
    NotApplicable,
    /// An earlier line failed, so that asking would not be safe.
    NotAsked,
}

/// The whole gate.
#[derive(Debug, Serialize)]
pub struct CloneCheckReport {
    /// The clone: `clone:<id>`, or the target as it was named.
    pub target: String,
    /// Its class, if it is a clone of ours.
    pub class: Option<TargetClass>,
    /// Its database.
    pub database: Option<String>,
    /// The package that the lines are about: `name@version`.
    pub package: Option<String>,
    /// All lines hold.
    pub safe: bool,
    /// The lines.
    pub lines: Vec<CheckLine>,
}

const MARKED: &str = "marked as a clone of this project";
const CHANNEL: &str = "the read channel would refuse it";
const GAP: &str = "no ownership gap";
const SUBSTRATE: &str = "substrate there";
const SCANS: &str = "two scans equal";
const EVENT_TYPES: &str = "governance event types inactive";
const DISPATCHER: &str = "no dispatcher";
const ROLLBACK: &str = "rollback present";
const FINDINGS: &str = "open findings by severity";

fn line(check: &'static str, holds: bool, detail: impl Into<String>) -> CheckLine {
    CheckLine {
        check,
        outcome: if holds {
            LineOutcome::Passed
        } else {
            LineOutcome::Failed
        },
        detail: detail.into(),
    }
}

fn other(check: &'static str, outcome: LineOutcome, detail: impl Into<String>) -> CheckLine {
    CheckLine {
        check,
        outcome,
        detail: detail.into(),
    }
}

/// Checks a kept clone. Without `package` the lines are about the release that its ledger finished last.
///
/// # Errors
/// What cannot even be asked: no such clone, somebody connected to it. A line that fails is no error.
pub async fn clone_check(
    context: &Context,
    word: &str,
    package: Option<OpenPackage>,
    packages_folder: &Path,
) -> Result<CloneCheckReport, EngineError> {
    let kept = match kept::find(context, word) {
        Err(EngineError::Refused(refusal)) => return Ok(not_a_clone(word, &refusal.message)),
        other => other?,
    };
    let run_id = run_id::new();
    let seen = kept.look("clone-check", &run_id).await?;
    let mut lines = outside(context, &kept, &seen.state)?;
    let mut tag = None;
    if kept.is_marked(&seen.state) {
        crate::golden::in_use(&kept, &seen.state.sessions)?;
        let copy = kept.copy(context, "clone-check", &run_id).await?;
        let (package, inside) = on_copy(context, &copy, &run_id, package, packages_folder).await?;
        lines.extend(inside);
        tag = package;
        copy.drop().await?;
    } else {
        lines.extend(not_asked("the mark is not valid"));
    }
    seen.admin.close().await;
    Ok(report(
        kept.name(),
        Some(kept.entry.class),
        Some(kept.entry.database),
        tag,
        lines,
    ))
}

fn report(
    target: String,
    class: Option<TargetClass>,
    database: Option<String>,
    package: Option<String>,
    lines: Vec<CheckLine>,
) -> CloneCheckReport {
    CloneCheckReport {
        target,
        class,
        database,
        package,
        safe: holds(&lines),
        lines,
    }
}

/// Does no line fail?
pub(crate) fn holds(lines: &[CheckLine]) -> bool {
    lines
        .iter()
        .all(|line| !matches!(line.outcome, LineOutcome::Failed | LineOutcome::NotAsked))
}

fn not_a_clone(word: &str, why: &str) -> CloneCheckReport {
    let mut lines = vec![line(MARKED, false, why)];
    lines.push(other(
        CHANNEL,
        LineOutcome::NotAsked,
        "it is no clone: it may be read",
    ));
    lines.extend(not_asked("it is no clone, and is not touched"));
    report(word.to_owned(), None, None, None, lines)
}

fn not_asked(why: &str) -> Vec<CheckLine> {
    [
        GAP,
        SUBSTRATE,
        SCANS,
        EVENT_TYPES,
        DISPATCHER,
        ROLLBACK,
        FINDINGS,
    ]
    .into_iter()
    .map(|check| other(check, LineOutcome::NotAsked, why))
    .collect()
}

/// The lines that need no look inside: mark and read channel.
pub(crate) fn outside(
    context: &Context,
    kept: &KeptClone,
    state: &DatabaseState,
) -> Result<Vec<CheckLine>, EngineError> {
    let marked = kept.is_marked(state);
    let said = if marked {
        format!(
            "the database setting oneroof.mark says {}, names this very database (OID {}), and the registry confirms it",
            kept.entry.class, state.oid
        )
    } else {
        "the database setting oneroof.mark is not the one that the registry has".to_owned()
    };
    let golden_is_closed = kept.entry.class != TargetClass::Golden || !state.accepts_connections;
    let reaching: Vec<&str> = context
        .targets
        .values()
        .filter(|target| kept::leads_to(target, &kept.entry, &kept.server))
        .map(|target| target.name.as_str())
        .collect();
    let channel = match (reaching.as_slice(), golden_is_closed) {
        ([], true) => format!(
            "none of the {} targets of oneroof.toml leads to it{}; the channel serves targets only, and this version has none yet",
            context.targets.len(),
            if kept.entry.class == TargetClass::Golden {
                ", and it allows no connections"
            } else {
                ""
            }
        ),
        ([], false) => "it is golden and allows connections".to_owned(),
        (names, _) => format!(
            "oneroof.toml names it as target {}: the channel would take it for a production",
            names.join(", ")
        ),
    };
    Ok(vec![
        line(MARKED, marked, said),
        line(CHANNEL, reaching.is_empty() && golden_is_closed, channel),
    ])
}

/// Everything that is asked on the copy; gives the release tag of the package it is about.
async fn on_copy(
    context: &Context,
    copy: &WorkingCopy,
    run_id: &str,
    package: Option<OpenPackage>,
    packages_folder: &Path,
) -> Result<(Option<String>, Vec<CheckLine>), EngineError> {
    let session = copy.session("clone-check", run_id).await?;
    let package = match package {
        Some(package) => Ok(package),
        None => finished_last(&session, packages_folder).await?,
    };
    let package = match package {
        Ok(package) => package,
        Err(why) => {
            let mut lines: Vec<CheckLine> = [GAP, SUBSTRATE, SCANS, EVENT_TYPES]
                .into_iter()
                .map(|check| other(check, LineOutcome::NotApplicable, why.clone()))
                .collect();
            lines.push(inside::dispatcher(&session, copy, &[], &BTreeSet::new()).await?);
            lines.extend(
                [ROLLBACK, FINDINGS]
                    .into_iter()
                    .map(|check| other(check, LineOutcome::NotApplicable, why.clone())),
            );
            session.close().await;
            return Ok((None, lines));
        }
    };
    let parameters = parameters::resolve(&package, &copy.target, &[])?;
    let place = copy.place(&session).await?;
    let run = ReleaseRun {
        context,
        package: &package,
        parameters: &parameters,
        place: &place,
        verb: "clone-check",
        run_id,
        rehearsed: None,
        locks: LockReading::Off,
        next: None,
        seen: None,
        resume: Resume::NotAsked,
        approved: None,
    };
    let repeats = RepeatsReport::of(repeat::run(&run, &run.tiers()).await)?;
    let lines = inside(&run, &session, copy, &repeats, packages_folder).await;
    session.close().await;
    Ok((Some(package.plan.release_tag()), lines?))
}

/// The package that the ledger finished last and that still stands; why not, if there is none.
async fn finished_last(
    session: &Session,
    packages_folder: &Path,
) -> Result<Result<OpenPackage, String>, EngineError> {
    let exists = oneroof_pg::ledger::exists(session)
        .await
        .map_err(EngineError::database("look for the ledger"))?;
    let entries = if exists {
        entries(session).await?
    } else {
        Vec::new()
    };
    let Some(name) = finished(&entries).pop() else {
        return Ok(Err(
            "the clone's ledger knows no finished release".to_owned()
        ));
    };
    Ok(OpenPackage::open(Some(packages_folder), &name).map_err(|error| {
        format!("the clone's ledger knows release `{name}`, which is not here: {error}; --package names it")
    }))
}

/// Names of the releases that stand finished, the one that was finished last at the end.
fn finished(entries: &[LedgerEntry]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in entries {
        if let Some(name) = entry.body.get("package").and_then(|name| name.as_str())
            && entry.kind == "run_finished"
        {
            names.retain(|known| known != name);
            names.push(name.to_owned());
        }
    }
    names.retain(|name| ReleaseState::of(name, entries).finished.is_some());
    names
}

/// The folder of the project's packages.
pub(crate) fn packages_folder(context: &Context) -> std::path::PathBuf {
    context.root.join("packages")
}
