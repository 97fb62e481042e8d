//! Coverage: who is accountable for what.

pub(crate) mod matrix;
pub(crate) mod object;
pub(crate) mod overview;
pub(crate) mod owner;
pub(crate) mod parts;

use maud::{Markup, html};
use oneroof_engine::governance::coverage::{GroupCoverage, OwnerCoverage, ScopeCoverage};

use crate::layout::{address, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::chart::share;
use crate::parts::table::table;

/// The page of an object.
pub(crate) fn object_address(object_type: &str, object_ref: &str, target: &str) -> String {
    format!(
        "{}&object={}",
        address("/coverage/ownership-detail", Some(target)),
        encoded(&format!("{object_type}:{object_ref}"))
    )
}

/// The page of an agency.
pub(crate) fn owner_address(owner: &str, target: &str) -> String {
    format!(
        "{}&agency={}",
        address("/coverage/owner", Some(target)),
        encoded(owner)
    )
}

fn gap(count: u64) -> Markup {
    badge(Tone::of_count(count), &count.to_string())
}

fn scopes(rows: &[ScopeCoverage]) -> Markup {
    let rows: Vec<Vec<Markup>> = rows
        .iter()
        .map(|row| {
            vec![
                html! { strong { (row.scope) } br; span.quiet { (row.description) } },
                html! { (row.covered) " of " (row.objects) (share(row.covered, row.objects)) },
                gap(row.gap),
            ]
        })
        .collect();
    table(
        "By scope",
        &["scope", "covered", "gaps"],
        &rows,
        "There is no scope.",
    )
}

fn owners(rows: &[OwnerCoverage], target: &str) -> Markup {
    let most = rows.iter().map(|row| row.total).max().unwrap_or_default();
    let rows: Vec<Vec<Markup>> = rows
        .iter()
        .map(|row| {
            vec![
                html! { a href=(owner_address(&row.owner, target)) { (row.owner) } br; span.quiet { (row.name) } },
                match row.status.as_str() {
                    "active" => badge(Tone::Good, "active"),
                    other => badge(Tone::Warn, other),
                },
                html! { (row.total) (share(row.total, most)) },
                html! { (row.direct) },
                html! { (row.inherited) },
            ]
        })
        .collect();
    table(
        "By owner",
        &["agency", "status", "rows", "direct", "inherited"],
        &rows,
        "No agency owns anything yet.",
    )
}

fn groups(rows: &[GroupCoverage], target: &str) -> Markup {
    let rows: Vec<Vec<Markup>> = rows
        .iter()
        .map(|row| {
            vec![
                match &row.group {
                    Some(group) => html! { a href={ (address("/coverage/matrix", Some(target))) "&group=" (encoded(group)) } { (group) } },
                    None => html! { span.quiet { "in no group" } },
                },
                html! { (row.objects) },
                html! { (row.covered) " of " (row.cells) (share(row.covered, row.cells)) },
                gap(row.gap),
            ]
        })
        .collect();
    table(
        "By group",
        &["group", "objects", "covered", "gaps"],
        &rows,
        "There is no object.",
    )
}
