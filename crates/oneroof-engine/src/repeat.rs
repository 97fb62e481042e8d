//! `[[repeat]]`: acts, such as a scan, that change nothing that counts when they are done again.
//!
//! Each is done twice in one transaction that is rolled back, on any database on which the release stands.

use oneroof_model::Value;
use oneroof_model::package::{Repeat, Tier};
use serde::Serialize;

use crate::attempt::{Attempts, PLAN_FILE};
use crate::error::{EngineError, Failure};
use crate::execute::release::ReleaseRun;
use crate::figures::Probe;

/// What a repeat showed.
#[derive(Debug, Clone, Serialize)]
pub struct RepeatRecord {
    /// Its name.
    pub name: String,
    /// Why it was not done, if it was not.
    pub left_out: Option<String>,
    /// The metrics before, after the first time and after the second one.
    pub metrics: Vec<RepeatedMetric>,
}

/// One metric at three moments.
#[derive(Debug, Clone, Serialize)]
pub struct RepeatedMetric {
    /// The metric.
    pub metric: String,
    /// Before the act.
    pub before: Value,
    /// After the first time.
    pub first: Value,
    /// After the second time.
    pub second: Value,
}

impl RepeatedMetric {
    fn is_unchanged(&self) -> bool {
        self.before == self.first && self.before == self.second
    }
}

impl RepeatRecord {
    /// The metrics that changed, in words.
    pub fn changed(&self) -> Vec<String> {
        let changed = self.metrics.iter().filter(|metric| !metric.is_unchanged());
        changed
            .map(|metric| {
                format!(
                    "{}: {} before, {} after the first time, {} after the second",
                    metric.metric, metric.before, metric.first, metric.second
                )
            })
            .collect()
    }
}

/// Does every repeat of the package whose tier is among `standing`, twice each.
///
/// # Errors
/// The act itself failed. A metric that changed is in the records: see [`require_unchanged`].
pub(crate) async fn run(
    run: &ReleaseRun<'_>,
    standing: &[&Tier],
) -> Result<Vec<RepeatRecord>, EngineError> {
    let repeats = &run.package.plan.repeats;
    let mut records = Vec::new();
    for repeat in repeats.iter().filter(|repeat| run.is_wanted(&repeat.when)) {
        records.push(match left_out(run, repeat, standing) {
            Some(why) => RepeatRecord {
                name: repeat.name.clone(),
                left_out: Some(why),
                metrics: Vec::new(),
            },
            None => twice(run, repeat).await?,
        });
    }
    Ok(records)
}

/// A failure that names the first repeat that changed something, if any did.
pub(crate) fn require_unchanged(records: &[RepeatRecord]) -> Result<(), EngineError> {
    let Some(record) = records.iter().find(|record| !record.changed().is_empty()) else {
        return Ok(());
    };
    let changed = record.changed();
    Err(Failure {
        message: format!("repeat `{}` changes what must stay: {}", record.name, changed.join("; ")),
        file: Some(PLAN_FILE.into()),
        expected: Some("each metric as before the act, both times".into()),
        seen: changed.first().cloned(),
        hint: Some(
            "make the act change nothing where there is nothing to do, or take the metric out of `unchanged`"
                .into(),
        ),
        ..Failure::default()
    }
    .into())
}

/// The tier that a repeat comes after was not applied.
fn left_out(run: &ReleaseRun<'_>, repeat: &Repeat, standing: &[&Tier]) -> Option<String> {
    let all = run.tiers();
    let after = match &repeat.after {
        Some(word) => run.package.plan.tier(word)?,
        None => *all.last()?,
    };
    let stands = standing.iter().any(|tier| tier.id == after.id);
    (!stands).then(|| format!("tier {} was not applied", after.title()))
}

async fn twice(run: &ReleaseRun<'_>, repeat: &Repeat) -> Result<RepeatRecord, EngineError> {
    let attempts = Attempts::open(run).await?;
    attempts.begin().await?;
    let outcome = async {
        let before = attempts.metrics(&repeat.unchanged).await?;
        let mut after = Vec::new();
        for time in ["first", "second"] {
            let what = format!("repeat `{}`, {time} time", repeat.name);
            attempts.must(&what, PLAN_FILE, &repeat.sql).await?;
            after.push(attempts.metrics(&repeat.unchanged).await?);
        }
        Ok::<_, EngineError>((before, after))
    };
    let outcome = outcome.await;
    if outcome.is_ok() {
        attempts.rollback().await?;
    }
    attempts.close().await;
    let (before, after) = outcome?;
    let of = |probe: Option<&Probe>, name: &str| {
        let value = probe.and_then(|probe| probe.get(name)).cloned();
        value.unwrap_or(Value::Null)
    };
    let metrics = repeat.unchanged.iter().map(|name| RepeatedMetric {
        metric: name.clone(),
        before: of(Some(&before), name),
        first: of(after.first(), name),
        second: of(after.get(1), name),
    });
    Ok(RepeatRecord {
        name: repeat.name.clone(),
        left_out: None,
        metrics: metrics.collect(),
    })
}
