//! Coverage on one page.

use maud::{Markup, html};
use oneroof_engine::governance::coverage::{
    self, CoverageAnswer, CoverageQuery, CoverageSummary, GroupCoverage, LeftOut, OwnerCoverage,
    ScanStatus, ScopeCoverage,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::layout::{Place, address};
use crate::pages::OfTarget;
use crate::parts::badge::Tone;
use crate::parts::figure::{Figure, figures};
use crate::parts::text::age;
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// The parts that are shown together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    target: String,
    schema: String,
    summary: CoverageSummary,
    left_out: Option<LeftOut>,
    scan_status: ScanStatus,
    by_scope: Vec<ScopeCoverage>,
    by_owner: Vec<OwnerCoverage>,
    by_group: Vec<GroupCoverage>,
}

impl View for Overview {
    type Ask = OfTarget;
    const PATH: &'static str = "/coverage";
    const SUMMARY: &'static str =
        "Coverage of responsibility: the summary, by scope, by owner and by group";
    const PLACE: Place = Place::Coverage;

    fn target(ask: &OfTarget) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &OfTarget) -> Result<Overview, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let part =
            async |query: CoverageQuery| coverage::coverage(&site.context, &target, &query).await;
        let (summary, scopes, owners, groups) = tokio::try_join!(
            part(CoverageQuery::Summary),
            part(CoverageQuery::ByScope),
            part(CoverageQuery::ByOwner),
            part(CoverageQuery::ByGroup),
        )?;
        let schema = summary.schema.clone();
        match (summary.answer, scopes.answer, owners.answer, groups.answer) {
            (
                CoverageAnswer::Summary {
                    summary,
                    left_out,
                    scan_status,
                },
                CoverageAnswer::ByScope { by_scope },
                CoverageAnswer::ByOwner { by_owner },
                CoverageAnswer::ByGroup { by_group },
            ) => Ok(Overview {
                target,
                schema,
                summary,
                left_out,
                scan_status,
                by_scope,
                by_owner,
                by_group,
            }),
            _ => Err(Problem::internal("asked for parts, and got others")),
        }
    }

    fn title(&self, _: &OfTarget) -> String {
        format!("Coverage of {}", self.target)
    }

    fn page(&self, _: &OfTarget) -> Markup {
        let target = &self.target;
        html! {
            (summary_part(&self.summary, self.left_out.as_ref(), &self.scan_status, target))
            h2 { "By scope" }
            (super::scopes(&self.by_scope))
            h2 { "By group" }
            (super::groups(&self.by_group, target))
            h2 { "By owner" }
            (super::owners(&self.by_owner, target))
            p.quiet { "The rows of groups are counted with owners: members inherit them." }
        }
    }
}

/// The summary, and where to go from it.
pub(crate) fn summary_part(
    summary: &CoverageSummary,
    left_out: Option<&LeftOut>,
    scan: &ScanStatus,
    target: &str,
) -> Markup {
    let target = Some(target);
    html! {
        (figures(&[
            Figure::plain("objects", summary.objects),
            Figure::plain("scopes", summary.scopes),
            Figure::plain("cells", summary.total_cells),
            Figure::plain("covered", summary.covered_cells),
            Figure::plain("coverage", format!("{} %", summary.coverage_pct.as_deref().unwrap_or("–")))
                .tone(Tone::of_count(summary.gap_cells)),
            Figure::zero_is_good("gaps", summary.gap_cells),
            Figure::zero_is_good("conflicts", summary.conflicts),
            Figure::plain("anchors", summary.ownership_anchors),
        ]))
        p {
            a href=(address("/coverage/matrix", target)) { "Matrix" } " · "
            a href=(address("/coverage/gaps", target)) { "Gaps" } " · "
            a href=(address("/coverage/conflicts", target)) { "Conflicts" } " · "
            a href=(address("/coverage/by-object", target)) { "Every object" }
        }
        @if let Some(left_out) = left_out {
            @if left_out.relations > 0 {
                p { strong { (left_out.relations) " relations are not in the inventory" }
                    @if let Some(kinds) = &left_out.kinds { ": " (kinds) } "." }
            }
        }
        p.quiet {
            @match &scan.last {
                Some(last) => { "Newest scan: number " (last.scan_id) ", " (age(last.age_seconds)) " ago, by " (last.actor) ", " (last.open) " open findings." },
                None => "Nothing was scanned yet.",
            }
        }
    }
}
