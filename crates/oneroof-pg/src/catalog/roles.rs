//! The roles of a cluster, as the statements that make them on another server. The source server
//! itself builds the statements, with `format('%I', '%L')`.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// What a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleStatementKind {
    /// `create role` with all attributes but the password.
    Role,
    /// `alter role … set`.
    Setting,
    /// `comment on role`.
    Comment,
    /// `grant role to role`.
    Membership,
}

/// One fact about a role, and the statement that makes it true elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleStatement {
    /// What it is about.
    pub kind: RoleStatementKind,
    /// The role; of a membership, the member.
    pub role: String,
    /// The statement, without a semicolon.
    pub statement: String,
}

/// All roles but the system's own and the bootstrap superuser, in an order that works: roles,
/// then settings and comments, then memberships. Needs no right beyond connecting.
///
/// # Errors
/// What the server says.
pub async fn roles(session: &Session) -> Result<Vec<RoleStatement>, PgError> {
    let rows = session.query(include_str!("roles.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            let kind: &str = row.try_get("kind")?;
            Ok(RoleStatement {
                kind: match kind {
                    "role" => RoleStatementKind::Role,
                    "setting" => RoleStatementKind::Setting,
                    "comment" => RoleStatementKind::Comment,
                    _ => RoleStatementKind::Membership,
                },
                role: row.try_get("role")?,
                statement: row.try_get("statement")?,
            })
        })
        .collect()
}
