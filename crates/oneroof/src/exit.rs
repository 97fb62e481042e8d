//! Every exit code, each with its meaning. `docs/reference/exit-codes.md` says the same to users.

use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was done, or there was nothing to do.
    Ok,
    /// Something unexpected: the server cannot be reached, a disk is full, a fault of ours.
    Error,
    /// Wrong usage or input that cannot be used: a flag, a file, a name.
    Usage,
    /// Not done, on purpose; nothing was changed. A stable code says why.
    Refused,
    /// A statement, an assertion or a step failed; what was half-done is rolled back.
    Failed,
    /// The gate is closed, and `oneroof gate` was asked.
    GateBlocked,
    /// Ctrl-C, or SIGTERM; what was begun is cleaned up.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Failed => 4,
            Exit::GateBlocked => 10,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
