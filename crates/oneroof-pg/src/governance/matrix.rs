//! The matrix: objects down, the values of an axis across, one letter a cell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// Rows of the matrix, and whether there are more behind them.
#[derive(Debug, Clone)]
pub struct MatrixPage {
    /// In the order of their objects.
    pub rows: Vec<MatrixRow>,
    /// Is there a next page?
    pub more: bool,
}

/// The rows of the matrix, in the order of their objects.
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
    let mut rows: Vec<MatrixRow> = match query.axis.as_deref() {
        None | Some(RESPONSIBILITY) => {
            super::rows(
                session,
                include_str!("matrix.sql"),
                &[&query.group, &query.object, &limit, &offset],
            )
            .await?
        }
        Some(axis) => {
            super::rows(
                session,
                include_str!("matrix_axis.sql"),
                &[&query.group, &query.object, &limit, &offset, &axis],
            )
            .await?
        }
    };
    let more = limit.is_some() && rows.len() > PAGE_OBJECTS;
    if more {
        rows.truncate(PAGE_OBJECTS);
    }
    Ok(MatrixPage { rows, more })
}

/// The columns of the matrix: the active scopes in their order, or the active values of the axis.
///
/// # Errors
/// What the server says.
pub async fn columns(session: &Session, axis: Option<&str>) -> Result<Vec<String>, PgError> {
    let rows = match axis {
        None | Some(RESPONSIBILITY) => {
            session
                .query(include_str!("matrix_scopes.sql"), &[])
                .await?
        }
        Some(axis) => {
            session
                .query(include_str!("matrix_values.sql"), &[&axis])
                .await?
        }
    };
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
