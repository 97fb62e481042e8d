//! `[[drill]]`: acts that must succeed, in transactions that are rolled back, with rows before and after.

use std::time::Instant;

use oneroof_model::package::{Drill, ExpectedResult};

use super::attempts::not_applied;
use super::negative_sql::{NOT_HERE, Tried, fits, judge, words};
use super::report_attempts::{AttemptOutcome, DrillRecord, expected};
use super::stage::Stage;
use crate::attempt::{Attempts, PLAN_FILE};
use crate::error::EngineError;
use crate::execute::forward::millis;

/// Does one drill.
///
/// # Errors
/// The connection was lost, the text is no SQL, or `rows` does not run before the drill.
pub(super) async fn run(stage: &Stage<'_>, drill: &Drill) -> Result<DrillRecord, EngineError> {
    let started = Instant::now();
    let mut record = DrillRecord {
        name: drill.name.clone(),
        after: drill.after.clone(),
        outcome: AttemptOutcome::LeftOut,
        expected: match &drill.expect {
            Some(expect) => expected(expect),
            None => "success".into(),
        },
        seen: None,
        left_out: None,
        rows_before: Vec::new(),
        rows_after: Vec::new(),
        changes: Vec::new(),
        duration_ms: 0,
    };
    record.left_out = match stage.run.is_wanted(&drill.when) {
        true => not_applied(stage, drill.after.as_deref()),
        false => Some("not for these parameters".into()),
    };
    if record.left_out.is_some() {
        return Ok(record);
    }
    let attempts = Attempts::open(stage.run).await?;
    attempts.begin().await?;
    match tried(stage, drill, &attempts, &mut record).await? {
        Tried::LeftOut => record.left_out = Some(NOT_HERE.into()),
        Tried::AsExpected(seen) => {
            record.outcome = AttemptOutcome::AsExpected;
            record.seen = Some(seen);
        }
        Tried::Wrong(seen) => {
            record.outcome = AttemptOutcome::Wrong;
            record.seen = Some(seen);
        }
    }
    attempts.rollback().await?;
    attempts.close().await;
    record.changes = changes(&record.rows_before, &record.rows_after);
    record.duration_ms = millis(started.elapsed());
    Ok(record)
}

async fn tried(
    stage: &Stage<'_>,
    drill: &Drill,
    attempts: &Attempts<'_>,
    record: &mut DrillRecord,
) -> Result<Tried, EngineError> {
    if !fits(attempts, drill.when_query.as_deref(), &drill.name).await? {
        return Ok(Tried::LeftOut);
    }
    if let Some(setup) = &drill.setup
        && let Err(error) = attempts.prepare(PLAN_FILE, setup).await
    {
        return Ok(Tried::Wrong(format!("setup: {}", words(error)?)));
    }
    let what = format!("`rows` of drill `{}`", drill.name);
    if let Some(rows) = &drill.rows {
        record.rows_before = attempts.rows(&what, rows).await?;
    }
    let (file, text) = match (&drill.file, &drill.sql) {
        (Some(file), _) => (file.as_str(), stage.run.package.text(file)?),
        (None, sql) => (PLAN_FILE, sql.as_deref().unwrap_or_default()),
    };
    if let Err(error) = attempts.act(file, text).await {
        return Ok(Tried::Wrong(words(error)?));
    }
    if let Some(rows) = &drill.rows {
        record.rows_after = attempts.rows(&what, rows).await?;
    }
    match &drill.expect {
        None => Ok(Tried::AsExpected("it succeeded".into())),
        Some(expect @ ExpectedResult { .. }) => judge(attempts, expect, Ok(())).await,
    }
}

/// Rows that are in one list only, as text: those that went, then those that came.
fn changes(before: &[serde_json::Value], after: &[serde_json::Value]) -> Vec<String> {
    let went = before.iter().filter(|row| !after.contains(row));
    let came = after.iter().filter(|row| !before.contains(row));
    went.map(|row| format!("- {row}"))
        .chain(came.map(|row| format!("+ {row}")))
        .collect()
}
