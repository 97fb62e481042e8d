//! The limits of one statement.

use std::time::Duration;

/// How much one statement may take. The server enforces its part, we enforce ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The server ends the statement after this.
    pub statement: Duration,
    /// The server ends its wait for a lock after this.
    pub lock: Duration,
    /// The server ends a transaction that nobody goes on with after this.
    pub idle: Duration,
    /// Memory for each sort or hash, kilobytes.
    pub work_mem_kb: u32,
    /// How much later than the server we ask it to cancel, because its own limit did not help.
    pub cancel_after: Duration,
    /// How long it has to obey before the process is terminated.
    pub terminate_after: Duration,
    /// Longest wait for a slot.
    pub wait: Duration,
    /// Rows that are given; one more is asked for, to know whether there are more.
    pub rows_max: u32,
    /// Bytes that the server may send for one statement.
    pub bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(5),
            lock: Duration::from_secs(1),
            idle: Duration::from_secs(10),
            work_mem_kb: 16 * 1024,
            cancel_after: Duration::from_secs(1),
            terminate_after: Duration::from_secs(2),
            wait: Duration::from_secs(10),
            rows_max: 500,
            bytes_max: 4 * 1024 * 1024,
        }
    }
}
