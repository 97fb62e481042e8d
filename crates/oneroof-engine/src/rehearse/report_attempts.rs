//! Attempts, drills and crashes as they stand in `rehearsal.json`.

use oneroof_model::package::{ExpectedResult, Negative, NegativeKind};
use serde::Serialize;

use super::report::RehearsalReport;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// As the package says.
    AsExpected,
    /// Otherwise: the rehearsal fails.
    Wrong,
    /// It was not tried; `left_out` says why.
    LeftOut,
}

/// An attempt that had to fail.
#[derive(Debug, Clone, Serialize)]
pub struct NegativeRecord {
    /// Its name.
    pub name: String,
    /// Where it was tried.
    pub kind: NegativeKind,
    /// The tier it needs.
    pub after: Option<String>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// How it had to end.
    pub expected: String,
    /// How it did end.
    pub seen: Option<String>,
    /// Why it was not tried.
    pub left_out: Option<String>,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// An act that had to succeed.
#[derive(Debug, Clone, Serialize)]
pub struct DrillRecord {
    /// Its name.
    pub name: String,
    /// The tier it needs.
    pub after: Option<String>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What had to be true afterwards.
    pub expected: String,
    /// What was seen.
    pub seen: Option<String>,
    /// Why it was not done.
    pub left_out: Option<String>,
    /// The rows before it.
    pub rows_before: Vec<serde_json::Value>,
    /// The rows after it.
    pub rows_after: Vec<serde_json::Value>,
    /// Rows that went (`-`) and came (`+`).
    pub changes: Vec<String>,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// Tiers that were undone together, and the state they led back to.
#[derive(Debug, Clone, Serialize)]
pub struct UnitRollbackRecord {
    /// Ids, last tier first.
    pub tiers: Vec<String>,
    /// Definition digest before these tiers; the one after their rollback must equal it.
    pub definition: String,
    /// Data digest before these tiers; likewise.
    pub data: String,
    /// What differs; empty if the state is back.
    pub differences: Vec<String>,
    /// Milliseconds of the rollback, without the comparison.
    pub duration_ms: u64,
}

/// A tier whose backend was terminated in the middle of it.
#[derive(Debug, Clone, Serialize)]
pub struct CrashRecord {
    /// Its id.
    pub tier: String,
    /// Statements of its file.
    pub statements: usize,
    /// Statements that had run when the backend was terminated.
    pub statements_done: usize,
    /// What the run said.
    pub error: String,
    /// What the crash left; empty if the state is that of the end of the tier before. A tier that commits on its
    /// way leaves what it had committed.
    pub left: Vec<String>,
    /// Such a tier was rolled back, and the state of the end of the tier before was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone: Option<bool>,
}

impl NegativeRecord {
    /// One that was not tried.
    pub(super) fn left_out(negative: &Negative, why: String) -> NegativeRecord {
        NegativeRecord {
            outcome: AttemptOutcome::LeftOut,
            left_out: Some(why),
            ..NegativeRecord::of(negative)
        }
    }

    /// One about which nothing is known yet.
    pub(super) fn of(negative: &Negative) -> NegativeRecord {
        NegativeRecord {
            name: negative.name.clone(),
            kind: negative.kind,
            after: negative.after.clone(),
            outcome: AttemptOutcome::Wrong,
            expected: expected(&negative.expect),
            seen: None,
            left_out: None,
            duration_ms: 0,
        }
    }
}

/// `expect` in words.
pub(super) fn expected(expect: &ExpectedResult) -> String {
    let value = || {
        expect
            .value
            .as_ref()
            .map(|value| oneroof_model::Value::from(value).to_string())
            .unwrap_or_default()
    };
    match (&expect.sqlstate, &expect.metric, &expect.query) {
        (Some(sqlstate), ..) => match &expect.text {
            Some(text) => format!("SQLSTATE {sqlstate} and `{text}`"),
            None => format!("SQLSTATE {sqlstate}"),
        },
        (_, Some(metric), _) => format!("{metric} = {}", value()),
        (_, _, Some(query)) => format!("{} from `{query}`", value()),
        _ => format!(
            "exit {} and `{}`, nothing written",
            expect.exit.unwrap_or_default(),
            expect.text.as_deref().unwrap_or_default()
        ),
    }
}

impl RehearsalReport {
    /// One line for each kind of attempt.
    pub(super) fn attempt_lines(&self) -> Vec<String> {
        let kinds = [
            (NegativeKind::Sql, "sql"),
            (NegativeKind::TwoSessions, "two_sessions"),
            (NegativeKind::Engine, "engine"),
        ];
        let mut lines: Vec<String> = kinds
            .into_iter()
            .filter_map(|(kind, word)| {
                let of_kind = self.negatives.iter().filter(|one| one.kind == kind);
                let line = counted(of_kind.map(|one| one.outcome), "negative", "refused")?;
                Some(format!("{word}: {line}"))
            })
            .collect();
        let drills = self.drills.iter().map(|drill| drill.outcome);
        lines.extend(counted(drills, "drill", "done"));
        lines
    }

    /// Attempts that did not end as they must, one line each.
    pub(super) fn wrong_attempts(&self) -> Vec<String> {
        let line = |what: &str, name: &str, expected: &str, seen: &Option<String>| {
            let seen = seen.as_deref().unwrap_or("nothing");
            format!("{what} `{name}`: expected {expected}, seen {seen}")
        };
        let negatives = self
            .negatives
            .iter()
            .filter(|one| one.outcome == AttemptOutcome::Wrong)
            .map(|one| line("negative", &one.name, &one.expected, &one.seen));
        let drills = self
            .drills
            .iter()
            .filter(|one| one.outcome == AttemptOutcome::Wrong)
            .map(|one| line("drill", &one.name, &one.expected, &one.seen));
        negatives.chain(drills).collect()
    }

    /// Attempts that were not tried, and why.
    pub(super) fn attempts_left_out(&self) -> Vec<String> {
        let negatives = self
            .negatives
            .iter()
            .map(|one| ("negative", &one.name, &one.left_out));
        let drills = self
            .drills
            .iter()
            .map(|one| ("drill", &one.name, &one.left_out));
        let repeats = self
            .repeats
            .iter()
            .map(|one| ("repeat", &one.name, &one.left_out));
        negatives
            .chain(drills)
            .chain(repeats)
            .filter_map(|(what, name, why)| Some(format!("{what} `{name}`: {}", why.as_ref()?)))
            .collect()
    }
}

/// `52 negatives, 52 refused as expected`
fn counted(
    outcomes: impl Iterator<Item = AttemptOutcome>,
    what: &str,
    done: &str,
) -> Option<String> {
    let outcomes: Vec<AttemptOutcome> = outcomes.collect();
    let of = |wanted| outcomes.iter().filter(|one| **one == wanted).count();
    let (good, wrong, left_out) = (
        of(AttemptOutcome::AsExpected),
        of(AttemptOutcome::Wrong),
        of(AttemptOutcome::LeftOut),
    );
    if outcomes.is_empty() {
        return None;
    }
    let mut line = format!(
        "{}, {good} {done} as expected",
        crate::check::counted(outcomes.len(), what)
    );
    if wrong > 0 {
        line.push_str(&format!(", {wrong} NOT"));
    }
    if left_out > 0 {
        line.push_str(&format!(", {left_out} left out"));
    }
    Some(line)
}
