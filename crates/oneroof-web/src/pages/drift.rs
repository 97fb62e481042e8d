//! Drift: the open findings, how many there were after each scan, and whose objects they are about.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use oneroof_engine::governance::drift::{
    self, DriftOptions, DriftReport, DriftView, Finding, FindingCounts, FindingFilter,
};
use oneroof_engine::governance::drift_trend::{self, DriftTrend, OwnerFindings};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::coverage::{object_address, owner_address};
use crate::layout::{Place, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::chart;
use crate::parts::figure::{Figure, figures};
use crate::parts::table::{pager, table};
use crate::parts::text::{age, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Findings on one page.
const PAGE_FINDINGS: usize = 200;

/// Which findings.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Asked {
    /// The target; may be left out where there is only one.
    target: Option<String>,
    /// critical, warning or info.
    severity: Option<String>,
    /// Only this detector.
    detector: Option<String>,
    /// `live`: those of this moment, instead of those that the last scan stored.
    view: Option<String>,
    /// The page, from 1; the first if absent.
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
}

/// The findings and how they came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Drift {
    #[serde(flatten)]
    report: DriftReport,
    /// Findings that the filter lets through, on all pages.
    findings_in_all: usize,
    /// All of them by what is wrong.
    by_cause: Vec<Cause>,
    page: u32,
    trend: DriftTrend,
}

/// What is wrong, and how often.
#[derive(Debug, Serialize, ToSchema)]
struct Cause {
    detector: String,
    severity: String,
    findings: usize,
    objects: usize,
}

impl View for Drift {
    type Ask = Asked;
    const PATH: &'static str = "/drift";
    const SUMMARY: &'static str =
        "Open findings, 200 a page, their number after each scan, and by accountable agency";
    const PLACE: Place = Place::Drift;

    fn target(ask: &Asked) -> Option<&str> {
        ask.target.as_deref()
    }

    async fn read(site: &Site, ask: &Asked) -> Result<Drift, Problem> {
        let target = site.target(ask.target.as_deref())?;
        let options = DriftOptions {
            view: match ask.view.as_deref() {
                None | Some("stored") => DriftView::Stored,
                Some("live") => DriftView::Live,
                Some(other) => {
                    return Err(Problem::input(format!("there is no view `{other}`"))
                        .hint("view is `stored` or `live`"));
                }
            },
            scan: false,
            filter: FindingFilter {
                severity: ask.severity.clone(),
                detector: ask.detector.clone(),
            },
        };
        let (mut report, trend) = tokio::try_join!(
            drift::drift(&site.context, &target, &options),
            drift_trend::drift_trend(&site.context, &target),
        )?;
        let page = ask.page.unwrap_or(1).max(1);
        let findings_in_all = report.findings.len();
        let by_cause = by_cause(&report.findings);
        let first = usize::try_from(page - 1)
            .unwrap_or(usize::MAX)
            .saturating_mul(PAGE_FINDINGS);
        report.findings = std::mem::take(&mut report.findings)
            .into_iter()
            .skip(first)
            .take(PAGE_FINDINGS)
            .collect();
        Ok(Drift {
            report,
            findings_in_all,
            by_cause,
            page,
            trend,
        })
    }

    fn title(&self, _: &Asked) -> String {
        format!("Drift of {}", self.report.target)
    }

    fn page(&self, ask: &Asked) -> Markup {
        let counts = match self.report.view {
            DriftView::Stored => &self.report.counts.stored,
            DriftView::Live => &self.report.counts.live,
        };
        let shown = self.page as usize * PAGE_FINDINGS;
        html! {
            (severities(counts))
            p.quiet {
                @match &self.report.scan_status.last {
                    Some(scan) => { "Newest scan: number " (scan.scan_id) ", " (age(scan.age_seconds)) " ago, by " (scan.actor) "." },
                    None => "Nothing was scanned yet.",
                }
                @if self.report.counts.stored != self.report.counts.live {
                    " Between it and now the findings changed: " a href={ (self.address(None, None, 1)) "&view=live" } { "those of this moment" } "."
                }
            }
            (filters(ask, &self.report.target))
            (table("Findings", &["severity", "detector", "object", "axis", "what is wrong", "seen"],
                &self.report.findings.iter().map(|one| self.row(one)).collect::<Vec<_>>(), "No finding is open here."))
            (pager(self.page,
                (self.page > 1).then(|| self.address_of(ask, self.page - 1)),
                (shown < self.findings_in_all).then(|| self.address_of(ask, self.page + 1))))
            h2 { "How it went" }
            @if self.trend.scans.is_empty() {
                p.nothing { "There is no scan to look back on." }
            } @else {
                (chart::scans(&self.trend.scans))
                details {
                    summary { "The same as a table" }
                    (scans(&self.trend))
                }
            }
            h2 { "By cause" }
            (self.causes())
            h2 { "By accountable agency" }
            (by_owner(&self.trend.by_owner, &self.report.target))
        }
    }
}

impl Drift {
    fn address(&self, severity: Option<&str>, detector: Option<&str>, page: u32) -> String {
        let mut address = format!("/drift?target={}&page={page}", encoded(&self.report.target));
        for (name, word) in [("severity", severity), ("detector", detector)] {
            if let Some(word) = word {
                address.push_str(&format!("&{name}={}", encoded(word)));
            }
        }
        address
    }

    fn address_of(&self, ask: &Asked, page: u32) -> String {
        let mut address = self.address(ask.severity.as_deref(), ask.detector.as_deref(), page);
        if let Some(view) = &ask.view {
            address.push_str(&format!("&view={}", encoded(view)));
        }
        address
    }

    fn causes(&self) -> Markup {
        let rows: Vec<Vec<Markup>> = self
            .by_cause
            .iter()
            .map(|cause| {
                vec![
                    badge(Tone::of_severity(&cause.severity), &cause.severity),
                    html! { a href=(self.address(None, Some(&cause.detector), 1)) { (cause.detector) } },
                    html! { (cause.findings) },
                    html! { (cause.objects) },
                    chart::share(cause.findings as u64, self.findings_in_all as u64),
                ]
            })
            .collect();
        let columns = ["severity", "detector", "findings", "objects", "share"];
        table("By cause", &columns, &rows, "No finding is open here.")
    }

    fn row(&self, finding: &Finding) -> Vec<Markup> {
        vec![
            badge(Tone::of_severity(&finding.severity), &finding.severity),
            html! { a href=(self.address(None, Some(&finding.detector), 1)) { (finding.detector) } },
            html! {
                @if finding.object_type == "collection" {
                    a href=(object_address(&finding.object_type, &finding.object_ref, &self.report.target)) { (finding.object_ref) }
                } @else { (finding.object_ref) }
                " " span.quiet { (finding.object_type) }
            },
            html! { (finding.axis.as_deref().unwrap_or("–")) @if let Some(value) = &finding.value { " = " (value) } },
            html! { (finding.detail.as_deref().unwrap_or_default()) },
            html! {
                @if let Some(at) = &finding.first_seen_at { (when(at)) }
                @if let Some(count) = finding.scan_count { span.quiet { ", in " (count) @if count == 1 { " scan" } @else { " scans" } } }
            },
        ]
    }
}

/// How much of it has which cause, most first: a detector says one thing only.
fn by_cause(findings: &[Finding]) -> Vec<Cause> {
    let mut causes: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for finding in findings {
        let cause = (finding.detector.as_str(), finding.severity.as_str());
        causes.entry(cause).or_default().push(&finding.object_ref);
    }
    let mut causes: Vec<Cause> = causes
        .into_iter()
        .map(|((detector, severity), objects)| Cause {
            detector: detector.to_owned(),
            severity: severity.to_owned(),
            findings: objects.len(),
            objects: objects.into_iter().collect::<BTreeSet<_>>().len(),
        })
        .collect();
    causes.sort_by_key(|cause| Reverse(cause.findings));
    causes
}

fn severities(counts: &FindingCounts) -> Markup {
    let tone = |count: u64, tone: Tone| match count {
        0 => Tone::Good,
        _ => tone,
    };
    figures(&[
        Figure::plain("critical", counts.critical).tone(tone(counts.critical, Tone::Bad)),
        Figure::plain("warning", counts.warning).tone(tone(counts.warning, Tone::Warn)),
        Figure::plain("info", counts.info).tone(Tone::Info),
    ])
}

fn scans(trend: &DriftTrend) -> Markup {
    let rows: Vec<Vec<Markup>> = trend
        .scans
        .iter()
        .rev()
        .map(|scan| {
            vec![
                html! { (scan.scan_id) },
                when(&scan.started_at),
                html! { (scan.mode) },
                html! { (scan.opened) },
                html! { (scan.resolved) },
                html! { (scan.open) },
                html! { (scan.critical) },
            ]
        })
        .collect();
    table(
        "Scans",
        &[
            "scan", "when", "mode", "opened", "resolved", "open", "critical",
        ],
        &rows,
        "There is no scan.",
    )
}

fn by_owner(rows: &[OwnerFindings], target: &str) -> Markup {
    let rows: Vec<Vec<Markup>> = rows
        .iter()
        .map(|row| {
            vec![
                match &row.owner {
                    Some(owner) => html! { a href=(owner_address(owner, target)) { (owner) } },
                    None => html! { span.quiet { "nobody" } },
                },
                html! { (row.objects) },
                html! { (row.counts.critical) },
                html! { (row.counts.warning) },
                html! { (row.counts.info) },
            ]
        })
        .collect();
    table(
        "By accountable agency",
        &["agency", "objects", "critical", "warning", "info"],
        &rows,
        "No finding is open.",
    )
}

fn filters(ask: &Asked, target: &str) -> Markup {
    let severity = ask.severity.as_deref().unwrap_or_default();
    html! {
        form.filters method="get" action="/drift" role="search" aria-label="Filter the findings" {
            input type="hidden" name="target" value=(target);
            label {
                "Severity"
                select name="severity" {
                    @for (word, name) in [("", "all"), ("critical", "critical"), ("warning", "warning"), ("info", "info")] {
                        option value=(word) selected[word == severity] { (name) }
                    }
                }
            }
            label { "Detector" input name="detector" value=(ask.detector.as_deref().unwrap_or_default()); }
            label {
                "Findings"
                select name="view" {
                    option value="stored" { "of the last scan" }
                    option value="live" selected[ask.view.as_deref() == Some("live")] { "of this moment" }
                }
            }
            button type="submit" { "Show" }
        }
    }
}
