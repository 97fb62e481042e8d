//! Reads metrics and asks checks (preconditions, invariants) in a session's present transaction.

use std::collections::BTreeSet;

use oneroof_model::expression::ExpressionError;
use oneroof_model::package::{Metric, Precondition, ResolvedParameters, Tier};
use oneroof_model::template::{self, MessageFacts, metrics_named};
use oneroof_model::{ReleasePlan, Value};
use oneroof_pg::connect::Session;
use oneroof_pg::run::{ReadValue, ValueFault, read_value, relations_exist};
use serde::Serialize;

use crate::error::{EngineError, Failure};
use crate::figures::{Figures, Probe};
use crate::store::package_files::OpenPackage;

/// SQLSTATE of a missing right.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// A check that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenCheck {
    /// Its name in the package.
    pub name: String,
    /// Its message, filled.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// What was required.
    pub required: String,
    /// What was seen.
    pub seen: Value,
    /// Is it the external gate?
    pub gate: bool,
    /// Its word among the gate's blockers.
    #[serde(skip)]
    pub blocker: String,
}

/// Reads the metrics of a package that exist now: all of them, or those in `wanted`.
pub(crate) async fn probe(
    session: &Session,
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    wanted: Option<&BTreeSet<String>>,
) -> Result<Probe, EngineError> {
    let metrics: Vec<&Metric> = package
        .plan
        .metrics
        .iter()
        .filter(|metric| wanted.is_none_or(|wanted| wanted.contains(&metric.name)))
        .filter(|metric| parameters.fulfil(&metric.when))
        .collect();
    let relations: BTreeSet<&String> = metrics
        .iter()
        .flat_map(|metric| &metric.when_relation)
        .collect();
    let present = present_relations(session, relations).await?;
    let mut values = Probe::new();
    for metric in metrics {
        if !metric
            .when_relation
            .iter()
            .all(|relation| present.contains(relation))
        {
            continue;
        }
        let query = package.query(metric.query.as_ref(), metric.file.as_ref())?;
        let read = read(
            session,
            query,
            &format!("metric `{}`", metric.name),
            metric.file.as_deref(),
        )
        .await?;
        values.insert(metric.name.clone(), read.value);
    }
    Ok(values)
}

/// Asks the checks in order and gives those that do not hold; stops at the first one if
/// `stop_at_first`. Metrics that checks and messages name must be in `figures.live` or exist now:
/// they are read when they are needed.
pub(crate) async fn ask(
    session: &Session,
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    checks: &[Precondition],
    figures: &mut Figures,
    stop: StopAt,
) -> Result<Vec<BrokenCheck>, EngineError> {
    let mut broken = Vec::new();
    for check in checks.iter().filter(|check| parameters.fulfil(&check.when)) {
        let relations: BTreeSet<&String> = check.when_relation.iter().collect();
        let wanted_relations = relations.len();
        if present_relations(session, relations).await?.len() < wanted_relations {
            continue;
        }
        let mut wanted: BTreeSet<String> = check
            .required
            .metrics()
            .into_iter()
            .map(str::to_owned)
            .collect();
        wanted.extend(metrics_named(&check.message));
        // The check's own metric is read by itself, because its message may want the detail.
        let own = check
            .metric
            .as_ref()
            .and_then(|name| package.plan.metric(name));
        wanted.extend(own.map(|metric| metric.name.clone()));
        refresh(session, package, parameters, wanted, figures).await?;
        let (query, file) = match own {
            Some(metric) => (metric.query.as_ref(), metric.file.as_ref()),
            None => (check.query.as_ref(), check.file.as_ref()),
        };
        let is_absent = own.is_some_and(|metric| !figures.live.contains_key(&metric.name));
        let read = if is_absent {
            ReadValue {
                value: Value::Null,
                detail: None,
            }
        } else {
            let query = package.query(query, file)?;
            read(
                session,
                query,
                &format!("check `{}`", check.name),
                file.map(String::as_str),
            )
            .await?
        };
        let metric = check.metric.as_deref().unwrap_or_default();
        let required = check
            .required
            .evaluate(metric, figures)
            .map_err(|error| expression_failure(&check.name, &error))?;
        if check.required.holds(&read.value, &required) {
            continue;
        }
        let facts = MessageFacts {
            value: Some(read.value.clone()),
            required: Some(required.clone()),
            detail: read.detail.clone(),
        };
        broken.push(BrokenCheck {
            name: check.name.clone(),
            message: template::fill(&check.message, &facts, figures),
            hint: check
                .hint
                .as_ref()
                .map(|hint| template::fill(hint, &facts, figures)),
            required: match required {
                Value::Null => check.required.text().to_owned(),
                value => value.to_string(),
            },
            seen: read.value,
            gate: check.gate,
            blocker: check.blocker.clone().unwrap_or_else(|| check.name.clone()),
        });
        if stop == StopAt::First {
            break;
        }
    }
    Ok(broken)
}

/// How many broken checks [`ask`] looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopAt {
    /// The first one: later ones often follow from it.
    First,
    /// All of them.
    End,
}

/// Reads `wanted` anew into `figures.live`; a metric that no longer exists leaves it.
pub(crate) async fn refresh(
    session: &Session,
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    wanted: BTreeSet<String>,
    figures: &mut Figures,
) -> Result<(), EngineError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let values = probe(session, package, parameters, Some(&wanted)).await?;
    figures.live.retain(|name, _| !wanted.contains(name));
    figures.live.extend(values);
    Ok(())
}

/// Fills marker lines; the metrics they name are read now.
pub(crate) async fn markers(
    session: &Session,
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    markers: &[String],
    figures: &mut Figures,
) -> Result<Vec<String>, EngineError> {
    let wanted = markers
        .iter()
        .flat_map(|marker| metrics_named(marker))
        .collect();
    refresh(session, package, parameters, wanted, figures).await?;
    Ok(markers
        .iter()
        .map(|marker| template::fill(marker, &MessageFacts::default(), figures))
        .collect())
}

/// The metrics that a tier's expectations, preconditions and markers name.
pub(crate) fn named_by(tier: &Tier) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = tier
        .marker
        .0
        .iter()
        .flat_map(|marker| metrics_named(marker))
        .collect();
    for (name, expectation) in &tier.expect {
        names.insert(name.clone());
        let expressions = expectation.from.iter().chain([&expectation.to]);
        names.extend(
            expressions
                .flat_map(|expression| expression.metrics())
                .map(str::to_owned),
        );
    }
    names
}

/// Values of `[verify] table`, in its order.
pub(crate) fn verify_table(plan: &ReleasePlan, live: &Probe) -> Vec<(String, Value)> {
    plan.verify
        .table
        .iter()
        .map(|name| (name.clone(), live.get(name).cloned().unwrap_or(Value::Null)))
        .collect()
}

pub(crate) fn expression_failure(name: &str, error: &ExpressionError) -> EngineError {
    Failure {
        message: format!("evaluate what `{name}` requires: {error}"),
        ..Failure::default()
    }
    .into()
}

async fn present_relations(
    session: &Session,
    relations: BTreeSet<&String>,
) -> Result<BTreeSet<String>, EngineError> {
    if relations.is_empty() {
        return Ok(BTreeSet::new());
    }
    let names: Vec<String> = relations.into_iter().cloned().collect();
    let present = relations_exist(session, &names)
        .await
        .map_err(EngineError::database("look for relations"))?;
    Ok(present.into_iter().collect())
}

async fn read(
    session: &Session,
    query: &str,
    what: &str,
    file: Option<&str>,
) -> Result<ReadValue, EngineError> {
    read_value(session, query)
        .await
        .map_err(|fault| match fault {
            ValueFault::Shape(reason) => Failure {
                message: format!("{what}: {reason}"),
                file: file.map(str::to_owned),
                statement: Some(query.to_owned()),
                ..Failure::default()
            }
            .into(),
            ValueFault::Server(error) => {
                let denied = error.sqlstate() == Some(INSUFFICIENT_PRIVILEGE);
                let mut failure = query_failure(error, query, what, file);
                if let EngineError::Failed(failure) = &mut failure
                    && denied
                    && failure.hint.is_none()
                {
                    failure.hint = Some(format!(
                        "asked {}; a DBA gives that role what it lacks: grant select on … to …;",
                        session.describe()
                    ));
                }
                failure
            }
        })
}

/// A package's query that the server refused; a lost connection stays what it is.
pub(crate) fn query_failure(
    error: oneroof_pg::PgError,
    query: &str,
    what: &str,
    file: Option<&str>,
) -> EngineError {
    let oneroof_pg::PgError::Server(server) = &error else {
        return EngineError::database(format!("read {what}"))(error);
    };
    let offset = server.position.map(|position| {
        query
            .chars()
            .take(position.saturating_sub(1) as usize)
            .map(char::len_utf8)
            .sum::<usize>()
    });
    let place = offset.map(|offset| oneroof_sql::locate(query, offset));
    Failure {
        message: format!("{what}: {}", server.message),
        file: file.map(str::to_owned),
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
        statement: Some(query.trim().to_owned()),
        sqlstate: Some(server.sqlstate.clone()),
        detail: server.detail.clone(),
        hint: server.hint.clone(),
        context: server.context.clone(),
        ..Failure::default()
    }
    .into()
}
