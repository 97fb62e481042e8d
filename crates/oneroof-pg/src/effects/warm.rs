//! Makes a connection ready to be measured: a fresh process of the server reads what it must know about its own
//! catalogs when a query is planned for the first time, and that takes longer than the queries.

use super::counters::COUNTERS;
use super::dependents::DEPENDENTS;
use super::measure::TRANSACTION;
use super::named::NAMED;
use super::storage::STORAGE;
use super::touched::ask_about_nothing;
use crate::catalog::{KEEP_PLANS, Pinned, USUAL_CLASSES, definitions_here};
use crate::connect::Session;
use crate::error::PgError;

/// Has the usual questions planned, and answered about nothing; a session that keeps its statements
/// ([`Session::keep_statements`]) keeps their plans. Outside of any transaction; changes nothing.
///
/// # Errors
/// What the server says.
pub async fn warm(session: &Session) -> Result<(), PgError> {
    let pinned = Pinned::begin(session).await?;
    let result = ask(session).await;
    pinned.finish(result).await
}

async fn ask(session: &Session) -> Result<(), PgError> {
    session.simple(KEEP_PLANS).await?;
    session.query(COUNTERS, &[]).await?;
    ask_about_nothing(session).await?;
    session.query(TRANSACTION, &[]).await?;
    let (names, oids): (Vec<&str>, Vec<u32>) = (Vec::new(), Vec::new());
    for query in [NAMED, DEPENDENTS] {
        session.query(query, &[&names, &oids]).await?;
    }
    session.query(STORAGE, &[&oids]).await?;
    // No object has the OID 0.
    definitions_here(session, &USUAL_CLASSES.into(), &[0]).await?;
    Ok(())
}
