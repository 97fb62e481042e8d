//! The names that a user may write on the command line, as the target knows them.

use crate::connect::Session;
use crate::error::PgError;

/// A kind of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// Objects and groups, of the inventory and of every ownership row.
    Object,
    /// Groups of the containment.
    Group,
    /// Scopes of responsibility, retired ones too.
    Scope,
    /// Agencies.
    Agency,
    /// Detectors of drift.
    Detector,
    /// Axes.
    Axis,
    /// Topics: values of the axis `topic`.
    Topic,
}

impl NameKind {
    /// As it is called in a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            NameKind::Object => "object",
            NameKind::Group => "group",
            NameKind::Scope => "scope",
            NameKind::Agency => "agency",
            NameKind::Detector => "detector",
            NameKind::Axis => "axis",
            NameKind::Topic => "topic",
        }
    }

    fn query(self) -> &'static str {
        match self {
            NameKind::Object => include_str!("names/objects.sql"),
            NameKind::Group => include_str!("names/groups.sql"),
            NameKind::Scope => include_str!("names/scopes.sql"),
            NameKind::Agency => include_str!("names/agencies.sql"),
            NameKind::Detector => include_str!("names/detectors.sql"),
            NameKind::Axis => include_str!("names/axes.sql"),
            NameKind::Topic => include_str!("names/topics.sql"),
        }
    }
}

/// All names of that kind, sorted.
///
/// # Errors
/// What the server says.
pub async fn names(session: &Session, kind: NameKind) -> Result<Vec<String>, PgError> {
    let rows = session.query(kind.query(), &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
