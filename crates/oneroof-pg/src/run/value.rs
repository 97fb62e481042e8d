//! Reads the value of a metric, and rows as JSON. The text of the query comes from a package, which
//! `oneroof-sql` has found to be one SELECT; the server's own parser proves it again here.

use oneroof_model::Value;

use crate::connect::Session;
use crate::error::PgError;

/// The value of a metric and, if its query has a second column, the detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadValue {
    /// First column of the one row.
    pub value: Value,
    /// Second column, as text.
    pub detail: Option<String>,
}

/// Why a query gave no value.
#[derive(Debug, thiserror::Error)]
pub enum ValueFault {
    /// The server refused it.
    #[error("run the query")]
    Server(#[source] PgError),
    /// It has not the shape of a metric.
    #[error("read one value: {0}")]
    Shape(String),
}

impl From<PgError> for ValueFault {
    fn from(error: PgError) -> Self {
        ValueFault::Server(error)
    }
}

/// Runs a query that must give one row, in the session's present transaction.
///
/// The query is first prepared, which proves that it is a single statement and tells the type of
/// its column; its values then come in PostgreSQL's own text form.
pub async fn read_value(session: &Session, query: &str) -> Result<ReadValue, ValueFault> {
    let columns = session.prepare_check(query).await?;
    let Some((_, type_name)) = columns.first() else {
        return Err(ValueFault::Shape("the query has no column".into()));
    };
    let outcome = session.simple(query).await?;
    let [row] = outcome.rows.as_slice() else {
        return Err(ValueFault::Shape(format!(
            "the query gave {} rows, not one",
            outcome.rows.len()
        )));
    };
    Ok(ReadValue {
        value: Value::from_text(type_name, row.first().and_then(Option::as_deref)),
        detail: row.get(1).cloned().flatten(),
    })
}

/// Runs a query and gives its rows as JSON objects, one per row, in its own order.
pub async fn read_rows(
    session: &Session,
    query: &str,
) -> Result<Vec<serde_json::Value>, ValueFault> {
    let columns = session.prepare_check(query).await?;
    let outcome = session.simple(query).await?;
    Ok(outcome
        .rows
        .iter()
        .map(|row| {
            serde_json::Value::Object(
                columns
                    .iter()
                    .zip(row)
                    .map(|((name, type_name), text)| {
                        (name.clone(), json_of(type_name, text.as_deref()))
                    })
                    .collect(),
            )
        })
        .collect())
}

fn json_of(type_name: &str, text: Option<&str>) -> serde_json::Value {
    if let ("json" | "jsonb", Some(text)) = (type_name, text)
        && let Ok(json) = serde_json::from_str(text)
    {
        return json;
    }
    match Value::from_text(type_name, text) {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => flag.into(),
        Value::Integer(number) => number.into(),
        Value::Text(text) => text.into(),
    }
}

/// Which of these relation names the server finds, through the present search path.
pub async fn relations_exist(session: &Session, names: &[String]) -> Result<Vec<String>, PgError> {
    let rows = session
        .query(include_str!("relations_exist.sql"), &[&names])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
