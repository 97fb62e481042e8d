//! `readiness`: what can be done with a release now, by class. Computed from the evidence, the gate, the target's
//! figures and the papers that are there.

use std::path::PathBuf;

use oneroof_model::Digest;
use oneroof_model::package::{Capability, Need};
use oneroof_model::readiness::{CapabilityFacts, Readiness, readiness as decide};
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::figures::{Figures, Probe};
use crate::gate::{GateOptions, gate};
use crate::rehearse::plan_report::{InputFound, InputRecord, inputs};
use crate::store::kept_rehearsal::KeptRehearsal;
use crate::store::package_files::OpenPackage;
use crate::{apply, open, parameters, probe};

/// Every capability of a package on a target.
#[derive(Debug, Serialize)]
pub struct ReadinessReport {
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: Digest,
    /// The target's name.
    pub target: String,
    /// The gate's line, `GATE: BLOCKED|…`
    pub gate: String,
    /// Codes of its blockers.
    pub blockers: Vec<String>,
    /// The passing rehearsal that proves, if there is one: the newest of just this package with these parameters.
    pub evidence: Option<String>,
    /// Tiers that stand on the target.
    pub live: Vec<String>,
    /// In the order of the package.
    pub capabilities: Vec<CapabilityReport>,
}

/// One capability.
#[derive(Debug, Serialize)]
pub struct CapabilityReport {
    /// What it is.
    pub name: String,
    /// Its class, and why.
    #[serde(flatten)]
    pub readiness: Readiness,
}

/// What is known of the package on the target.
struct Known<'a> {
    package: &'a OpenPackage,
    live: Vec<String>,
    evidence: Option<KeptRehearsal>,
    inputs: Vec<InputRecord>,
    probe: Probe,
}

/// Classes of all capabilities; nothing is written.
///
/// # Errors
/// What the gate cannot be asked for; a package without capabilities.
pub async fn readiness(
    context: &Context,
    package: &OpenPackage,
    target: &str,
    params: &[PathBuf],
) -> Result<ReadinessReport, EngineError> {
    if package.plan.capabilities.is_empty() {
        return Err(EngineError::input(
            format!(
                "tell the readiness of `{}`: it declares no [[capability]]",
                package.plan.package.name
            ),
            "docs/reference/release-toml.md says how one is declared".to_owned(),
        ));
    }
    let options = GateOptions {
        params: params.to_vec(),
        ..GateOptions::default()
    };
    let asked = gate(context, package, target, &options).await?;
    let resolved = parameters::resolve(package, &open::target(context, target)?, params)?;
    let wanted = apply::cut(package, &resolved, None)?;
    let probed = probe::probe(context, package, target, params).await?;
    let known = Known {
        package,
        live: wanted
            .iter()
            .map(|tier| tier.id.clone())
            .filter(|tier| !asked.tiers.contains(tier))
            .collect(),
        evidence: evidence(context, &package.digest, &resolved.digest()),
        inputs: inputs(&context.root, package),
        probe: probed
            .metrics
            .into_iter()
            .map(|metric| (metric.name, metric.value))
            .collect(),
    };
    let capabilities = package.plan.capabilities.iter();
    let blockers = asked.verdict.blockers.iter();
    Ok(ReadinessReport {
        package: package.plan.release_tag(),
        package_digest: package.digest,
        target: target.to_owned(),
        blockers: blockers.map(|blocker| blocker.code.clone()).collect(),
        gate: asked.line,
        capabilities: capabilities.map(|one| known.judge(one)).collect(),
        evidence: known.evidence.as_ref().map(KeptRehearsal::name),
        live: known.live,
    })
}

/// The newest passing rehearsal of the very bytes and values.
fn evidence(context: &Context, package: &Digest, params: &Digest) -> Option<KeptRehearsal> {
    let (package, params) = (package.to_string(), params.to_string());
    KeptRehearsal::all(context)
        .into_iter()
        .filter(|kept| kept.text("verdict") == "passed")
        .filter(|kept| kept.text("package_digest") == package)
        .filter(|kept| kept.text("params_digest") == params)
        .max_by_key(|kept| kept.text("started_at").to_owned())
}

impl Known<'_> {
    fn judge(&self, capability: &Capability) -> CapabilityReport {
        let names = |list: &str, is_good: fn(&serde_json::Value) -> bool, name: &str| {
            let record = self.evidence.as_ref().map(|kept| &kept.report[list]);
            let items = record.and_then(serde_json::Value::as_array);
            let good = items.into_iter().flatten().filter(|item| is_good(item));
            good.filter_map(|item| item[name].as_str().map(str::to_owned))
                .collect::<Vec<String>>()
        };
        let as_expected = |item: &serde_json::Value| item["outcome"] == "as_expected";
        let mut tries_proven = names("drills", as_expected, "name");
        tries_proven.extend(names("negatives", as_expected, "name"));
        let never = &self.package.plan.effects.never_touch;
        let unmet: Vec<(&Need, String)> = capability
            .needs
            .iter()
            .filter_map(|need| Some((need, self.unmet(need)?)))
            .collect();
        let facts = CapabilityFacts {
            tiers: capability.tiers.clone(),
            tiers_proven: names("tiers", |_| true, "tier"),
            tiers_live: self.live.clone(),
            tries: capability
                .drills
                .iter()
                .chain(&capability.negatives)
                .cloned()
                .collect(),
            tries_proven,
            forbidden: capability
                .touches
                .iter()
                .filter(|table| never.contains(table))
                .cloned()
                .collect(),
            needs: capability.needs.len(),
            unmet: unmet
                .iter()
                .map(|(need, _)| need.word(&self.package.plan))
                .collect(),
        };
        let mut readiness = decide(&facts);
        readiness
            .because
            .extend(unmet.into_iter().map(|(_, why)| why));
        CapabilityReport {
            name: capability.name.clone(),
            readiness,
        }
    }

    /// Why a need is not met; none if it is.
    fn unmet(&self, need: &Need) -> Option<String> {
        if let Some(name) = &need.input {
            let found = self.inputs.iter().find(|input| input.input.name == *name);
            let found = found.map_or(InputFound::Missing, |input| input.found);
            return (found != InputFound::Present)
                .then(|| format!("`{name}` is {}", found.words()));
        }
        let (metric, required) = (need.metric.as_ref()?, need.required.as_ref()?);
        let Some(seen) = self.probe.get(metric) else {
            return Some(format!("metric {metric} does not exist on the target yet"));
        };
        let figures = Figures {
            live: self.probe.clone(),
            entry: self.probe.clone(),
            ..Figures::default()
        };
        let holds = required
            .evaluate(metric, &figures)
            .is_ok_and(|wanted| required.holds(seen, &wanted));
        (!holds).then(|| format!("metric {metric} is {seen}, needed {}", required.text()))
    }
}
