//! One agency: what it is accountable for.

use maud::{Markup, html};
use oneroof_engine::governance::owner::{self, OwnerFilter, OwnerReport};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::object_address;
use crate::layout::Place;
use crate::parts::badge::{Tone, badge};
use crate::parts::table::table;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Which agency.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// The target; may be left out where there is only one.
    target: Option<String>,
    /// The agency.
    agency: String,
}

/// What an agency owns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerSeen {
    target: String,
    #[serde(flatten)]
    report: OwnerReport,
}

impl View for OwnerSeen {
    type Ask = Asked;
    const PATH: &'static str = "/coverage/owner";
    const SUMMARY: &'static str = "What an agency is accountable for, and by which rows";
    const PLACE: Place = Place::Coverage;

    fn target(ask: &Asked) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &Asked) -> Result<OwnerSeen, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let filter = OwnerFilter {
            agency: Some(ask.agency.clone()),
            ..OwnerFilter::default()
        };
        let report = owner::list(&site.context, &target, &filter, false).await?;
        Ok(OwnerSeen { target, report })
    }

    fn title(&self, ask: &Asked) -> String {
        format!("{} on {}", ask.agency, self.target)
    }

    fn page(&self, _: &Asked) -> Markup {
        let rows: Vec<Vec<Markup>> = self
            .report
            .effective
            .iter()
            .map(|owner| {
                vec![
                    html! {
                        a href=(object_address(&owner.object_type, &owner.object_ref, &self.target)) { (owner.object_ref) }
                        " " span.quiet { (owner.object_type) }
                    },
                    html! { (owner.scope) },
                    match owner.resolution.as_str() {
                        "direct" => badge(Tone::Good, "direct"),
                        other => badge(Tone::Info, other),
                    },
                    html! { (owner.source_anchor_ref) @if owner.depth > 0 { ", depth " (owner.depth) } },
                ]
            })
            .collect();
        html! {
            p { (self.report.effective.len()) " rows in effect, made by " (self.report.rows.len()) " rows of the store." }
            (table("What it is accountable for", &["object", "scope", "how", "from"], &rows, "It is accountable for nothing."))
        }
    }
}
