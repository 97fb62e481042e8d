//! The matrix: objects down, the values of an axis across, one letter a cell.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::Row;

use crate::connect::Session;
use crate::error::PgError;

/// Objects on one page.
pub const PAGE_OBJECTS: usize = 100;

/// Which part of the matrix.
#[derive(Debug, Clone, Default)]
pub struct MatrixQuery {
    /// `responsibility` unless another axis is asked for, which needs package `one-roof`.
    pub axis: Option<String>,
    /// Only the members of this group.
    pub group: Option<String>,
    /// Only this object.
    pub object: Option<String>,
    /// Page of [`PAGE_OBJECTS`] objects, from 1; everything without it.
    pub page: Option<u32>,
}

/// One object of the matrix.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MatrixRow {
    /// collection
    pub object_type: String,
    /// The object within its type.
    pub object_ref: String,
    /// The group that it lies in.
    pub group_ref: Option<String>,
    /// By scope, or by value of the axis.
    pub cells: BTreeMap<String, MatrixCell>,
}

/// One cell.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MatrixCell {
    /// The accountable agency.
    pub owner: Option<String>,
    /// direct or inherited.
    pub resolution: Option<String>,
    /// The object whose row decides.
    pub source: Option<String>,
    /// Is nobody accountable?
    pub gap: bool,
    /// Does more than one row decide?
    pub conflict: bool,
}

impl MatrixCell {
    fn gap() -> MatrixCell {
        MatrixCell {
            owner: None,
            resolution: None,
            source: None,
            gap: true,
            conflict: false,
        }
    }

    /// `D` direct, `i` inherited, `-` gap, `!` conflict.
    pub fn letter(&self) -> char {
        match (self.conflict, self.gap, self.resolution.as_deref()) {
            (true, _, _) => '!',
            (false, true, _) => '-',
            (false, false, Some("inherited")) => 'i',
            (false, false, _) => 'D',
        }
    }
}

/// The name of the axis that the package `one-roof-base` knows by itself.
pub const RESPONSIBILITY: &str = "responsibility";

/// The matrix, or a page of it.
#[derive(Debug, Clone)]
pub struct MatrixPage {
    /// The active scopes in their order, or the active values of the axis.
    pub columns: Vec<String>,
    /// In the order of their objects.
    pub rows: Vec<MatrixRow>,
    /// Is there a next page?
    pub more: bool,
}

/// Reads the matrix.
///
/// # Errors
/// What the server says.
pub async fn matrix(session: &Session, query: &MatrixQuery) -> Result<MatrixPage, PgError> {
    let objects = PAGE_OBJECTS as i64;
    // One more than a page holds tells whether there is a next one.
    let limit = query.page.map(|_| objects + 1);
    let offset = query
        .page
        .map_or(0, |page| i64::from(page.saturating_sub(1)) * objects);
    let (group, object) = (&query.group, &query.object);
    let axis = query.axis.as_deref().filter(|axis| *axis != RESPONSIBILITY);
    let (columns, rows) = match axis {
        None => (
            session
                .query(include_str!("matrix_scopes.sql"), &[])
                .await?,
            session
                .query(
                    include_str!("matrix.sql"),
                    &[group, object, &limit, &offset],
                )
                .await?,
        ),
        Some(axis) => (
            session
                .query(include_str!("matrix_values.sql"), &[&axis])
                .await?,
            session
                .query(
                    include_str!("matrix_axis.sql"),
                    &[group, object, &limit, &offset, &axis],
                )
                .await?,
        ),
    };
    let columns: Vec<String> = columns
        .iter()
        .map(|row| Ok(row.try_get(0)?))
        .collect::<Result<_, PgError>>()?;
    // Every object needs every scope; of another axis it needs what the rows name.
    let required: &[String] = if axis.is_none() { &columns } else { &[] };
    let more = limit.is_some() && rows.len() > PAGE_OBJECTS;
    let shown = if more { PAGE_OBJECTS } else { rows.len() };
    let rows = rows
        .iter()
        .take(shown)
        .map(|row| matrix_row(row, required))
        .collect::<Result<_, PgError>>()?;
    Ok(MatrixPage {
        columns,
        rows,
        more,
    })
}

fn matrix_row(row: &Row, required: &[String]) -> Result<MatrixRow, PgError> {
    let columns: Vec<String> = row.try_get("columns")?;
    let owners: Vec<Option<String>> = row.try_get("owners")?;
    let resolutions: Vec<Option<String>> = row.try_get("resolutions")?;
    let sources: Vec<Option<String>> = row.try_get("sources")?;
    let conflicts: Vec<bool> = row.try_get("conflicts")?;
    let mut cells: BTreeMap<String, MatrixCell> = required
        .iter()
        .map(|column| (column.clone(), MatrixCell::gap()))
        .collect();
    let facts = owners
        .into_iter()
        .zip(resolutions)
        .zip(sources)
        .zip(conflicts);
    for (column, (((owner, resolution), source), conflict)) in columns.into_iter().zip(facts) {
        // An owner of a retired scope fills no cell.
        if required.is_empty() || required.contains(&column) {
            let cell = MatrixCell {
                gap: owner.is_none(),
                owner,
                resolution,
                source,
                conflict,
            };
            cells.insert(column, cell);
        }
    }
    Ok(MatrixRow {
        object_type: row.try_get("object_type")?,
        object_ref: row.try_get("object_ref")?,
        group_ref: row.try_get("group_ref")?,
        cells,
    })
}
