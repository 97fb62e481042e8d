//! Which relations of the two packages a schema holds, and whether our role may enter it.

use serde::Deserialize;

use crate::connect::Session;
use crate::error::PgError;

/// What was found.
#[derive(Debug, Clone, Deserialize)]
pub struct Installed {
    /// The wanted relations that the schema lacks.
    pub missing: Vec<String>,
    /// May our role use the schema? True too where the schema does not exist.
    pub usable: bool,
    /// Other schemas that hold the first wanted relation.
    pub elsewhere: Vec<String>,
}

/// Looks for `wanted` in `schema`, in the catalog, where even what our role may not use is seen.
///
/// # Errors
/// What the server says.
pub async fn installed(
    session: &Session,
    schema: &str,
    wanted: &[&str],
) -> Result<Installed, PgError> {
    super::row(session, include_str!("installed.sql"), &[&schema, &wanted]).await
}
