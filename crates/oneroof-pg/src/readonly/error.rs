//! How a turn can end without rows.

use crate::error::PgError;

/// Why there is no answer. Nothing was changed, whatever it is.
#[derive(Debug, thiserror::Error)]
pub enum ReadonlyError {
    /// Every slot was taken for as long as we wait.
    #[error("pool busy: all {size} slots of database `{database}` were taken for {waited_ms} ms")]
    Busy {
        /// The database.
        database: String,
        /// Slots in all.
        size: usize,
        /// How long we waited.
        waited_ms: u64,
        /// Slots that are held by statements that ignore their limits.
        stuck: Vec<String>,
    },
    /// The session is not what it must be; it was closed.
    #[error("run anything on this connection: {what}")]
    Surprise {
        /// What is not so.
        what: String,
    },
    /// The statement did not end in time, and the server's own limit did not help.
    #[error("get an answer within {limit_ms} ms")]
    Deadline {
        /// The limit of the whole statement.
        limit_ms: u64,
    },
    /// The server or the connection said no.
    #[error(transparent)]
    Server(#[from] PgError),
}
