//! The golden variant: a clone with the release applied and the extra rows of `fixtures/golden.sql`.

use std::collections::BTreeMap;

use super::figures::Figure;
use crate::context::Context;
use crate::error::EngineError;
use crate::rehearse::report::Observed;
use crate::rehearse::run::{Rehearsal, with_applied_clone};
use crate::rehearse::steps::Steps;
use crate::rehearse::{RehearseOptions, observe};
use crate::store::package_files::OpenPackage;
use crate::{open, parameters, run_id};

/// Builds the variant on a clone that is dropped again, and reads the figures of stage `golden`.
pub(super) async fn observe(
    context: &Context,
    one_roof: &OpenPackage,
    figures: &[Figure],
    observations: &mut BTreeMap<String, Observed>,
) -> Result<(), EngineError> {
    if !figures.iter().any(|figure| figure.stage == "golden") {
        return Ok(());
    }
    let options = RehearseOptions::default();
    let target = &open::target(context, "production")?;
    let parameters = parameters::resolve(one_roof, target, &[])?;
    let quiet = Context {
        events: std::sync::Arc::new(|_| {}),
        ..context.clone()
    };
    let rehearsal = Rehearsal {
        context: &quiet,
        package: one_roof,
        parameters: &parameters,
        target,
        run_id: &run_id::new(),
        options: &options,
        workload: None,
        steps: &Steps::new(&quiet),
    };
    with_applied_clone(&rehearsal, async |run, admin| {
        crate::fixture::run_script(&quiet, admin, one_roof, "fixtures/golden.sql", &[]).await?;
        let probe = run.probe().await?;
        observe::observe(run, figures, "golden", &probe, observations).await
    })
    .await
}
