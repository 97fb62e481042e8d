//! `probe`: all metrics of a package on a target, read at one moment through the door `source`.

use std::path::PathBuf;

use oneroof_model::package::Metric;
use oneroof_model::{ReleasePlan, Value};
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::figures::Probe;
use crate::source::Source;
use crate::store::package_files::OpenPackage;
use crate::{metrics, open, parameters, run_id};

/// All metrics of a package at one moment.
#[derive(Debug, Serialize)]
pub struct ProbeReport {
    /// `name@version`
    pub package: String,
    /// The target's name.
    pub target: String,
    /// Its database.
    pub database: String,
    /// UTC, RFC 3339.
    pub taken_at: String,
    /// Each metric that exists there, in the package's order.
    pub metrics: Vec<ProbedMetric>,
}

/// One metric.
#[derive(Debug, Clone, Serialize)]
pub struct ProbedMetric {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// `invariant`, `momentary` or `volatile`: how entry and exit are compared.
    pub class: &'static str,
    /// What it says.
    pub meaning: String,
}

/// Reads all metrics of the package on the target.
pub async fn probe(
    context: &Context,
    package: &OpenPackage,
    target: &str,
    params: &[PathBuf],
) -> Result<ProbeReport, EngineError> {
    let target = &open::target(context, target)?;
    let parameters = parameters::resolve(package, target, params)?;
    let run_id = run_id::new();
    let mut source = Source::open(target, "probe", &run_id).await?;
    let settings = open::reading_settings(package, &parameters, target, &run_id)?;
    let (database, values) = source
        .read(&settings, async |session| {
            let identity = oneroof_pg::catalog::identity(session)
                .await
                .map_err(EngineError::database("read the target's identity"))?;
            let values = metrics::probe(session, package, &parameters, None).await?;
            Ok((identity.database_name, values))
        })
        .await?;
    source.close().await;
    Ok(ProbeReport {
        package: package.plan.release_tag(),
        target: target.name.clone(),
        database,
        taken_at: crate::clock::now(),
        metrics: described(&package.plan, &values),
    })
}

/// The values with class and meaning, in the package's order.
pub(crate) fn described(plan: &ReleasePlan, values: &Probe) -> Vec<ProbedMetric> {
    plan.metrics
        .iter()
        .filter_map(|metric| {
            Some(ProbedMetric {
                name: metric.name.clone(),
                value: values.get(&metric.name)?.clone(),
                class: class(metric),
                meaning: metric.meaning.clone(),
            })
        })
        .collect()
}

/// How a metric's values at entry and exit are compared.
pub(crate) fn class(metric: &Metric) -> &'static str {
    if metric.volatile {
        "volatile"
    } else if metric.required.is_some() {
        "momentary"
    } else {
        "invariant"
    }
}
