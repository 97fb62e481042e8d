//! What the package says about itself, and what of it was found: the parts of `rehearsal.json` that no step makes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oneroof_model::package::{Input, ResolvedParameters, Transaction};
use oneroof_model::{Digest, Value};
use serde::Serialize;

use super::report::RehearsalReport;
use crate::figures::{Figures, Probe};
use crate::store::package_files::OpenPackage;

/// The plan, as far as a reader of the evidence needs it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanReport {
    /// What the release is for.
    pub summary: String,
    /// What each metric says, by its name.
    pub meanings: BTreeMap<String, String>,
    /// Tables whose rows no tier may touch.
    pub never_touch: Vec<String>,
    /// All tiers that these parameters want, rehearsed or not.
    pub tiers: Vec<TierPlan>,
}

/// A tier of the plan.
#[derive(Debug, Clone, Serialize)]
pub struct TierPlan {
    /// Its id.
    pub tier: String,
    /// `T3 ownership_seed`
    pub title: String,
    /// One line.
    pub summary: String,
    /// How its statements meet transactions.
    pub transaction: Transaction,
    /// How it is undone.
    pub undo: String,
    /// Why nothing undoes it.
    pub irreversible: Option<String>,
}

/// Something that the release rests on, and whether it was there.
#[derive(Debug, Clone, Serialize)]
pub struct InputRecord {
    /// As the package declares it.
    #[serde(flatten)]
    pub input: Input,
    /// Was it there?
    pub found: InputFound,
    /// SHA-256 of the file that was found.
    pub digest_found: Option<String>,
}

/// Whether an input was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InputFound {
    /// The file is there, and is the declared one if its digest is declared.
    Present,
    /// The file is there, and is another one than declared.
    Changed,
    /// There is no such file.
    Missing,
    /// The package names no file: nothing could be looked at.
    NotLocated,
}

impl InputFound {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            InputFound::Present => "present",
            InputFound::Changed => "CHANGED: another file than declared",
            InputFound::Missing => "missing",
            InputFound::NotLocated => "not located: the package names no file",
        }
    }
}

/// Something that the release is to reach, and whether it was.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectiveRecord {
    /// Its short name.
    pub id: String,
    /// What it is.
    pub text: String,
    /// The metric that says whether it is reached.
    pub metric: String,
    /// The value that it must have.
    pub required: String,
    /// On the source, before the release.
    pub on_source: Option<Value>,
    /// On the clone, after the last tier that was rehearsed.
    pub on_clone: Option<Value>,
    /// Where it is reached.
    pub reached: Reached,
}

/// Where an objective is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// On the source already.
    Resolved,
    /// On the clone only.
    OnlyRehearsed,
    /// Not even there.
    NotReached,
}

/// Something that a reader might think is covered, and is not.
#[derive(Debug, Clone, Serialize)]
pub struct CoverageGap {
    /// What is not covered.
    pub gap: String,
    /// Why.
    pub why: String,
    /// What makes up for it, or closes it.
    pub mitigation: String,
    /// The metric whose value it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Its value after the last tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The plan with these parameters.
pub(super) fn plan(package: &OpenPackage, parameters: &ResolvedParameters) -> PlanReport {
    let wanted = package.plan.tiers.iter();
    PlanReport {
        summary: package.plan.package.summary.clone(),
        meanings: package
            .plan
            .metrics
            .iter()
            .map(|metric| (metric.name.clone(), metric.meaning.clone()))
            .collect(),
        never_touch: package.plan.effects.never_touch.clone(),
        tiers: wanted
            .filter(|tier| parameters.fulfil(&tier.when))
            .map(|tier| TierPlan {
                tier: tier.id.clone(),
                title: tier.title(),
                summary: tier.summary.clone(),
                transaction: tier.transaction,
                undo: match (&tier.irreversible, &tier.rollback) {
                    (Some(_), _) => "nothing undoes it".to_owned(),
                    (None, Some(file)) => format!("by {file}"),
                    (None, None) => "by statements generated from the ledger".to_owned(),
                },
                irreversible: tier.irreversible.clone(),
            })
            .collect(),
    }
}

/// Looks for the inputs of the package, below its own folder and below the project's.
pub(super) fn inputs(root: &Path, package: &OpenPackage) -> Vec<InputRecord> {
    let inputs = package.plan.inputs.iter();
    inputs
        .map(|input| {
            let (found, digest) = find(root, package.folder.as_deref(), input);
            InputRecord {
                input: input.clone(),
                found,
                digest_found: digest.map(|digest| format!("sha256:{digest}")),
            }
        })
        .collect()
}

fn find(root: &Path, package: Option<&Path>, input: &Input) -> (InputFound, Option<Digest>) {
    let Some(place) = &input.place else {
        return (InputFound::NotLocated, None);
    };
    let places: Vec<PathBuf> = package
        .into_iter()
        .chain([root])
        .map(|base| base.join(place))
        .collect();
    let Some(bytes) = places.iter().find_map(|path| std::fs::read(path).ok()) else {
        return (InputFound::Missing, None);
    };
    let digest = Digest::of(&bytes);
    let declared = input.digest.as_deref();
    let is_declared = declared.is_none_or(|text| text == format!("sha256:{digest}"));
    match is_declared {
        true => (InputFound::Present, Some(digest)),
        false => (InputFound::Changed, Some(digest)),
    }
}

/// The last probe of the clone with the release on it: that of the verification, else of the last tier.
pub(super) fn last_probe(report: &RehearsalReport) -> Option<&Probe> {
    let last = report.tiers.last();
    let verify = report.probes.get("verify");
    verify.or_else(|| last.and_then(|tier| report.probes.get(&tier.tier)))
}

/// What of the package's objectives was reached, and where.
pub(super) fn objectives(package: &OpenPackage, report: &RehearsalReport) -> Vec<ObjectiveRecord> {
    let entry = report.probes.get("entry");
    let clone_entry = report.probes.get("clone").or(entry);
    let after = last_probe(report);
    let objectives = package.plan.objectives.iter();
    objectives
        .map(|objective| {
            let holds = |probe: Option<&Probe>, entry: Option<&Probe>| {
                let (Some(probe), Some(seen)) =
                    (probe, probe.and_then(|probe| probe.get(&objective.metric)))
                else {
                    return false;
                };
                let figures = Figures {
                    live: probe.clone(),
                    entry: entry.cloned().unwrap_or_default(),
                    ..Figures::default()
                };
                let required = &objective.required;
                required
                    .evaluate(&objective.metric, &figures)
                    .is_ok_and(|wanted| required.holds(seen, &wanted))
            };
            let value = |probe: Option<&Probe>| probe?.get(&objective.metric).cloned();
            ObjectiveRecord {
                id: objective.id.clone(),
                text: objective.text.clone(),
                metric: objective.metric.clone(),
                required: objective.required.text().to_owned(),
                on_source: value(entry),
                on_clone: value(after),
                reached: match (holds(entry, entry), holds(after, clone_entry)) {
                    (true, _) => Reached::Resolved,
                    (false, true) => Reached::OnlyRehearsed,
                    (false, false) => Reached::NotReached,
                },
            }
        })
        .collect()
}

/// Everything that is not covered: steps that were left out, and what the package says stays open.
pub(super) fn gaps(package: &OpenPackage, report: &RehearsalReport) -> Vec<CoverageGap> {
    let left_out = report.not_covered.iter().map(|missing| CoverageGap {
        gap: format!("step {}, {}", missing.step, missing.title),
        why: missing.why.clone(),
        mitigation: mitigation(missing.step, &missing.why).to_owned(),
        metric: None,
        value: None,
    });
    let after = last_probe(report);
    let declared = package.plan.gaps.iter().filter_map(|gap| {
        let value = after?.get(&gap.metric)?;
        let is_open = !matches!(value, Value::Integer(0) | Value::Null);
        let meaning = package
            .plan
            .metric(&gap.metric)
            .map(|metric| &metric.meaning);
        is_open.then(|| CoverageGap {
            gap: format!(
                "{} = {value}: {}",
                gap.metric,
                meaning.map_or("", String::as_str)
            ),
            why: gap.why.clone(),
            mitigation: gap.mitigation.clone(),
            metric: Some(gap.metric.clone()),
            value: Some(value.clone()),
        })
    });
    left_out.chain(declared).collect()
}

/// What closes a step that was left out.
fn mitigation(step: u32, why: &str) -> &'static str {
    match step {
        _ if why.contains("the rehearsal failed before it") => {
            "correct what failed and rehearse again"
        }
        5 | 6 => "none is needed: there is nothing to try for these parameters",
        7 if why.contains("--workload") => {
            "rehearse again with --workload FILE; on the target, lock_timeout and lock_retries bound the wait"
        }
        7 | 8 => "rehearse the whole release before it is approved",
        9 => "declare [[negative]] and [[drill]] in release.toml, or try them by hand",
        11 => {
            "declare [[repeat]] in release.toml, if the package has an act that may be done again"
        }
        12..=15 => "rehearse once more without --keep",
        17 => "look at the kept clone, then drop it: oneroof clone drop ID",
        18 => "name a key in oneroof.toml ([runner] key), then sign: oneroof evidence sign FOLDER",
        _ => "rehearse again",
    }
}
