//! Makes a connection ready to be measured: a fresh process of the server reads what it must know about its own
//! catalogs when a query is planned for the first time, and that takes longer than the queries.

use super::counters::COUNTERS;
use super::touched::written_query;
use crate::catalog::definition_query;
use crate::connect::Session;
use crate::error::PgError;

/// The catalogs that a tier usually writes.
const USUAL: [&str; 8] = [
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_depend",
    "pg_description",
    "pg_index",
    "pg_proc",
    "pg_type",
];

/// Has the usual questions planned, and none of them answered. Outside of any transaction; leaves nothing.
///
/// # Errors
/// What the server says.
pub async fn warm(session: &Session) -> Result<(), PgError> {
    let explained = |query: &str| format!("explain {query}");
    session.query(&explained(COUNTERS), &[]).await?;
    if let Some(written) = written_query(&USUAL) {
        session.query(&explained(&written), &[&"3"]).await?;
    }
    let definition = definition_query(&["pg_class"].into());
    session
        .query(&explained(&definition), &[&Some(&[0_u32][..])])
        .await?;
    Ok(())
}
