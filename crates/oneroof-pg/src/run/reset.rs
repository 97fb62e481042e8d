//! A connection that is used again, as good as a new one.

use crate::connect::Session;
use crate::error::PgError;

/// Since then the counters of a session can be written out when somebody asks for it.
const FLUSH_SINCE: u32 = 150_000;

/// What a session began with that others may have changed since for sessions to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning(Option<String>);

/// Reads it; right after the session was opened.
///
/// # Errors
/// What the server says.
pub async fn beginning(session: &Session) -> Result<Beginning, PgError> {
    let rows = session.query(include_str!("beginning.sql"), &[]).await?;
    let text = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(Beginning(text.flatten()))
}

/// Gives up what transactions left in a session: settings, role, cursors, locks of the session, channels it listens to,
/// values of sequences, counters of rows. Our prepared statements stay. `true`: now it is as good as a new connection.
/// `false`: something may be left (temporary tables, statements prepared by SQL, state of a language or of a library),
/// or a new connection would begin otherwise.
///
/// Outside of any transaction.
///
/// # Errors
/// What the server says.
pub async fn reset(session: &Session, beginning: &Beginning) -> Result<bool, PgError> {
    if session.server_version_num() < FLUSH_SINCE {
        return Ok(false);
    }
    let client = session.client();
    let give_up = client.batch_execute(include_str!("reset.sql"));
    if let Err(error) = give_up.await {
        return Err(session.explain(error).await);
    }
    let (clean, now) = tokio::try_join!(
        session.query(include_str!("clean.sql"), &[]),
        self::beginning(session)
    )?;
    let has_origin = has_origin(session).await?;
    session.simple("commit").await?;
    session.take_notices();
    let is_clean: bool = match clean.first() {
        Some(row) => row.try_get(0)?,
        None => false,
    };
    Ok(is_clean && !has_origin && now == *beginning)
}

/// May the origin of a replication be set in this session? Most roles may not even ask.
async fn has_origin(session: &Session) -> Result<bool, PgError> {
    let rows = session
        .query(include_str!("may_set_origin.sql"), &[])
        .await?;
    let (may_set, may_ask) = match rows.first() {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (true, false),
    };
    if !may_set || !may_ask {
        return Ok(may_set);
    }
    let rows = session.query(include_str!("origin.sql"), &[]).await?;
    Ok(match rows.first() {
        Some(row) => row.try_get(0)?,
        None => true,
    })
}
