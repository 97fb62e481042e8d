//! The coverage matrix of `report.html`, before and after.

use maud::{Markup, html};

use super::charts::share;
use crate::rehearse::coverage::{CoverageMoment, CoverageRecord};

pub(super) fn section(record: &CoverageRecord) -> Markup {
    html! {
        h2 { "Who is accountable for what" }
        table {
            tr { th { "moment" } th { "cells" } th { "covered" } th { "gaps" } th { "conflicts" } th { "" } }
            (figures("before the release", record.before.as_ref()))
            (figures("after the release", record.after.as_ref()))
        }
        @if let Some(after) = record.after.as_ref().or(record.before.as_ref()) { (matrix(after)) }
    }
}

fn figures(moment: &str, seen: Option<&CoverageMoment>) -> Markup {
    html! { @if let Some(seen) = seen {
        @let s = &seen.summary;
        tr {
            td { (moment) } td.number { (s.total_cells) } td.number { (s.covered_cells) }
            td.number { (s.gap_cells) } td.number { (s.conflicts) }
            td { (share(s.covered_cells, s.total_cells, &format!("{} of {} cells covered", s.covered_cells, s.total_cells))) }
        }
    } }
}

fn matrix(seen: &CoverageMoment) -> Markup {
    html! {
        p.quiet { "D a row of its own, i inherited from its group, - nobody, ! more than one." @if seen.more { " Only the first objects; the others are in the database." } }
        div.wide { table.matrix {
            tr { th { "object" } th { "group" } @for column in &seen.columns { th { (column) } } }
            @for row in &seen.rows { tr {
                td { (row.object_ref) } td.quiet { (row.group_ref.as_deref().unwrap_or("-")) }
                @for column in &seen.columns {
                    @match row.cells.get(column) {
                        Some(cell) => { td.cell.(class(cell.letter())) title=(cell.owner.as_deref().unwrap_or("nobody")) { (cell.letter()) } }
                        None => { td.cell { "" } }
                    }
                }
            } }
        } }
    }
}

fn class(letter: char) -> &'static str {
    match letter {
        'D' => "direct",
        'i' => "inherited",
        '!' => "conflict",
        _ => "gap",
    }
}
