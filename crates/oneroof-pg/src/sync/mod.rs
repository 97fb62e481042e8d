//! What a sync compares with the wish: everything that the packages `one-roof-base` and `one-roof` hold, as one
//! JSON document, read through the present search path.

use serde_json::Value;

use crate::connect::Session;
use crate::error::PgError;

/// The list of containers, which some inventory providers have.
const CONTAINERS: &str = "governance_inventory_group";

/// Reads it all. The member `containers` is null where the provider has no list.
///
/// # Errors
/// What the server says.
pub async fn actual(session: &Session) -> Result<Value, PgError> {
    let mut actual = document(session, include_str!("actual.sql")).await?;
    let relations = crate::catalog::relations(session, &[CONTAINERS]).await?;
    if relations.iter().any(|relation| relation.found) {
        actual["containers"] = document(session, include_str!("containers.sql")).await?;
    }
    Ok(actual)
}

/// The same with these changes of the list of containers in it, since they decide what the inventory is. The
/// session is in a transaction that may write; nothing of it stays.
///
/// # Errors
/// What the server says.
pub async fn actual_with(session: &Session, containers: &[Value]) -> Result<Value, PgError> {
    session.simple("savepoint sync_inventory").await?;
    let changes = Value::Array(containers.to_vec());
    session
        .query(include_str!("containers_try.sql"), &[&changes])
        .await?;
    let actual = actual(session).await?;
    session
        .simple("rollback to savepoint sync_inventory")
        .await?;
    Ok(actual)
}

async fn document(session: &Session, sql: &str) -> Result<Value, PgError> {
    let rows = session.query(sql, &[]).await?;
    rows.first()
        .map_or(Ok(Value::Null), |row| Ok(row.try_get(0)?))
}
