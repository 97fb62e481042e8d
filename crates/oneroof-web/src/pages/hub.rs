//! The hub: documents to list, read and search.

use maud::{Markup, PreEscaped, html};
use oneroof_engine::hub::{Document, DocumentSeen, Hit, HitRange, ListOptions};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::layout::{Place, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::figure::facts;
use crate::parts::table::pager;
use crate::parts::text::{digest, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Documents on one page of the list.
const PAGE_DOCUMENTS: usize = 100;
/// Documents on one page of what a search found.
const PAGE_HITS: usize = 20;

/// Which documents.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// Words (the last may be a beginning), "phrases", `tag:`, `id:`, `path:`; the list if absent.
    q: Option<String>,
    /// Of the list, only those whose path begins so.
    prefix: Option<String>,
    /// Of the list, only those with this tag.
    tag: Option<String>,
    /// The page, from 1; the first if absent.
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
}

/// The list, or what a search found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HubSeen {
    /// Documents that the list has, on all pages.
    documents_in_all: usize,
    page: u32,
    documents: Vec<DocumentSeen>,
    /// Documents that fit, on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    hits_in_all: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hits: Option<Vec<Hit>>,
}

impl View for HubSeen {
    type Ask = Asked;
    const PATH: &'static str = "/hub";
    const SUMMARY: &'static str =
        "The documents of the project, 100 a page; with `q` those that a search finds, 20 a page";
    const PLACE: Place = Place::Hub;
    const ABOUT_TARGET: bool = false;

    async fn read(site: &Site, ask: &Asked) -> Result<HubSeen, Problem> {
        let page = ask.page.unwrap_or(1).max(1);
        if let Some(query) = ask.q.clone() {
            let range = HitRange {
                skip: before(page, PAGE_HITS),
                take: PAGE_HITS,
            };
            let found = site.hub(move |hub| hub.search(&query, range)).await?;
            return Ok(HubSeen {
                documents_in_all: found.documents,
                page,
                documents: Vec::new(),
                hits_in_all: Some(found.hits_in_all),
                hits: Some(found.hits),
            });
        }
        let options = ListOptions {
            prefix: ask.prefix.clone(),
            tag: ask.tag.clone(),
        };
        let documents = site.hub(move |hub| hub.list(&options)).await?;
        Ok(HubSeen {
            documents_in_all: documents.len(),
            page,
            documents: documents
                .into_iter()
                .skip(before(page, PAGE_DOCUMENTS))
                .take(PAGE_DOCUMENTS)
                .collect(),
            hits_in_all: None,
            hits: None,
        })
    }

    fn title(&self, ask: &Asked) -> String {
        match &ask.q {
            Some(query) => format!("Hub: {query}"),
            None => "Knowledge Hub".to_owned(),
        }
    }

    fn page(&self, ask: &Asked) -> Markup {
        let (size, in_all) = match self.hits_in_all {
            Some(hits) => (PAGE_HITS, hits),
            None => (PAGE_DOCUMENTS, self.documents_in_all),
        };
        let is_more = before(self.page.saturating_add(1), size) < in_all;
        html! {
            form.filters method="get" action="/hub" role="search" aria-label="Search the hub" {
                label { "Search" input type="search" name="q" value=(ask.q.as_deref().unwrap_or_default()); }
                button type="submit" { "Search" }
            }
            p.quiet { "Words, the last may be a beginning; \"phrases\"; tag:one-roof, path:sql/, KB-1A2B." }
            @match &self.hits {
                Some(hits) => {
                    p { strong { (in_all) } @if in_all == 1 { " document fits" } @else { " documents fit" } ", of " (self.documents_in_all) ". "
                        a href="/hub" { "All documents" } }
                    ul.plain.list {
                        @for hit in hits { li { (line(&hit.document)) p.quiet { (hit.excerpt) } } }
                    }
                },
                None => {
                    @if self.documents.is_empty() {
                        p.nothing { "There is no document here yet: " code { "oneroof hub publish FILE" } }
                    } @else {
                        p { strong { (self.documents_in_all) } " documents" @if let Some(tag) = &ask.tag { " with tag " strong { (tag) } } @if let Some(prefix) = &ask.prefix { " below " code { (prefix) } } "." }
                    }
                    ul.plain.list { @for document in &self.documents { li { (line(document)) } } }
                },
            }
            (pager(self.page,
                (self.page > 1).then(|| address(ask, self.page - 1)),
                is_more.then(|| address(ask, self.page + 1))))
        }
    }
}

/// What is on the pages before this one.
fn before(page: u32, size: usize) -> usize {
    usize::try_from(page - 1)
        .unwrap_or(usize::MAX)
        .saturating_mul(size)
}

fn address(ask: &Asked, page: u32) -> String {
    let mut address = format!("/hub?page={page}");
    for (name, word) in [("q", &ask.q), ("prefix", &ask.prefix), ("tag", &ask.tag)] {
        if let Some(word) = word {
            address.push_str(&format!("&{name}={}", encoded(word)));
        }
    }
    address
}

/// The page of a document.
fn document_address(path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(encoded).collect();
    format!("/hub/{}", parts.join("/"))
}

fn line(document: &DocumentSeen) -> Markup {
    html! {
        a href=(document_address(&document.path)) { (document.title) } " "
        span.quiet { (document.id) ", " (document.reading_minutes) " min read, revision " (document.revision) }
        " " (tags(document))
        br; span.quiet { (document.path) }
    }
}

fn tags(document: &DocumentSeen) -> Markup {
    html! {
        @for tag in &document.tags {
            a.tag href={ "/hub?tag=" (encoded(tag)) } { (badge(Tone::Quiet, tag)) } " "
        }
    }
}

/// Which document.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Named {
    /// Its path, or its display id.
    path: String,
}

/// One document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct DocumentShown(Document);

impl View for DocumentShown {
    type Ask = Named;
    const PATH: &'static str = "/hub/{*path}";
    const SUMMARY: &'static str =
        "A document with its text, its tags, its revision and what links to it";
    const PLACE: Place = Place::Hub;
    const ABOUT_TARGET: bool = false;

    async fn read(site: &Site, ask: &Named) -> Result<DocumentShown, Problem> {
        let path = ask.path.clone();
        let found = site.hub(move |hub| hub.get(&path)).await;
        match found {
            Ok(document) => Ok(DocumentShown(document)),
            Err(mut problem) => {
                if problem.kind == "input" {
                    problem.status = axum::http::StatusCode::NOT_FOUND;
                }
                Err(problem)
            }
        }
    }

    fn title(&self, _: &Named) -> String {
        self.0.seen.title.clone()
    }

    fn page(&self, _: &Named) -> Markup {
        let document = &self.0;
        let seen = &document.seen;
        let folder = seen.path.rsplit_once('/').map(|(folder, _)| folder);
        html! {
            p { a href="/hub" { "Back to Knowledge Hub" } " · " span.quiet { (seen.path) } }
            p {
                strong { (seen.id) } " · " (seen.reading_minutes) " min read · Revision " (seen.revision) " "
                (tags(seen))
            }
            // Made by the engine of Markdown, in which no markup survives.
            article.document tabindex="0" aria-label="Document" { (PreEscaped(&document.html)) }
            @if !document.backlinks.is_empty() {
                h2 { "Links here" }
                ul { @for link in &document.backlinks { li { a href=(document_address(&link.path)) { (link.title) } } } }
            }
            (facts(&[
                ("published", html! {
                    @match &seen.published_at { Some(at) => (when(at)), None => "put there by hand" }
                    @if let Some(by) = &seen.published_by { " by " (by) }
                }),
                ("sha-256", digest(&document.digest)),
                ("package set", html! {
                    @if let Some(folder) = folder { a href={ "/hub?prefix=" (encoded(&format!("{folder}/"))) } { (folder) } }
                }),
            ]))
        }
    }
}
