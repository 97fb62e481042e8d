//! Reconcile: topic against label, collection by collection.

use maud::{Markup, html};
use oneroof_engine::governance::reconcile::{self, Reconciled};
use serde::Serialize;
use utoipa::ToSchema;

use super::OfTarget;
use super::coverage::object_address;
use crate::layout::Place;
use crate::parts::badge::{Tone, badge};
use crate::parts::table::table;
use crate::parts::text::digest;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Every collection with a topic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reconcile {
    target: String,
    collections: Vec<Reconciled>,
}

impl View for Reconcile {
    type Ask = OfTarget;
    const PATH: &'static str = "/reconcile";
    const SUMMARY: &'static str = "Every collection with a topic: the labels that express it against the labels of its rules, and the decisions";
    const PLACE: Place = Place::Reconcile;

    fn target(ask: &OfTarget) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &OfTarget) -> Result<Reconcile, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let collections = reconcile::list(&site.context, &target, false).await?;
        Ok(Reconcile {
            target,
            collections,
        })
    }

    fn title(&self, _: &OfTarget) -> String {
        format!("Topics against labels on {}", self.target)
    }

    fn page(&self, _: &OfTarget) -> Markup {
        let rows: Vec<Vec<Markup>> = self
            .collections
            .iter()
            .map(|one| {
                vec![
                    html! { a href=(object_address("collection", &one.collection, &self.target)) { (one.collection) } },
                    html! { (one.topic) br; span.quiet { (one.zone) @if one.has_owner { ", owned" } } },
                    sets(&one.topic_labels, &one.topic_facets),
                    sets(&one.rule_labels, &one.rule_facets),
                    flag(&one.flag),
                    decision(one),
                    digest(&one.fingerprint),
                ]
            })
            .collect();
        table(
            "Topics against labels",
            &[
                "collection",
                "topic",
                "labels of the topic",
                "labels of the rules",
                "verdict",
                "decision",
                "facts",
            ],
            &rows,
            "No collection has a topic.",
        )
    }
}

fn sets(labels: &[String], facets: &[String]) -> Markup {
    html! {
        @if labels.is_empty() { span.quiet { "none" } } @else { (labels.join(", ")) }
        @if !facets.is_empty() { br; span.quiet { "facets " (facets.join(", ")) } }
    }
}

fn flag(flag: &str) -> Markup {
    let tone = match flag {
        "consistent" => Tone::Good,
        "divergent" => Tone::Bad,
        flag if flag.starts_with("reconciled") => Tone::Info,
        _ => Tone::Warn,
    };
    badge(tone, &flag.replace('_', " "))
}

fn decision(one: &Reconciled) -> Markup {
    html! {
        @match &one.decision {
            Some(decision) => {
                (decision.kind.replace('_', " ")) br;
                span.quiet { (decision.decided_by) ": " (decision.rationale) }
            },
            None => span.quiet { "none" },
        }
        @for old in &one.outdated {
            br; span.quiet { "no longer fits: " (old.kind.replace('_', " ")) }
        }
    }
}
