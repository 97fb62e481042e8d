//! One object: who is accountable for it, scope by scope, and by which row.

use std::collections::BTreeSet;

use maud::{Markup, html};
use oneroof_engine::governance::coverage::{
    self, CoverageAnswer, CoverageQuery, EffectiveOwner, Gap,
};
use oneroof_engine::governance::owner::{self, OwnerFilter, OwnershipRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::owner_address;
use crate::layout::Place;
use crate::parts::badge::{Tone, badge};
use crate::parts::table::table;
use crate::parts::text::when;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Which object.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// The target; may be left out where there is only one.
    target: Option<String>,
    /// The object: its name, or type:name.
    object: String,
    /// Only this scope.
    scope: Option<String>,
}

/// Who is accountable for an object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnershipDetail {
    target: String,
    schema: String,
    ownership_detail: Vec<EffectiveOwner>,
    gaps: Vec<Gap>,
    /// The rows of the store that decide: of the object itself, or of a group above it.
    deciding_rows: Vec<OwnershipRow>,
}

impl View for OwnershipDetail {
    type Ask = Asked;
    const PATH: &'static str = "/coverage/ownership-detail";
    const SUMMARY: &'static str = "Who is accountable for an object, scope by scope: direct or inherited, from where, at what depth, by which row";
    const PLACE: Place = Place::Coverage;

    fn target(ask: &Asked) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &Asked) -> Result<OwnershipDetail, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let query = CoverageQuery::OwnershipDetail(ask.object.clone());
        let report = coverage::coverage(&site.context, &target, &query).await?;
        let CoverageAnswer::OwnershipDetail {
            mut ownership_detail,
            mut gaps,
        } = report.answer
        else {
            return Err(Problem::internal("asked for an object, and got a part"));
        };
        if let Some(scope) = &ask.scope {
            ownership_detail.retain(|owner| owner.scope == *scope);
            gaps.retain(|gap| gap.scope == *scope);
        }
        let anchors: BTreeSet<String> = ownership_detail
            .iter()
            .map(|owner| format!("{}:{}", owner.source_anchor_type, owner.source_anchor_ref))
            .collect();
        let mut deciding_rows = Vec::new();
        for anchor in anchors {
            let filter = OwnerFilter {
                object: Some(anchor),
                scope: ask.scope.clone(),
                agency: None,
            };
            let rows = owner::list(&site.context, &target, &filter, false).await?;
            deciding_rows.extend(rows.rows.into_iter().filter(|row| row.is_valid));
        }
        Ok(OwnershipDetail {
            target,
            schema: report.schema,
            ownership_detail,
            gaps,
            deciding_rows,
        })
    }

    fn title(&self, ask: &Asked) -> String {
        match &ask.scope {
            Some(scope) => format!("{}, scope {scope}", ask.object),
            None => ask.object.clone(),
        }
    }

    fn page(&self, _: &Asked) -> Markup {
        let owners: Vec<Vec<Markup>> = self
            .ownership_detail
            .iter()
            .map(|owner| {
                vec![
                    html! { strong { (owner.scope) } },
                    html! { a href=(owner_address(&owner.owner_gov_code, &self.target)) { (owner.owner_gov_code) } },
                    match owner.resolution.as_str() {
                        "direct" => badge(Tone::Good, "direct"),
                        other => badge(Tone::Info, other),
                    },
                    path(owner),
                ]
            })
            .collect();
        let rows: Vec<Vec<Markup>> = self
            .deciding_rows
            .iter()
            .map(|row| {
                vec![
                    html! { (row.id) },
                    html! { (row.object_type) ":" (row.object_ref) },
                    html! { (row.scope) },
                    html! { (row.owner_gov_code) ", " (row.owner_kind) },
                    when(&row.effective_from),
                    html! { (row.approval_ref.as_deref().unwrap_or("–")) },
                    html! { code { (row.created_by) } },
                ]
            })
            .collect();
        html! {
            @for gap in &self.gaps {
                p { (badge(Tone::Bad, "gap")) " Nobody is accountable for scope " strong { (gap.scope) } "." }
            }
            h2 { "Who is accountable" }
            (table("Who is accountable", &["scope", "agency", "how", "path"], &owners, "Nobody is accountable for it."))
            h2 { "The rows that decide" }
            (table("The rows that decide", &["row", "of", "scope", "agency", "since", "approval", "written by"], &rows, "No row decides."))
        }
    }
}

/// From the object up to the row that decides.
fn path(owner: &EffectiveOwner) -> Markup {
    html! {
        ol.path {
            li { (owner.object_ref) }
            @if owner.depth > 0 {
                @if owner.depth > 1 { li { (owner.depth - 1) " between" } }
                li { (owner.source_anchor_ref) " " span.quiet { "depth " (owner.depth) } }
            }
            li { strong { (owner.owner_gov_code) } }
        }
    }
}
