//! What the shape of `release.toml` cannot say: names that must exist, and be there once.

use std::collections::BTreeSet;

use super::{Condition, Precondition, ReleasePlan, RowTolerance, SchemaSource, Tier, Transaction};
use crate::expression::Expression;
use crate::nearest::nearest;
use crate::template::metrics_named;

/// A fault, a text of the file near which it stands, and what to do.
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) near: Option<String>,
    pub(super) hint: Option<String>,
}

pub(super) fn fault(message: impl Into<String>, near: &str) -> Fault {
    Fault {
        message: message.into(),
        near: Some(near.to_owned()),
        hint: None,
    }
}

pub(super) fn validate(plan: &ReleasePlan) -> Result<(), Fault> {
    if plan.format != 1 {
        return Err(fault(
            format!(
                "format {} is not known: this oneroof reads format 1",
                plan.format
            ),
            "format",
        ));
    }
    if !is_name(&plan.package.name, '-') {
        return Err(fault(
            format!(
                "package name `{}` must be lower-case letters, digits and `-`",
                plan.package.name
            ),
            &plan.package.name,
        ));
    }
    if plan.package.version.is_empty() || plan.package.version.contains(['@', ' ', '\n']) {
        return Err(fault(
            format!(
                "version `{}` must be one word without `@`",
                plan.package.version
            ),
            "version",
        ));
    }
    if let Some(SchemaSource::Parameter { parameter }) = &plan.package.schema {
        known_parameter(plan, parameter)?;
    }
    for name in plan.parameters.keys() {
        if !is_name(name, '_') {
            return Err(fault(
                format!("parameter `{name}` must be lower-case letters, digits and `_`"),
                name,
            ));
        }
        if matches!(
            name.as_str(),
            "expected_database" | "gate" | "release_tag" | "run_id" | "mark"
        ) {
            return Err(fault(
                format!("parameter `{name}` has a name that the engine uses itself"),
                name,
            ));
        }
    }
    unique(
        "metric",
        plan.metrics.iter().map(|metric| metric.name.as_str()),
    )?;
    unique("tier", plan.tiers.iter().map(|tier| tier.id.as_str()))?;
    unique(
        "tier label",
        plan.tiers.iter().filter_map(|tier| tier.label.as_deref()),
    )?;
    for metric in &plan.metrics {
        if !is_name(&metric.name, '_')
            || matches!(
                metric.name.as_str(),
                "entry" | "before" | "true" | "false" | "null"
            )
        {
            return Err(fault(
                format!(
                    "metric `{}` must be lower-case letters, digits and `_`, and no word of expressions",
                    metric.name
                ),
                &metric.name,
            ));
        }
        if metric.query.is_some() == metric.file.is_some() {
            return Err(fault(
                format!("metric `{}` needs either `query` or `file`", metric.name),
                &metric.name,
            ));
        }
        if metric
            .differs
            .as_ref()
            .is_some_and(|why| why.trim().is_empty())
        {
            return Err(fault(
                format!(
                    "metric `{}` has an empty `differs`: it says why",
                    metric.name
                ),
                &metric.name,
            ));
        }
        condition(plan, &metric.when)?;
        if let Some(required) = &metric.required {
            expression(plan, required)?;
        }
    }
    markers(plan, &plan.preflight.marker.0)?;
    markers(plan, &plan.gate.line.0)?;
    for metric in &plan.gate.detail {
        known_metric(plan, metric)?;
    }
    markers(plan, &plan.verify.marker.0)?;
    markers(plan, &plan.rollback.marker.0)?;
    for name in &plan.verify.table {
        known_metric(plan, name)?;
    }
    checks(plan, &plan.preconditions)?;
    checks(plan, &plan.invariants)?;
    checks(plan, &plan.rollback.preconditions)?;
    for tier in &plan.tiers {
        if !is_name(&tier.id, '_') {
            return Err(fault(
                format!(
                    "tier id `{}` must be lower-case letters, digits and `_`",
                    tier.id
                ),
                &tier.id,
            ));
        }
        if tier.rollback.is_some() && tier.irreversible.is_some() {
            return Err(fault(
                format!("tier `{}` has both `rollback` and `irreversible`", tier.id),
                &tier.id,
            ));
        }
        if tier.transaction != Transaction::Single && tier.group.is_some() {
            return Err(fault(
                format!(
                    "tier `{}` is in a group, so its transaction must be \"single\"",
                    tier.id
                ),
                &tier.id,
            ));
        }
        keys_fit_the_transaction(tier)?;
        condition(plan, &tier.when)?;
        markers(plan, &tier.marker.0)?;
        checks(plan, &tier.preconditions)?;
        for (name, expectation) in &tier.expect {
            known_metric(plan, name)?;
            expression(plan, &expectation.to)?;
            if let Some(from) = &expectation.from {
                expression(plan, from)?;
            }
        }
    }
    for (what, name, after) in plan
        .negatives
        .iter()
        .map(|negative| ("negative", &negative.name, &negative.after))
        .chain(
            plan.drills
                .iter()
                .map(|drill| ("drill", &drill.name, &drill.after)),
        )
        .chain(
            plan.repeats
                .iter()
                .map(|repeat| ("repeat", &repeat.name, &repeat.after)),
        )
    {
        if let Some(after) = after
            && plan.tier(after).is_none()
        {
            return Err(fault(
                format!("{what} `{name}` comes after tier `{after}`, which does not exist"),
                name,
            ));
        }
    }
    for tolerance in plan.effects.rows.values() {
        if let RowTolerance::AtMost(at_most) = tolerance {
            expression(plan, at_most)?;
        }
    }
    super::claims::validate(plan)?;
    for repeat in &plan.repeats {
        condition(plan, &repeat.when)?;
        for metric in &repeat.unchanged {
            known_metric(plan, metric)?;
        }
    }
    super::validate_attempts::negatives(plan)?;
    super::validate_attempts::drills(plan)
}

/// Keys that mean something with one kind of transaction only.
fn keys_fit_the_transaction(tier: &Tier) -> Result<(), Fault> {
    let keys = [
        (
            "concurrent_timeout",
            tier.concurrent_timeout.is_some(),
            Transaction::None,
            "none",
        ),
        ("rest", tier.rest.is_some(), Transaction::Batched, "batched"),
        (
            "batches_max",
            tier.batches_max.is_some(),
            Transaction::Batched,
            "batched",
        ),
    ];
    for (key, is_given, transaction, word) in keys {
        if is_given && tier.transaction != transaction {
            return Err(fault(
                format!(
                    "tier `{}` has `{key}`, which is for `transaction = \"{word}\"` only",
                    tier.id
                ),
                key,
            ));
        }
    }
    if tier.transaction == Transaction::None && !tier.rows.is_empty() {
        return Err(fault(
            format!(
                "tier `{}` has [[tier.rows]], but with `transaction = \"none\"` it writes no rows",
                tier.id
            ),
            &tier.id,
        ));
    }
    Ok(())
}

fn is_name(name: &str, separator: char) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator)
}

pub(super) fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(fault(format!("{what} `{name}` is there twice"), name));
        }
    }
    Ok(())
}

fn checks(plan: &ReleasePlan, checks: &[Precondition]) -> Result<(), Fault> {
    for check in checks {
        let sources = [&check.metric, &check.query, &check.file]
            .into_iter()
            .filter(|source| source.is_some())
            .count();
        if sources != 1 {
            return Err(fault(
                format!(
                    "`{}` needs exactly one of `metric`, `query`, `file`",
                    check.name
                ),
                &check.name,
            ));
        }
        if let Some(metric) = &check.metric {
            known_metric(plan, metric)?;
        }
        expression(plan, &check.required)?;
        markers(plan, std::slice::from_ref(&check.message))?;
        condition(plan, &check.when)?;
    }
    Ok(())
}

fn markers(plan: &ReleasePlan, texts: &[String]) -> Result<(), Fault> {
    texts
        .iter()
        .flat_map(|text| metrics_named(text))
        .try_for_each(|name| known_metric(plan, &name))
}

pub(super) fn expression(plan: &ReleasePlan, expression: &Expression) -> Result<(), Fault> {
    expression
        .metrics()
        .into_iter()
        .try_for_each(|name| known_metric(plan, name))
}

pub(super) fn condition(plan: &ReleasePlan, condition: &Condition) -> Result<(), Fault> {
    condition
        .keys()
        .try_for_each(|name| known_parameter(plan, name))
}

pub(super) fn known_metric(plan: &ReleasePlan, name: &str) -> Result<(), Fault> {
    known(
        "metric",
        name,
        plan.metrics.iter().map(|metric| metric.name.as_str()),
    )
}

fn known_parameter(plan: &ReleasePlan, name: &str) -> Result<(), Fault> {
    known(
        "parameter",
        name,
        plan.parameters.keys().map(String::as_str),
    )
}

fn known<'a>(
    what: &str,
    name: &str,
    mut all: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Fault> {
    if all.clone().any(|known| known == name) {
        return Ok(());
    }
    let hint = nearest(name, all.by_ref()).map(|known| format!("did you mean `{known}`?"));
    Err(Fault {
        message: format!("{what} `{name}` does not exist"),
        near: Some(name.to_owned()),
        hint,
    })
}

#[cfg(test)]
mod tests {
    use crate::ReleasePlan;

    #[track_caller]
    fn check(rest: &str, expected: &str) {
        let text = format!("format = 1\n[package]\nname = 'p'\nversion = '1'\n{rest}");
        let error = ReleasePlan::parse("release.toml", &text).unwrap_err();
        let found = format!("{error} {}", error.hint.as_deref().unwrap_or_default());
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn faults_name_the_thing_and_the_place() {
        check(
            "[[metric]]\nname='gap'\n",
            ":6:7: metric `gap` needs either `query` or `file`",
        );
        check(
            "[[metric]]\nname='gap'\nquery='select 1'\ndiffers=' '",
            "metric `gap` has an empty `differs`",
        );
        check(
            "[verify]\ntable=['gapp']\n[[metric]]\nname='gap'\nquery='select 1'",
            "did you mean `gap`?",
        );
        check(
            "[[tier]]\nid='a'\nfile='a.sql'\n[[tier]]\nid='a'\nfile='b.sql'",
            "tier `a` is there twice",
        );
        check(
            "[[tier]]\nid='a'\nfile='a.sql'\nlock_timeout='3'",
            "`3` is no length of time",
        );
        for (budget, expected) in [
            (
                "0",
                "`lock_budget_ms` is a positive number of milliseconds, not 0",
            ),
            (
                "-5",
                "`lock_budget_ms` is a positive number of milliseconds, not -5",
            ),
            ("'2s'", "invalid type: string \"2s\""),
        ] {
            check(
                &format!("[[tier]]\nid='a'\nfile='a.sql'\nlock_budget_ms={budget}"),
                expected,
            );
        }
        check(
            "[[tier]]\nid='a'\nfile='a.sql'\nsumary='3'",
            "did you mean `summary`?",
        );
        check(
            "[[invariant]]\nname='x'\nrequired='1 +'\nmessage=''\nquery='select 1'",
            "parse expression `1 +`",
        );
        for (keys, expected) in [
            (
                "rest='1s'",
                "`rest`, which is for `transaction = \"batched\"`",
            ),
            (
                "transaction='none'\nbatches_max=5",
                "`batches_max`, which is for",
            ),
            (
                "transaction='batched'\nconcurrent_timeout='1h'",
                "`concurrent_timeout`, which is for",
            ),
            (
                "transaction='batched'\nbatches_max=0",
                "`batches_max` is a positive number of batches, not 0",
            ),
            (
                "transaction='none'\n[[tier.rows]]\ntable='t'\nwhere='true'",
                "it writes no rows",
            ),
        ] {
            check(&format!("[[tier]]\nid='a'\nfile='a.sql'\n{keys}"), expected);
        }
        check("[preflight]\nmarker='{own}'", "metric `own` does not exist");
    }
}
