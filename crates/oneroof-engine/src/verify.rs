//! `verify`: all invariants of a package on a target, read-only.

use std::path::PathBuf;

use oneroof_model::{ReleaseState, Value};
use oneroof_pg::connect::Session;
use serde::Serialize;

use crate::apply::invariant_failure;
use crate::context::Context;
use crate::error::{EngineError, Failure};
use crate::execute::release::entries;
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
            applied(session, package, &target.name).await?;
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

/// Where there is a ledger, it says whether there is anything to verify; its word is clearer than that of
/// an invariant that finds no table.
pub(crate) async fn applied(
    session: &Session,
    package: &OpenPackage,
    target: &str,
) -> Result<(), EngineError> {
    let reading = || EngineError::database("read the ledger");
    if !oneroof_pg::ledger::exists(session)
        .await
        .map_err(reading())?
    {
        return Ok(());
    }
    let plan = &package.plan;
    let state = ReleaseState::of(&plan.package.name, &entries(session).await?);
    if state.finished.is_some() {
        return Ok(());
    }
    let seen = match state.applied.last() {
        None => "the ledger knows no tier of it that stands".to_owned(),
        Some(last) => format!("its last tier that stands is `{}`", last.tier),
    };
    Err(Failure {
        message: format!(
            "release {} is not complete on target `{target}`: {seen}",
            plan.release_tag()
        ),
        expected: Some("a finished run in the ledger".into()),
        seen: Some(seen),
        ..Failure::default()
    }
    .into())
}
