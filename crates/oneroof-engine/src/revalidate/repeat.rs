//! R3: each `[[repeat]]` of the package, done twice in a transaction that is rolled back.

use std::collections::BTreeSet;

use oneroof_model::Value;
use oneroof_model::package::Repeat;
use oneroof_pg::connect::Session;

use super::report::{RepeatReport, RepeatedMetric};
use crate::error::{EngineError, Failure};
use crate::execute::release::{ReleaseRun, begin};
use crate::figures::Probe;
use crate::metrics;

/// Does the package's acts twice each; sequence positions are used up, nothing else.
pub(crate) async fn repeat_all(
    run: &ReleaseRun<'_>,
    session: &Session,
) -> Result<Vec<RepeatReport>, EngineError> {
    let mut reports = Vec::new();
    for repeat in &run.package.plan.repeats {
        if run.is_wanted(&repeat.when) {
            begin(session, "begin").await?;
            let report = twice(run, session, repeat).await;
            session
                .simple("rollback")
                .await
                .map_err(EngineError::database("roll back a repeated act"))?;
            reports.push(report?);
        }
    }
    Ok(reports)
}

async fn twice(
    run: &ReleaseRun<'_>,
    session: &Session,
    repeat: &Repeat,
) -> Result<RepeatReport, EngineError> {
    let settings = run.settings(None);
    settings
        .apply(session)
        .await
        .map_err(|error| run.settings_error(error, settings.role.as_deref()))?;
    let wanted: BTreeSet<String> = repeat.unchanged.iter().cloned().collect();
    let mut probes =
        vec![metrics::probe(session, run.package, run.parameters, Some(&wanted)).await?];
    for time in ["first", "second"] {
        if let Err(error) = session.simple(&repeat.sql).await {
            let what = format!("repeat `{}`, {time} time", repeat.name);
            let failed = metrics::query_failure(error, &repeat.sql, &what, None);
            return match failed {
                EngineError::Failed(failure) => Ok(RepeatReport {
                    name: repeat.name.clone(),
                    metrics: Vec::new(),
                    failure: Some(*failure),
                }),
                other => Err(other),
            };
        }
        probes.push(metrics::probe(session, run.package, run.parameters, Some(&wanted)).await?);
    }
    let value = |place: usize, metric: &str| -> Value {
        let probe: Option<&Probe> = probes.get(place);
        probe
            .and_then(|probe| probe.get(metric))
            .cloned()
            .unwrap_or(Value::Null)
    };
    Ok(RepeatReport {
        name: repeat.name.clone(),
        metrics: repeat
            .unchanged
            .iter()
            .map(|metric| RepeatedMetric {
                metric: metric.clone(),
                before: value(0, metric),
                first: value(1, metric),
                second: value(2, metric),
            })
            .collect(),
        failure: None,
    })
}

/// The failure in words, for the list of what did not hold.
pub(crate) fn words(report: &RepeatReport) -> Vec<String> {
    let failed = report.failure.iter().map(Failure::to_string);
    let changed = report.changed().map(|metric| {
        format!(
            "`{}` changed `{}` when it was done again: {} after the first time, {} after the second",
            report.name, metric.metric, metric.first, metric.second
        )
    });
    failed.chain(changed).collect()
}
