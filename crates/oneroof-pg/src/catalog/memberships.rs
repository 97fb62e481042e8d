//! Which memberships are missing between roles.

use crate::connect::Session;
use crate::error::PgError;

/// The grants that make each `(member, role)` true; empty if all of them are.
///
/// # Errors
/// What the server says.
pub async fn memberships_missing(
    session: &Session,
    wanted: &[(&str, &str)],
) -> Result<Vec<String>, PgError> {
    let (members, roles): (Vec<&str>, Vec<&str>) = wanted.iter().copied().unzip();
    let rows = session
        .query(include_str!("memberships_missing.sql"), &[&members, &roles])
        .await?;
    rows.iter().map(|row| Ok(row.try_get("line")?)).collect()
}
