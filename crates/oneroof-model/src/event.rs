//! The story of a run, as it is told to terminal, dashboard, `events.jsonl` and evidence alike.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Value;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepOutcome {
    /// Everything was as it must be.
    Passed,
    /// Something was not.
    Failed,
    /// Left out on purpose; the detail says why.
    Skipped,
}

/// One thing that happened. An event about a change follows its commit.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A verb begins its work.
    RunStarted {
        /// Id of the run.
        run_id: String,
        /// `rehearse`, `apply`, …
        verb: String,
        /// `name@version`
        package: String,
        /// Digest of the package.
        package_digest: String,
        /// The target's name.
        target: String,
    },
    /// A step begins.
    StepStarted {
        /// Number as in the documentation of the verb.
        step: u32,
        /// What it does.
        title: String,
    },
    /// A long step is on its way.
    StepProgress {
        /// Its number.
        step: u32,
        /// Bytes moved so far.
        bytes: u64,
        /// About how many there will be; 0 if that is not known.
        of: u64,
    },
    /// A step ended.
    StepFinished {
        /// Its number.
        step: u32,
        /// What it did.
        title: String,
        /// How it ended.
        outcome: StepOutcome,
        /// One line: what was seen.
        detail: String,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// A marker line of the package.
    Marker {
        /// The line.
        text: String,
    },
    /// The server said something.
    Notice {
        /// The tier that was running.
        tier: Option<String>,
        /// `NOTICE`, `WARNING`, …
        severity: String,
        /// What it said.
        message: String,
    },
    /// A tier begins.
    TierStarted {
        /// Its id.
        tier: String,
        /// Label and id.
        title: String,
        /// One line.
        summary: String,
    },
    /// A tier could not get its locks and will be tried again.
    LockRetry {
        /// Its id.
        tier: String,
        /// 1-based.
        attempt: u32,
        /// The last attempt's number.
        attempts_max: u32,
        /// Milliseconds of rest before the next one.
        rest_ms: u64,
        /// Who holds the lock, as far as visible.
        blockers: Vec<String>,
    },
    /// A statement outside a transaction waits for others.
    StatementWaits {
        /// The tier's id.
        tier: String,
        /// Milliseconds since it began.
        waited_ms: u64,
        /// Who is in its way, as far as visible.
        blockers: Vec<String>,
    },
    /// A statement outside a transaction is done, and the ledger says so.
    StatementDone {
        /// The tier's id.
        tier: String,
        /// 1-based.
        number: usize,
        /// Statements of the tier.
        of: usize,
        /// The statement, shortened.
        statement: String,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// Something half-done of this tier was found, and is cleared away.
    HalfDoneFound {
        /// The tier's id.
        tier: String,
        /// What, one by one: `index app.i is invalid`.
        left: Vec<String>,
        /// The statements that clear it away.
        mend: Vec<String>,
    },
    /// A batch is committed and was read back.
    BatchDone {
        /// The tier's id.
        tier: String,
        /// 1-based.
        number: u64,
        /// Rows that it changed.
        rows: u64,
        /// Rows that all batches changed so far.
        rows_total: u64,
    },
    /// A tier is committed and was read back.
    TierApplied {
        /// Its id.
        tier: String,
        /// Label and id.
        title: String,
        /// Its marker lines.
        markers: Vec<String>,
        /// Statements run.
        statements: usize,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// A tier is undone and that was read back.
    TierRolledBack {
        /// Its id.
        tier: String,
        /// Label and id.
        title: String,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// A table's rows are read; with `done` = `of`, all of them were.
    TableRead {
        /// The database, as the user named it.
        target: String,
        /// The table that is read now; empty at the end.
        table: String,
        /// Tables that were read.
        done: usize,
        /// Tables in all.
        of: usize,
    },
    /// All metrics were read.
    ProbeTaken {
        /// Which moment: `entry`, `after structure`, …
        moment: String,
        /// Each metric.
        values: BTreeMap<String, Value>,
    },
    /// A statement of the read-only channel ignores its limits, or its server process is gone at last.
    ChannelAlarm {
        /// The target's name.
        target: String,
        /// The server process.
        backend_pid: i32,
        /// One sentence.
        message: String,
    },
    /// The verb is done.
    RunFinished {
        /// `passed`, `failed`, `refused`
        verdict: String,
        /// Milliseconds.
        duration_ms: u64,
    },
}

/// An event as written to `events.jsonl`: format 1.
#[derive(Debug, Clone, Serialize)]
pub struct EventRecord {
    /// Always 1.
    pub format: u32,
    /// UTC, RFC 3339 with microseconds.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
