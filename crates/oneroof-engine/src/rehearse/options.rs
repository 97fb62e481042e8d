//! `options`: what if only a part of the release is deployed? Each cut is applied, looked at and undone on a copy of
//! one clone; the table and the recommendation say what was seen.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use oneroof_model::locks::telling;
use oneroof_model::options::{CutFacts, FullRelease, Recommendation, recommend};
use oneroof_model::package::{Invariant, Tier};
use oneroof_model::{Digest, Event, ObjectChange, Value};
use oneroof_pg::catalog;
use serde::Serialize;

use super::clone;
use super::copies::{Copies, Marked};
use super::coverage;
use super::negative_engine::quiet;
use super::run::Rehearsal;
use super::steps::Steps;
use super::{RehearseOptions, plan_report};
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::forward::{TierRecord, millis, units};
use crate::execute::locks::LockReading;
use crate::execute::release::{ReleaseRun, Resume};
use crate::figures::{Figures, Probe};
use crate::metrics::StopAt;
use crate::source::Source;
use crate::store::package_files::OpenPackage;
use crate::{open, parameters, run_id};

/// Every cut of a release, as it was seen.
#[derive(Debug, Serialize)]
pub struct OptionsReport {
    /// Id of the run.
    pub run_id: String,
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: Digest,
    /// Digest of the parameters.
    pub params_digest: Digest,
    /// The target that the clone was made from.
    pub source: String,
    /// Milliseconds, the clone included.
    pub duration_ms: u64,
    /// From nothing to all.
    pub cuts: Vec<CutReport>,
    /// What to do, and why.
    pub recommendation: Recommendation,
}

/// One cut.
#[derive(Debug, Serialize)]
pub struct CutReport {
    /// What the decision is made from.
    #[serde(flatten)]
    pub facts: CutFacts,
    /// Objects created, altered, dropped, in words.
    pub definitions: String,
    /// Their number.
    pub objects: usize,
    /// Rows written in tables that existed before: `table: +n ~n -n`.
    pub rows_in_existing_tables: Vec<String>,
    /// Rows written in its own tables.
    pub rows_in_own_tables: i64,
    /// What people who read the database see of it.
    pub visible: VisibleChange,
    /// Invariants that do not hold afterwards, in the package's words.
    pub broken: Vec<String>,
    /// Milliseconds of the rollback.
    pub undo_ms: u64,
}

/// What readers of the database see.
#[derive(Debug, Default, Serialize)]
pub struct VisibleChange {
    /// Tables and views that the target's read role may read, and could not before.
    pub new_relations: Vec<String>,
    /// Those that it cannot read any more.
    pub gone_relations: Vec<String>,
    /// Existing objects that were altered or dropped.
    pub changed_objects: Vec<String>,
    /// Figures that existed before and are others now: name, before, after.
    pub figures: Vec<(String, Value, Value)>,
    /// Cells without an accountable owner, before and after, where there is governance.
    pub gap_cells: Option<(u64, u64)>,
}

/// Rehearses each sensible cut of the package on a clone of target `from`.
///
/// # Errors
/// What cannot begin; a clone that cannot be made. A cut that fails is a part of the report.
pub async fn options(
    context: &Context,
    package: &OpenPackage,
    from: &str,
    params: &[PathBuf],
) -> Result<OptionsReport, EngineError> {
    crate::check::require_fit(package)?;
    let target = &open::target(context, from)?;
    let parameters = parameters::resolve(package, target, params)?;
    crate::source::read_role(target)?;
    let run_id = run_id::new();
    let started = Instant::now();
    let quiet = quiet(context);
    let steps = Steps::new(&quiet);
    let options = RehearseOptions::default();
    let rehearsal = Rehearsal {
        context,
        package,
        parameters: &parameters,
        target,
        run_id: &run_id,
        options: &options,
        steps: &steps,
        workload: None,
    };
    let told = |step: u32, title: &str| {
        context.emit(Event::StepStarted {
            step,
            title: title.to_owned(),
        });
    };
    told(0, "clone of the source");
    let mut source = Source::open(target, "options", &run_id).await?;
    let made = clone::make(&rehearsal, &mut source).await?;
    source.close().await;
    let admin = made.admin_session(&run_id).await?;
    let copies = Copies::begin(&made, admin, &run_id).await?;
    let outcome = rehearsal.cuts(&copies, &quiet, told).await;
    let outcome = match copies.drop_all().await {
        Ok(()) => outcome,
        Err(error) => outcome.and(Err(error)),
    };
    made.drop().await?;
    let cuts = outcome?;
    let facts: Vec<CutFacts> = cuts.iter().map(|cut| cut.facts.clone()).collect();
    Ok(OptionsReport {
        run_id: run_id.clone(),
        package: package.plan.release_tag(),
        package_digest: package.digest,
        params_digest: parameters.digest(),
        source: from.to_owned(),
        duration_ms: millis(started.elapsed()),
        recommendation: recommend(&facts),
        cuts,
    })
}

/// The state before any cut.
struct Before {
    probe: Probe,
    readable: BTreeSet<String>,
    gap_cells: Option<u64>,
    definition: Digest,
}

impl Rehearsal<'_> {
    async fn cuts(
        &self,
        copies: &Copies<'_>,
        quiet: &Context,
        told: impl Fn(u32, &str),
    ) -> Result<Vec<CutReport>, EngineError> {
        let place = copies.place(&copies.working()).await?;
        let working = ReleaseRun {
            context: quiet,
            package: self.package,
            parameters: self.parameters,
            place: &place,
            verb: "rehearse",
            run_id: self.run_id,
            rehearsed: None,
            approved: None,
            locks: LockReading::On,
            next: None,
            seen: None,
            resume: Resume::Asked,
        };
        let simulate = self.package.plan.simulate.as_ref();
        if let Some(simulate) = simulate.filter(|simulate| working.is_wanted(&simulate.when)) {
            self.simulate(&working, simulate).await?;
        }
        let before = Before {
            probe: working.probe().await?,
            readable: self.readable(copies, &copies.working()).await?,
            gap_cells: coverage::read(&working)
                .await?
                .map(|seen| seen.summary.gap_cells),
            definition: definition(copies, &copies.working()).await?,
        };
        let tiers = working.tiers();
        let mut ends = vec![0];
        for unit in units(&tiers) {
            ends.push(ends.last().copied().unwrap_or(0) + unit.len());
        }
        let mut cuts = Vec::new();
        for (number, end) in (1..).zip(ends) {
            let wanted = &tiers[..end];
            let name = name(wanted, tiers.len());
            told(number, &format!("cut: {name}"));
            let copy = copies.another(Marked::Yes).await?;
            let place = copies.place(&copy).await?;
            let run = ReleaseRun {
                place: &place,
                ..working
            };
            let cut = self
                .cut_on(&run, copies, &copy, wanted, &before, name)
                .await;
            copies.drop_one(&copy).await?;
            cuts.push(cut?);
        }
        Ok(cuts)
    }

    /// Applies a cut to its copy, looks at it, asks for the full release, and undoes it.
    async fn cut_on(
        &self,
        run: &ReleaseRun<'_>,
        copies: &Copies<'_>,
        copy: &str,
        wanted: &[&Tier],
        before: &Before,
        name: String,
    ) -> Result<CutReport, EngineError> {
        let lock = run.lock().await?;
        let (records, failed) = match wanted.is_empty() {
            true => (Vec::new(), None),
            false => match run.apply(&lock, wanted).await {
                Ok(report) => (report.tiers, None),
                Err(error @ (EngineError::Refused(_) | EngineError::Failed(_))) => {
                    (Vec::new(), Some(error.to_string()))
                }
                Err(error) => return Err(error),
            },
        };
        let probe = run.probe().await?;
        let invariants: Vec<&Invariant> = self
            .package
            .plan
            .invariants
            .iter()
            .filter(|check| run.is_wanted(&check.when))
            .collect();
        let broken = broken(run, &invariants, &before.probe).await?;
        let full_release = match (failed.is_none(), wanted.len() == run.tiers().len()) {
            (true, true) => FullRelease::Live,
            _ => run.full_release().await?,
        };
        let gap_cells = coverage::read(run)
            .await?
            .map(|seen| seen.summary.gap_cells);
        let readable = self.readable(copies, copy).await?;
        let undoing = Instant::now();
        let undone = run.rollback(&lock, None).await;
        let undo_ms = millis(undoing.elapsed());
        lock.release().await;
        let is_back = match undone {
            Ok(_) => definition(copies, copy).await? == before.definition,
            Err(EngineError::Refused(_) | EngineError::Failed(_)) => false,
            Err(error) => return Err(error),
        };
        let admitted_after_undo = is_back && run.full_release().await? == FullRelease::Admitted;
        let created: BTreeSet<&String> = records
            .iter()
            .flat_map(|tier| &tier.tables_created)
            .collect();
        let (own, existing): (Vec<_>, Vec<_>) = records
            .iter()
            .flat_map(|tier| &tier.effects.rows)
            .partition(|rows| created.contains(&rows.table));
        let objectives = plan_report::reached(self.package, &probe, &before.probe);
        Ok(CutReport {
            facts: CutFacts {
                name,
                tiers: wanted.iter().map(|tier| tier.id.clone()).collect(),
                failed,
                duration_ms: records.iter().map(|tier| tier.duration_ms).sum(),
                stops_applications_ms: stops_ms(&records),
                invariants_held: invariants.len() - broken.len(),
                invariants: invariants.len(),
                objectives_reached: objectives.iter().filter(|reached| **reached).count(),
                objectives: objectives.len(),
                full_release,
                undone: is_back,
                admitted_after_undo,
            },
            definitions: definitions_in_words(&records),
            objects: records.iter().map(|tier| tier.effects.objects.len()).sum(),
            rows_in_existing_tables: existing
                .iter()
                .map(|rows| {
                    format!(
                        "{}: +{} ~{} -{}",
                        rows.table, rows.inserted, rows.updated, rows.deleted
                    )
                })
                .collect(),
            rows_in_own_tables: own.iter().map(|rows| rows.inserted - rows.deleted).sum(),
            visible: VisibleChange {
                new_relations: readable.difference(&before.readable).cloned().collect(),
                gone_relations: before.readable.difference(&readable).cloned().collect(),
                changed_objects: changed_objects(&records),
                figures: figures_moved(&before.probe, &probe),
                gap_cells: before.gap_cells.zip(gap_cells),
            },
            broken,
            undo_ms,
        })
    }

    /// What the target's read role may look at on a copy.
    async fn readable(
        &self,
        copies: &Copies<'_>,
        name: &str,
    ) -> Result<BTreeSet<String>, EngineError> {
        let Some(read) = &self.target.read else {
            return Ok(BTreeSet::new());
        };
        let admin = copies.admin(name).await?;
        let found = catalog::readable_relations(&admin, read.user())
            .await
            .map_err(EngineError::database("read what the read role may see"))?;
        admin.close().await;
        Ok(found.into_iter().collect())
    }
}

impl ReleaseRun<'_> {
    /// What the full release says here: do its own preconditions hold?
    pub(super) async fn full_release(&self) -> Result<FullRelease, EngineError> {
        let mut figures = Figures::default();
        let broken = self
            .ask(
                &self.package.plan.preconditions,
                &mut figures,
                StopAt::First,
            )
            .await;
        let broken = match broken {
            Err(EngineError::Failed(failure)) => return Ok(FullRelease::Refused(failure.message)),
            broken => broken?,
        };
        if let Some(broken) = broken.into_iter().next() {
            return Ok(FullRelease::Refused(broken.message));
        }
        // The ledger has a word as well: a chosen cut is complete.
        let session = self.session(oneroof_pg::connect::Access::ReadOnly).await?;
        let state = self.adopted_state(&session).await?;
        session.close().await;
        Ok(match state.finished {
            None => FullRelease::Admitted,
            Some(finished) if finished.complete => FullRelease::Live,
            Some(_) => FullRelease::Refused(
                "the ledger has the cut as finished: roll it back first".to_owned(),
            ),
        })
    }
}

/// The invariants that do not hold, in the package's words. One that cannot even be asked, because what it reads is
/// not there yet, does not hold either.
async fn broken(
    run: &ReleaseRun<'_>,
    invariants: &[&Invariant],
    entry: &Probe,
) -> Result<Vec<String>, EngineError> {
    let mut messages = Vec::new();
    for invariant in invariants {
        let mut figures = Figures {
            entry: entry.clone(),
            ..Figures::default()
        };
        let asked = run
            .ask(std::slice::from_ref(*invariant), &mut figures, StopAt::End)
            .await;
        match asked {
            Ok(broken) => messages.extend(broken.into_iter().map(|check| check.message)),
            Err(EngineError::Failed(failure)) => messages.push(failure.message),
            Err(error) => return Err(error),
        }
    }
    Ok(messages)
}

async fn definition(copies: &Copies<'_>, name: &str) -> Result<Digest, EngineError> {
    let admin = copies.admin(name).await?;
    let found = catalog::definition(&admin)
        .await
        .map_err(EngineError::database("read the definitions of a copy"))?;
    admin.close().await;
    Ok(found.digest())
}

fn name(wanted: &[&Tier], all: usize) -> String {
    match wanted {
        [] => "nothing".to_owned(),
        [only] if all > 1 => format!("only {}", only.id),
        _ if wanted.len() == all => "all".to_owned(),
        [.., last] => format!("up to {}", last.id),
    }
}

/// The longest time for which one lock stops readers or writers.
fn stops_ms(records: &[TierRecord]) -> u64 {
    let locks = records.iter().filter_map(|tier| tier.locks.as_deref());
    let held = locks.flat_map(telling).map(|lock| lock.held_ms);
    held.max().unwrap_or(0)
}

fn definitions_in_words(records: &[TierRecord]) -> String {
    let objects = records.iter().flat_map(|tier| tier.effects.objects.clone());
    let files = records
        .iter()
        .flat_map(|tier| tier.effects.new_files.clone());
    oneroof_model::Effects {
        objects: objects.collect(),
        new_files: files.collect(),
        ..oneroof_model::Effects::default()
    }
    .objects_in_words()
}

/// Objects that existed before and are others now.
fn changed_objects(records: &[TierRecord]) -> Vec<String> {
    let mut own = BTreeSet::new();
    let mut changed = BTreeSet::new();
    for effect in records.iter().flat_map(|tier| &tier.effects.objects) {
        let object = format!("{} {}", effect.kind, effect.identity);
        match effect.change {
            ObjectChange::Created => drop(own.insert(object)),
            ObjectChange::Altered | ObjectChange::Dropped if !own.contains(&object) => {
                let _ = changed.insert(object);
            }
            ObjectChange::Altered | ObjectChange::Dropped => {}
        }
    }
    changed.into_iter().collect()
}

fn figures_moved(before: &Probe, after: &Probe) -> Vec<(String, Value, Value)> {
    let moved = before
        .iter()
        .filter_map(|(name, value)| Some((name, value, after.get(name)?)));
    moved
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| (name.clone(), before.clone(), after.clone()))
        .collect()
}
