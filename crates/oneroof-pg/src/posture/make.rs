//! The statements that make a right role.

use oneroof_model::posture::RoleKind;

use crate::connect::Session;
use crate::error::PgError;

/// The statements that make `role` right for this connection of the session's database, in order, each with
/// its semicolon. The server itself quotes every name. Nothing is executed; no statement sets a password.
///
/// # Errors
/// What the server says.
pub async fn make_role(
    session: &Session,
    kind: RoleKind,
    role: &str,
) -> Result<Vec<String>, PgError> {
    let sql = match kind {
        RoleKind::Read => include_str!("make_read.sql"),
        RoleKind::Clone => include_str!("make_clone.sql"),
        RoleKind::Apply => include_str!("make_apply.sql"),
    };
    let rows = session.query(sql, &[&role]).await?;
    rows.iter().map(|row| Ok(row.try_get("text")?)).collect()
}
