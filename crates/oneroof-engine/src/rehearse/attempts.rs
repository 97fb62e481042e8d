//! Step 9: every negative and every drill of the package, leaving nothing.

use oneroof_model::package::{Negative, NegativeKind, Tier};
use oneroof_model::{Event, ReleasePlan};

use super::baseline;
use super::copies::Copies;
use super::negative_sql::Sessions;
use super::report::RehearsalReport;
use super::report_attempts::{AttemptOutcome, NegativeRecord};
use super::run::Rehearsal;
use super::stage::Stage;
use super::state::CloneState;
use super::{drills, negative_sql};
use crate::error::{EngineError, Failure};

/// The negatives that need the state before the first tier, and what they left.
#[derive(Default)]
pub(super) struct Early {
    records: Vec<NegativeRecord>,
    left: Vec<String>,
}

impl Rehearsal<'_> {
    /// Tries the negatives that need the state before the first tier; `before` is that state.
    pub(super) async fn early_negatives(
        &self,
        stage: &Stage<'_>,
        before: &CloneState,
    ) -> Result<Early, EngineError> {
        let mut early = Early::default();
        let plan = &self.package.plan;
        let negatives = plan.negatives.iter().filter(|one| is_early(one));
        early.records = self.try_sql(stage, negatives).await?;
        if !early.records.is_empty() {
            early.left = before.differences(&stage.states().now(before).await?);
        }
        Ok(early)
    }

    /// Step 9; `before` is the state after the last tier.
    pub(super) async fn attempts(
        &self,
        stage: &Stage<'_>,
        early: Early,
        copies: Option<&Copies<'_>>,
        before: &CloneState,
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        let plan = &self.package.plan;
        let mut records = early.records;
        let negatives = plan.negatives.iter();
        let late = negatives.filter(|one| one.kind != NegativeKind::Engine && !is_early(one));
        records.extend(self.try_sql(stage, late).await?);
        for drill in &plan.drills {
            report.drills.push(drills::run(stage, drill).await?);
        }
        let mut left = early.left;
        left.extend(before.differences(&stage.states().now(before).await?));
        if let Some(copies) = copies {
            records.extend(self.try_engine(stage, copies).await?);
        }
        records.sort_by_key(|record| position(plan, &record.name));
        report.negatives = records;
        self.tell(report);
        require_expected(report)?;
        if !left.is_empty() {
            return Err(Failure {
                message: format!(
                    "negatives and drills left {} differences on the clone",
                    left.len()
                ),
                detail: Some(baseline::shown(&left)),
                expected: Some("definitions and data as before them".into()),
                seen: left.first().cloned(),
                hint: Some(
                    "they run in transactions that are rolled back: look for what commits by itself"
                        .into(),
                ),
                ..Failure::default()
            }
            .into());
        }
        Ok(((), summary(report)))
    }

    async fn try_sql<'n>(
        &self,
        stage: &Stage<'_>,
        negatives: impl Iterator<Item = &'n Negative>,
    ) -> Result<Vec<NegativeRecord>, EngineError> {
        let mut sessions = Sessions::open(stage.run).await?;
        let mut records = Vec::new();
        for negative in negatives {
            records.push(match left_out(stage, negative) {
                Some(why) => NegativeRecord::left_out(negative, why),
                None => negative_sql::run(&mut sessions, negative).await?,
            });
        }
        sessions.close().await;
        Ok(records)
    }

    /// What was left out or went wrong is told one by one.
    fn tell(&self, report: &RehearsalReport) {
        for line in report.wrong_attempts() {
            self.context.emit(Event::Marker { text: line });
        }
    }
}

fn is_early(negative: &Negative) -> bool {
    negative.kind != NegativeKind::Engine && negative.after.is_none()
}

/// Why a negative is not tried: parameters, or a tier that `--through` left out.
pub(super) fn left_out(stage: &Stage<'_>, negative: &Negative) -> Option<String> {
    if !stage.run.is_wanted(&negative.when) {
        return Some("not for these parameters".into());
    }
    not_applied(stage, negative.after.as_deref())
}

/// The tier is not among those that were applied.
pub(super) fn not_applied(stage: &Stage<'_>, after: Option<&str>) -> Option<String> {
    let tier: Option<&Tier> = after.and_then(|word| stage.run.package.plan.tier(word));
    match tier {
        Some(tier) if !stage.has(Some(tier)) => {
            Some(format!("tier {} was not applied", tier.title()))
        }
        _ => None,
    }
}

fn position(plan: &ReleasePlan, name: &str) -> usize {
    let mut names = plan.negatives.iter();
    names
        .position(|negative| negative.name == name)
        .unwrap_or(usize::MAX)
}

fn require_expected(report: &RehearsalReport) -> Result<(), EngineError> {
    let wrong = report.wrong_attempts();
    let wrong_negative = report
        .negatives
        .iter()
        .find(|record| record.outcome == AttemptOutcome::Wrong);
    let (what, expected, seen) = match wrong_negative {
        Some(record) => (
            format!("negative `{}`", record.name),
            record.expected.clone(),
            record.seen.clone(),
        ),
        None => match report
            .drills
            .iter()
            .find(|record| record.outcome == AttemptOutcome::Wrong)
        {
            Some(record) => (
                format!("drill `{}`", record.name),
                record.expected.clone(),
                record.seen.clone(),
            ),
            None => return Ok(()),
        },
    };
    let seen = seen.unwrap_or_else(|| "nothing".into());
    Err(Failure {
        message: format!("{what} did not end as it must: expected {expected}, seen {seen}"),
        file: Some(crate::attempt::PLAN_FILE.into()),
        detail: (wrong.len() > 1).then(|| wrong.join("; ")),
        expected: Some(expected),
        seen: Some(seen),
        hint: Some(
            "either the release lets through what it must refuse, or the attempt does not fit this database: then give it `when_query` or a `setup` of its own"
                .into(),
        ),
        ..Failure::default()
    }
    .into())
}

fn summary(report: &RehearsalReport) -> String {
    let mut groups = report.attempt_lines();
    if groups.is_empty() {
        groups.push("the package declares none".into());
    }
    groups.push("definitions and data as before".into());
    groups.join("; ")
}
