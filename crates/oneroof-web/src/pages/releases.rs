//! Releases: which ones a target has, and what each tier did, as the ledger tells.

use maud::{Markup, html};
use oneroof_engine::releases::{self, Releases};
use oneroof_engine::timeline::{self, Happened, TierHappened, Timeline};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::OfTarget;
use super::status::standing;
use crate::layout::{Place, address, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::chart::span;
use crate::parts::table::table;
use crate::parts::text::{digest, duration, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// The releases of a target.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct ReleasesSeen(Releases);

impl View for ReleasesSeen {
    type Ask = OfTarget;
    const PATH: &'static str = "/releases";
    const SUMMARY: &'static str = "The releases that the ledger of a target knows";
    const PLACE: Place = Place::Releases;

    fn target(ask: &OfTarget) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &OfTarget) -> Result<ReleasesSeen, Problem> {
        let target = site.target(ask.target.as_deref())?;
        Ok(ReleasesSeen(
            releases::releases(&site.context, &target).await?,
        ))
    }

    fn title(&self, _: &OfTarget) -> String {
        format!("Releases of {}", self.0.target)
    }

    fn page(&self, _: &OfTarget) -> Markup {
        let target = &self.0.target;
        let rows: Vec<Vec<Markup>> = self.0.releases.iter().map(|release| {
            let address = address(&format!("/releases/{}", encoded(&release.package)), Some(target));
            vec![
                standing(release.state),
                html! { a href=(address) { (release.package) } },
                html! { (release.version.as_deref().unwrap_or("–")) },
                html! { (release.tiers.len()) @if let Some(tier) = &release.unfinished_tier { ", cut in " code { (tier) } } },
                html! { @match &release.finished_at { Some(at) => (when(at)), None => "–" } },
                html! { @match &release.package_digest { Some(text) => (digest(text)), None => "–" } },
            ]
        }).collect();
        html! {
            p { "Database " code { (self.0.database) } ". Each line is a package that was ever applied here." }
            (table("Releases", &["standing", "package", "version", "tiers", "finished", "digest"], &rows, "No release was ever applied here."))
        }
    }
}

/// Which release.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct OfRelease {
    /// The package.
    package: String,
    /// The target; may be left out where there is only one.
    target: Option<String>,
}

/// What happened to one release.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct ReleaseStory(Timeline);

impl View for ReleaseStory {
    type Ask = OfRelease;
    const PATH: &'static str = "/releases/{package}";
    const SUMMARY: &'static str =
        "What happened to a release on a target: every tier with its time and its effects";
    const PLACE: Place = Place::Releases;

    fn target(ask: &OfRelease) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &OfRelease) -> Result<ReleaseStory, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let story = timeline::timeline(&site.context, &target, Some(&ask.package)).await?;
        if story.moments.is_empty() {
            return Err(Problem::missing(format!(
                "the ledger of `{target}` knows no release `{}`",
                ask.package
            ))
            .hint("the list of releases names those that it knows"));
        }
        Ok(ReleaseStory(story))
    }

    fn title(&self, ask: &OfRelease) -> String {
        format!("{} on {}", ask.package, self.0.target)
    }

    fn page(&self, _: &OfRelease) -> Markup {
        let tiers: Vec<&TierHappened> = self
            .0
            .moments
            .iter()
            .filter_map(|moment| moment.tier.as_ref())
            .collect();
        let whole: u64 = tiers.iter().filter_map(|tier| tier.duration_ms).sum();
        let mut before = 0;
        let rows: Vec<Vec<Markup>> = self
            .0
            .moments
            .iter()
            .map(|moment| {
                let length = moment.tier.as_ref().and_then(|tier| tier.duration_ms);
                let bar = length.map(|length| {
                    let bar = span(before, length, whole);
                    before += length;
                    bar
                });
                row(moment, bar)
            })
            .collect();
        html! {
            p { "What the ledger of " code { (self.0.database) } " says, oldest first. Each entry was written in the transaction that it tells of." }
            (table("Timeline", &["entry", "when", "what", "tier", "took", "did", "by"], &rows, "Nothing happened."))
        }
    }
}

fn row(moment: &Happened, bar: Option<Markup>) -> Vec<Markup> {
    let tier = moment.tier.as_ref();
    vec![
        html! { (moment.seq) },
        when(&moment.at),
        kind(&moment.kind),
        html! { @if let Some(tier) = tier {
            strong { (tier.label.as_deref().unwrap_or(&tier.id)) } " "
            @if tier.label.is_some() { code { (tier.id) } }
            @if let Some(summary) = &tier.summary { br; span.quiet { (summary) } }
        } },
        html! {
            @if let Some(length) = tier.and_then(|tier| tier.duration_ms) { (duration(length)) }
            @if let Some(attempts) = tier.and_then(|tier| tier.attempts).filter(|count| *count > 1) { ", attempt " (attempts) }
            @if let Some(bar) = bar { (bar) }
        },
        html! { @if let Some(tier) = tier { (effects(tier)) } },
        html! { (moment.operator) @if let Some(role) = tier.and_then(|tier| tier.role.as_ref()) { br; span.quiet { "as " (role) } } },
    ]
}

fn kind(kind: &str) -> Markup {
    let tone = match kind {
        "tier_applied" | "run_finished" => Tone::Good,
        "tier_rolled_back" | "rolled_back" => Tone::Warn,
        "run_aborted" | "tier_failed" => Tone::Bad,
        _ => Tone::Quiet,
    };
    badge(tone, &kind.replace('_', " "))
}

fn effects(tier: &TierHappened) -> Markup {
    html! {
        ul.plain {
            @for (change, count) in &tier.objects { li { (count) " " (change) } }
            @for row in &tier.rows {
                li {
                    code { (row.table) } ":"
                    @for (count, word) in [(row.inserted, "inserted"), (row.updated, "updated"), (row.deleted, "deleted")] {
                        @if count > 0 { " " (count) " " (word) }
                    }
                }
            }
            @for marker in &tier.markers { li.marker { (marker) } }
        }
    }
}
