//! The files of a rehearsal: whether they are as they were written, and each to take along.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use oneroof_engine::evidence::EvidenceVerified;
use oneroof_engine::evidence_files::{self, EvidenceFiles};

use crate::layout::{self, Frame, Place, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::table::table;
use crate::parts::text::{digest, prose};
use crate::problem::Problem;
use crate::site::Site;

/// Routes of the files.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/evidence/{name}/files/{*path}", get(file))
}

/// A file is given to keep, never shown: what is in it was written by others.
async fn file(
    State(site): State<Arc<Site>>,
    Path((name, path)): Path<(String, String)>,
) -> Response {
    let last = path.rsplit('/').next().unwrap_or_default();
    let attached = format!("attachment; filename=\"{}\"", encoded(last));
    match evidence_files::file(&site.context, &name, &path) {
        Ok(bytes) => (
            [
                (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
                (header::CONTENT_DISPOSITION, attached),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ],
            bytes,
        )
            .into_response(),
        Err(error) => {
            let mut problem = Problem::from(error);
            if problem.kind == "input" {
                problem.status = axum::http::StatusCode::NOT_FOUND;
            }
            let frame = Frame {
                place: Place::Evidence,
                ..Frame::nowhere()
            };
            layout::problem(&frame, &problem)
        }
    }
}

/// What `evidence verify` says, which is asked each time the page is.
pub(super) fn verified(verified: &EvidenceVerified) -> Markup {
    let signature = &verified.signature;
    html! {
        section #verified {
            h2 { "Verified" }
            p {
                @if verified.whole { (badge(Tone::Good, "whole")) " Everything is as it was written." }
                @else { (badge(Tone::Bad, "not whole")) " Something is not as it was written." }
                " "
                @match (&signature.fingerprint, signature.holds) {
                    (Some(key), true) => { "Signed with key " code { (key) } @if let Some(signer) = &signature.signer { " of " (signer) } "." },
                    _ => "No signature holds.",
                }
            }
            ul {
                @for fault in &verified.faults { li { code { (fault.file) } ": " (prose(&fault.message)) } }
                @for doubt in &verified.doubts { li.quiet { (prose(doubt)) } }
            }
        }
    }
}

/// The files, on the page of their evidence.
pub(super) fn listed(name: &str, files: &EvidenceFiles) -> Markup {
    let rows: Vec<Vec<Markup>> = files
        .files
        .iter()
        .map(|file| {
            let path: Vec<String> = file.path.split('/').map(encoded).collect();
            let address = format!("/evidence/{}/files/{}", encoded(name), path.join("/"));
            vec![
                html! { @if file.intact { a href=(address) { (file.path) } } @else { (file.path) } },
                html! { @match file.bytes { Some(bytes) => { (bytes) " bytes" }, None => "–" } },
                digest(&file.digest),
                match (file.intact, file.bytes) {
                    (true, _) => badge(Tone::Good, "as written"),
                    (false, Some(_)) => badge(Tone::Bad, "changed"),
                    (false, None) => badge(Tone::Bad, "gone"),
                },
            ]
        })
        .collect();
    html! {
        section #files {
            h2 { "Files" }
            p { "Digest of the evidence " (digest(&files.evidence_digest)) "." }
            @if !files.strangers.is_empty() {
                p { "No sum vouches for: " (files.strangers.join(", ")) }
            }
            (table("Files", &["file", "size", "sha-256", "now"], &rows, "There is no file."))
            p.quiet { "Check it without oneroof: " code { "sha256sum -c SHA256SUMS" } " in the folder " code { "evidence/" (name) } "." }
        }
    }
}
