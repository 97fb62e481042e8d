//! The gate: may this release change this target now, and if not, what is in the way, who can lift it, and how.

use maud::{Markup, html};
use oneroof_engine::gate::{self, GateOptions, GateReport};
use oneroof_engine::store::package_files::OpenPackage;
use oneroof_model::gate::{ApprovalStanding, GateWord, Standing};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::take_back;
use crate::layout::{Place, address, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::figure::facts;
use crate::parts::table::table;
use crate::parts::text::{digest, prose, value, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Which gate.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// The target; may be left out where there is only one.
    target: Option<String>,
    /// The package; the list of packages if absent.
    package: Option<String>,
}

/// The packages, and the verdict for one of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GateSeen {
    target: String,
    packages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<GateReport>,
}

/// A package of the project, by its name. A path is not one: it could lead anywhere.
pub(crate) fn package(site: &Site, name: &str) -> Result<OpenPackage, Problem> {
    let folder = site.context.root.join("packages");
    let known = OpenPackage::known(&folder);
    if !known.iter().any(|known| known == name) {
        return Err(Problem::missing(format!("there is no package `{name}`"))
            .hint(format!("there is: {}", known.join(", "))));
    }
    Ok(OpenPackage::open(Some(&folder), name)?)
}

impl View for GateSeen {
    type Ask = Asked;
    const PATH: &'static str = "/gate";
    const SUMMARY: &'static str =
        "Whether a release may change a target now, what is in the way, who can lift it, and how";
    const PLACE: Place = Place::Gate;

    fn target(ask: &Asked) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &Asked) -> Result<GateSeen, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let report = match &ask.package {
            None => None,
            Some(name) => {
                let package = package(site, name)?;
                let options = GateOptions::default();
                Some(gate::gate(&site.context, &package, &target, &options).await?)
            }
        };
        Ok(GateSeen {
            target,
            packages: OpenPackage::known(&site.context.root.join("packages")),
            report,
        })
    }

    fn title(&self, ask: &Asked) -> String {
        match &ask.package {
            Some(package) => format!("Gate of {} for {package}", self.target),
            None => format!("Gate of {}", self.target),
        }
    }

    fn page(&self, ask: &Asked) -> Markup {
        html! {
            nav.targets aria-label="Packages" {
                span.quiet { "Package" }
                @for name in &self.packages {
                    @let is_here = ask.package.as_ref() == Some(name);
                    a href={ (address("/gate", Some(&self.target))) "&package=" (encoded(name)) }
                        aria-current=[is_here.then_some("true")] { (name) }
                }
            }
            @match &self.report {
                None => p { "Choose a package: its gate is asked then. Asking reads everything again, and writes nothing." },
                Some(report) => (verdict(report, &self.target, ask.package.as_deref().unwrap_or_default())),
            }
        }
    }
}

fn verdict(report: &GateReport, target: &str, package: &str) -> Markup {
    let (tone, word) = match report.verdict.word {
        GateWord::Ready => (Tone::Good, "READY"),
        GateWord::Blocked => (Tone::Bad, "BLOCKED"),
    };
    let blockers: Vec<Vec<Markup>> = report
        .verdict
        .blockers
        .iter()
        .map(|blocker| {
            vec![
                html! { (prose(&blocker.message)) br; code { (blocker.code) } },
                html! { (blocker.who) },
                html! { (prose(&blocker.how)) },
            ]
        })
        .collect();
    let quorum: Vec<Vec<Markup>> = report
        .verdict
        .quorum
        .iter()
        .map(|line| {
            vec![
                html! { (line.level) },
                html! { (line.needed) },
                html! { @if line.given_by.is_empty() { "nobody yet" } @else { (line.given_by.join(", ")) } },
                html! { (line.open_to.join(", ")) },
            ]
        })
        .collect();
    let approvals: Vec<Vec<Markup>> = report
        .verdict
        .approvals
        .iter()
        .map(|one| approval(one, target, package))
        .collect();
    html! {
        p.verdict { (badge(tone, word)) }
        (facts(&[
            ("release", html! { (report.package) ", " (report.act.as_str()) }),
            ("tiers", html! { (report.tiers.join(", ")) }),
            ("database", html! { code { (report.target.database_name) } ", class " (report.class) }),
            ("read", when(&report.asked_at)),
            ("package digest", digest(&report.package_digest.to_string())),
            ("parameter digest", digest(&report.params_digest.to_string())),
            ("policy", html! { @match &report.verdict.policy { Some((version, policy)) => { "version " (version) ", " (digest(policy)) }, None => "none is installed" } }),
            ("rehearsal", html! {
                @match &report.verdict.evidence {
                    Some(evidence) => {
                        a href={ "/evidence/" (encoded(&evidence.name)) } { (evidence.name) }
                        @for why in &evidence.why_not { br; span.quiet { "does not count: " (prose(why)) } }
                    },
                    None => "none counts",
                }
            }),
        ]))
        h2 { "What is in the way" }
        (table("What is in the way", &["what", "who can lift it", "how"], &blockers, "Nothing."))
        h2 { "Who must say yes" }
        (table("Who must say yes", &["level", "needed", "said yes", "could say it"], &quorum, "No rule of a policy fits."))
        h2 { "Approvals" }
        (table("Approvals", &["approver", "decision", "standing", "until", "file"], &approvals, "Nobody decided yet."))
        p { a href={ (address("/approve", Some(target))) "&package=" (encoded(package)) } { "Decide on this release" } }
        @if !report.detail.is_empty() {
            h2 { "Figures" }
            (facts(&report.detail.iter().map(|(name, one)| (name.as_str(), html! { (value(&serde_json::to_value(one).unwrap_or_default())) })).collect::<Vec<_>>()))
        }
    }
}

fn approval(one: &ApprovalStanding, target: &str, package: &str) -> Vec<Markup> {
    let stands = [Standing::Counts, Standing::Rejects].contains(&one.standing);
    let (tone, word) = match one.standing {
        Standing::Counts => (Tone::Good, "counts"),
        Standing::Rejects => (Tone::Bad, "rejects"),
        Standing::Expired => (Tone::Warn, "expired"),
        Standing::Revoked => (Tone::Warn, "taken back"),
        Standing::Consumed => (Tone::Quiet, "consumed"),
        Standing::Void => (Tone::Warn, "void"),
    };
    vec![
        html! { (one.approver) ", " (one.level) },
        html! { (super::approve::decision(one.decision)) },
        html! { (badge(tone, word)) @for why in &one.why { br; span.quiet { (prose(why)) } } @if stands { br; (take_back::link(target, package, &one.file)) } },
        when(&one.expires_at),
        html! { (one.file) br; (digest(&one.digest)) },
    ]
}
