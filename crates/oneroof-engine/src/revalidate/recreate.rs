//! R2: all views and functions of the release are dropped and made again from the package's own text, in a
//! transaction that is rolled back; definitions, owners, grants, comments, the rows of every view and the
//! metrics must be what they were.

use std::collections::BTreeMap;

use oneroof_model::package::Tier;
use oneroof_pg::catalog::{self, Definition, DefinitionDiff};
use oneroof_pg::connect::Session;
use oneroof_pg::run::{RunSettings, StoredObject, ViewRows, stored_objects, view_rows};
use oneroof_sql::{ObjectRef, StatementFacts, StatementKind};

use super::report::{LeftOut, RecreateReport, RecreatedObject};
use crate::error::{EngineError, Failure};
use crate::execute::release::{ReleaseRun, begin};
use crate::execute::statements::Script;
use crate::figures::Probe;
use crate::metrics;

/// SQLSTATE of an object that others depend on.
const DEPENDENT_OBJECTS: &str = "2BP01";

/// A tier's file with what each of its statements touches.
struct TierText<'a> {
    tier: &'a Tier,
    facts: Vec<StatementFacts>,
}

/// Does all of it in one transaction of `session`, a superuser's on a copy, and rolls it back.
pub(super) async fn recreate(
    run: &ReleaseRun<'_>,
    session: &Session,
) -> Result<RecreateReport, EngineError> {
    let tiers = read_tiers(run)?;
    begin(session, "begin").await?;
    let mut report = RecreateReport::default();
    let done = in_transaction(run, session, &tiers, &mut report).await;
    session
        .simple("rollback")
        .await
        .map_err(EngineError::database("roll back what was made again"))?;
    match done {
        Ok(()) => Ok(report),
        Err(EngineError::Failed(failure)) => {
            report.failure = Some(*failure);
            Ok(report)
        }
        Err(other) => Err(other),
    }
}

fn read_tiers<'a>(run: &ReleaseRun<'a>) -> Result<Vec<TierText<'a>>, EngineError> {
    let wanted = run
        .package
        .plan
        .tiers
        .iter()
        .filter(|tier| run.is_wanted(&tier.when));
    wanted
        .map(|tier| {
            let text = run.package.text(&tier.file)?;
            let facts = oneroof_sql::references(text).map_err(|error| {
                EngineError::from(Failure {
                    message: format!("parse {}: {error}", tier.file),
                    file: Some(tier.file.clone()),
                    line: Some(error.line),
                    column: Some(error.column),
                    ..Failure::default()
                })
            })?;
            Ok(TierText { tier, facts })
        })
        .collect()
}

/// The views and functions that the tiers make and leave, and those that only a `do` block makes.
fn made(tiers: &[TierText<'_>]) -> (Vec<ObjectRef>, Vec<LeftOut>) {
    let mut objects: Vec<ObjectRef> = Vec::new();
    let mut left_out = Vec::new();
    for text in tiers {
        for facts in &text.facts {
            objects.retain(|known| !facts.dropped.iter().any(|dropped| dropped.may_be(known)));
            let created = facts.created.iter().filter(|object| is_stored(object));
            for object in created {
                if facts.statement.kind == StatementKind::Do {
                    left_out.push(LeftOut {
                        object: object.described(),
                        why: format!(
                            "made inside a `do` block, {}:{}",
                            text.tier.file, facts.statement.line
                        ),
                    });
                } else if !objects.contains(object) && !object.temporary {
                    objects.push(object.clone());
                }
            }
        }
    }
    (objects, left_out)
}

fn is_stored(object: &ObjectRef) -> bool {
    matches!(
        object.kind,
        "view" | "materialized view" | "function" | "procedure"
    )
}

async fn in_transaction(
    run: &ReleaseRun<'_>,
    session: &Session,
    tiers: &[TierText<'_>],
    report: &mut RecreateReport,
) -> Result<(), EngineError> {
    let plan = &run.package.plan;
    let (made, left_out) = made(tiers);
    report.left_out = left_out;
    let definitions_before = definition(session).await?;
    // Whoever owns a view by now, it can be read and dropped; that it has another owner shows at the end.
    apply(run, session, superuser(run)).await?;
    let wanted: Vec<(Option<String>, String)> = made
        .iter()
        .map(|object| (object.schema.clone(), object.name.clone()))
        .collect();
    let stored = stored_objects(session, &wanted, &plan.effects.volatile_columns)
        .await
        .map_err(EngineError::database("look for the views and functions"))?;
    for object in &made {
        if !stored.iter().any(|found| is_same(object, found)) {
            report.differences.push(format!(
                "{} is not in the clone, and the package makes it",
                object.described()
            ));
        }
    }
    let rows_before = rows_of(session, &stored).await?;
    let metrics_before = metrics::probe(session, run.package, run.parameters, None).await?;

    let dropped = drop_all(session, stored, report).await?;
    make_again(run, session, tiers, &made, &dropped, report).await?;

    apply(run, session, superuser(run)).await?;
    let definitions_after = definition(session).await?;
    let diff = Definition::diff(&definitions_before, &definitions_after);
    report.differences.extend(words(&diff));
    report.changed = diff.changed;
    let rows_after = rows_of(session, &dropped).await?;
    for object in &dropped {
        let (before, after) = (
            rows_before.get(&object.identity),
            rows_after.get(&object.identity),
        );
        if before != after {
            report.differences.push(format!(
                "{} `{}` shows other rows: {} before, {} after",
                object.kind,
                object.identity,
                before.map_or(0, |rows| rows.count),
                after.map_or(0, |rows| rows.count)
            ));
        }
        report.objects.push(RecreatedObject {
            kind: object.kind.clone(),
            identity: object.identity.clone(),
            rows_before: before.map(|rows| rows.count),
            rows_after: after.map(|rows| rows.count),
        });
    }
    let metrics_after = metrics::probe(session, run.package, run.parameters, None).await?;
    report.metrics = metrics_before.len();
    report
        .differences
        .extend(metric_differences(&metrics_before, &metrics_after));
    Ok(())
}

/// What the clone has and what the package makes, in words. Long definitions are in the record only.
fn words(diff: &DefinitionDiff) -> Vec<String> {
    const SHOWN_MAX: usize = 200;
    let mut words = Vec::new();
    for object in &diff.changed {
        let both = if object.before.len() + object.after.len() <= SHOWN_MAX {
            format!(": `{}` there, `{}` here", object.before, object.after)
        } else {
            String::new()
        };
        words.push(format!(
            "{} `{}` is another one in the clone than in the package{both}",
            object.kind, object.identity
        ));
    }
    for object in &diff.missing {
        words.push(format!(
            "{} `{}` is in the clone, and the package does not make it",
            object.kind, object.identity
        ));
    }
    for object in &diff.new {
        words.push(format!(
            "{} `{}` is not in the clone, and the package makes it",
            object.kind, object.identity
        ));
    }
    words
}

/// Drops what can be dropped: an object goes once nothing depends on it any more.
async fn drop_all(
    session: &Session,
    stored: Vec<StoredObject>,
    report: &mut RecreateReport,
) -> Result<Vec<StoredObject>, EngineError> {
    let mut waiting = stored;
    let mut dropped = Vec::new();
    loop {
        let before = waiting.len();
        let mut blocked = Vec::new();
        for object in waiting {
            savepoint(session, "savepoint before_drop").await?;
            match session.simple(&object.drop_statement).await {
                Ok(_) => dropped.push(object),
                Err(error) if error.sqlstate() == Some(DEPENDENT_OBJECTS) => {
                    savepoint(session, "rollback to savepoint before_drop").await?;
                    blocked.push((object, error));
                }
                Err(error) => {
                    return Err(EngineError::database(format!(
                        "drop {} `{}` on the copy",
                        object.kind, object.identity
                    ))(error));
                }
            }
        }
        if blocked.is_empty() {
            return Ok(dropped);
        }
        if blocked.len() == before {
            for (object, error) in blocked {
                let who = match &error {
                    oneroof_pg::PgError::Server(server) => server.detail.clone(),
                    _ => None,
                };
                let who = who.unwrap_or_else(|| error.to_string()).replace('\n', "; ");
                if object.kind.ends_with("view") {
                    report.differences.push(format!(
                        "{} `{}` cannot be made again, others depend on it: {who}",
                        object.kind, object.identity
                    ));
                } else {
                    // Triggers, defaults and checks of tables use functions; tables are not made again.
                    report.left_out.push(LeftOut {
                        object: format!("{} `{}`", object.kind, object.identity),
                        why: format!("others depend on it: {who}"),
                    });
                }
            }
            return Ok(dropped);
        }
        waiting = blocked.into_iter().map(|(object, _)| object).collect();
    }
}

/// Runs the statements of the tier files that make, change, comment or grant what was dropped.
async fn make_again(
    run: &ReleaseRun<'_>,
    session: &Session,
    tiers: &[TierText<'_>],
    made: &[ObjectRef],
    dropped: &[StoredObject],
    report: &mut RecreateReport,
) -> Result<(), EngineError> {
    let ours: Vec<&ObjectRef> = made
        .iter()
        .filter(|object| dropped.iter().any(|stored| is_same(object, stored)))
        .collect();
    for text in tiers {
        let statements: Vec<_> = text
            .facts
            .iter()
            .filter(|facts| concerns(facts, &ours))
            .map(|facts| facts.statement.clone())
            .collect();
        if statements.is_empty() {
            continue;
        }
        apply(run, session, run.settings(Some(text.tier))).await?;
        report.statements += statements.len();
        let script = Script {
            file: text.tier.file.clone(),
            statements,
        };
        script
            .run(run.context, session, Some(&text.tier.id))
            .await
            .map_err(|error| error.into_engine_error(Some(&text.tier.id)))?;
    }
    Ok(())
}

/// Does the statement make one of these objects, or change, comment, grant or hang something on it?
fn concerns(facts: &StatementFacts, ours: &[&ObjectRef]) -> bool {
    if facts.statement.kind == StatementKind::Do {
        return false;
    }
    let is_ours = |object: &ObjectRef| ours.iter().any(|known| known.may_be(object));
    let on_ours = |object: &ObjectRef| object.on.as_deref().is_some_and(is_ours);
    facts
        .created
        .iter()
        .any(|object| is_stored(object) && is_ours(object) || on_ours(object))
        || facts.altered.iter().any(is_ours)
        || facts.dropped.iter().any(is_ours)
}

fn is_same(object: &ObjectRef, stored: &StoredObject) -> bool {
    let is_relation = |kind: &str| kind.ends_with("view");
    object.name == stored.name
        && is_relation(object.kind) == is_relation(&stored.kind)
        && object
            .schema
            .as_ref()
            .is_none_or(|schema| *schema == stored.schema)
}

async fn rows_of(
    session: &Session,
    objects: &[StoredObject],
) -> Result<BTreeMap<String, ViewRows>, EngineError> {
    let mut rows = BTreeMap::new();
    for object in objects {
        let read = view_rows(session, object).await.map_err(|error| {
            let what = format!("{} `{}`", object.kind, object.identity);
            metrics::query_failure(error, "", &what, None)
        })?;
        rows.extend(read.map(|read| (object.identity.clone(), read)));
    }
    Ok(rows)
}

/// Within one transaction time stands still, so even volatile metrics must be equal.
fn metric_differences(before: &Probe, after: &Probe) -> Vec<String> {
    let shown = |value: Option<&oneroof_model::Value>| {
        value.map_or_else(|| "absent".to_owned(), ToString::to_string)
    };
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            format!(
                "metric `{name}`: {} before, {} after",
                shown(before.get(name)),
                shown(after.get(name))
            )
        })
        .collect()
}

/// The settings of the run with no role but the session's own.
fn superuser(run: &ReleaseRun<'_>) -> RunSettings {
    RunSettings {
        role: Some("none".to_owned()),
        ..run.settings(None)
    }
}

async fn apply(
    run: &ReleaseRun<'_>,
    session: &Session,
    settings: RunSettings,
) -> Result<(), EngineError> {
    // What no role is named for, the apply role does; here the session is a superuser's.
    let settings = RunSettings {
        role: settings
            .role
            .or_else(|| Some(run.place.apply.user().to_owned())),
        ..settings
    };
    settings
        .apply(session)
        .await
        .map_err(|error| run.settings_error(error, settings.role.as_deref()))?;
    Ok(())
}

async fn savepoint(session: &Session, statement: &str) -> Result<(), EngineError> {
    session
        .simple(statement)
        .await
        .map_err(EngineError::database("set a savepoint"))?;
    Ok(())
}

async fn definition(session: &Session) -> Result<Definition, EngineError> {
    catalog::definition(session)
        .await
        .map_err(EngineError::database("read the definitions of the copy"))
}
