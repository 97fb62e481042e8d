//! `[[tier]]` of `release.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::plan::{Condition, Markers, Precondition};
use crate::expression::Expression;

/// How a tier's statements meet transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transaction {
    /// All of them in one.
    #[default]
    Single,
    /// None: for what PostgreSQL refuses inside one.
    None,
    /// One statement repeated until it changes no row.
    Batched,
}

/// `[[tier]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// `[a-z][a-z0-9_]*`
    pub id: String,
    /// A short name such as `T3`.
    pub label: Option<String>,
    /// Its SQL.
    pub file: String,
    /// One line.
    #[serde(default)]
    pub summary: String,
    /// How its statements meet transactions.
    #[serde(default)]
    pub transaction: Transaction,
    /// Tiers of one group share a transaction.
    pub group: Option<String>,
    /// Over `[package] run_as`.
    pub run_as: Option<String>,
    /// Runs only with these parameters.
    #[serde(default)]
    pub when: Condition,
    /// How long one statement may wait for a lock.
    #[serde(default = "lock_timeout_default")]
    pub lock_timeout: Duration,
    /// How often the tier is tried again after a lock timeout or a deadlock.
    #[serde(default = "lock_retries_default")]
    pub lock_retries: u32,
    /// How long one statement may run.
    #[serde(default = "statement_timeout_default")]
    pub statement_timeout: Duration,
    /// How long one statement with CONCURRENTLY may run; `transaction = "none"` only.
    pub concurrent_timeout: Option<Duration>,
    /// How long to rest between two batches; `transaction = "batched"` only.
    pub rest: Option<Duration>,
    /// After so many batches the tier fails: a statement that never comes to its end; `transaction = "batched"` only.
    pub batches_max: Option<BatchesMax>,
    /// In a rehearsal: the longest time for which it may hold a lock that stops readers or writers of an
    /// object that existed before.
    pub lock_budget_ms: Option<LockBudget>,
    /// Undoes it.
    pub rollback: Option<String>,
    /// Why nothing undoes it.
    pub irreversible: Option<String>,
    /// Printed after its commit.
    #[serde(default)]
    pub marker: Markers,
    /// Asked before its first statement.
    #[serde(default, rename = "precondition")]
    pub preconditions: Vec<Precondition>,
    /// Metrics asserted before its commit.
    #[serde(default)]
    pub expect: BTreeMap<String, Expectation>,
    /// Tables that existed before and get rows of ours.
    #[serde(default)]
    pub rows: Vec<TierRows>,
}

impl Tier {
    /// `T3 ownership_seed`, or the id alone.
    pub fn title(&self) -> String {
        match &self.label {
            Some(label) => format!("{label} {}", self.id),
            None => self.id.clone(),
        }
    }

    /// How long one statement with CONCURRENTLY may run: what the tier says, or an hour.
    pub fn concurrent_timeout(&self) -> Duration {
        self.concurrent_timeout.unwrap_or(Duration {
            milliseconds: 3_600_000,
        })
    }

    /// The rest between two batches: what the tier says, or 100 ms.
    pub fn rest(&self) -> Duration {
        self.rest.unwrap_or(Duration { milliseconds: 100 })
    }

    /// The number of batches at which the tier fails: what it says, or 100,000.
    pub fn batches_max(&self) -> u64 {
        self.batches_max.map_or(100_000, |max| max.0)
    }
}

fn lock_timeout_default() -> Duration {
    Duration {
        milliseconds: 3_000,
    }
}

fn lock_retries_default() -> u32 {
    10
}

fn statement_timeout_default() -> Duration {
    Duration {
        milliseconds: 60_000,
    }
}

/// A positive number of milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct LockBudget(u64);

impl LockBudget {
    /// How many.
    #[must_use]
    pub fn milliseconds(self) -> u64 {
        self.0
    }
}

impl TryFrom<i64> for LockBudget {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        match u64::try_from(number) {
            Ok(milliseconds) if milliseconds > 0 => Ok(LockBudget(milliseconds)),
            _ => Err(format!(
                "`lock_budget_ms` is a positive number of milliseconds, not {number}"
            )),
        }
    }
}

/// A positive number of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct BatchesMax(u64);

impl TryFrom<i64> for BatchesMax {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        match u64::try_from(number) {
            Ok(batches) if batches > 0 => Ok(BatchesMax(batches)),
            _ => Err(format!(
                "`batches_max` is a positive number of batches, not {number}"
            )),
        }
    }
}

/// A length of time, written as `500ms`, `3s`, `2min` or `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration {
    /// Milliseconds.
    pub milliseconds: u64,
}

impl Duration {
    /// Reads `500ms`, `3s`, `2min`, `1h`.
    pub fn parse(text: &str) -> Option<Duration> {
        let text = text.trim();
        let digits = text.find(|character: char| !character.is_ascii_digit())?;
        let amount: u64 = text[..digits].parse().ok()?;
        let unit = match text[digits..].trim() {
            "ms" => 1,
            "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        amount
            .checked_mul(unit)
            .map(|milliseconds| Duration { milliseconds })
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Duration::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is no length of time: write 500ms, 3s, 2min or 1h"
            ))
        })
    }
}

/// What a metric must be after a tier, and perhaps what it was before.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "ExpectationText")]
pub struct Expectation {
    /// Asserted before the first statement.
    pub from: Option<Expression>,
    /// Asserted after the last one.
    pub to: Expression,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExpectationText {
    Change { from: Expression, to: Expression },
    To(Expression),
}

impl From<ExpectationText> for Expectation {
    fn from(text: ExpectationText) -> Self {
        match text {
            ExpectationText::Change { from, to } => Expectation {
                from: Some(from),
                to,
            },
            ExpectationText::To(to) => Expectation { from: None, to },
        }
    }
}

/// `[[tier.rows]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierRows {
    /// The table, found through the search path unless qualified.
    pub table: String,
    /// Which of its rows are ours.
    #[serde(rename = "where")]
    pub predicate: String,
}
