//! Tables. On a narrow window a table scrolls by itself, with the keyboard too; the page never does.

use maud::{Markup, html};

/// A table with its name, its columns and its rows; `nothing` stands for no rows.
pub(crate) fn table(name: &str, columns: &[&str], rows: &[Vec<Markup>], nothing: &str) -> Markup {
    html! {
        @if rows.is_empty() {
            p.nothing { (nothing) }
        } @else {
            div.scroll role="region" aria-label=(name) tabindex="0" {
                table {
                    caption.unseen { (name) }
                    thead { tr { @for column in columns { th scope="col" { (column) } } } }
                    tbody {
                        @for row in rows {
                            tr { @for cell in row { td { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}

/// Links to the page before and the page after.
pub(crate) fn pager(page: u32, before: Option<String>, after: Option<String>) -> Markup {
    html! {
        @if before.is_some() || after.is_some() {
            nav.pager aria-label="Pages of this list" {
                @if let Some(before) = before { a href=(before) rel="prev" { "← Before" } }
                span { "Page " (page) }
                @if let Some(after) = after { a href=(after) rel="next" { "After →" } }
            }
        }
    }
}
