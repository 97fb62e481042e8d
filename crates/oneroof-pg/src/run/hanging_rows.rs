//! Rows of other tables that refer to rows which a rollback deletes.

use serde_json::Value;

use crate::connect::Session;
use crate::error::PgError;

/// Rows of one table that refer to one row of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HangingRows {
    /// The table that has them, as `schema.table`.
    pub table: String,
    /// The foreign key.
    pub constraint: String,
    /// The key of our row, as JSON; `None` where the other table may not be read.
    pub key: Option<String>,
    /// How many; `None`: the other table may not be read, so nobody knows.
    pub rows: Option<u64>,
    /// What happens to them without a word: `deleted`, `set to null`, …; `None`: the server refuses.
    pub silently: Option<String>,
}

/// The rows that refer to rows of `table` with these keys. `own` are keys of rows of ours in other tables
/// (`schema.table`), which do not count.
///
/// # Errors
/// What the server says.
pub async fn hanging_rows(
    session: &Session,
    table: &str,
    keys: &[Value],
    own: &[(String, Vec<Value>)],
) -> Result<Vec<HangingRows>, PgError> {
    let mut found = Vec::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let foreign_keys = session
        .query(include_str!("hanging_rows.sql"), &[&table])
        .await?;
    for row in &foreign_keys {
        let (constraint, theirs): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let silently: Option<String> = row.try_get(2)?;
        let query: String = row.try_get(3)?;
        if !row.try_get::<_, bool>(4)? {
            found.push(HangingRows {
                table: theirs,
                constraint,
                key: None,
                rows: None,
                silently,
            });
            continue;
        }
        let ours: Vec<&Value> = own
            .iter()
            .filter(|(name, _)| *name == theirs)
            .flat_map(|(_, keys)| keys)
            .collect();
        for counted in session.query(&query, &[&keys, &ours]).await? {
            let rows: i64 = counted.try_get(1)?;
            found.push(HangingRows {
                table: theirs.clone(),
                constraint: constraint.clone(),
                key: counted.try_get(0)?,
                rows: Some(rows.unsigned_abs()),
                silently: silently.clone(),
            });
        }
    }
    Ok(found)
}
