//! `rehearse --compare`: each figure of an earlier rehearsal, or of the golden clone, beside this one's: what
//! is asserted, and why it may differ. A difference is never a failure by itself.

use std::collections::BTreeMap;

use oneroof_model::package::{Metric, ResolvedParameters};
use oneroof_model::{ReleasePlan, Value};
use serde::Serialize;

use super::report::RehearsalReport;
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::locks::LockReading;
use crate::execute::release::{ReleaseRun, Resume};
use crate::figures::Probe;
use crate::store::kept_rehearsal::KeptRehearsal;
use crate::store::package_files::OpenPackage;
use crate::{kept, verify};

/// The figures of two runs of a release.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// What this rehearsal is compared with.
    pub with: String,
    /// `name@version` there.
    pub package: String,
    /// The probe that was taken there.
    pub moment_there: String,
    /// The probe that was taken here.
    pub moment_here: String,
    /// Figures that differ and nobody says why.
    pub unexplained: usize,
    /// Figures that differ, with the reason.
    pub explained: usize,
    /// Figures that are equal.
    pub equal: usize,
    /// All of them: unexplained first, then explained, then equal, each in the package's order.
    pub figures: Vec<ComparedFigure>,
}

/// One figure there and here.
#[derive(Debug, Clone, Serialize)]
pub struct ComparedFigure {
    /// The metric.
    pub metric: String,
    /// What it says.
    pub meaning: String,
    /// How the two values compare.
    pub outcome: Compared,
    /// There; none if the metric does not exist there.
    pub there: Option<Value>,
    /// Here; none if the metric does not exist here.
    pub here: Option<Value>,
    /// What asserts it: invariants, tiers, preconditions. Empty if nothing does.
    pub asserted: Vec<String>,
    /// Why it may differ, from release.toml.
    pub why: Option<String>,
}

/// How the two values of a figure compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compared {
    /// They differ and nobody says why.
    Unexplained,
    /// They differ, with a reason.
    Explained,
    /// They are equal.
    Equal,
}

/// The other run.
pub(super) struct There {
    with: String,
    package: String,
    moment: String,
    probe: Probe,
}

/// Reads the figures of the other run, before anything else is done: `golden`, `golden:ID`, or the folder of
/// an earlier rehearsal's evidence.
pub(super) async fn read(
    context: &Context,
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    word: &str,
    run_id: &str,
) -> Result<There, EngineError> {
    if word == "golden" || word.starts_with("golden:") {
        golden(context, package, parameters, word, run_id).await
    } else {
        evidence(context, package, word)
    }
}

/// The metrics of the golden clone, probed on a copy of it that is dropped again.
async fn golden(
    context: &Context,
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    word: &str,
    run_id: &str,
) -> Result<There, EngineError> {
    let kept = kept::find(context, word)?;
    let seen = kept.look("compare", run_id).await?;
    kept.require_mark(&seen.state)?;
    crate::golden::in_use(&kept, &seen.state.sessions)?;
    let copy = kept.copy(context, "compare", run_id).await?;
    let probed = async {
        let session = copy.session("compare", run_id).await?;
        verify::applied(&session, package, &kept.name()).await?;
        let place = copy.place(&session).await?;
        session.close().await;
        let run = ReleaseRun {
            context,
            package,
            parameters,
            place: &place,
            verb: "compare",
            run_id,
            rehearsed: None,
            locks: LockReading::Off,
            next: None,
            seen: None,
            resume: Resume::NotAsked,
            approved: None,
        };
        run.probe().await
    };
    let probed = probed.await;
    copy.drop().await?;
    seen.admin.close().await;
    Ok(There {
        with: format!("golden {}, probed on a copy", kept.name()),
        package: package.plan.release_tag(),
        moment: "now".to_owned(),
        probe: probed?,
    })
}

/// The probe of an earlier rehearsal, from its `rehearsal.json`.
fn evidence(context: &Context, package: &OpenPackage, word: &str) -> Result<There, EngineError> {
    let kept = KeptRehearsal::open(
        context,
        word,
        "compare with",
        "--compare takes the folder of an earlier rehearsal's evidence, or `golden`",
    )?;
    let report = &kept.report;
    let unusable = |why: String| {
        EngineError::input(
            format!("compare with `{}`: {why}", kept.folder.display()),
            "--compare takes the folder of an earlier rehearsal's evidence, or `golden`".to_owned(),
        )
    };
    let tag = report["package"].as_str().unwrap_or_default().to_owned();
    let name = tag.split('@').next().unwrap_or_default();
    if name != package.plan.package.name {
        return Err(unusable(format!(
            "it is about package `{name}`, not `{}`",
            package.plan.package.name
        )));
    }
    let last_tier = report["tiers"]
        .as_array()
        .and_then(|tiers| tiers.last())
        .and_then(|tier| tier["tier"].as_str());
    let moment = if report["probes"]["verify"].is_object() {
        "verify"
    } else {
        last_tier.unwrap_or("verify")
    };
    let Some(values) = report["probes"][moment].as_object() else {
        return Err(unusable(
            "that rehearsal failed before its first tier".to_owned(),
        ));
    };
    let probe = values
        .iter()
        .map(|(name, value)| (name.clone(), Value::from_json(value)))
        .collect();
    Ok(There {
        with: kept.name(),
        package: tag.clone(),
        moment: moment.to_owned(),
        probe,
    })
}

/// Compares the other run with this one, as far as it came.
pub(super) fn compare(
    plan: &ReleasePlan,
    there: &There,
    report: &RehearsalReport,
) -> Option<Comparison> {
    let moment = match report.probes.contains_key("verify") {
        true => "verify".to_owned(),
        false => report.tiers.last()?.tier.clone(),
    };
    let here = report.probes.get(&moment)?;
    let asserted = asserted(plan);
    let mut figures: Vec<ComparedFigure> = plan
        .metrics
        .iter()
        .filter(|metric| here.contains_key(&metric.name) || there.probe.contains_key(&metric.name))
        .map(|metric| figure(metric, &there.probe, here, &asserted))
        .collect();
    figures.sort_by_key(|figure| figure.outcome);
    let count = |outcome| {
        figures
            .iter()
            .filter(|figure| figure.outcome == outcome)
            .count()
    };
    Some(Comparison {
        with: there.with.clone(),
        package: there.package.clone(),
        moment_there: there.moment.clone(),
        moment_here: moment,
        unexplained: count(Compared::Unexplained),
        explained: count(Compared::Explained),
        equal: count(Compared::Equal),
        figures,
    })
}

fn figure(
    metric: &Metric,
    there: &Probe,
    here: &Probe,
    asserted: &BTreeMap<&str, Vec<String>>,
) -> ComparedFigure {
    let name = metric.name.as_str();
    let (there, here) = (there.get(name).cloned(), here.get(name).cloned());
    let why = match (&metric.differs, metric.volatile) {
        (Some(why), _) => Some(why.clone()),
        (None, true) => Some("volatile: it changes by daily work".to_owned()),
        (None, false) => None,
    };
    ComparedFigure {
        metric: metric.name.clone(),
        meaning: metric.meaning.clone(),
        outcome: match (there == here, &why) {
            (true, _) => Compared::Equal,
            (false, Some(_)) => Compared::Explained,
            (false, None) => Compared::Unexplained,
        },
        there,
        here,
        asserted: asserted.get(name).cloned().unwrap_or_default(),
        why,
    }
}

/// What asserts which metric.
fn asserted(plan: &ReleasePlan) -> BTreeMap<&str, Vec<String>> {
    let mut asserted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let checks = [
        ("invariant", &plan.invariants),
        ("precondition", &plan.preconditions),
    ];
    for (what, checks) in checks {
        for check in checks {
            if let Some(metric) = &check.metric {
                let by = format!("{what} {}", check.name);
                asserted.entry(metric).or_default().push(by);
            }
        }
    }
    for tier in &plan.tiers {
        for metric in tier.expect.keys() {
            let by = format!("tier {}", tier.label.as_deref().unwrap_or(&tier.id));
            asserted.entry(metric).or_default().push(by);
        }
    }
    for metric in &plan.metrics {
        if metric.required.is_some() {
            let by = "entry and exit probe".to_owned();
            asserted.entry(&metric.name).or_default().push(by);
        }
    }
    asserted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str, more: &str) -> String {
        format!("[[metric]]\nname = '{name}'\nquery = 'select 1'\n{more}\n")
    }

    #[test]
    fn a_difference_is_unexplained_unless_the_plan_says_why() {
        let text = format!(
            "format = 1\n[package]\nname = 'p'\nversion = '1'\n{}{}{}[[invariant]]\nname = 'is_a'\nmetric = 'a'\nrequired = 1\nmessage = ''\n",
            metric("a", ""),
            metric("b", "differs = 'b grows'"),
            metric("c", "volatile = true"),
        );
        let plan = ReleasePlan::parse("release.toml", &text).unwrap();
        let probe = |value: i64| -> Probe {
            ["a", "b", "c"]
                .into_iter()
                .map(|name| (name.to_owned(), Value::Integer(value)))
                .collect()
        };
        let asserted = asserted(&plan);
        let compared = |here: i64| -> Vec<(Compared, bool)> {
            plan.metrics
                .iter()
                .map(|metric| figure(metric, &probe(1), &probe(here), &asserted))
                .map(|figure| (figure.outcome, figure.asserted.is_empty()))
                .collect()
        };
        assert_eq!(
            compared(2),
            [
                (Compared::Unexplained, false),
                (Compared::Explained, true),
                (Compared::Explained, true)
            ]
        );
        assert!(
            compared(1)
                .iter()
                .all(|(outcome, _)| *outcome == Compared::Equal)
        );
    }
}
