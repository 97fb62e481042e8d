//! The steps of a rehearsal as they happen: timed, told as events, kept for the record.

use std::cell::RefCell;
use std::time::Instant;

use oneroof_model::{Event, StepOutcome};

use super::report::StepRecord;
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::forward::millis;

/// Number and title of every step, as in DESIGN 6.
pub(crate) const TITLES: [(u32, &str); 18] = [
    (1, "entry probe of the source"),
    (2, "clone of the source"),
    (3, "the clone is faithful"),
    (4, "preconditions"),
    (5, "the gate refuses while it is closed"),
    (6, "simulation of the gate"),
    (7, "every tier"),
    (8, "invariants"),
    (9, "negatives and drills"),
    (10, "second apply is refused"),
    (11, "scanner twice"),
    (12, "rollback tier by tier"),
    (13, "full rollback, baseline is back"),
    (14, "rollback once more does nothing"),
    (15, "crash drill"),
    (16, "exit probe of the source equals the entry probe"),
    (17, "clone dropped"),
    (18, "evidence"),
];

pub(crate) fn title(step: u32) -> &'static str {
    TITLES
        .iter()
        .find(|(number, _)| *number == step)
        .map_or("", |(_, title)| title)
}

/// The steps so far.
pub(crate) struct Steps<'a> {
    context: &'a Context,
    records: RefCell<Vec<StepRecord>>,
    failed: RefCell<Option<u32>>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(context: &'a Context) -> Steps<'a> {
        Steps {
            context,
            records: RefCell::default(),
            failed: RefCell::default(),
        }
    }

    /// Runs a step; its value comes with one line about what was seen.
    pub(crate) async fn run<T>(
        &self,
        step: u32,
        work: impl Future<Output = Result<(T, String), EngineError>>,
    ) -> Result<T, EngineError> {
        self.context.emit(Event::StepStarted {
            step,
            title: title(step).into(),
        });
        let started = Instant::now();
        let outcome = work.await;
        let duration_ms = millis(started.elapsed());
        match outcome {
            Ok((value, detail)) => {
                self.record(step, StepOutcome::Passed, detail, duration_ms);
                Ok(value)
            }
            Err(error) => {
                self.record(step, StepOutcome::Failed, error.to_string(), duration_ms);
                self.failed.borrow_mut().get_or_insert(step);
                Err(error)
            }
        }
    }

    /// A step that is left out on purpose.
    pub(crate) fn skip(&self, step: u32, why: &str) {
        self.record(step, StepOutcome::Skipped, why.to_owned(), 0);
    }

    fn record(&self, step: u32, outcome: StepOutcome, detail: String, duration_ms: u64) {
        let record = StepRecord {
            step,
            title: title(step).into(),
            outcome,
            detail,
            duration_ms,
        };
        self.context.emit(Event::StepFinished {
            step,
            title: record.title.clone(),
            outcome,
            detail: record.detail.clone(),
            duration_ms,
        });
        self.records.borrow_mut().push(record);
    }

    /// The first step that failed.
    pub(crate) fn failed(&self) -> Option<u32> {
        *self.failed.borrow()
    }

    /// The last step that was begun before something failed between two steps.
    pub(crate) fn reached(&self) -> u32 {
        let records = self.records.borrow();
        let forward = records.iter().filter(|record| record.step < 16);
        forward.map(|record| record.step).max().unwrap_or(1)
    }

    /// All steps so far.
    pub(crate) fn records(&self) -> Vec<StepRecord> {
        self.records.borrow().clone()
    }
}
