//! What a package claims about itself, and how each claim is held against what was seen: `[[objective]]`, `[[gap]]`,
//! `[[capability]]`. None of them changes what a release does.

use serde::{Deserialize, Serialize};

use super::plan::{Condition, InputKind, ReleasePlan};
use super::validate::{Fault, condition, expression, fault, known_metric, unique};
use crate::expression::Expression;

/// `[[objective]]`: something that the release is to reach.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// A short name, such as `A`.
    pub id: String,
    /// What it is, for a person.
    pub text: String,
    /// The metric that says whether it is reached.
    pub metric: String,
    /// The value that it then has.
    pub required: Expression,
    /// Only with these parameters.
    #[serde(default)]
    pub when: Condition,
}

/// `[[gap]]`: something that stays open after the release, where the metric is not 0.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredGap {
    /// How many.
    pub metric: String,
    /// Why they stay open.
    pub why: String,
    /// What makes up for it, or closes it.
    pub mitigation: String,
}

/// `[[capability]]`: something that people want to do, and what it hangs on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// What it is, for a person.
    pub name: String,
    /// The tiers that bring it.
    #[serde(default)]
    pub tiers: Vec<String>,
    /// The drills that tried it.
    #[serde(default)]
    pub drills: Vec<String>,
    /// Tables that it would write to.
    #[serde(default)]
    pub touches: Vec<String>,
    /// What must be there besides.
    #[serde(default)]
    pub needs: Vec<Need>,
}

/// `needs` of a [`Capability`]: a paper, or a figure of the target.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The name of an `[[input]]` that must be found.
    pub input: Option<String>,
    /// A metric of the target.
    pub metric: Option<String>,
    /// The value that it must have.
    #[serde(skip_serializing)]
    pub required: Option<Expression>,
    /// The word after `NEEDS-`; by default the kind of the input, in capitals.
    pub label: Option<String>,
}

impl Need {
    /// `NEEDS-LAW`
    pub fn word(&self, plan: &ReleasePlan) -> String {
        let kind = plan
            .inputs
            .iter()
            .find(|input| Some(&input.name) == self.input.as_ref())
            .map(|input| match input.kind {
                InputKind::Document => "DOCUMENT",
                InputKind::Review => "REVIEW",
                InputKind::Law => "LAW",
                InputKind::Approval => "APPROVAL",
            });
        let label = self.label.clone();
        let word = label.or_else(|| kind.map(str::to_owned));
        format!(
            "NEEDS-{}",
            word.or_else(|| self.metric.clone())
                .unwrap_or_default()
                .to_uppercase()
        )
    }
}

/// Names that claims use must exist.
pub(super) fn validate(plan: &ReleasePlan) -> Result<(), Fault> {
    unique(
        "objective",
        plan.objectives.iter().map(|one| one.id.as_str()),
    )?;
    unique(
        "capability",
        plan.capabilities.iter().map(|one| one.name.as_str()),
    )?;
    for objective in &plan.objectives {
        known_metric(plan, &objective.metric)?;
        expression(plan, &objective.required)?;
        condition(plan, &objective.when)?;
    }
    for gap in &plan.gaps {
        known_metric(plan, &gap.metric)?;
        if gap.why.trim().is_empty() || gap.mitigation.trim().is_empty() {
            return Err(fault(
                format!(
                    "gap `{}` says neither why nor what makes up for it",
                    gap.metric
                ),
                &gap.metric,
            ));
        }
    }
    for capability in &plan.capabilities {
        let unknown = |what: &str, word: &str| {
            fault(
                format!(
                    "capability `{}` names {what} `{word}`, which does not exist",
                    capability.name
                ),
                &capability.name,
            )
        };
        if let Some(tier) = capability
            .tiers
            .iter()
            .find(|tier| !plan.tiers.iter().any(|known| known.id == **tier))
        {
            return Err(unknown("tier", tier));
        }
        if let Some(drill) = capability
            .drills
            .iter()
            .find(|drill| !plan.drills.iter().any(|known| known.name == **drill))
        {
            return Err(unknown("drill", drill));
        }
        for need in &capability.needs {
            need_is_whole(plan, capability, need)?;
            if let Some(input) = &need.input
                && !plan.inputs.iter().any(|known| known.name == *input)
            {
                return Err(unknown("input", input));
            }
        }
    }
    Ok(())
}

fn need_is_whole(plan: &ReleasePlan, capability: &Capability, need: &Need) -> Result<(), Fault> {
    match (&need.input, &need.metric, &need.required) {
        (Some(_), None, None) => Ok(()),
        (None, Some(metric), Some(required)) => {
            known_metric(plan, metric)?;
            expression(plan, required)
        }
        _ => Err(fault(
            format!(
                "a need of capability `{}` is either `input`, or `metric` with `required`",
                capability.name
            ),
            &capability.name,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "format = 1\n[package]\nname = 'p'\nversion = '1'\n[[metric]]\nname = 'gap'\nquery = 'select 0'\n[[input]]\nname = 'the law'\nkind = 'law'\n[[tier]]\nid = 'a'\nfile = 'a.sql'\n";

    #[track_caller]
    fn check(claims: &str, message: &str) {
        let error = ReleasePlan::parse("release.toml", &format!("{HEAD}{claims}")).unwrap_err();
        assert!(error.message.contains(message), "{claims}: {error}");
    }

    #[test]
    fn claims_are_read() {
        let text = format!(
            "{HEAD}[[objective]]\nid = 'A'\ntext = 'no gap'\nmetric = 'gap'\nrequired = 0\n\
             [[gap]]\nmetric = 'gap'\nwhy = 'w'\nmitigation = 'm'\n\
             [[capability]]\nname = 'c'\ntiers = ['a']\nneeds = [{{ input = 'the law' }}, {{ metric = 'gap', required = 0, label = 'ui' }}]\n"
        );
        let plan = ReleasePlan::parse("release.toml", &text).unwrap();
        let words: Vec<String> = plan.capabilities[0]
            .needs
            .iter()
            .map(|need| need.word(&plan))
            .collect();
        assert_eq!(words, ["NEEDS-LAW", "NEEDS-UI"]);
    }

    #[test]
    fn what_a_claim_names_must_exist() {
        check(
            "[[objective]]\nid = 'A'\ntext = ''\nmetric = 'gaps'\nrequired = 0\n",
            "gaps",
        );
        check(
            "[[gap]]\nmetric = 'gap'\nwhy = ''\nmitigation = 'm'\n",
            "neither why",
        );
        check(
            "[[capability]]\nname = 'c'\ntiers = ['b']\n",
            "names tier `b`",
        );
        check(
            "[[capability]]\nname = 'c'\ndrills = ['b']\n",
            "names drill `b`",
        );
        check(
            "[[capability]]\nname = 'c'\nneeds = [{ input = 'b' }]\n",
            "names input `b`",
        );
        check(
            "[[capability]]\nname = 'c'\nneeds = [{ metric = 'gap' }]\n",
            "`metric` with `required`",
        );
    }
}
