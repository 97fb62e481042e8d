//! What a revalidation saw: the type behind `revalidate --json`, format 1.

use oneroof_model::{Digest, TargetClass, Value};
use oneroof_pg::catalog::ChangedObject;
use serde::Serialize;

use crate::clone_check::CheckLine;
use crate::error::{EngineError, Failure};
use crate::metrics::BrokenCheck;
use crate::rehearse::report::Verdict;
use crate::repeat::RepeatRecord;

/// The record of a revalidation.
#[derive(Debug, Serialize)]
pub struct RevalidateReport {
    /// Always 1.
    pub format: u32,
    /// Did everything hold?
    pub verdict: Verdict,
    /// Id of the run.
    pub run_id: String,
    /// UTC.
    pub started_at: String,
    /// Milliseconds, the copy included.
    pub duration_ms: u64,
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: Digest,
    /// Digest of the package that the clone's ledger says was applied.
    pub applied_digest: Option<String>,
    /// The kept clone: `clone:<id>`.
    pub on: String,
    /// Golden or clone.
    pub class: TargetClass,
    /// Its database, which was not opened.
    pub database: String,
    /// The copy that everything was done on.
    pub copy: CopyReport,
    /// R1: the invariants.
    pub invariants: InvariantsReport,
    /// R2: views and functions made again.
    pub recreated: RecreateReport,
    /// R3: acts that change nothing when they are done again.
    pub repeats: RepeatsReport,
    /// The clone safety gate, line by line.
    pub clone_check: Vec<CheckLine>,
    /// What did not hold, in words; empty if the verdict is passed.
    pub failures: Vec<String>,
}

/// The copy of the kept clone.
#[derive(Debug, Serialize)]
pub struct CopyReport {
    /// Its database.
    pub database: String,
    /// How long copying took, milliseconds.
    pub duration_ms: u64,
    /// Was it dropped?
    pub dropped: bool,
}

/// R1.
#[derive(Debug, Default, Serialize)]
pub struct InvariantsReport {
    /// How many were asked.
    pub asked: usize,
    /// Those that do not hold.
    pub broken: Vec<BrokenCheck>,
    /// The verification's table.
    pub table: Vec<(String, Value)>,
    /// They could not be asked.
    pub failure: Option<Failure>,
}

/// R2.
#[derive(Debug, Default, Serialize)]
pub struct RecreateReport {
    /// What was dropped and made again from the package's own text, in the order of dropping.
    pub objects: Vec<RecreatedObject>,
    /// What the package makes and could not be made again here, and why.
    pub left_out: Vec<LeftOut>,
    /// Statements of the tier files that were run.
    pub statements: usize,
    /// What differs between before and after: definitions, owners, grants, comments, rows, metrics.
    pub differences: Vec<String>,
    /// Definitions that differ: the clone's and the one that the package's text gives.
    pub changed: Vec<ChangedObject>,
    /// Metrics compared before and after.
    pub metrics: usize,
    /// A statement that failed.
    pub failure: Option<Failure>,
}

/// A view or function that was made again.
#[derive(Debug, Clone, Serialize)]
pub struct RecreatedObject {
    /// `view`, `function`, …
    pub kind: String,
    /// Schema-qualified.
    pub identity: String,
    /// Rows of a view before.
    pub rows_before: Option<u64>,
    /// Rows of a view after.
    pub rows_after: Option<u64>,
}

/// Something that was not made again.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    /// Kind and name.
    pub object: String,
    /// Why.
    pub why: String,
}

/// R3.
#[derive(Debug, Default, Serialize)]
pub struct RepeatsReport {
    /// Each act with its metrics before, after the first time and after the second.
    pub acts: Vec<RepeatRecord>,
    /// An act failed.
    pub failure: Option<Failure>,
}

impl RepeatsReport {
    /// An act that fails is something that does not hold, like a metric that changes.
    pub(crate) fn of(
        done: Result<Vec<RepeatRecord>, EngineError>,
    ) -> Result<RepeatsReport, EngineError> {
        match done {
            Ok(acts) => Ok(RepeatsReport {
                acts,
                failure: None,
            }),
            Err(EngineError::Failed(failure)) => Ok(RepeatsReport {
                acts: Vec::new(),
                failure: Some(*failure),
            }),
            Err(other) => Err(other),
        }
    }

    /// What does not hold, in words: what the second time changed. That the first time moves something is
    /// no fault of an old clone: what it stores is older than what is seen now.
    pub fn words(&self) -> Vec<String> {
        let failed = self.failure.iter().map(Failure::to_string);
        let changed = self.acts.iter().flat_map(|act| {
            let metrics = act.metrics.iter().filter(|metric| metric.first != metric.second);
            metrics.map(move |metric| {
                format!(
                    "`{}` changed `{}` when it was done again: {} after the first time, {} after the second",
                    act.name, metric.metric, metric.first, metric.second
                )
            })
        });
        failed.chain(changed).collect()
    }
}

impl RecreateReport {
    /// Is everything as before?
    pub fn holds(&self) -> bool {
        self.failure.is_none() && self.differences.is_empty()
    }
}
