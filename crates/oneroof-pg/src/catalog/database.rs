//! Facts about a database itself, and the statements that make another one like it.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// The database of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseFacts {
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: String,
    /// For example `UTF8`.
    pub encoding: String,
    /// `LC_COLLATE`.
    pub collate: String,
    /// `LC_CTYPE`.
    pub ctype: String,
    /// `c` libc, `i` ICU, `b` builtin.
    pub locale_provider: String,
    /// Locale of ICU or of the builtin provider.
    pub locale: Option<String>,
    /// Grants as PostgreSQL keeps them; `None` for the default ones.
    pub acl: Option<Vec<String>>,
    /// Comment; not part of the definition.
    pub comment: Option<String>,
    /// Size on disk in bytes.
    pub size_bytes: u64,
    /// Settings `name=value` and `role: name=value`, without the mark.
    pub settings: Vec<String>,
}

/// Statements for a server of the same major, none with a semicolon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseStatements {
    /// `create database … allow_connections false`.
    pub create: String,
    /// `create database … template … allow_connections false`: with all objects, on the same server.
    pub copy: String,
    /// `alter database … allow_connections true`.
    pub open: String,
    /// Settings of the database, and of roles in it.
    pub settings: Vec<String>,
    /// Grants.
    pub acl: Vec<String>,
}

/// Reads the facts.
///
/// # Errors
/// What the server says.
pub async fn database(session: &Session) -> Result<DatabaseFacts, PgError> {
    let rows = session.query(include_str!("database.sql"), &[]).await?;
    let row = rows.first().ok_or_else(|| PgError::Client {
        detail: "the server does not list the current database".to_owned(),
    })?;
    let size_bytes: i64 = row.try_get("size_bytes")?;
    Ok(DatabaseFacts {
        name: row.try_get("name")?,
        owner: row.try_get("owner")?,
        encoding: row.try_get("encoding")?,
        collate: row.try_get("collate")?,
        ctype: row.try_get("ctype")?,
        locale_provider: row.try_get("locale_provider")?,
        locale: row.try_get("locale")?,
        acl: row.try_get("acl")?,
        comment: row.try_get("comment")?,
        size_bytes: size_bytes.unsigned_abs(),
        settings: row.try_get("settings")?,
    })
}

/// Lets the server build the statements for a database like its current one, named `new_name`.
///
/// # Errors
/// What the server says.
pub async fn database_statements(
    session: &Session,
    new_name: &str,
) -> Result<DatabaseStatements, PgError> {
    statements(session, new_name, None).await
}

/// The same for a database of the session's server that nobody has to be connected to.
///
/// # Errors
/// What the server says.
pub async fn database_statements_of(
    session: &Session,
    database: &str,
    new_name: &str,
) -> Result<DatabaseStatements, PgError> {
    statements(session, new_name, Some(database)).await
}

async fn statements(
    session: &Session,
    new_name: &str,
    database: Option<&str>,
) -> Result<DatabaseStatements, PgError> {
    let mut statements = DatabaseStatements {
        create: String::new(),
        copy: String::new(),
        open: String::new(),
        settings: Vec::new(),
        acl: Vec::new(),
    };
    for row in session
        .query(
            include_str!("database_statements.sql"),
            &[&new_name, &database],
        )
        .await?
    {
        let statement: String = row.try_get("statement")?;
        match row.try_get("kind")? {
            "create" => statements.create = statement,
            "copy" => statements.copy = statement,
            "open" => statements.open = statement,
            "setting" => statements.settings.push(statement),
            _ => statements.acl.push(statement),
        }
    }
    Ok(statements)
}
