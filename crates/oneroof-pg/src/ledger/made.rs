//! What the tiers of a target made and what they undid, without the rest of their entries.

use oneroof_model::{ObjectChange, ObjectEffect, RowOperations};

use crate::connect::Session;
use crate::effects::MadeObject;
use crate::error::PgError;

/// An entry about a tier that was applied or undone, or about a release that was undone.
#[derive(Debug, Clone)]
pub struct MadeEntry {
    /// Its number.
    pub seq: u64,
    /// `tier_applied`, `tier_rolled_back` or `release_rolled_back`.
    pub kind: String,
    /// Name of the package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The tier.
    pub tier: String,
    /// Objects that it created or altered; none in entries of older versions.
    pub made: Vec<MadeObject>,
    /// All that it created, altered and dropped, also what is no object of this database.
    pub objects: Vec<ObjectEffect>,
    /// Row operations by table.
    pub rows: Vec<RowOperations>,
    /// Tables that it truncated or rewrote.
    pub new_files: Vec<String>,
}

impl MadeEntry {
    /// Did it drop this object?
    pub fn dropped(&self, object: &MadeObject) -> bool {
        self.objects.iter().any(|one| {
            one.change == ObjectChange::Dropped
                && (&one.kind, &one.identity) == (&object.kind, &object.identity)
        })
    }
}

/// All of them, oldest first.
///
/// # Errors
/// What the server says.
pub async fn made(session: &Session) -> Result<Vec<MadeEntry>, PgError> {
    let rows = session.query(include_str!("made.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            let text = |place: usize| -> Result<String, PgError> {
                let text: Option<String> = row.try_get(place)?;
                Ok(text.unwrap_or_default())
            };
            let json = |place: usize| -> Result<serde_json::Value, PgError> {
                let json: Option<serde_json::Value> = row.try_get(place)?;
                Ok(json.unwrap_or_else(|| serde_json::Value::Array(Vec::new())))
            };
            let shape = |error: serde_json::Error| PgError::Client {
                detail: format!("a ledger entry is not as it was written: {error}"),
            };
            Ok(MadeEntry {
                seq: row.try_get::<_, i64>(0)?.unsigned_abs(),
                kind: text(1)?,
                package: text(2)?,
                version: text(3)?,
                tier: text(4)?,
                made: serde_json::from_value(json(5)?).map_err(shape)?,
                objects: serde_json::from_value(json(6)?).map_err(shape)?,
                rows: serde_json::from_value(json(7)?).map_err(shape)?,
                new_files: serde_json::from_value(json(8)?).map_err(shape)?,
            })
        })
        .collect()
}

/// Which of these objects a tier made or altered.
pub(crate) async fn made_before(
    session: &Session,
    objects: &[(String, u32)],
) -> Result<Vec<(String, u32)>, PgError> {
    let (classes, oids): (Vec<&str>, Vec<u32>) = objects
        .iter()
        .map(|(class, oid)| (class.as_str(), *oid))
        .unzip();
    let rows = session
        .query(include_str!("made_before.sql"), &[&classes, &oids])
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}
