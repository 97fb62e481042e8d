//! Finds a proxy that gives a server process to a client for one transaction only.

use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::{ConnectFailure, PgError};

const WHO: &str = "select pg_catalog.pg_backend_pid()";

/// What is between us and the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pooling {
    /// Each session has its own server process.
    None,
    /// Two of our sessions were served by one process, or one session by two.
    Transactions,
    /// A second session could not be opened, so nothing can be said: why.
    Unknown(String),
}

/// Opens a second session beside `first`, which must be outside of a transaction, and compares who answers.
///
/// # Errors
/// What the server says to a query.
pub async fn pooling(
    first: &Session,
    conninfo: &ConnInfo,
    options: &SessionOptions,
) -> Result<Pooling, PgError> {
    let second = match connect(conninfo, options).await {
        Ok(second) => second,
        Err(PgError::Connect { reason, .. }) if reason == ConnectFailure::TooManyConnections => {
            return Ok(Pooling::Unknown(reason.to_string()));
        }
        Err(error) => return Err(error),
    };
    let outcome = compare(first, &second).await;
    second.close().await;
    outcome
}

async fn compare(first: &Session, second: &Session) -> Result<Pooling, PgError> {
    let one = process(first).await?;
    second.simple("begin read only").await?;
    let other = process(second).await;
    // A pool with one process only would make `first` wait for the end of this transaction.
    second.simple("rollback").await?;
    if other? == one {
        return Ok(Pooling::Transactions);
    }
    first.simple("begin read only").await?;
    let inside = process(first).await;
    first.simple("rollback").await?;
    Ok(if inside? == one {
        Pooling::None
    } else {
        Pooling::Transactions
    })
}

/// The server process that answers now.
async fn process(session: &Session) -> Result<Option<String>, PgError> {
    let outcome = session.simple(WHO).await?;
    Ok(outcome.rows.into_iter().flatten().flatten().next())
}
