//! Extensions that a database has, and whether another server could have them too.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// An installed extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The schema of its objects.
    pub schema: String,
}

/// A version that a server could install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AvailableVersion {
    /// Name of the extension.
    pub name: String,
    /// The version.
    pub version: String,
    /// What `create extension` takes without a version.
    pub is_default: bool,
}

/// An extension that the other server cannot have in the same version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingExtension {
    /// The extension as it is at the source.
    pub extension: Extension,
    /// Versions that the other server has; none if it does not know the extension at all.
    pub available: Vec<String>,
}

/// The extensions of the session's database, those that others need first.
///
/// # Errors
/// What the server says.
pub async fn extensions(session: &Session) -> Result<Vec<Extension>, PgError> {
    let rows = session.query(include_str!("extensions.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Extension {
                name: row.try_get("name")?,
                version: row.try_get("version")?,
                schema: row.try_get("schema")?,
            })
        })
        .collect()
}

/// What the session's server could install of the named extensions.
///
/// # Errors
/// What the server says.
pub async fn extensions_available(
    session: &Session,
    names: &[String],
) -> Result<Vec<AvailableVersion>, PgError> {
    let rows = session
        .query(include_str!("extensions_available.sql"), &[&names])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AvailableVersion {
                name: row.try_get("name")?,
                version: row.try_get("version")?,
                is_default: row.try_get("is_default")?,
            })
        })
        .collect()
}

/// Those of `wanted` that are not among `available` in the same version.
pub fn missing_extensions(
    wanted: &[Extension],
    available: &[AvailableVersion],
) -> Vec<MissingExtension> {
    let mut missing = Vec::new();
    for extension in wanted {
        let versions: Vec<String> = available
            .iter()
            .filter(|known| known.name == extension.name)
            .map(|known| known.version.clone())
            .collect();
        if !versions.contains(&extension.version) {
            missing.push(MissingExtension {
                extension: extension.clone(),
                available: versions,
            });
        }
    }
    missing
}
