//! Taking a decision back: only whoever gave it can, with a passkey or a key of theirs. Like the approval page it makes
//! a file and keeps a signature, and decides nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use oneroof_engine::approve::{self, SignedApproval};
use oneroof_engine::enrolment::{self, PasskeySeen};
use oneroof_engine::signature;
use oneroof_model::DashboardDeed;
use serde::Deserialize;

use super::deciding::{self, frame, kept_page, sign_page};
use crate::fields::Fields;
use crate::layout::{self, address, encoded};
use crate::origin;
use crate::parts::badge::{Tone, badge};
use crate::parts::signing::{self, ToSign};
use crate::problem::Problem;
use crate::site::Site;
use crate::visitor;

/// The file that the approver takes along.
const FILE: &str = "revocation.json";

/// Which decision.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    target: String,
    #[serde(default)]
    package: String,
    #[serde(default)]
    approval: String,
}

/// The steps.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/approve/take-back", get(question).post(sign))
        .route("/approve/taken-back", post(signed))
}

/// Where a decision is taken back.
pub(crate) fn link(target: &str, package: &str, file: &str) -> Markup {
    let name = file.trim_start_matches("approvals/");
    let path = address("/approve/take-back", Some(target));
    html! { a href={ (path) "&package=" (encoded(package)) "&approval=" (encoded(name)) } { "take back" } }
}

/// Passkeys of whoever gave it, that can be used here.
async fn passkeys(site: &Site, target: &str, approver: &str) -> Result<Vec<PasskeySeen>, Problem> {
    let Some(here) = origin::current() else {
        return Ok(Vec::new());
    };
    let mut all = enrolment::passkeys(&site.context, target).await?.passkeys;
    all.retain(|one| one.person == approver && one.origin == here.text);
    Ok(all)
}

async fn question(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Response {
    let frame = frame(&site, &asked.target);
    match asked_for(&site, &asked).await {
        Ok(body) => layout::page(&frame, "Take a decision back", &body),
        Err(problem) => layout::problem(&frame, &problem),
    }
}

async fn asked_for(site: &Site, asked: &Asked) -> Result<Markup, Problem> {
    let target = site.target(Some(&asked.target))?;
    let (_, approver) = approve::unsigned_revocation(&site.context, &asked.approval, "")?;
    let passkeys = passkeys(site, &target, &approver).await?;
    Ok(html! {
        p { "The decision of " strong { (approver) } ": " code { (asked.approval) } ". From then on it does not count, and cannot count again." }
        (visitor::not_allowed(DashboardDeed::Decide, "Taking it back"))
        form.decide method="post" action="/approve/take-back" {
            (visitor::csrf())
            input type="hidden" name="target" value=(target);
            input type="hidden" name="package" value=(asked.package);
            input type="hidden" name="approval" value=(asked.approval);
            label for="reason" { "Why; it is part of what you sign" }
            input #reason name="reason" maxlength="500" autocomplete="off";
            (signing::choice(&passkeys))
            button type="submit" { "Go on" }
        }
    })
}

async fn sign(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    match deciding::fields(&site, &headers, body).await {
        Ok((fields, frame)) => sign_page(&frame, to_sign(&site, &fields).await),
        Err(response) => response,
    }
}

async fn to_sign(site: &Site, fields: &Fields) -> Result<Markup, Problem> {
    let target = site.target(Some(fields.get("target")))?;
    let reason = match fields.get("reason").trim() {
        "" => "no reason was given",
        reason => reason,
    };
    let (text, approver) =
        approve::unsigned_revocation(&site.context, fields.get("approval"), reason)?;
    let to_sign = ToSign {
        text: &text,
        namespace: signature::APPROVAL,
        file: FILE,
        action: "/approve/taken-back",
        fields: &[("target", &target), ("package", fields.get("package"))],
        button: "Take it back",
    };
    let chosen = fields.get("passkey");
    if chosen.is_empty() {
        return Ok(to_sign.with_ssh());
    }
    let own = passkeys(site, &target, &approver).await?;
    let own = own.iter().find(|own| own.credential == chosen);
    to_sign.with_passkey(own.ok_or_else(|| Problem::missing("this passkey is not known here"))?)
}

async fn signed(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, frame) = match deciding::fields(&site, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let kept = kept(&site, &fields).await;
    let title = "The decision is taken back";
    kept_page(&site, (&fields, &frame), title, kept, |_| {
        (badge(Tone::Warn, "taken back"), html! {})
    })
}

async fn kept(site: &Site, fields: &Fields) -> Result<SignedApproval, Problem> {
    let target = site.target(Some(fields.get("target")))?;
    let text = signing::as_written(fields.get("text"));
    let armored = signing::brought(fields, signature::APPROVAL, &text)?;
    Ok(approve::accept_revocation(&site.context, &target, &text, &armored).await?)
}
