//! The matrix: objects down, scopes or values of an axis across.

use maud::{Markup, html};
use oneroof_engine::governance::coverage::{
    self, CoverageAnswer, CoverageQuery, Matrix, MatrixCell, MatrixQuery, MatrixRow,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::object_address;
use crate::layout::{Place, encoded};
use crate::parts::table::pager;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Which part of it.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// The target; may be left out where there is only one.
    target: Option<String>,
    /// The axis; responsibility if absent.
    axis: Option<String>,
    /// Only the members of this group.
    group: Option<String>,
    /// Only this object.
    object: Option<String>,
    /// The page, from 1; the first if absent.
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
}

/// A page of the matrix.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MatrixSeen {
    target: String,
    schema: String,
    matrix: Matrix,
}

impl View for MatrixSeen {
    type Ask = Asked;
    const PATH: &'static str = "/coverage/matrix";
    const SUMMARY: &'static str =
        "Objects down, scopes or values of an axis across, 100 objects a page";
    const PLACE: Place = Place::Matrix;

    fn target(ask: &Asked) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &Asked) -> Result<MatrixSeen, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let query = MatrixQuery {
            axis: ask.axis.clone(),
            group: ask.group.clone(),
            object: ask.object.clone(),
            page: Some(ask.page.unwrap_or(1).max(1)),
        };
        let report =
            coverage::coverage(&site.context, &target, &CoverageQuery::Matrix(query)).await?;
        match report.answer {
            CoverageAnswer::Matrix { matrix } => Ok(MatrixSeen {
                target,
                schema: report.schema,
                matrix,
            }),
            _ => Err(Problem::internal("asked for the matrix, and got a part")),
        }
    }

    fn title(&self, _: &Asked) -> String {
        format!("Matrix of {}", self.target)
    }

    fn page(&self, ask: &Asked) -> Markup {
        let page = self.matrix.page.unwrap_or(1);
        let to = |page: u32| self.address(ask, page);
        html! {
            (filters(ask, &self.target))
            (legend())
            @if self.matrix.rows.is_empty() {
                p.nothing { "There is no object here." }
            } @else {
                div.scroll role="region" aria-label="Matrix" tabindex="0" {
                    table.matrix {
                        caption.unseen { "Objects down, " (self.matrix.axis) " across" }
                        thead {
                            tr {
                                th scope="col" { "object" }
                                th scope="col" { "group" }
                                @for column in &self.matrix.columns { th scope="col" { (column) } }
                            }
                        }
                        tbody { @for row in &self.matrix.rows { (self.row(row)) } }
                    }
                }
            }
            (pager(page, (page > 1).then(|| to(page - 1)), self.matrix.more.then(|| to(page + 1))))
        }
    }
}

impl MatrixSeen {
    fn address(&self, ask: &Asked, page: u32) -> String {
        let mut address = format!(
            "/coverage/matrix?target={}&page={page}",
            encoded(&self.target)
        );
        for (name, word) in [
            ("axis", &ask.axis),
            ("group", &ask.group),
            ("object", &ask.object),
        ] {
            if let Some(word) = word {
                address.push_str(&format!("&{name}={}", encoded(word)));
            }
        }
        address
    }

    fn row(&self, row: &MatrixRow) -> Markup {
        let address = object_address(&row.object_type, &row.object_ref, &self.target);
        html! {
            tr {
                th scope="row" { a href=(address) { (row.object_ref) } }
                td.quiet { (row.group_ref.as_deref().unwrap_or("–")) }
                @for column in &self.matrix.columns {
                    @match row.cells.get(column) {
                        Some(cell) => (shown(cell, &address, column)),
                        None => td.cell.none { span.unseen { "not asked for" } },
                    }
                }
            }
        }
    }
}

fn shown(cell: &MatrixCell, object: &str, column: &str) -> Markup {
    let (class, word) = match cell.letter() {
        '!' => ("conflict", "conflict"),
        '-' => ("gap", "gap"),
        'i' => ("inherited", "inherited"),
        _ => ("direct", "direct"),
    };
    html! {
        td.cell.(class) {
            a href={ (object) "&scope=" (encoded(column)) } title={ (word) @if let Some(source) = &cell.source { " from " (source) } } {
                span.letter aria-hidden="true" { (cell.letter()) }
                span.owner { (cell.owner.as_deref().unwrap_or("nobody")) }
                span.unseen { ", " (word) }
            }
        }
    }
}

fn legend() -> Markup {
    html! {
        ul.legend aria-label="What the letters mean" {
            li { span.letter.direct { "D" } " direct: a row of the object itself" }
            li { span.letter.inherited { "i" } " inherited from a group above" }
            li { span.letter.gap { "-" } " gap: nobody" }
            li { span.letter.conflict { "!" } " conflict: more than one" }
        }
    }
}

fn filters(ask: &Asked, target: &str) -> Markup {
    html! {
        form.filters method="get" action="/coverage/matrix" role="search" aria-label="Filter the matrix" {
            input type="hidden" name="target" value=(target);
            label { "Axis" input name="axis" value=(ask.axis.as_deref().unwrap_or_default()) placeholder="responsibility"; }
            label { "Group" input name="group" value=(ask.group.as_deref().unwrap_or_default()); }
            label { "Object" input name="object" value=(ask.object.as_deref().unwrap_or_default()); }
            button type="submit" { "Show" }
        }
    }
}
