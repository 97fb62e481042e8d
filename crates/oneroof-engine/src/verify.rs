//! `verify`: all invariants of a package on a target, read-only.

use std::path::PathBuf;

use oneroof_model::Value;
use serde::Serialize;

use crate::apply::invariant_failure;
use crate::context::Context;
use crate::error::EngineError;
use crate::figures::Figures;
use crate::metrics::{self, BrokenCheck, StopAt};
use crate::source::Source;
use crate::store::package_files::OpenPackage;
use crate::{open, parameters, run_id};

/// The state of all invariants.
#[derive(Debug, Serialize)]
pub struct VerifyReport {
    /// `name@version`
    pub package: String,
    /// The target's name.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Number of invariants asked.
    pub invariants: usize,
    /// Those that do not hold.
    pub broken: Vec<BrokenCheck>,
    /// The verification's table.
    pub table: Vec<(String, Value)>,
    /// Marker lines, if all hold.
    pub markers: Vec<String>,
}

/// Asks all invariants. Broken ones are [`EngineError::Failed`] with each of them named.
pub async fn verify(
    context: &Context,
    package: &OpenPackage,
    target: &str,
    params: &[PathBuf],
) -> Result<VerifyReport, EngineError> {
    let target = &open::target(context, target)?;
    let parameters = parameters::resolve(package, target, params)?;
    let run_id = run_id::new();
    let mut source = Source::open(target, "verify", &run_id).await?;
    let settings = open::reading_settings(package, &parameters, target, &run_id)?;
    let plan = &package.plan;
    let report = source
        .read(&settings, async |session| {
            let identity = oneroof_pg::catalog::identity(session)
                .await
                .map_err(EngineError::database("read the target's identity"))?;
            let mut figures = Figures::default();
            let broken = metrics::ask(
                session,
                package,
                &parameters,
                &plan.invariants,
                &mut figures,
                StopAt::End,
            )
            .await?;
            let mut markers = Vec::new();
            if broken.is_empty() {
                figures.live = metrics::probe(session, package, &parameters, None).await?;
                markers = metrics::markers(
                    session,
                    package,
                    &parameters,
                    &plan.verify.marker.0,
                    &mut figures,
                )
                .await?;
            }
            Ok(VerifyReport {
                package: plan.release_tag(),
                target: target.name.clone(),
                database: identity.database_name,
                invariants: plan
                    .invariants
                    .iter()
                    .filter(|check| parameters.fulfil(&check.when))
                    .count(),
                table: metrics::verify_table(plan, &figures.live),
                broken,
                markers,
            })
        })
        .await?;
    source.close().await;
    if report.broken.is_empty() {
        Ok(report)
    } else {
        Err(invariant_failure(&report.broken).into())
    }
}
