//! The review queue: what waits for a person, in two lanes.

use maud::{Markup, html};
use oneroof_engine::governance::queue::{self, QueueItem, ReviewQueue};
use serde::Serialize;
use utoipa::ToSchema;

use super::OfTarget;
use super::coverage::object_address;
use crate::layout::Place;
use crate::parts::badge::{Tone, badge};
use crate::parts::figure::{Figure, figures};
use crate::parts::table::table;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// What waits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Queue(ReviewQueue);

impl View for Queue {
    type Ask = OfTarget;
    const PATH: &'static str = "/queue";
    const SUMMARY: &'static str = "What waits for a person: unowned assignments, candidate values, findings; and the two lanes";
    const PLACE: Place = Place::Queue;

    fn target(ask: &OfTarget) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &OfTarget) -> Result<Queue, Problem> {
        let target = site.target(ask.target.as_deref())?;
        Ok(Queue(queue::review_queue(&site.context, &target).await?))
    }

    fn title(&self, _: &OfTarget) -> String {
        format!("Review queue of {}", self.0.target)
    }

    fn page(&self, _: &OfTarget) -> Markup {
        // The items of an object lie together: it is one line.
        let objects: Vec<&[QueueItem]> = self
            .0
            .items
            .chunk_by(|one, next| {
                (&one.object_type, &one.object_ref) == (&next.object_type, &next.object_ref)
            })
            .collect();
        let rows: Vec<Vec<Markup>> = objects
            .iter()
            .filter_map(|items| items.first().map(|first| (first, items)))
            .map(|(first, items)| vec![
                badge(Tone::of_severity(&first.severity), &first.severity),
                html! {
                    @if first.object_type == "collection" {
                        a href=(object_address(&first.object_type, &first.object_ref, &self.0.target)) { (first.object_ref) }
                    } @else { (first.object_ref) }
                    " " span.quiet { (first.object_type) }
                },
                html! {
                    ul.plain { @for item in *items { li {
                        span.quiet { (item.item_kind.replace('_', " ")) ": " } (item.reason)
                    } } }
                },
            ])
            .collect();
        html! {
            p { "Official: somebody is accountable for what it is assigned to. Candidate: nobody is yet." }
            (figures(&self.0.lanes.iter().map(|lane| Figure::plain(
                if lane.lane == "official" { "official lane" } else { "candidate lane" }, lane.objects)).collect::<Vec<_>>()))
            p { strong { (self.0.items.len()) } " items about " strong { (objects.len()) } " objects wait." }
            (table("Review queue", &["worst", "object", "why it waits"], &rows, "Nothing waits."))
        }
    }
}
