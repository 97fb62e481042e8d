//! What the pages of a decision and of taking it back have in common: both make a file, have it signed by a passkey or
//! a key, and keep the signature.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use oneroof_engine::approve::SignedApproval;

use crate::fields::Fields;
use crate::layout::{self, Frame, Place, address, encoded};
use crate::parts::figure::facts;
use crate::parts::passkey;
use crate::parts::text::digest;
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn frame(site: &Site, target: &str) -> Frame {
    Frame {
        place: Place::Gate,
        targets: site.targets(),
        target: Some(target.to_owned()),
        path: "/gate".to_owned(),
    }
}

/// The way back to the gate of a package.
pub(super) fn back(target: &str, package: &str) -> Markup {
    html! {
        p { a href={ (address("/gate", Some(target))) "&package=" (encoded(package)) } { "Back to the gate" } }
    }
}

/// A form that came, and its frame.
pub(super) async fn fields(
    site: &Site,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<(Fields, Frame), Response> {
    Fields::of_page(headers, body, |target| frame(site, target)).await
}

/// The page on which a file is signed.
pub(super) fn sign_page(frame: &Frame, steps: Result<Markup, Problem>) -> Response {
    match steps {
        Ok(body) => passkey::with_script(layout::page(frame, "Sign it", &body)),
        Err(problem) => layout::problem(frame, &problem),
    }
}

/// The page after a signature came. What the gate was a moment ago is old then.
pub(super) fn kept_page(
    site: &Site,
    (fields, frame): (&Fields, &Frame),
    title: &str,
    kept: Result<SignedApproval, Problem>,
    said: impl FnOnce(&SignedApproval) -> (Markup, Markup),
) -> Response {
    site.recent.forget("/gate");
    let kept = match kept {
        Ok(kept) => kept,
        Err(problem) => return layout::problem(frame, &problem),
    };
    let (word, more) = said(&kept);
    let body = html! {
        p.verdict { (word) }
        (facts(&[
            ("by", html! { (kept.approver) ", " (kept.level) }),
            ("file", html! { code { (kept.file) } }),
            ("sha-256", digest(&kept.digest)),
            ("key", html! { code { (kept.key) } }),
        ]))
        (more)
        (back(fields.get("target"), fields.get("package")))
    };
    layout::page(frame, title, &body)
}
