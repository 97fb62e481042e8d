//! Axes, and the tree of topics.

use maud::{Markup, html};
use oneroof_engine::governance::coverage::{self, AxisCoverage, CoverageAnswer, CoverageQuery};
use oneroof_engine::governance::topic::{self, Topic};
use serde::Serialize;
use utoipa::ToSchema;

use super::OfTarget;
use crate::layout::{Place, address, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::table::table;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Both.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Axes {
    target: String,
    by_axis: Vec<AxisCoverage>,
    topics: Vec<Topic>,
}

impl View for Axes {
    type Ask = OfTarget;
    const PATH: &'static str = "/axes";
    const SUMMARY: &'static str =
        "The axes with their values, rules and gaps, and the tree of topics";
    const PLACE: Place = Place::Axes;

    fn target(ask: &OfTarget) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &OfTarget) -> Result<Axes, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let (axes, topics) = tokio::try_join!(
            coverage::coverage(&site.context, &target, &CoverageQuery::ByAxis),
            topic::list(&site.context, &target, None),
        )?;
        match axes.answer {
            CoverageAnswer::ByAxis { by_axis } => Ok(Axes {
                target,
                by_axis,
                topics,
            }),
            _ => Err(Problem::internal("asked for the axes, and got a part")),
        }
    }

    fn title(&self, _: &OfTarget) -> String {
        format!("Axes and topics of {}", self.target)
    }

    fn page(&self, _: &OfTarget) -> Markup {
        let axes: Vec<Vec<Markup>> = self
            .by_axis
            .iter()
            .map(|axis| {
                vec![
                    html! {
                        a href={ (address("/coverage/matrix", Some(&self.target))) "&axis=" (encoded(&axis.axis)) } { (axis.axis) }
                        br; span.quiet { (axis.name) ", " (axis.kind) }
                    },
                    status(&axis.status),
                    html! { (axis.active_values) },
                    html! { (axis.active_rules) },
                    html! { (axis.required_cells) },
                    badge(Tone::of_count(axis.gap_cells), &axis.gap_cells.to_string()),
                    match axis.quarantine {
                        0 => badge(Tone::Good, "0"),
                        count => badge(Tone::Warn, &count.to_string()),
                    },
                ]
            })
            .collect();
        html! {
            (table("Axes", &["axis", "status", "values", "rules", "cells", "gaps", "quarantine"], &axes, "There is no axis."))
            h2 { "Topics" }
            @if self.topics.is_empty() { p.nothing { "There is no topic." } }
            (tree(&self.topics, 0).0)
        }
    }
}

/// The topics of one depth and what is below them, and how many were taken.
fn tree(topics: &[Topic], depth: u32) -> (Markup, usize) {
    let mut taken = 0;
    let mut items = Vec::new();
    while let Some(topic) = topics.get(taken).filter(|topic| topic.depth == depth) {
        taken += 1;
        let (below, count) = tree(topics.get(taken..).unwrap_or_default(), depth + 1);
        taken += count;
        items.push(html! { li { (line(topic)) @if count > 0 { (below) } } });
    }
    let markup = html! { @if !items.is_empty() { ul.tree { @for item in &items { (item) } } } };
    (markup, taken)
}

fn line(topic: &Topic) -> Markup {
    html! {
        strong { (topic.topic) } " "
        @if let Some(name) = &topic.name { (name) " " }
        (status(&topic.status))
        @if let Some(into) = &topic.merged_into { " merged into " strong { (into) } }
        span.quiet {
            ", " (topic.objects) @if topic.objects == 1 { " object" } @else { " objects" }
            @if let Some(kind) = &topic.provenance_kind { ", " (kind.replace('_', " ")) }
            @if !topic.labels.is_empty() { ", labels " (topic.labels.join(", ")) }
        }
    }
}

fn status(status: &str) -> Markup {
    let tone = match status {
        "active" => Tone::Good,
        "candidate" => Tone::Info,
        "deprecated" => Tone::Warn,
        _ => Tone::Quiet,
    };
    badge(tone, status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &str, depth: u32) -> Topic {
        Topic {
            topic: name.into(),
            name: None,
            parent: None,
            status: "active".into(),
            provenance_kind: None,
            merged_into: None,
            depth,
            path: name.into(),
            objects: 0,
            labels: Vec::new(),
        }
    }

    #[test]
    fn every_topic_is_in_the_tree_once_below_its_parent() {
        let topics = [
            topic("a", 0),
            topic("b", 1),
            topic("c", 2),
            topic("d", 1),
            topic("e", 0),
        ];
        let (markup, taken) = tree(&topics, 0);
        assert_eq!(taken, 5);
        let text = markup.into_string();
        assert_eq!(text.matches("<li>").count(), 5);
        assert_eq!(text.matches("<ul").count(), 3);
    }
}
