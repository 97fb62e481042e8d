//! The steps of the release itself on the clone: tiers, invariants, second apply, rollback.

use std::collections::BTreeSet;

use oneroof_model::RefusalCode;
use oneroof_pg::run::RunLock;

use super::baseline;
use super::locks::require_within_budget;
use super::negative_engine::quiet;
use super::observe::observe;
use super::report::{RefusedVerb, RehearsalReport};
use super::run::Rehearsal;
use super::stage::Stage;
use super::state::CloneState;
use crate::error::{EngineError, Failure};
use crate::execute::effects::RehearsedEffects;
use crate::execute::forward::units;
use crate::execute::locks::LockReading;
use crate::execute::release::ReleaseRun;
use crate::execute::tier_session::NextSession;
use crate::figures::Probe;
use crate::repeat;

impl Rehearsal<'_> {
    /// Step 7: entry probe of the clone, then each unit, with a probe after each tier.
    /// Gives the state before each unit, of which the first one is `simulated`.
    pub(super) async fn tiers(
        &self,
        stage: &Stage<'_>,
        simulated: CloneState,
        report: &mut RehearsalReport,
    ) -> Result<((Probe, Vec<CloneState>), String), EngineError> {
        let Stage {
            run, lock, wanted, ..
        } = *stage;
        run.adopted_state(lock.watcher()).await?;
        let entry = run.begin_release(lock, wanted, &mut report.markers).await?;
        let next = NextSession::default();
        let run = &ReleaseRun {
            locks: LockReading::On,
            next: Some(&next),
            ..*run
        };
        let mut created = BTreeSet::new();
        let mut before = Vec::new();
        let mut now = simulated;
        for unit in units(wanted) {
            if !before.is_empty() {
                let mut states = stage.states();
                states.apart.extend(next.at_rest().await);
                now = states.now(&now).await?;
            }
            before.push(now.clone());
            let records = run.apply_unit(lock, &unit, &entry, &mut created).await?;
            let probe = run.probe().await?;
            for mut record in records {
                report.markers.extend(record.markers.iter().cloned());
                record.metrics.clone_from(&probe);
                self.context.emit(oneroof_model::Event::ProbeTaken {
                    moment: format!("after {}", record.tier),
                    values: probe.clone(),
                });
                report.probes.insert(record.tier.clone(), probe.clone());
                observe(
                    run,
                    &self.options.figures,
                    &record.tier,
                    &probe,
                    &mut report.observations,
                )
                .await?;
                report.tiers.push(record);
            }
        }
        if let Some(session) = next.take().await {
            session.close().await;
        }
        require_within_budget(wanted, &report.tiers)?;
        let role = report.tiers.first().and_then(|tier| tier.role.clone());
        let mut detail = format!(
            "{} tiers as {}{}",
            report.tiers.len(),
            run.place.apply.user(),
            role.map_or_else(String::new, |role| format!(" acting as {role}"))
        );
        if let (Some(workload), Some(copies)) = (self.workload, stage.loaded) {
            let seen = self.under_load(stage, workload, copies, report).await?;
            detail = format!("{detail}; {seen}");
        }
        Ok(((entry, before), detail))
    }

    /// Step 8.
    pub(super) async fn invariants(
        &self,
        run: &ReleaseRun<'_>,
        entry: &Probe,
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        let (table, markers) = run.verify(entry).await?;
        for text in &markers {
            self.context
                .emit(oneroof_model::Event::Marker { text: text.clone() });
        }
        report.markers.extend(markers);
        report.verify_table = table;
        let probe = run.probe().await?;
        observe(
            run,
            &self.options.figures,
            "verify",
            &probe,
            &mut report.observations,
        )
        .await?;
        report.probes.insert("verify".into(), probe);
        let asked = self
            .package
            .plan
            .invariants
            .iter()
            .filter(|check| run.is_wanted(&check.when))
            .count();
        Ok(((), format!("{asked} asked, all hold")))
    }

    /// Step 10.
    pub(super) async fn second_apply(
        &self,
        run: &ReleaseRun<'_>,
        lock: &RunLock,
        wanted: &[&oneroof_model::package::Tier],
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        match run.apply(lock, wanted).await {
            Err(EngineError::Refused(refusal)) if refusal.code == RefusalCode::ReleaseFinished => {
                let detail = format!("exit 3: {}", refusal.message);
                report.second_apply = Some(RefusedVerb {
                    exit: 3,
                    refusal: *refusal,
                });
                Ok(((), detail))
            }
            Err(other) => Err(other),
            Ok(_) => Err(Failure {
                message: "the second apply was not refused".into(),
                expected: Some("refusal release-finished".into()),
                seen: Some("it ran".into()),
                ..Failure::default()
            }
            .into()),
        }
    }

    /// Step 11.
    pub(super) async fn repeats(
        &self,
        run: &ReleaseRun<'_>,
        wanted: &[&oneroof_model::package::Tier],
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        report.repeats = repeat::run(run, wanted).await?;
        repeat::require_unchanged(&report.repeats)?;
        let done = report.repeats.iter().filter(|one| one.left_out.is_none());
        let words: Vec<String> = done
            .map(|one| {
                format!(
                    "{} twice, {} metrics unchanged",
                    one.name,
                    one.metrics.len()
                )
            })
            .collect();
        Ok((
            (),
            match words.is_empty() {
                true => "none of the package's repeats fits these tiers and parameters".into(),
                false => words.join("; "),
            },
        ))
    }

    /// Step 13: the release is applied once more and undone as a whole; `undone` is the state before.
    pub(super) async fn full_rollback(
        &self,
        stage: &Stage<'_>,
        undone: &CloneState,
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        let (run, lock) = (stage.run, stage.lock);
        let quiet = quiet(self.context);
        // Its tiers must do what they did the first time, as they must on a production.
        let first: RehearsedEffects = report
            .tiers
            .iter()
            .map(|tier| (tier.tier.clone(), tier.effects.clone()))
            .collect();
        let again = ReleaseRun {
            context: &quiet,
            rehearsed: Some(&first),
            ..*run
        };
        let _ = again.apply(lock, stage.wanted).await?;
        let rolled_back = run.rollback(lock, None).await?;
        report.rollback_markers = rolled_back.markers.len();
        report.markers.extend(rolled_back.markers);
        report.rollback = rolled_back.tiers;
        report.exports = rolled_back.exports;
        let probe = run.probe().await?;
        observe(
            run,
            &self.options.figures,
            "rolled_back",
            &probe,
            &mut report.observations,
        )
        .await?;
        self.undo_simulation(run, stage).await?;
        report
            .probes
            .insert("rolled_back".into(), run.probe().await?);
        let after = stage.states().now(undone).await?;
        let compared = baseline::compare(stage.baseline, &after);
        let differences = compared.differences.clone();
        let detail = format!(
            "applied again with the same effects, {} tiers undone; definitions of {} objects and data of {} tables are those of the baseline",
            report.rollback.len(),
            compared.objects,
            compared.tables
        );
        report.baseline = Some(compared);
        if differences.is_empty() {
            return Ok(((), detail));
        }
        Err(Failure {
            message: format!(
                "the rollback does not restore the baseline: {} differences",
                differences.len()
            ),
            detail: Some(baseline::shown(&differences)),
            expected: Some("definition and data digest of the baseline".into()),
            seen: Some(differences.first().cloned().unwrap_or_default()),
            hint: Some("make the rollback files undo exactly what their tiers do".into()),
            ..Failure::default()
        }
        .into())
    }

    /// Step 14.
    pub(super) async fn rollback_again(
        &self,
        run: &ReleaseRun<'_>,
        lock: &RunLock,
    ) -> Result<((), String), EngineError> {
        let again = run.rollback(lock, None).await?;
        if again.nothing_to_do {
            return Ok(((), "nothing to do, exit 0".to_owned()));
        }
        Err(Failure {
            message: "the second rollback found something to do".into(),
            seen: Some(again.planned.join(", ")),
            ..Failure::default()
        }
        .into())
    }
}
