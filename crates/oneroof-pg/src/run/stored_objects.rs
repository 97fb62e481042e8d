//! The views and functions of a release as the server has them: how to drop each, and what each view shows.

use crate::connect::Session;
use crate::error::PgError;

/// A view, function or procedure that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// `view`, `materialized view`, `function`, `procedure`
    pub kind: String,
    /// Its schema.
    pub schema: String,
    /// Its name, without schema and arguments.
    pub name: String,
    /// Schema-qualified, quoted; with its arguments if it is a function.
    pub identity: String,
    /// Drops it, never with cascade.
    pub drop_statement: String,
    rows_statement: Option<String>,
}

/// Count and hash of the rows of a view; the hash does not depend on their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRows {
    /// How many.
    pub count: u64,
    /// Sum of the hashes of the rows, decimal.
    pub hash: String,
}

/// Looks for views, functions and procedures by schema (`None`: where the session makes new objects) and
/// name; what is not there is left out. `volatile_columns` are not part of what a view shows.
///
/// # Errors
/// What the server says.
pub async fn stored_objects(
    session: &Session,
    wanted: &[(Option<String>, String)],
    volatile_columns: &[String],
) -> Result<Vec<StoredObject>, PgError> {
    let (schemas, names): (Vec<Option<String>>, Vec<String>) = wanted.iter().cloned().unzip();
    let rows = session
        .query(
            include_str!("stored_objects.sql"),
            &[&schemas, &names, &volatile_columns],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredObject {
                kind: row.try_get("kind")?,
                schema: row.try_get("schema")?,
                name: row.try_get("name")?,
                identity: row.try_get("identity")?,
                drop_statement: row.try_get("drop_statement")?,
                rows_statement: row.try_get("rows_statement")?,
            })
        })
        .collect()
}

/// Reads every row of a view, in the session's present transaction; `None` for what is no view.
///
/// # Errors
/// What the server says.
pub async fn view_rows(
    session: &Session,
    object: &StoredObject,
) -> Result<Option<ViewRows>, PgError> {
    let Some(statement) = &object.rows_statement else {
        return Ok(None);
    };
    let outcome = session.simple(statement).await?;
    let row = outcome.rows.into_iter().next().unwrap_or_default();
    let [Some(count), Some(hash)] = row.as_slice() else {
        return Err(PgError::Client {
            detail: format!("no count came back for `{}`", object.identity),
        });
    };
    Ok(Some(ViewRows {
        count: count.parse().map_err(|_| PgError::Client {
            detail: format!("`{count}` is no count of rows"),
        })?,
        hash: hash.clone(),
    }))
}
