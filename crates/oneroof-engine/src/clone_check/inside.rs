//! The lines of the clone safety gate that are asked on a copy of the clone: what the release made, and what
//! reacts to it.

use std::collections::BTreeSet;
use std::path::Path;

use oneroof_model::Value;
use oneroof_model::package::Tier;
use oneroof_pg::catalog;
use oneroof_pg::connect::Session;
use oneroof_pg::run::relations_exist;
use oneroof_sql::{ObjectRef, StatementFacts};

use super::{
    CheckLine, DISPATCHER, EVENT_TYPES, FINDINGS, GAP, LineOutcome, ROLLBACK, SCANS, SUBSTRATE,
    line, other,
};
use crate::error::EngineError;
use crate::execute::release::{ReleaseRun, begin};
use crate::figures::Probe;
use crate::kept::WorkingCopy;
use crate::revalidate::report::RepeatsReport;
use crate::store::package_files::OpenPackage;

/// The package whose tables the governance lines are about.
const GOVERNANCE_PACKAGE: &str = "one-roof";

/// The lines that are asked on the copy of the clone, for one package.
pub(crate) async fn inside(
    run: &ReleaseRun<'_>,
    session: &Session,
    copy: &WorkingCopy,
    repeats: &RepeatsReport,
    packages_folder: &Path,
) -> Result<Vec<CheckLine>, EngineError> {
    let governed = run.package.plan.package.name == GOVERNANCE_PACKAGE;
    // What stands in the way of reading the figures is what their lines say.
    let probe = match governed {
        true => match run.probe().await {
            Err(EngineError::Failed(failure)) => Err(failure.to_string()),
            other => Ok(other?),
        },
        false => Ok(Probe::new()),
    };
    let not_governed = format!(
        "not applicable: package `{}` has no governance tables",
        run.package.plan.package.name
    );
    let facts = facts_of(run.package, Some(run))?;
    let mut ours = facts.clone();
    for name in &run.package.plan.package.requires {
        if let Ok(package) = OpenPackage::open(Some(packages_folder), name) {
            ours.extend(facts_of(&package, None)?);
        }
    }
    let schema = run.parameters.schema(&run.package.plan);
    let mut lines = Vec::new();
    if governed {
        lines.push(zero(
            GAP,
            &probe,
            "gap",
            "cells without an accountable owner",
        ));
        lines.push(substrate(run, session, &facts).await?);
        lines.push(scans(repeats));
        lines.push(zero(
            EVENT_TYPES,
            &probe,
            "governance_types_active",
            "active event types of domain governance",
        ));
    } else {
        lines.extend(
            [GAP, SUBSTRATE, SCANS, EVENT_TYPES]
                .into_iter()
                .map(|check| other(check, LineOutcome::NotApplicable, not_governed.clone())),
        );
    }
    let tables = our_tables(&ours, schema.as_deref());
    lines.push(dispatcher(session, copy, &ours, &tables).await?);
    lines.push(rollback(run));
    lines.push(if governed {
        findings(&probe)
    } else {
        other(FINDINGS, LineOutcome::NotApplicable, not_governed)
    });
    Ok(lines)
}

fn facts_of(
    package: &OpenPackage,
    run: Option<&ReleaseRun<'_>>,
) -> Result<Vec<StatementFacts>, EngineError> {
    let mut facts = Vec::new();
    let is_wanted = |tier: &&Tier| run.is_none_or(|run| run.is_wanted(&tier.when));
    for tier in package.plan.tiers.iter().filter(is_wanted) {
        let text = package.text(&tier.file)?;
        facts.extend(
            oneroof_sql::references(text)
                .map_err(|error| EngineError::other(format!("parse {}: {error}", tier.file)))?,
        );
    }
    Ok(facts)
}

fn created<'a>(
    facts: &'a [StatementFacts],
    kind: &'static str,
) -> impl Iterator<Item = &'a ObjectRef> {
    facts
        .iter()
        .flat_map(|facts| &facts.created)
        .filter(move |object| object.kind == kind && !object.temporary)
}

/// Tables that the packages make: (schema if known, name).
fn our_tables(
    facts: &[StatementFacts],
    schema: Option<&str>,
) -> BTreeSet<(Option<String>, String)> {
    created(facts, "table")
        .map(|table| {
            let schema = table.schema.clone().or_else(|| schema.map(str::to_owned));
            (schema, table.name.clone())
        })
        .collect()
}

fn zero(check: &'static str, probe: &Result<Probe, String>, metric: &str, what: &str) -> CheckLine {
    let probe = match probe {
        Ok(probe) => probe,
        Err(why) => return line(check, false, why.as_str()),
    };
    match probe.get(metric) {
        Some(Value::Integer(0)) => line(check, true, format!("{what}: 0")),
        Some(value) => line(check, false, format!("{what}: {value}, must be 0")),
        None => line(
            check,
            false,
            format!("metric `{metric}` cannot be read: what it looks at is not there"),
        ),
    }
}

async fn substrate(
    run: &ReleaseRun<'_>,
    session: &Session,
    facts: &[StatementFacts],
) -> Result<CheckLine, EngineError> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let names: Vec<String> = created(facts, "table")
        .map(|table| match &table.schema {
            Some(schema) => format!("{}.{}", quoted(schema), quoted(&table.name)),
            None => quoted(&table.name),
        })
        .collect();
    begin(session, "begin read only").await?;
    run.settings(None)
        .apply(session)
        .await
        .map_err(EngineError::database("set the transaction's settings"))?;
    let present = relations_exist(session, &names)
        .await
        .map_err(EngineError::database("look for the tables of the release"))?;
    session
        .simple("rollback")
        .await
        .map_err(EngineError::database("roll back a reading transaction"))?;
    let missing: Vec<&str> = names
        .iter()
        .filter(|name| !present.contains(name))
        .map(String::as_str)
        .collect();
    let tag = run.package.plan.release_tag();
    Ok(if missing.is_empty() {
        line(
            SUBSTRATE,
            !names.is_empty(),
            format!("all {} tables of {tag}", names.len()),
        )
    } else {
        line(
            SUBSTRATE,
            false,
            format!("missing tables of {tag}: {}", missing.join(", ")),
        )
    })
}

fn scans(repeats: &RepeatsReport) -> CheckLine {
    let words = repeats.words();
    if !words.is_empty() {
        return line(SCANS, false, words.join("; "));
    }
    if repeats.acts.is_empty() {
        let why = "the package has no [[repeat]]";
        return other(SCANS, LineOutcome::NotApplicable, why);
    }
    let acts = repeats.acts.iter();
    let shown: Vec<String> = acts
        .map(|act| match &act.left_out {
            Some(why) => format!("{} left out: {why}", act.name),
            None => format!(
                "{}: {} metrics equal after the first and the second time, rolled back",
                act.name,
                act.metrics.len()
            ),
        })
        .collect();
    line(SCANS, true, shown.join("; "))
}

/// Nothing reacts to a row of ours: no trigger that the packages did not make, nobody who listens, no job.
pub(super) async fn dispatcher(
    session: &Session,
    copy: &WorkingCopy,
    ours: &[StatementFacts],
    tables: &BTreeSet<(Option<String>, String)>,
) -> Result<CheckLine, EngineError> {
    let found = catalog::triggers(session)
        .await
        .map_err(EngineError::database("read the triggers of the copy"))?;
    let mut wrong: Vec<String> = found
        .iter()
        .filter(|trigger| {
            tables.iter().any(|(schema, name)| {
                *name == trigger.on_relation
                    && schema
                        .as_ref()
                        .is_none_or(|schema| *schema == trigger.schema)
            })
        })
        .filter(|trigger| {
            !created(ours, "trigger").any(|known| {
                known.name == trigger.name
                    && known
                        .on
                        .as_ref()
                        .is_some_and(|table| table.name == trigger.on_relation)
            })
        })
        .map(|trigger| format!("foreign trigger {}", trigger.identity))
        .collect();
    let jobs = catalog::jobs(session, copy.database())
        .await
        .map_err(EngineError::database("read the background workers"))?;
    wrong.extend(jobs);
    Ok(if wrong.is_empty() {
        line(
            DISPATCHER,
            true,
            format!(
                "no foreign trigger on {} tables of ours, nobody is connected who could listen, no job on the server",
                tables.len()
            ),
        )
    } else {
        line(DISPATCHER, false, wrong.join(", "))
    })
}

fn rollback(run: &ReleaseRun<'_>) -> CheckLine {
    let wanted = run.tiers();
    let mut missing = Vec::new();
    let mut irreversible = Vec::new();
    let mut generated = Vec::new();
    for tier in &wanted {
        match (&tier.rollback, &tier.irreversible) {
            (Some(file), _) if run.package.files().contains_key(file) => {}
            (Some(file), _) => missing.push(format!("`{file}` of tier `{}`", tier.id)),
            (None, Some(why)) => irreversible.push(format!("`{}` ({why})", tier.id)),
            (None, None) => generated.push(format!("`{}`", tier.id)),
        }
    }
    if !missing.is_empty() {
        return line(ROLLBACK, false, missing.join(", "));
    }
    let files = wanted.len() - irreversible.len() - generated.len();
    let mut detail = format!("{files} of {} tiers have their rollback file", wanted.len());
    if !generated.is_empty() {
        detail = format!(
            "{detail}; generated from the ledger: {}",
            generated.join(", ")
        );
    }
    if !irreversible.is_empty() {
        detail = format!(
            "{detail}; irreversible by declaration: {}",
            irreversible.join(", ")
        );
    }
    line(ROLLBACK, true, detail)
}

fn findings(probe: &Result<Probe, String>) -> CheckLine {
    let probe = match probe {
        Ok(probe) => probe,
        Err(why) => return line(FINDINGS, false, why.as_str()),
    };
    let shown = probe
        .get("open_by_severity")
        .filter(|value| **value != Value::Null)
        .map_or_else(|| "none".to_owned(), ToString::to_string);
    let critical = probe.get("critical_drift");
    line(
        FINDINGS,
        critical == Some(&Value::Integer(0)),
        match critical {
            Some(_) => format!("{shown}; only critical must be 0"),
            None => "the findings cannot be read: their table is not there".to_owned(),
        },
    )
}
