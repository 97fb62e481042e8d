//! Is a mark to be believed? A setting of a database can be copied or invented; it counts only if
//! it names the very database that carries it and our registry knows the clone.

use oneroof_model::{Mark, TargetClass};
use serde::Serialize;

use super::registry::{CloneRegistry, CloneRegistryError};
use crate::catalog::{self, TargetIdentity};
use crate::connect::Session;
use crate::error::PgError;

/// What a mark is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum MarkVerdict {
    /// There is none: the database is what it was adopted as, a production by default.
    None,
    /// The database is a clone of ours.
    Valid {
        /// Clone, golden or scratch.
        class: TargetClass,
        /// Id of the clone.
        id: String,
    },
    /// There is one and it is not ours: nothing may be changed until a person has looked at it.
    Forged {
        /// Why, a fragment.
        why: String,
    },
}

impl MarkVerdict {
    /// The class that a valid mark gives.
    pub fn class(&self) -> Option<TargetClass> {
        match self {
            Self::Valid { class, .. } => Some(*class),
            Self::None | Self::Forged { .. } => None,
        }
    }
}

/// Judges the raw mark of the database with this identity.
///
/// # Errors
/// The registry's entry cannot be read. A mark that is not to be believed is no error.
pub fn valid_mark(
    mark: Option<&str>,
    identity: &TargetIdentity,
    registry: &CloneRegistry,
) -> Result<MarkVerdict, CloneRegistryError> {
    let forged = |why: String| Ok(MarkVerdict::Forged { why });
    let Some(text) = mark else {
        return Ok(MarkVerdict::None);
    };
    let mark: Mark = match serde_json::from_str(text) {
        Ok(mark) => mark,
        Err(error) => return forged(format!("it is no mark of ours: {error}")),
    };
    if mark.class == TargetClass::Production {
        return forged("no mark makes a production".to_owned());
    }
    if mark.database_oid != identity.database_oid {
        return forged(format!(
            "it names the database with OID {}, this one has {}",
            mark.database_oid, identity.database_oid
        ));
    }
    let entry = match registry.find(&mark.id) {
        Ok(entry) => entry,
        Err(CloneRegistryError::Unknown { .. }) => {
            return forged(format!(
                "no clone `{}` is registered in `{}`",
                mark.id,
                registry.folder().display()
            ));
        }
        Err(error) => return Err(error),
    };
    if identity.system_identifier.as_deref() != Some(entry.system_identifier.as_str()) {
        return forged(format!(
            "clone `{}` lives on the server with system identifier {}, this one has {}",
            mark.id,
            entry.system_identifier,
            identity
                .system_identifier
                .as_deref()
                .unwrap_or("an unreadable one")
        ));
    }
    if entry.database_oid != identity.database_oid {
        return forged(format!(
            "clone `{}` is the database with OID {}, this one has {}",
            mark.id, entry.database_oid, identity.database_oid
        ));
    }
    let honest = mark.digest == entry.expected_digest()
        && mark.class == entry.class
        && mark.source == entry.source
        && text == entry.mark();
    if !honest {
        return forged(format!(
            "its digest or content is not what clone `{}` was marked with",
            mark.id
        ));
    }
    Ok(MarkVerdict::Valid {
        class: mark.class,
        id: mark.id,
    })
}

/// Reads mark and identity of the session's database and judges them.
///
/// # Errors
/// What the server says; [`PgError::Client`] if the registry cannot be read.
pub async fn mark_verdict(
    session: &Session,
    registry: &CloneRegistry,
) -> Result<MarkVerdict, PgError> {
    let mark = catalog::mark(session).await?;
    let identity = catalog::identity(session).await?;
    valid_mark(mark.as_deref(), &identity, registry).map_err(|error| PgError::Client {
        detail: crate::error::with_sources(&error),
    })
}
