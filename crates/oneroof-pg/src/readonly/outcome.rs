//! What a statement of the channel gave.

use serde::Serialize;

/// A column of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ColumnShape {
    /// Its name; several columns may have the same one.
    pub name: String,
    /// Its type: `int4`, or `schema.name` for types outside `pg_catalog`.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// Why not everything is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Truncated {
    /// There are more rows.
    Rows,
    /// The server wanted to send more bytes; the connection was closed.
    Bytes,
}

/// The rows; each value as PostgreSQL prints it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QueryRows {
    /// The columns.
    pub columns: Vec<ColumnShape>,
    /// The rows; `None` is null.
    pub rows: Vec<Vec<Option<String>>>,
    /// Is something left out?
    pub truncated: Option<Truncated>,
    /// Bytes that the server sent for it.
    pub bytes: u64,
}
