//! Rehearsals and their evidence.

pub(crate) mod files;
mod happened;
mod record;
pub(crate) mod under_way;

use maud::{Markup, html};
use oneroof_engine::evidence::{self, EvidenceSeen, EvidenceVerified, VerifyOptions};
use oneroof_engine::evidence_files::{self, EvidenceFiles};
use oneroof_engine::under_way::UnderWay;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Nothing;
use super::status::evidence_line;
use crate::layout::{Place, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::text::{prose, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// All evidence of the project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceList {
    /// Those that are not evidence yet.
    under_way: Vec<UnderWay>,
    evidence: Vec<EvidenceSeen>,
}

impl View for EvidenceList {
    type Ask = Nothing;
    const PATH: &'static str = "/evidence";
    const SUMMARY: &'static str = "The rehearsals of this project, the newest first";
    const PLACE: Place = Place::Evidence;
    const ABOUT_TARGET: bool = false;

    async fn read(site: &Site, _: &Nothing) -> Result<EvidenceList, Problem> {
        Ok(EvidenceList {
            under_way: oneroof_engine::under_way::list(&site.context),
            evidence: evidence::list(&site.context),
        })
    }

    fn title(&self, _: &Nothing) -> String {
        "Rehearsals".to_owned()
    }

    fn page(&self, _: &Nothing) -> Markup {
        html! {
            p { "A rehearsal is the whole life of a release on a fresh clone. What was seen is kept as evidence." }
            @if !self.under_way.is_empty() {
                h2 { "Under way" }
                ul.plain.list { @for one in &self.under_way { li { (under_way_line(one)) } } }
                h2 { "Done" }
            }
            @if self.evidence.is_empty() {
                p.nothing { "Nothing was rehearsed yet: " code { "oneroof rehearse PACKAGE --from TARGET" } }
            }
            ul.plain.list { @for seen in &self.evidence { li { (evidence_line(seen)) } } }
        }
    }
}

fn under_way_line(one: &UnderWay) -> Markup {
    html! {
        (badge(Tone::Info, "UNDER WAY")) " "
        a href={ "/under-way/" (encoded(&one.name)) } { (one.package.as_deref().unwrap_or(&one.name)) }
        @if let Some(target) = &one.target { " from " (target) }
        @if let Some(step) = &one.step { ", " (prose(step)) }
        @if let Some(at) = &one.last_at { span.quiet { ", last heard " (when(at)) } }
    }
}

/// Which evidence.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Named {
    /// A name of the list.
    name: String,
}

/// One rehearsal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rehearsal {
    name: String,
    /// `rehearsal.json`, whose sum was checked.
    #[schema(value_type = Object)]
    record: Value,
    /// What `evidence verify` says now.
    verified: EvidenceVerified,
    files: EvidenceFiles,
}

impl View for Rehearsal {
    type Ask = Named;
    const PATH: &'static str = "/evidence/{name}";
    const SUMMARY: &'static str =
        "A rehearsal: its record, and whether every file is as it was written";
    const PLACE: Place = Place::Evidence;
    const ABOUT_TARGET: bool = false;

    async fn read(site: &Site, ask: &Named) -> Result<Rehearsal, Problem> {
        let is_known = evidence::list(&site.context)
            .iter()
            .any(|seen| seen.name == ask.name);
        if !is_known {
            return Err(
                Problem::missing(format!("there is no evidence `{}`", ask.name))
                    .hint("the list of rehearsals names those that there are"),
            );
        }
        Ok(Rehearsal {
            record: evidence::show(&site.context, &ask.name)?,
            verified: evidence::verify(
                &site.context.root.join("evidence").join(&ask.name),
                &VerifyOptions::default(),
            )?,
            files: evidence_files::files(&site.context, &ask.name)?,
            name: ask.name.clone(),
        })
    }

    fn title(&self, _: &Named) -> String {
        let package = self.record["package"].as_str().unwrap_or("a package");
        let source = self.record["source"]["target"].as_str();
        format!(
            "Rehearsal of {package} on a CLONE of {}",
            source.unwrap_or("a target")
        )
    }

    fn page(&self, _: &Named) -> Markup {
        html! {
            (record::head(&self.record))
            (record::steps(&self.record))
            (record::tiers(&self.record))
            (record::figures(&self.record))
            (record::negatives(&self.record))
            (record::not_covered(&self.record))
            (files::verified(&self.verified))
            (files::listed(&self.name, &self.files))
        }
    }
}
