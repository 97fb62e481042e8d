//! The approval page: what exactly is approved, one question, and HOLD unless somebody says otherwise. Nothing here
//! signs: the approver's passkey does, in their browser; or they take a file along, sign it with their own SSH key, and
//! bring the signature.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use maud::{Markup, html};
use oneroof_engine::approve::{self, ApprovalScreen, ApproveOptions, ApprovedTier, SignedApproval};
use oneroof_engine::signature;
use oneroof_model::DashboardDeed;
use oneroof_model::gate::{Act, Decision};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::deciding::{self, back, frame, kept_page, sign_page};
use super::gate::package;
use crate::fields::Fields;
use crate::layout::{self, Frame, Place, encoded};
use crate::origin;
use crate::parts::badge::{Tone, badge};
use crate::parts::figure::facts;
use crate::parts::passkey;
use crate::parts::signing::{self, ToSign};
use crate::parts::table::table;
use crate::parts::text::{digest, duration, prose, value, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;
use crate::visitor;

/// The file that an approver takes along.
const FILE: &str = "approval.json";

/// Which decision.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// The target; may be left out where there is only one.
    target: Option<String>,
    /// The package.
    package: String,
}

/// Everything that a decision is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Screen(ApprovalScreen);

/// `approve` or `reject`
pub(crate) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "approve",
        Decision::Reject => "reject",
    }
}

async fn screen(site: &Site, target: Option<&str>, name: &str) -> Result<ApprovalScreen, Problem> {
    let target = site.target(target)?;
    let package = package(site, name)?;
    let options = ApproveOptions::default();
    Ok(approve::screen(&site.context, &package, &target, &options).await?)
}

impl View for Screen {
    type Ask = Asked;
    const PATH: &'static str = "/approve";
    const SUMMARY: &'static str = "What a yes to a release would mean: what, where, how far, how it is undone, what it is no leave for, until when";
    const PLACE: Place = Place::Gate;

    fn target(ask: &Asked) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &Asked) -> Result<Screen, Problem> {
        Ok(Screen(
            screen(site, ask.target.as_deref(), &ask.package).await?,
        ))
    }

    fn title(&self, _: &Asked) -> String {
        let gate = &self.0.gate;
        let act = match gate.act {
            Act::Apply => "Apply",
            Act::Rollback => "Roll back",
        };
        format!("{act} {} on {}?", gate.package, gate.target.name)
    }

    fn page(&self, ask: &Asked) -> Markup {
        let screen = &self.0;
        let gate = &screen.gate;
        let tiers: Vec<Vec<Markup>> = screen.tiers.iter().map(tier).collect();
        html! {
            p { (screen.summary) }
            (facts(&[
                ("database", html! { code { (gate.target.database_name) } " at " (gate.target.shown.host) ":" (gate.target.shown.port) ", class " (gate.class) }),
                ("package, byte for byte", digest(&gate.package_digest.to_string())),
                ("parameters", digest(&gate.params_digest.to_string())),
                ("rehearsal", html! { @match &gate.verdict.evidence {
                    Some(evidence) => a href={ "/evidence/" (encoded(&evidence.name)) } { (evidence.name) },
                    None => "none",
                } }),
                ("a yes ends", when(&screen.expires_at)),
            ]))
            h2 { "What will be done" }
            (table("What will be done", &["tier", "what", "did in the rehearsal", "locked there"], &tiers, "Nothing is left to do."))
            @if !screen.figures.is_empty() {
                h2 { "Figures now" }
                (facts(&screen.figures.iter().map(|(name, one)| (name.as_str(), html! { (value(&serde_json::to_value(one).unwrap_or_default())) })).collect::<Vec<_>>()))
            }
            (lines("How it is undone", &screen.way_back, "No rehearsal proved a way back."))
            (lines("What the rehearsal did not cover", &screen.not_covered, "Nothing was left out."))
            (lines("What it rests on", &screen.inputs, "On nothing but itself."))
            (lines("What a yes is no leave for", &screen.does_not_authorise, ""))
            @if !screen.not_approvable.is_empty() {
                (lines("Why a yes could not count now", &screen.not_approvable, ""))
            }
            (question(ask, screen))
        }
    }
}

fn lines(title: &str, lines: &[String], nothing: &str) -> Markup {
    html! {
        h2 { (title) }
        @if lines.is_empty() { p.quiet { (nothing) } }
        ul { @for line in lines { li { (prose(line)) } } }
    }
}

fn tier(tier: &ApprovedTier) -> Vec<Markup> {
    let effects = tier
        .effects
        .as_ref()
        .and_then(|effects| serde_json::to_value(effects).ok());
    let rows = effects
        .as_ref()
        .and_then(|effects| effects["rows"].as_array().cloned())
        .unwrap_or_default();
    let objects = effects
        .as_ref()
        .and_then(|effects| effects["objects"].as_array().map(Vec::len))
        .unwrap_or_default();
    vec![
        html! { strong { (tier.label.as_deref().unwrap_or(&tier.tier)) } @if tier.label.is_some() { " " code { (tier.tier) } } },
        html! {
            (tier.summary)
            @if let Some(why) = &tier.irreversible { br; (badge(Tone::Warn, "cannot be undone")) " " (why) }
        },
        html! {
            ul.plain {
                @if objects > 0 { li { (objects) " objects" } }
                @for row in &rows {
                    li { code { (value(&row["table"])) } ": " (value(&row["inserted"])) " in, " (value(&row["updated"])) " changed, " (value(&row["deleted"])) " out" }
                }
            }
        },
        html! {
            ul.plain {
                @for lock in &tier.locks {
                    @let lock = serde_json::to_value(lock).unwrap_or_default();
                    li { code { (value(&lock["object"])) } " for " (duration(lock["held_ms"].as_u64().unwrap_or_default())) }
                }
            }
        },
    ]
}

fn question(ask: &Asked, screen: &ApprovalScreen) -> Markup {
    let can_approve = screen.not_approvable.is_empty();
    html! {
        h2 #decide { "Your decision" }
        (visitor::not_allowed(DashboardDeed::Decide, "Deciding"))
        form.decide method="post" action="/approve" {
            (visitor::csrf())
            input type="hidden" name="target" value=(screen.gate.target.name);
            input type="hidden" name="package" value=(ask.package);
            fieldset {
                legend { "May this be done?" }
                label { input type="radio" name="decision" value="hold" checked; " HOLD: decide nothing" }
                label { input type="radio" name="decision" value="approve" disabled[!can_approve]; " APPROVE: it may be done, once" }
                label { input type="radio" name="decision" value="reject"; " REJECT: it must not be done; one no is enough" }
            }
            label for="reason" { "Why; it is part of what you sign" }
            input #reason name="reason" maxlength="500" autocomplete="off";
            (signing::choice(&origin::current().map(|here| approve::passkeys_at(screen, &here.text)).unwrap_or_default()))
            label for="key" { "Your public SSH key, one line (" code { "cat ~/.ssh/id_ed25519.pub" } ")" }
            textarea #key name="key" rows="3" spellcheck="false" autocomplete="off" {}
            button type="submit" { "Go on" }
        }
    }
}

/// What is decided.
#[derive(Debug, Deserialize)]
struct Decided {
    target: String,
    package: String,
    decision: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    passkey: String,
}

/// The file again.
#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    name: String,
    text: String,
}

/// The steps behind the question.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/approve", post(decide))
        .route("/approve/file", post(file))
        .route("/approve/signed", post(signed))
}

fn not_understood(rejection: &FormRejection) -> Response {
    layout::problem(
        &Frame::nowhere(),
        &Problem::input(rejection.body_text()).hint("begin again from the page of the gate"),
    )
}

async fn decide(
    State(site): State<Arc<Site>>,
    decided: Result<Form<Decided>, FormRejection>,
) -> Response {
    let decided = match decided {
        Ok(Form(decided)) => decided,
        Err(rejection) => return not_understood(&rejection),
    };
    let frame = frame(&site, &decided.target);
    let decision = match decided.decision.as_str() {
        "approve" => Decision::Approve,
        "reject" => Decision::Reject,
        // Whatever else is said is no decision.
        _ => {
            let body = html! {
                p.verdict { (badge(Tone::Quiet, "HOLD")) }
                p { "Nothing was decided, and nothing was written." }
                (back(&decided.target, &decided.package))
            };
            return layout::page(&frame, "Hold", &body);
        }
    };
    sign_page(&frame, to_sign(&site, &decided, decision).await)
}

async fn to_sign(site: &Site, decided: &Decided, decision: Decision) -> Result<Markup, Problem> {
    // Read again, not from a moment ago: this is what is signed.
    let screen = screen(site, Some(&decided.target), &decided.package).await?;
    let (reason, key) = (decided.reason.trim(), decided.key.trim());
    let fields = [
        ("target", decided.target.as_str()),
        ("package", decided.package.as_str()),
    ];
    let of = |text| ToSign {
        text,
        namespace: signature::APPROVAL,
        file: FILE,
        action: "/approve/signed",
        fields: &fields,
        button: "Keep the decision",
    };
    let steps = if decided.passkey.is_empty() {
        of(&approve::unsigned(&screen, decision, reason, key)?).with_ssh()
    } else {
        let here = origin::current().ok_or_else(passkey::not_here)?;
        let credential = &decided.passkey;
        let (text, by) =
            approve::unsigned_for_passkey(&screen, decision, reason, credential, &here.text)?;
        of(&text).with_passkey(&by)?
    };
    Ok(html! {
        p { "You are about to " strong { (self::decision(decision)) } " " (decided.package) " on " (decided.target)
            ". Nothing is decided until your signature is here." }
        (steps)
        (back(&decided.target, &decided.package))
    })
}

async fn file(asked: Result<Form<File>, FormRejection>) -> Response {
    match asked {
        Err(rejection) => not_understood(&rejection),
        Ok(Form(asked)) => signing::download(&asked.name, &asked.text),
    }
}

async fn signed(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, frame) = match deciding::fields(&site, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let kept = kept(&site, &fields);
    kept_page(
        &site,
        (&fields, &frame),
        "The decision is kept",
        kept,
        |kept| {
            (
                badge(Tone::Good, decision(kept.decision)),
                html! { p { "It ends " (when(&kept.expires_at)) ". Whether it counts is the gate's to say." } },
            )
        },
    )
}

fn kept(site: &Site, fields: &Fields) -> Result<SignedApproval, Problem> {
    let text = signing::as_written(fields.get("text"));
    let armored = signing::brought(fields, signature::APPROVAL, &text)?;
    Ok(approve::accept(&site.context, &text, &armored)?)
}
