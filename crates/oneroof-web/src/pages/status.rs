//! Status: every target at a glance. One that does not answer says so, and the others are still shown.

use futures_util::future::join_all;
use maud::{Markup, html};
use oneroof_engine::evidence::{self, EvidenceSeen};
use oneroof_engine::governance::coverage::{
    self, CoverageAnswer, CoverageQuery, CoverageSummary, ScanStatus,
};
use oneroof_engine::governance::drift::{self, DriftCounts, DriftOptions};
use oneroof_engine::releases::{self, ReleaseSeen, ReleaseStanding};
use oneroof_engine::status::{self, ReleaseStatus, StatusWord};
use serde::Serialize;
use utoipa::ToSchema;

use super::Nothing;
use crate::layout::{Place, address, problem_box};
use crate::parts::badge::{Tone, badge};
use crate::parts::figure::{Figure, figures};
use crate::parts::text::{age, prose, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::view::View;

/// Every target, and the newest rehearsals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    targets: Vec<TargetStatus>,
    newest_evidence: Vec<EvidenceSeen>,
}

/// One target. What could not be read says why.
#[derive(Debug, Serialize, ToSchema)]
struct TargetStatus {
    target: String,
    releases: Part<Vec<ReleaseSeen>>,
    standing: Part<Vec<ReleaseStatus>>,
    coverage: Part<CoverageNow>,
    drift: Part<DriftCounts>,
}

/// What could be read, or why not.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Part<T> {
    Read(T),
    Problem { error: Problem },
}

#[derive(Debug, Serialize, ToSchema)]
struct CoverageNow {
    #[serde(flatten)]
    summary: CoverageSummary,
    scan_status: ScanStatus,
}

impl<T> From<Result<T, Problem>> for Part<T> {
    fn from(result: Result<T, Problem>) -> Part<T> {
        match result {
            Ok(value) => Part::Read(value),
            Err(error) => Part::Problem { error },
        }
    }
}

/// Rehearsals on the front page.
const NEWEST: usize = 3;

impl View for Status {
    type Ask = Nothing;
    const PATH: &'static str = "/";
    const SUMMARY: &'static str =
        "Every target: its releases, its coverage, its drift, and the newest rehearsals";
    const PLACE: Place = Place::Status;
    const ABOUT_TARGET: bool = false;

    async fn read(site: &Site, _: &Nothing) -> Result<Status, Problem> {
        let targets = site.targets();
        let targets = join_all(targets.into_iter().map(|target| of_target(site, target))).await;
        let mut newest_evidence = evidence::list(&site.context);
        newest_evidence.truncate(NEWEST);
        Ok(Status {
            targets,
            newest_evidence,
        })
    }

    fn title(&self, _: &Nothing) -> String {
        "Status".to_owned()
    }

    fn page(&self, _: &Nothing) -> Markup {
        html! {
            @for target in &self.targets { (card(target)) }
            section {
                h2 { "Newest rehearsals" }
                @if self.newest_evidence.is_empty() {
                    p.nothing { "Nothing was rehearsed yet: " code { "oneroof rehearse PACKAGE --from TARGET" } }
                }
                ul.plain {
                    @for seen in &self.newest_evidence { li { (evidence_line(seen)) } }
                }
                @if !self.newest_evidence.is_empty() { p { a href="/evidence" { "All rehearsals" } } }
            }
        }
    }
}

async fn of_target(site: &Site, target: String) -> TargetStatus {
    let context = &site.context;
    let releases = async { Ok(releases::releases(context, &target).await?.releases) };
    let coverage = async {
        let report = coverage::coverage(context, &target, &CoverageQuery::Summary).await?;
        match report.answer {
            CoverageAnswer::Summary {
                summary,
                scan_status,
                ..
            } => Ok(CoverageNow {
                summary,
                scan_status,
            }),
            _ => Err(Problem::internal("asked for the summary, and got a part")),
        }
    };
    let drift = async {
        Ok(drift::drift(context, &target, &DriftOptions::default())
            .await?
            .counts)
    };
    let named = std::slice::from_ref(&target);
    let standing = async {
        let report = status::status(context, named, &[]).await?;
        let of_target = report.targets.into_iter().next();
        Ok(of_target.map(|one| one.releases).unwrap_or_default())
    };
    let (releases, standing, coverage, drift) = tokio::join!(releases, standing, coverage, drift);
    TargetStatus {
        releases: Part::from(releases),
        standing: Part::from(standing),
        coverage: Part::from(coverage),
        drift: Part::from(drift),
        target,
    }
}

fn card(status: &TargetStatus) -> Markup {
    let target = Some(status.target.as_str());
    html! {
        section.card aria-label={ "Target " (status.target) } {
            h2 { a href=(address("/releases", target)) { (status.target) } }
            @match &status.releases {
                Part::Read(releases) if releases.is_empty() => p.nothing { "No release was ever applied here." },
                Part::Read(releases) => {
                    ul.plain {
                        @for release in releases {
                            @if !stands(&status.standing, release) { li { (release_line(release)) } }
                        }
                    }
                }
                Part::Problem { error } => (problem_box(error)),
            }
            @if let Part::Read(standing) = &status.standing {
                @if !standing.is_empty() {
                    ul.plain {
                        @for release in standing { li { (where_it_stands(release, target)) } }
                    }
                }
            }
            @match &status.coverage {
                Part::Read(now) => (coverage_figures(now)),
                Part::Problem { error } => (quiet_problem("Coverage", error, &status.releases)),
            }
            @match &status.drift {
                Part::Read(counts) => {
                    p {
                        a href=(address("/drift", target)) { "Open findings" } ": "
                        (badge(zero(counts.stored.critical, Tone::Bad), &format!("{} critical", counts.stored.critical))) " "
                        (badge(zero(counts.stored.warning, Tone::Warn), &format!("{} warning", counts.stored.warning))) " "
                        (badge(Tone::Quiet, &format!("{} info", counts.stored.info)))
                    }
                }
                Part::Problem { error } => (quiet_problem("Drift", error, &status.releases)),
            }
        }
    }
}

/// Is a release of the ledger among those of which more is known?
fn stands(standing: &Part<Vec<ReleaseStatus>>, release: &ReleaseSeen) -> bool {
    let Part::Read(standing) = standing else {
        return false;
    };
    let of = |tag: &str| tag.split('@').next() == Some(release.package.as_str());
    standing.iter().any(|one| of(&one.package))
}

/// One word and three lines: where it stands, what is next, whose turn it is.
fn where_it_stands(release: &ReleaseStatus, target: Option<&str>) -> Markup {
    let tone = match release.word {
        StatusWord::Live => Tone::Good,
        StatusWord::Drifted | StatusWord::Blocked => Tone::Bad,
        StatusWord::CloneProven => Tone::Info,
        StatusWord::Packaged => Tone::Quiet,
    };
    html! {
        (badge(tone, release.word.as_str())) " " strong { (release.package) } ": " (prose(&release.where_it_stands))
        p.quiet {
            "Next: " (step(&release.next)) ". Turn: " (release.whose_turn) ". "
            a href=(address("/gate", target)) { "Gate" }
        }
    }
}

/// What is next: a command is code, also behind a few words.
fn step(text: &str) -> Markup {
    match text.find("oneroof ") {
        Some(at) if !text.contains('`') => html! { (&text[..at]) code { (&text[at..]) } },
        _ => prose(text),
    }
}

fn zero(count: u64, else_: Tone) -> Tone {
    match count {
        0 => Tone::Good,
        _ => else_,
    }
}

/// The same fault is not told three times.
fn quiet_problem<T>(what: &str, problem: &Problem, first: &Part<T>) -> Markup {
    let is_told = matches!(first, Part::Problem { error } if error.kind == problem.kind);
    html! {
        @if !is_told {
            p.quiet { (what) ": " (prose(&problem.message)) @if let Some(hint) = &problem.hint { " – " (prose(hint)) } }
        }
    }
}

fn coverage_figures(now: &CoverageNow) -> Markup {
    let summary = &now.summary;
    let share = summary.coverage_pct.as_deref().unwrap_or("–");
    html! {
        (figures(&[
            Figure::plain("objects", summary.objects),
            Figure::plain("covered", format!("{share} %")).tone(Tone::of_count(summary.gap_cells)),
            Figure::zero_is_good("gaps", summary.gap_cells),
            Figure::zero_is_good("conflicts", summary.conflicts),
        ]))
        p.quiet {
            @match &now.scan_status.last {
                Some(scan) => { "scanned " (age(scan.age_seconds)) " ago by " (scan.actor) },
                None => "never scanned",
            }
        }
    }
}

/// The word of a standing, and its colour.
pub(crate) fn standing(standing: ReleaseStanding) -> Markup {
    let (tone, word) = match standing {
        ReleaseStanding::Live => (Tone::Good, "LIVE"),
        ReleaseStanding::Partial => (Tone::Warn, "PARTIAL"),
        ReleaseStanding::Interrupted => (Tone::Bad, "INTERRUPTED"),
        ReleaseStanding::RolledBack => (Tone::Quiet, "ROLLED BACK"),
        ReleaseStanding::NothingDone => (Tone::Quiet, "NOTHING DONE"),
    };
    badge(tone, word)
}

fn release_line(release: &ReleaseSeen) -> Markup {
    html! {
        (standing(release.state)) " " strong { (release.package) }
        @if let Some(version) = &release.version { " " (version) }
        @if let Some(at) = &release.finished_at { span.quiet { ", finished " (when(at)) } }
        @if let Some(tier) = &release.unfinished_tier { ", cut in tier " code { (tier) } }
    }
}

/// A rehearsal in one line.
pub(crate) fn evidence_line(seen: &EvidenceSeen) -> Markup {
    html! {
        @match (&seen.problem, seen.verdict.as_deref()) {
            (Some(_), _) => (badge(Tone::Bad, "UNUSABLE")),
            (None, Some("passed")) => (badge(Tone::Good, "PASSED")),
            (None, verdict) => (badge(Tone::Bad, &verdict.unwrap_or("unknown").to_uppercase())),
        }
        " " a href={ "/evidence/" (crate::layout::encoded(&seen.name)) } {
            (seen.package.as_deref().unwrap_or(&seen.name))
        }
        @if let Some(source) = &seen.source { " from " (source) }
        @if let Some(at) = &seen.started_at { span.quiet { ", " (when(at)) } }
        @if seen.signed { span.quiet { ", signed" } }
        @if let Some(problem) = &seen.problem { span.quiet { ": " (problem) } }
    }
}
