//! What the shape of `[[negative]]` and `[[drill]]` cannot say: each kind has keys of its own.

use super::validate::{Fault, condition, fault, known_metric, unique};
use super::{Drill, ExpectedResult, Negative, NegativeKind, ReleasePlan, SetupRole};

/// Each negative can be tried, and says how it must end.
pub(super) fn negatives(plan: &ReleasePlan) -> Result<(), Fault> {
    let names = plan.negatives.iter().map(|negative| negative.name.as_str());
    unique("negative", names)?;
    for negative in &plan.negatives {
        condition(plan, &negative.when)?;
        shape(negative)?;
        for tier in &negative.skip {
            if plan.tier(tier).is_none() {
                return Err(wrong(
                    negative,
                    &format!("skips tier `{tier}`, which does not exist"),
                ));
            }
        }
        known_in(plan, &negative.expect)?;
    }
    Ok(())
}

/// Each drill can be done.
pub(super) fn drills(plan: &ReleasePlan) -> Result<(), Fault> {
    unique("drill", plan.drills.iter().map(|drill| drill.name.as_str()))?;
    for drill in &plan.drills {
        condition(plan, &drill.when)?;
        let of_drill = |what: &str| Fault {
            hint: Some("docs/reference/release-toml.md has an example of a [[drill]]".into()),
            ..fault(format!("drill `{}` {what}", drill.name), &drill.name)
        };
        if drill.sql.is_some() == drill.file.is_some() {
            return Err(of_drill("needs either `sql` or `file`"));
        }
        let Drill { expect, .. } = drill;
        let Some(expect) = expect else { continue };
        if expect.sqlstate.is_some() || !is_value(expect) {
            return Err(of_drill(
                "must succeed: its `expect` is `metric` or `query` with a `value`",
            ));
        }
        known_in(plan, expect)?;
    }
    Ok(())
}

fn shape(negative: &Negative) -> Result<(), Fault> {
    let expect = &negative.expect;
    let has_text = negative.sql.is_some() != negative.file.is_some();
    let is_engine = negative.kind == NegativeKind::Engine;
    if !is_engine {
        let engine_only = negative.verb.is_some()
            || !negative.parameters.is_empty()
            || negative.expected_database.is_some()
            || !negative.simulate
            || !negative.marked
            || !negative.skip.is_empty();
        if engine_only {
            return Err(wrong(
                negative,
                "has a key that only kind \"engine\" knows (verb, parameters, expected_database, simulate, marked, skip)",
            ));
        }
        if !has_text {
            return Err(wrong(negative, "needs either `sql` or `file`"));
        }
        if expect.exit.is_some() {
            return Err(wrong(
                negative,
                "is no run of the engine: its `expect` has no `exit`",
            ));
        }
        let ends = expect.sqlstate.is_some() && expect.metric.is_none() && expect.query.is_none();
        if !ends && (expect.sqlstate.is_some() || !is_value(expect)) {
            return Err(wrong(
                negative,
                "needs `expect` with `sqlstate`, or with `metric` or `query` and a `value`",
            ));
        }
    }
    match negative.kind {
        NegativeKind::Sql if negative.second.is_some() => Err(wrong(
            negative,
            "has `second`, but its kind is not \"two_sessions\"",
        )),
        NegativeKind::TwoSessions if negative.second.is_none() => Err(wrong(
            negative,
            "needs `second`: what the second session tries",
        )),
        NegativeKind::Engine => engine(negative),
        _ => Ok(()),
    }
}

fn engine(negative: &Negative) -> Result<(), Fault> {
    if negative.verb.is_none() {
        return Err(wrong(negative, "needs `verb`: \"apply\" or \"rollback\""));
    }
    if negative.sql.is_some() || negative.file.is_some() {
        return Err(wrong(
            negative,
            "is a run of the engine: it has `setup`, but no `sql` and no `file`",
        ));
    }
    if negative.setup_as == SetupRole::Superuser {
        return Err(wrong(
            negative,
            "is a run of the engine, whose `setup` is always done by the superuser",
        ));
    }
    if negative.after.is_some() && !negative.simulate {
        return Err(wrong(
            negative,
            "comes after a tier, which a closed gate would not have let through: close it in `setup`",
        ));
    }
    let expect = &negative.expect;
    let other = expect.sqlstate.is_some() || expect.metric.is_some() || expect.query.is_some();
    match (expect.exit, &expect.text) {
        (Some(1..), Some(_)) if !other => Ok(()),
        _ => Err(wrong(
            negative,
            "needs `expect` with an `exit` that is not 0 and a `text`, and nothing else",
        )),
    }
}

/// Exactly one of `metric` and `query`, and its value.
fn is_value(expect: &ExpectedResult) -> bool {
    expect.metric.is_some() != expect.query.is_some()
        && expect.value.is_some()
        && expect.exit.is_none()
        && expect.text.is_none()
}

fn known_in(plan: &ReleasePlan, expect: &ExpectedResult) -> Result<(), Fault> {
    match &expect.metric {
        Some(metric) => known_metric(plan, metric),
        None => Ok(()),
    }
}

fn wrong(negative: &Negative, what: &str) -> Fault {
    Fault {
        hint: Some(
            "docs/reference/release-toml.md has an example of each kind of [[negative]]".into(),
        ),
        ..fault(
            format!("negative `{}` {what}", negative.name),
            &negative.name,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::ReleasePlan;

    #[track_caller]
    fn check(rest: &str, expected: &str) {
        let text = format!(
            "format = 1\n[package]\nname = 'p'\nversion = '1'\n[[metric]]\nname='gap'\nquery='select 1'\n{rest}"
        );
        match ReleasePlan::parse("release.toml", &text) {
            Ok(_) => assert_eq!(expected, "", "{rest}"),
            Err(error) => assert!(
                !expected.is_empty() && error.to_string().contains(expected),
                "{rest}: {error}"
            ),
        }
    }

    #[test]
    fn each_kind_has_its_keys() {
        let negative = |rest: &str, expected: &str| {
            check(&format!("[[negative]]\nname='n'\n{rest}"), expected);
        };
        let sql = "kind='sql'\nsql='select 1'\n";
        negative(&format!("{sql}expect={{sqlstate='23505'}}"), "");
        negative(&format!("{sql}expect={{metric='gap', value=6}}"), "");
        negative(
            &format!("{sql}expect={{metric='gapp', value=6}}"),
            "metric `gapp` does not exist",
        );
        negative(
            &format!("{sql}expect={{metric='gap'}}"),
            "needs `expect` with `sqlstate`",
        );
        negative(
            &format!("{sql}expect={{sqlstate='23505', metric='gap', value=1}}"),
            "needs `expect` with `sqlstate`",
        );
        negative(
            &format!("{sql}expect={{exit=3, sqlstate='23505'}}"),
            "is no run of the engine",
        );
        negative(
            &format!("{sql}verb='apply'\nexpect={{sqlstate='23505'}}"),
            "only kind \"engine\" knows",
        );
        negative(
            "kind='sql'\nexpect={sqlstate='23505'}",
            "needs either `sql` or `file`",
        );
        negative(
            &format!("{sql}second='select 1'\nexpect={{sqlstate='23505'}}"),
            "its kind is not \"two_sessions\"",
        );
        negative(
            "kind='two_sessions'\nsql='select 1'\nexpect={sqlstate='55P03'}",
            "needs `second`",
        );
        negative("kind='engine'\nexpect={exit=3, text='x'}", "needs `verb`");
        negative(
            "kind='engine'\nverb='apply'\nexpect={exit=0, text='x'}",
            "that is not 0",
        );
        negative(
            "kind='engine'\nverb='apply'\nsql='select 1'\nexpect={exit=3, text='x'}",
            "no `sql`",
        );
        negative(
            "kind='engine'\nverb='apply'\nskip=['x']\nexpect={exit=3, text='x'}",
            "skips tier `x`",
        );
        negative("kind='engine'\nverb='apply'\nexpect={exit=3, text='x'}", "");
    }

    #[test]
    fn drills_succeed() {
        let drill = |rest: &str, expected: &str| {
            check(&format!("[[drill]]\nname='d'\n{rest}"), expected);
        };
        drill("sql='select 1'", "");
        drill("rows='select 1'", "needs either `sql` or `file`");
        drill("sql='select 1'\nexpect={sqlstate='23505'}", "must succeed");
        drill("sql='select 1'\nexpect={metric='gap', value=0}", "");
    }
}
