//! The parts of the coverage, one address each: the coverage API.

use maud::{Markup, html};
use oneroof_engine::governance::coverage::{self, CoverageAnswer, CoverageQuery, CoverageReport};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::object_address;
use super::overview::summary_part;
use crate::layout::Place;
use crate::pages::OfTarget;
use crate::parts::badge::{Tone, badge};
use crate::parts::chart::share;
use crate::parts::figure::facts;
use crate::parts::table::table;
use crate::parts::text::{age, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Of a target, or of one object of it.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct OfObject {
    /// The target; may be left out where there is only one.
    target: Option<String>,
    /// Only this object: its name, or type:name.
    object: Option<String>,
}

async fn report(
    site: &Site,
    target: Option<&str>,
    query: CoverageQuery,
) -> Result<CoverageReport, Problem> {
    let target = site.target(target)?;
    Ok(coverage::coverage(&site.context, &target, &query).await?)
}

/// One part: its name, its path, what it is, what is asked for, its question, its title.
macro_rules! part {
    ($name:ident, $path:literal, $summary:literal, $ask:ty, $title:literal, $query:expr) => {
        #[doc = $summary]
        #[derive(Debug, Serialize, ToSchema)]
        #[serde(transparent)]
        pub(crate) struct $name(CoverageReport);

        impl View for $name {
            type Ask = $ask;
            const PATH: &'static str = $path;
            const SUMMARY: &'static str = $summary;
            const PLACE: Place = Place::Coverage;

            fn target(ask: &$ask) -> Option<&str> {
                ask.target.as_deref()
            }

            async fn read(site: &Site, ask: &$ask) -> Result<$name, Problem> {
                let query: fn(&$ask) -> CoverageQuery = $query;
                Ok($name(
                    report(site, ask.target.as_deref(), query(ask)).await?,
                ))
            }

            fn title(&self, _: &$ask) -> String {
                format!(concat!($title, " of {}"), self.0.target)
            }

            fn page(&self, _: &$ask) -> Markup {
                answer(&self.0)
            }
        }
    };
}

part!(
    Summary,
    "/coverage/summary",
    "Eight figures of the coverage",
    OfTarget,
    "Coverage summary",
    |_| CoverageQuery::Summary
);
part!(
    ByScope,
    "/coverage/by-scope",
    "Coverage of each scope",
    OfTarget,
    "Scopes",
    |_| CoverageQuery::ByScope
);
part!(
    ByOwner,
    "/coverage/by-owner",
    "What each agency is accountable for",
    OfTarget,
    "Owners",
    |_| CoverageQuery::ByOwner
);
part!(
    ByGroup,
    "/coverage/by-group",
    "Coverage of each group of objects",
    OfTarget,
    "Groups",
    |_| CoverageQuery::ByGroup
);
part!(
    ByObject,
    "/coverage/by-object",
    "Coverage of each object",
    OfObject,
    "Objects",
    |ask| CoverageQuery::ByObject(ask.object.clone())
);
part!(
    Gaps,
    "/coverage/gaps",
    "Objects and scopes that nobody is accountable for",
    OfObject,
    "Gaps",
    |ask| CoverageQuery::Gaps(ask.object.clone())
);
part!(
    Conflicts,
    "/coverage/conflicts",
    "Objects and scopes that more than one agency is accountable for",
    OfObject,
    "Conflicts",
    |ask| CoverageQuery::Conflicts(ask.object.clone())
);

fn answer(report: &CoverageReport) -> Markup {
    let target = &report.target;
    match &report.answer {
        CoverageAnswer::Summary {
            summary,
            left_out,
            scan_status,
        } => summary_part(summary, left_out.as_ref(), scan_status, target),
        CoverageAnswer::ByScope { by_scope } => super::scopes(by_scope),
        CoverageAnswer::ByOwner { by_owner } => super::owners(by_owner, target),
        CoverageAnswer::ByGroup { by_group } => super::groups(by_group, target),
        CoverageAnswer::ByObject { by_object } => {
            let rows: Vec<Vec<Markup>> = by_object
                .iter()
                .map(|row| {
                    vec![
                        object(&row.object_type, &row.object_ref, target),
                        html! { (row.covered) " of " (row.scopes_required) (share(row.covered, row.scopes_required)) },
                        super::gap(row.gap),
                    ]
                })
                .collect();
            table(
                "Objects",
                &["object", "covered", "gaps"],
                &rows,
                "There is no object.",
            )
        }
        CoverageAnswer::Gaps { gaps } => {
            let rows: Vec<Vec<Markup>> = gaps
                .iter()
                .map(|gap| {
                    vec![
                        object(&gap.object_type, &gap.object_ref, target),
                        html! { (gap.scope) },
                        badge(Tone::Bad, "nobody"),
                    ]
                })
                .collect();
            table(
                "Gaps",
                &["object", "scope", "accountable"],
                &rows,
                "There is no gap: every object has somebody for every scope.",
            )
        }
        CoverageAnswer::Conflicts { conflicts } => {
            let rows: Vec<Vec<Markup>> = conflicts
                .iter()
                .map(|conflict| {
                    vec![
                        object(&conflict.object_type, &conflict.object_ref, target),
                        html! { (conflict.scope) },
                        html! { (conflict.owners.join(", ")) },
                    ]
                })
                .collect();
            table(
                "Conflicts",
                &["object", "scope", "agencies"],
                &rows,
                "There is no conflict.",
            )
        }
        CoverageAnswer::ByAxis { .. }
        | CoverageAnswer::Matrix { .. }
        | CoverageAnswer::OwnershipDetail { .. } => html! {},
    }
}

fn object(object_type: &str, object_ref: &str, target: &str) -> Markup {
    html! {
        a href=(object_address(object_type, object_ref, target)) { (object_ref) }
        " " span.quiet { (object_type) }
    }
}

/// The newest scan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScanStatusSeen {
    target: String,
    #[serde(flatten)]
    scan_status: coverage::ScanStatus,
}

impl View for ScanStatusSeen {
    type Ask = OfTarget;
    const PATH: &'static str = "/coverage/scan-status";
    const SUMMARY: &'static str = "The newest scan of the drift detectors";
    const PLACE: Place = Place::Coverage;

    fn target(ask: &OfTarget) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &OfTarget) -> Result<ScanStatusSeen, Problem> {
        let report = report(site, ask.target.as_deref(), CoverageQuery::Summary).await?;
        match report.answer {
            CoverageAnswer::Summary { scan_status, .. } => Ok(ScanStatusSeen {
                target: report.target,
                scan_status,
            }),
            _ => Err(Problem::internal("asked for the summary, and got a part")),
        }
    }

    fn title(&self, _: &OfTarget) -> String {
        format!("Newest scan of {}", self.target)
    }

    fn page(&self, _: &OfTarget) -> Markup {
        match &self.scan_status.last {
            None => {
                html! { p.nothing { "Nothing was scanned yet: " code { "oneroof scan --target " (self.target) } } }
            }
            Some(scan) => facts(&[
                ("scan", html! { (scan.scan_id) ", " (scan.mode) }),
                ("by", html! { (scan.actor) }),
                (
                    "began",
                    html! { (when(&scan.started_at)) ", " (age(scan.age_seconds)) " ago" },
                ),
                (
                    "findings",
                    html! { (scan.findings) " seen, " (scan.opened) " new, " (scan.resolved) " resolved" },
                ),
                (
                    "open at its end",
                    html! { (scan.open) ", " (scan.critical) " of them critical" },
                ),
            ]),
        }
    }
}
