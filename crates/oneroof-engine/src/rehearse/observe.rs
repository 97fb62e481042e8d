//! Reads the values that the caller asked for, in transactions that are rolled back.

use std::collections::BTreeMap;

use oneroof_model::Value;
use oneroof_pg::connect::{Access, Session};
use oneroof_pg::run::read_value;

use super::report::Observed;
use crate::demo::figures::Figure;
use crate::error::EngineError;
use crate::execute::release::{ReleaseRun, begin};
use crate::figures::Probe;

/// Reads the figures of `stage` on the clone; those that are metrics come from its probe.
pub(crate) async fn observe(
    run: &ReleaseRun<'_>,
    figures: &[Figure],
    stage: &str,
    probe: &Probe,
    observations: &mut BTreeMap<String, Observed>,
) -> Result<(), EngineError> {
    let wanted: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.stage == stage)
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let session = run.session(Access::ReadWrite).await?;
    for figure in wanted {
        let observed = match query(run, figure)? {
            // A metric without a setup was read by the probe already.
            None => found(
                stage,
                Ok(figure
                    .metric
                    .as_ref()
                    .and_then(|metric| probe.get(metric))
                    .cloned()
                    .unwrap_or(Value::Null)),
            ),
            Some(query) => {
                begin(&session, "begin").await?;
                let settings = run.settings(None);
                settings
                    .apply(&session)
                    .await
                    .map_err(|error| run.settings_error(error, settings.role.as_deref()))?;
                let value = read(&session, figure.setup.as_deref(), query).await;
                session
                    .simple("rollback")
                    .await
                    .map_err(EngineError::database("roll back an observation"))?;
                found(stage, value)
            }
        };
        observations.insert(figure.id.clone(), observed);
    }
    session.close().await;
    Ok(())
}

/// The query that a figure needs on the clone, if the probe does not have its value.
fn query<'a>(run: &ReleaseRun<'a>, figure: &'a Figure) -> Result<Option<&'a str>, EngineError> {
    match (&figure.metric, &figure.query, &figure.setup) {
        (None, Some(query), _) => Ok(Some(query)),
        (Some(_), _, None) | (None, None, _) => Ok(None),
        (Some(metric), _, Some(_)) => match run.package.plan.metric(metric) {
            Some(metric) => run
                .package
                .query(metric.query.as_ref(), metric.file.as_ref())
                .map(Some),
            None => Ok(None),
        },
    }
}

/// Reads one figure in the session's present transaction.
pub(crate) async fn read(
    session: &Session,
    setup: Option<&str>,
    query: &str,
) -> Result<Value, String> {
    if let Some(setup) = setup {
        session
            .simple(setup)
            .await
            .map_err(|error| format!("setup: {error}"))?;
    }
    let read = read_value(session, query)
        .await
        .map_err(|fault| match fault {
            oneroof_pg::run::ValueFault::Server(error) => error.to_string(),
            fault @ oneroof_pg::run::ValueFault::Shape(_) => fault.to_string(),
        })?;
    Ok(read.value)
}

pub(crate) fn found(stage: &str, value: Result<Value, String>) -> Observed {
    match value {
        Ok(value) => Observed {
            stage: stage.to_owned(),
            value: Some(value),
            error: None,
        },
        Err(error) => Observed {
            stage: stage.to_owned(),
            value: None,
            error: Some(error),
        },
    }
}
