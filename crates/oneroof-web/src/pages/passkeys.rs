//! The passkeys that the policy of a target knows, and the wishes for more: somebody wishes, an approver signs the
//! wish, a DBA installs the policy. Nothing of that is done here but the files.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use maud::{Markup, html};
use oneroof_engine::enrolment::{self, PasskeySeen, PasskeysReport, WishSeen};
use oneroof_engine::{passkey, sign_in, signature};
use oneroof_model::DashboardDeed;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::fields::Fields;
use crate::layout::{self, Frame, Place, address};
use crate::origin::{self, Origin};
use crate::parts::badge::{Tone, badge};
use crate::parts::figure::facts;
use crate::parts::passkey::{self as form, Ceremony};
use crate::parts::signing::{self, ToSign};
use crate::parts::table::table;
use crate::parts::text::{digest, prose, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;
use crate::visitor;

const PATH: &str = "/passkeys";
/// The file that an approver takes along.
const FILE: &str = "enrolment.json";

/// Whose policy.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// The target; may be left out where there is only one.
    target: Option<String>,
}

/// Passkeys and wishes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Passkeys(PasskeysReport);

impl View for Passkeys {
    type Ask = Asked;
    const PATH: &'static str = PATH;
    const SUMMARY: &'static str =
        "The passkeys with which approvers of a target sign, and the wishes for more";
    const PLACE: Place = Place::Passkeys;
    const IS_LIVE: bool = true;

    fn target(ask: &Asked) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &Asked) -> Result<Passkeys, Problem> {
        let target = site.target(ask.target.as_deref())?;
        Ok(Passkeys(enrolment::passkeys(&site.context, &target).await?))
    }

    fn title(&self, _: &Asked) -> String {
        format!("Passkeys of {}", self.0.target)
    }

    fn page(&self, _: &Asked) -> Markup {
        let report = &self.0;
        let known: Vec<Vec<Markup>> = report.passkeys.iter().map(known).collect();
        let here = origin::current();
        html! {
            p { "Policy " (report.policy_version) " knows these passkeys. Each counts as its person, at its address alone." }
            (table("Passkeys", &["person", "passkey", "fingerprint", "signs at"], &known, "None: approvers sign with SSH keys."))
            h2 { "Wishes" }
            @if report.wishes.is_empty() { p.nothing { "Nobody wishes for one." } }
            @for wish in &report.wishes { (self.wish(wish, here.as_ref())) }
            @for (file, why) in &report.unreadable { p.quiet { code { (file) } ": " (prose(why)) } }
            h2 #wish { "Wish for a passkey" }
            p { "The passkey stays with you; its public key becomes a file. An approver of that level or higher, who is somebody else, signs the file; then a DBA lets it in. Read the fingerprint to them on a way that they trust." }
            @match &here {
                Some(here) => (self.wish_form(here)),
                None => p.nothing { (prose(form::not_here().hint.as_deref().unwrap_or_default())) },
            }
        }
    }
}

fn known(one: &PasskeySeen) -> Vec<Markup> {
    vec![
        html! { (one.person) ", " (one.level) },
        html! { (one.name) },
        html! { code { (one.fingerprint) } },
        html! { (one.origin) },
    ]
}

impl Passkeys {
    fn wish(&self, wish: &WishSeen, here: Option<&Origin>) -> Markup {
        let one = &wish.passkey;
        let is_open = wish.signed_by.is_none();
        let mut passkeys = self.0.passkeys.clone();
        passkeys.retain(|own| {
            here.is_some_and(|here| own.origin == here.text)
                && own.person != one.person
                && own.level >= one.level
        });
        html! {
            section.card aria-label={ "Wish of " (one.person) } {
                (facts(&[
                    ("person", html! { (one.person) ", " (one.level) }),
                    ("passkey", html! { (one.name) ", signs at " (one.origin) }),
                    ("fingerprint", html! { code { (one.fingerprint) } }),
                    ("wished", when(&wish.created_at)),
                    ("file", html! { code { (wish.file) } " " (digest(&wish.digest)) }),
                    ("signed by", html! { @match &wish.signed_by {
                        Some(who) => (badge(Tone::Good, who)),
                        None => { "nobody who may; it could be: " (wish.open_to.join(", ")) },
                    } }),
                ]))
                @for why in &wish.why_not { p { (badge(Tone::Warn, "not yet")) " " (prose(why)) } }
                @if is_open {
                    (visitor::not_allowed(DashboardDeed::Decide, "Signing it"))
                    form.decide method="post" action="/passkeys/sign" {
                        (visitor::csrf())
                        input type="hidden" name="target" value=(self.0.target);
                        input type="hidden" name="wish" value=(wish.name);
                        (signing::choice(&passkeys))
                        button type="submit" { "Sign the wish of " (one.person) }
                    }
                } @else if wish.why_not.is_empty() {
                    p { "A DBA lets it in:" }
                    pre tabindex="0" { "oneroof adopt " (self.0.target) " --enrol " (wish.file) " --execute --dba CONNECTION" }
                }
            }
        }
    }

    fn wish_form(&self, here: &Origin) -> Markup {
        // Nobody can be led to send a passkey that was made elsewhere: the form bears our sign, and the passkey the
        // challenge of this form.
        let challenge = sign_in::secret().unwrap_or_default();
        let within = html! {
            (visitor::csrf())
            input type="hidden" name="target" value=(self.0.target);
            input type="hidden" name="challenge" value=(challenge);
            label for="person" { "Your name, as the policy has it or is to have it" }
            input #person name="person" required maxlength="64" autocomplete="off" value=(visitor::name().unwrap_or_default());
            label for="level" { "Your level" }
            select #level name="level" { @for level in ["L1", "L2", "L3", "L4"] { option { (level) } } }
            label for="name" { "What you call the passkey" }
            input #name name="name" required maxlength="64" autocomplete="off" placeholder="telephone";
            button type="submit" { "Make a passkey" }
        };
        html! {
            (form::without("Or write an SSH key into the policy."))
            (form::form((Ceremony::Make, "/passkeys/wish"), &here.rp_id, &[], challenge.as_bytes(), &within))
            (form::script())
        }
    }
}

/// The steps of a wish.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/passkeys/wish", post(wish))
        .route("/passkeys/sign", post(sign))
        .route("/passkeys/signed", post(signed))
}

fn frame(site: &Site, target: &str) -> Frame {
    Frame {
        place: Place::Passkeys,
        targets: site.targets(),
        target: Some(target.to_owned()),
        path: PATH.to_owned(),
    }
}

fn back(target: &str) -> Markup {
    html! { p { a href=(address(PATH, Some(target))) { "Back to the passkeys" } } }
}

/// A form that came, and its frame.
async fn fields(
    site: &Site,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<(Fields, Frame), Response> {
    Fields::of_page(headers, body, |target| frame(site, target)).await
}

async fn wish(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, frame) = match fields(&site, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let wished = wished(&site, &fields).await;
    site.recent.forget(PATH);
    match wished {
        Err(problem) => layout::problem(&frame, &problem),
        Ok(wish) => {
            let one = &wish.passkey;
            let body = html! {
                p.verdict { (badge(Tone::Info, "WISHED")) }
                (facts(&[
                    ("person", html! { (one.person) ", " (one.level) }),
                    ("fingerprint", html! { code { (one.fingerprint) } }),
                    ("file", html! { code { (wish.file) } }),
                    ("signs at", html! { (one.origin) }),
                ]))
                p { "Nothing counts yet. One of these signs it: " (wish.open_to.join(", ")) ". Read the fingerprint to them." }
                (back(fields.get("target")))
            };
            layout::page(&frame, "The wish is kept", &body)
        }
    }
}

async fn wished(site: &Site, fields: &Fields) -> Result<WishSeen, Problem> {
    let here = origin::current().ok_or_else(form::not_here)?;
    let target = site.target(Some(fields.get("target")))?;
    let made = passkey::made(
        &here.rp_id,
        &here.text,
        fields.get("challenge").as_bytes(),
        &form::bytes(fields, "authenticator_data")?,
        &form::bytes(fields, "client_data")?,
    )
    .map_err(|fault| form::refused(&fault))?;
    let who = (fields.get("person").trim(), fields.get("level"));
    let what = (fields.get("name").trim(), &made, here.text.as_str());
    Ok(enrolment::wish(&site.context, &target, who, what).await?)
}

async fn sign(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, frame) = match fields(&site, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    match to_sign(&site, &fields).await {
        Err(problem) => layout::problem(&frame, &problem),
        Ok(body) => form::with_script(layout::page(&frame, "Sign the wish", &body)),
    }
}

async fn to_sign(site: &Site, fields: &Fields) -> Result<Markup, Problem> {
    let target = site.target(Some(fields.get("target")))?;
    let report = enrolment::passkeys(&site.context, &target).await?;
    let name = fields.get("wish");
    let wish = report.wishes.iter().find(|wish| wish.name == name);
    let wish = wish.ok_or_else(|| Problem::missing("there is no such wish"))?;
    let text = enrolment::text(&site.context, name)?;
    let to_sign = ToSign {
        text: &text,
        namespace: signature::ENROLMENT,
        file: FILE,
        action: "/passkeys/signed",
        fields: &[("target", &target), ("wish", name)],
        button: "Say yes",
    };
    let chosen = fields.get("passkey");
    let steps = match chosen.is_empty() {
        true => to_sign.with_ssh(),
        false => {
            let here = origin::current().ok_or_else(form::not_here)?;
            let own = report.passkeys.iter();
            let mut own = own.filter(|own| own.credential == chosen && own.origin == here.text);
            let own = own
                .next()
                .ok_or_else(|| Problem::missing("this passkey is not known here"))?;
            to_sign.with_passkey(own)?
        }
    };
    let one = &wish.passkey;
    Ok(html! {
        p { "You are about to let " strong { (one.person) } " (" (one.level) ") sign for " (target)
            " with the passkey " code { (one.fingerprint) } ". Ask them for the fingerprint first. A DBA has the last word." }
        (steps)
        (back(&target))
    })
}

async fn signed(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, frame) = match fields(&site, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let kept = || -> Result<String, Problem> {
        // What is on the page may be old; what is signed is the file.
        let text = enrolment::text(&site.context, fields.get("wish"))?;
        let armored = signing::brought(&fields, signature::ENROLMENT, &text)?;
        Ok(enrolment::accept(
            &site.context,
            fields.get("wish"),
            &armored,
        )?)
    };
    let kept = kept();
    site.recent.forget(PATH);
    match kept {
        Err(problem) => layout::problem(&frame, &problem),
        Ok(file) => {
            let body = html! {
                p.verdict { (badge(Tone::Good, "SIGNED")) }
                (facts(&[("file", html! { code { (file) } })]))
                p { "Whether it is enough is for the policy to say, when a DBA comes; the page of the passkeys shows it." }
                (back(fields.get("target")))
            };
            layout::page(&frame, "The signature is kept", &body)
        }
    }
}
