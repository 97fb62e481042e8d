//! The frame of every page: head, navigation, the chosen target, and the page that says what is wrong.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::parts::badge::{Tone, badge};
use crate::parts::text::prose;
use crate::problem::Problem;
use crate::visitor;

/// A page's place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Status,
    Targets,
    Releases,
    Evidence,
    Gate,
    Passkeys,
    Coverage,
    Matrix,
    Axes,
    Reconcile,
    Drift,
    Queue,
    Console,
    Hub,
    /// None: a page for what went wrong.
    Nowhere,
}

/// A link of the navigation: the page, its name, its address, and whether it is about one target.
type Link = (Place, &'static str, &'static str, bool);

/// The navigation: groups of pages.
const GROUPS: &[(&str, &[Link])] = &[
    (
        "Now",
        &[
            (Place::Status, "Status", "/", false),
            (Place::Targets, "Targets", "/targets", false),
        ],
    ),
    (
        "Releases",
        &[
            (Place::Releases, "Releases", "/releases", true),
            (Place::Evidence, "Rehearsals", "/evidence", false),
            (Place::Gate, "Gate", "/gate", true),
            (Place::Passkeys, "Passkeys", "/passkeys", true),
        ],
    ),
    (
        "Governance",
        &[
            (Place::Coverage, "Coverage", "/coverage", true),
            (Place::Matrix, "Matrix", "/coverage/matrix", true),
            (Place::Axes, "Axes and topics", "/axes", true),
            (Place::Reconcile, "Reconcile", "/reconcile", true),
            (Place::Drift, "Drift", "/drift", true),
            (Place::Queue, "Review queue", "/queue", true),
        ],
    ),
    (
        "Look",
        &[
            (Place::Hub, "Knowledge Hub", "/hub", false),
            (Place::Console, "Query console", "/query", true),
        ],
    ),
];

/// What the frame of a page needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Where we are.
    pub(crate) place: Place,
    /// The targets to choose from; none where the page is about no target.
    pub(crate) targets: Vec<String>,
    /// The chosen one.
    pub(crate) target: Option<String>,
    /// The path of this page.
    pub(crate) path: String,
}

impl Frame {
    /// The frame of a page that is nowhere.
    pub(crate) fn nowhere() -> Frame {
        Frame {
            place: Place::Nowhere,
            targets: Vec::new(),
            target: None,
            path: "/".to_owned(),
        }
    }
}

/// A page without a way to the others: for whoever is not in yet.
pub(crate) fn alone(title: &str, body: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body.alone {
                main #main { h1 { (title) } (body) }
            }
        }
    };
    ([(header::CACHE_CONTROL, "no-store")], markup).into_response()
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · oneroof" }
            link rel="stylesheet" href=(assets::style_path());
            link rel="icon" type="image/svg+xml" href=(assets::icon_path());
        }
    }
}

/// A page.
pub(crate) fn page(frame: &Frame, title: &str, body: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a.skip href="#main" { "Skip to content" }
                header.top {
                    a.brand href="/" {
                        svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" {
                            path d="M2 12 12 4l10 8" {}
                            path d="M5 11v9h14v-9" {}
                        }
                        "oneroof"
                    }
                    (chooser(frame))
                    (visitor::card())
                }
                (navigation(frame))
                main #main tabindex="-1" {
                    h1 { (title) }
                    (body)
                }
                footer.foot {
                    p {
                        "oneroof " (env!("CARGO_PKG_VERSION"))
                        " · every number is read from a database or from evidence · "
                        a href={ "/api/v1" (twin_path(frame)) } { "this page as JSON" }
                        " · " a href="/api/v1/openapi.json" { "API" }
                    }
                }
            }
        }
    };
    ([(header::CACHE_CONTROL, "no-store")], markup).into_response()
}

/// The page that says what is wrong, and how to go on.
pub(crate) fn problem(frame: &Frame, problem: &Problem) -> Response {
    let title = match problem.kind {
        "refused" => "Not possible here",
        "missing" => "Not found",
        "input" => "Cannot be understood",
        _ if problem.status.as_u16() == 502 => "The database does not answer",
        _ => "Something went wrong",
    };
    let body = html! {
        (problem_box(problem))
        p { "What needs no database still works: "
            a href="/evidence" { "rehearsals and their evidence" } ", "
            a href="/targets" { "targets" } ", " a href="/hub" { "the hub" } "." }
    };
    let mut response = page(frame, title, &body);
    *response.status_mut() = problem.status;
    response
}

/// What is wrong, as part of a page.
pub(crate) fn problem_box(problem: &Problem) -> Markup {
    let tone = match problem.kind {
        "refused" | "missing" | "input" => Tone::Warn,
        _ => Tone::Bad,
    };
    html! {
        section.problem aria-label="What is wrong" {
            p {
                (badge(tone, problem.kind)) " "
                @if let Some(code) = &problem.code { code { (code) } " " }
                strong { (prose(&problem.message)) }
                @if let (Some(line), Some(column)) = (problem.line, problem.column) {
                    " (line " (line) ", column " (column) ")"
                }
            }
            @if !problem.reasons.is_empty() {
                ul { @for reason in &problem.reasons { li { (prose(reason)) } } }
            }
            @for cause in &problem.causes { p.quiet { (prose(cause)) } }
            @if let Some(state) = &problem.sqlstate { p.quiet { "SQLSTATE " code { (state) } } }
            @if let Some(detail) = &problem.detail { p.quiet { (detail) } }
            @if let Some(hint) = &problem.hint { p { strong { "What to do: " } (prose(hint)) } }
        }
    }
}

fn chooser(frame: &Frame) -> Markup {
    html! {
        @if frame.targets.len() > 1 {
            nav.targets aria-label="Targets" {
                span.quiet { "Target" }
                @for target in &frame.targets {
                    @let is_chosen = frame.target.as_ref() == Some(target);
                    a href={ (frame.path) "?target=" (encoded(target)) }
                        aria-current=[is_chosen.then_some("true")] { (target) }
                }
            }
        } @else if let Some(target) = &frame.target {
            p.targets { span.quiet { "Target" } " " strong { (target) } }
        }
    }
}

fn navigation(frame: &Frame) -> Markup {
    html! {
        nav.side aria-label="Pages" {
            @for (group, pages) in GROUPS {
                h2 { (group) }
                ul {
                    @for (place, name, path, about_target) in *pages {
                        @let is_here = *place == frame.place;
                        li {
                            a href=(address(path, frame.target.as_deref().filter(|_| *about_target)))
                                aria-current=[is_here.then_some("page")] { (name) }
                        }
                    }
                }
            }
        }
    }
}

fn twin_path(frame: &Frame) -> String {
    let path = match frame.path.as_str() {
        "/" => "/status",
        path => path,
    };
    address(path, frame.target.as_deref())
}

/// A path with its target.
pub(crate) fn address(path: &str, target: Option<&str>) -> String {
    match target {
        Some(target) => format!("{path}?target={}", encoded(target)),
        None => path.to_owned(),
    }
}

/// A word as part of an address: everything but letters, digits and `-_.~` is written in percent.
pub(crate) fn encoded(word: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(word.len());
    for byte in word.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn words_are_safe_in_an_address() {
        assert_eq!(encoded("clone:1f"), "clone%3A1f");
        assert_eq!(encoded("a b&c=d/é"), "a%20b%26c%3Dd%2F%C3%A9");
    }
}
