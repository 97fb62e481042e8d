//! Step 12: the release is undone tier by tier, and each time the state before that tier is back, exactly.

use oneroof_model::package::Tier;

use super::baseline;
use super::report::RehearsalReport;
use super::report_attempts::UnitRollbackRecord;
use super::run::Rehearsal;
use super::stage::Stage;
use super::state::CloneState;
use crate::error::{EngineError, Failure};
use crate::execute::forward::units;

impl Rehearsal<'_> {
    /// `before` has the state before each unit of tiers; `last` is the state now. Gives the state at the end.
    pub(super) async fn rollback_by_tier(
        &self,
        stage: &Stage<'_>,
        before: &[CloneState],
        last: &CloneState,
        report: &mut RehearsalReport,
    ) -> Result<(CloneState, String), EngineError> {
        let units = units(stage.wanted);
        let mut now = last.clone();
        for (number, unit) in units.iter().enumerate().rev() {
            let Some(wanted) = before.get(number) else {
                continue;
            };
            let kept = number.checked_sub(1).and_then(|below| units[below].last());
            let undone = stage
                .run
                .rollback(stage.lock, kept.map(|tier| tier.id.as_str()))
                .await?;
            now = stage.states().now(&now).await?;
            let differences = wanted.differences(&now);
            report.rollback_by_tier.push(UnitRollbackRecord {
                tiers: undone.planned,
                definition: wanted.definition.digest().to_string(),
                data: wanted.data.digest().to_string(),
                differences: differences.clone(),
                duration_ms: undone.tiers.iter().map(|tier| tier.duration_ms).sum(),
            });
            require_equal(unit, &differences)?;
        }
        let detail = format!(
            "{} undone one by one, each back to the definitions and data before it",
            crate::check::counted(stage.wanted.len(), "tier")
        );
        let detail = match units.len() == stage.wanted.len() {
            true => detail,
            false => format!("{detail}; tiers of one group together"),
        };
        Ok((now, detail))
    }
}

fn require_equal(unit: &[&Tier], differences: &[String]) -> Result<(), EngineError> {
    if differences.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = unit.iter().map(|tier| tier.title()).collect();
    Err(Failure {
        message: format!(
            "the rollback of tier {} does not restore the state before it: {} differences",
            names.join(", "),
            differences.len()
        ),
        tier: unit.first().map(|tier| tier.id.clone()),
        file: unit.first().and_then(|tier| tier.rollback.clone()),
        detail: Some(baseline::shown(differences)),
        expected: Some("definitions and data as before the tier".into()),
        seen: differences.first().cloned(),
        hint: Some(
            "make its rollback file undo exactly what the tier does, and leave to each tier what is its own"
                .into(),
        ),
        ..Failure::default()
    }
    .into())
}
