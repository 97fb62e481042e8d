//! `report.html`: the record of a rehearsal as one file that needs nothing else, for a reader who was not there.

mod charts;
mod coverage;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use oneroof_model::StepOutcome;
use oneroof_model::locks::telling;

use super::plan_report::Reached;
use super::report::{RehearsalReport, Verdict};
use super::report_attempts::AttemptOutcome;
use super::runbooks::{Names, moved, rows_in_words, undo_proof};
use charts::{Bar, timeline};

/// The page. Its title says CLONE: what is proven here was proven on a copy.
pub(super) fn page(report: &RehearsalReport) -> String {
    let verdict = match report.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
    };
    let names = Names::of(report);
    let title = format!(
        "Rehearsal of {} on a CLONE of {}",
        report.package, names.target
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                h1 { (title) " " span.verdict.failed[report.verdict == Verdict::Failed] { (verdict) } }
                p.quiet { (report.plan.summary) }
                p.clone { "Everything below was seen on a copy of the database, made for this rehearsal. The database `" (names.target) "` itself was only read. This page is no permission to change it." }
                (failure(report))
                (facts(report))
                (tiers(report))
                (figures(report))
                (effects(report))
                (locks(report))
                @if let Some(record) = &report.coverage { (coverage::section(record)) }
                (undo(report))
                (attempts(report))
                (objectives(report))
                (inputs(report))
                (gaps(report))
                (differences(report))
                (steps(report))
            }
        }
    }
    .into_string()
}

fn failure(report: &RehearsalReport) -> Markup {
    html! {
        @if let Some(failure) = &report.failure {
            h2 { "Why it failed" }
            p.bad { "Step " (failure.step) " (" (failure.title) "): " (failure.message) }
            @if let Some(detail) = &failure.failure {
                table {
                    @for (name, value) in [
                        ("file", detail.file.clone()),
                        ("line", detail.line.map(|line| line.to_string())),
                        ("statement", detail.statement.clone()),
                        ("SQLSTATE", detail.sqlstate.clone()),
                        ("detail", detail.detail.clone()),
                        ("expected", detail.expected.clone()),
                        ("seen", detail.seen.clone()),
                    ] {
                        @if let Some(value) = value { tr { th { (name) } td { code { (value) } } } }
                    }
                }
            }
            @if let Some(hint) = &failure.hint { p { "Next: " (hint) } }
        }
    }
}

fn facts(report: &RehearsalReport) -> Markup {
    let source = &report.source;
    html! {
        h2 { "What was rehearsed" }
        table {
            tr { th { "run" } td { (report.run_id) ", begun " (report.started_at) ", " (report.duration_ms) " ms, by " (report.operator) " with oneroof " (report.engine_version) } }
            tr { th { "package digest" } td { code { (report.package_digest) } } }
            tr { th { "parameter digest" } td { code { (report.params_digest) } } }
            tr { th { "source" } td { "database " code { (source.database) } " of cluster " (source.system_identifier.as_deref().unwrap_or("(not visible)")) ", PostgreSQL " (source.server_version) } }
            @if let Some(digest) = &source.definition_digest { tr { th { "its definitions" } td { code { (digest) } } } }
            @if let Some(clone) = &report.clone {
                tr { th { "clone" } td { code { (clone.database) } ", " (clone.strategy) ", " (clone.bytes) " bytes in " (clone.duration_ms) " ms: " (clone.why) } }
                @if let Some(golden) = &clone.golden {
                    tr { th { "began from" } td { "golden clone " code { (golden.id) } ", rows of " (golden.data_at) ", " (golden.age()) " old"
                        @for line in &golden.figures_behind { br; "behind the source: " (line) } } }
                }
                @if !clone.left_out.is_empty() {
                    tr { th { "rows not copied" } td { (clone.left_out.join(", ")) } }
                }
                tr { th { "tiers ran as" } td { (clone.apply_role) @if let Some(note) = &clone.apply_role_note { " (" (note) ")" } } }
            }
            @for (moment, bytes) in disk(report) { tr { th { "free disk, " (moment.replace('_', " ")) } td { (bytes) " bytes" } } }
            tr { th { "evidence signed by" } td { @match &report.runner { Some(runner) => { code { (runner.fingerprint) } } None => { "nobody: no runner key is configured" } } } }
        }
    }
}

/// Free disk in the order of time.
fn disk(report: &RehearsalReport) -> Vec<(&'static str, u64)> {
    let known = |moment: &'static str| Some((moment, *report.free_disk_bytes.get(moment)?));
    let moments = ["before", "with_clone", "after"];
    moments.into_iter().filter_map(known).collect()
}

fn tiers(report: &RehearsalReport) -> Markup {
    let bars: Vec<Bar> = report
        .tiers
        .iter()
        .map(|tier| Bar {
            label: format!(
                "{} {}",
                tier.label.as_deref().unwrap_or_default(),
                tier.tier
            ),
            duration_ms: tier.duration_ms,
            note: match tier.attempts {
                1 => String::new(),
                tries => format!("{tries} tries"),
            },
            class: "tier",
        })
        .collect();
    html! {
        @if !bars.is_empty() {
            h2 { "Tiers in time" }
            (timeline("How long each tier took, one after the other", &bars))
            @if !report.markers.is_empty() { pre { (report.markers.join("\n")) } }
        }
    }
}

fn figures(report: &RehearsalReport) -> Markup {
    let moved = moved(report);
    let shown = |probe: Option<&crate::figures::Probe>, name: &str| {
        probe
            .and_then(|probe| probe.get(name))
            .map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    html! {
        @if !moved.is_empty() {
            h2 { "Figures before and after" }
            p.quiet { "Those that the release moved, on the clone; undone is after the whole rollback." }
            div.wide { table {
                tr { th { "metric" } th { "before" } @for tier in &report.tiers { th { (tier.label.as_deref().unwrap_or(&tier.tier)) } } th { "after" } th { "undone" } }
                @for (name, before, after, meaning) in &moved {
                    tr {
                        td.figure { code { (name) } @if !meaning.is_empty() { div.quiet { (meaning) } } }
                        td.number { (before) }
                        @for tier in &report.tiers { td.number { (shown(Some(&tier.metrics), name)) } }
                        td.number { strong { (after) } }
                        td.number { (shown(report.probes.get("rolled_back"), name)) }
                    }
                }
            } }
        }
        @if !report.verify_table.is_empty() {
            h2 { "Verification" }
            table { @for (name, value) in &report.verify_table { tr { th { (name) } td { (value) } } } }
        }
        @if let Some(comparison) = &report.comparison {
            h2 { "Compared with " (comparison.with) }
            p { (comparison.unexplained) " figures differ without a reason, " (comparison.explained) " with one, " (comparison.equal) " are equal; the table is in report.md." }
        }
    }
}

fn effects(report: &RehearsalReport) -> Markup {
    html! {
        @if !report.tiers.is_empty() {
            h2 { "Effects" }
            p.quiet { "Measured inside each tier's transaction: what it really did. An apply must do the same, or nothing." }
            div.wide { table {
                tr { th { "tier" } th { "what for" } th { "role" } th { "definitions" } th { "rows" } }
                @for tier in &report.tiers {
                    tr {
                        td { (tier.label.as_deref().unwrap_or_default()) " " (tier.tier) }
                        td { (tier.summary) }
                        td { (tier.role.as_deref().unwrap_or("(apply role)")) }
                        td { (tier.effects.objects_in_words()) }
                        td { (rows_in_words(tier)) }
                    }
                }
            } }
            @if !report.plan.never_touch.is_empty() { p { "Never written to: " (report.plan.never_touch.join(", ")) "." } }
        }
    }
}

fn locks(report: &RehearsalReport) -> Markup {
    let shown: Vec<_> = report
        .tiers
        .iter()
        .flat_map(|tier| {
            let locks = tier.locks.as_deref().unwrap_or_default();
            telling(locks).into_iter().map(move |lock| (tier, lock))
        })
        .collect();
    html! {
        @if !report.tiers.is_empty() {
            h2 { "Locks that applications wait for" }
            @if shown.is_empty() { p { "None: no reader and no writer of an object that existed before had to wait." } }
            @else { div.wide { table {
                tr { th { "tier" } th { "object" } th { "mode" } th { "held" } th { "what waits" } th { "taken by" } }
                @for (tier, lock) in shown {
                    tr {
                        td { (tier.tier) } td { (lock.object_words()) } td { (lock.mode.name()) }
                        td.number { (lock.held_ms) " ms" } td { (lock.blocks_words()) } td { (lock.taken_at()) }
                    }
                }
            } } }
        }
    }
}

fn undo(report: &RehearsalReport) -> Markup {
    html! {
        h2 { "The way back" }
        p { (undo_proof(report)) }
        @if let Some(baseline) = &report.baseline {
            div.wide { table {
                tr { th { "digest" } th { "before the release" } th { "after the rollback" } }
                tr { td { "definitions" } td { code { (baseline.definition_before) } } td { code { (baseline.definition_after) } } }
                tr { td { "rows" } td { code { (baseline.data_before) } } td { code { (baseline.data_after) } } }
            } }
        }
        ul { @for tier in report.plan.tiers.iter().rev() {
            li { (tier.title) ": " @match &tier.irreversible { Some(why) => { span.bad { "nothing undoes it: " (why) } } None => { (tier.undo) } } }
        } }
        @if !report.crash_drill.is_empty() { p { "Cut in the middle and resumed: " (report.crash_drill.len()) " tiers, to the same state each time." } }
    }
}

fn attempts(report: &RehearsalReport) -> Markup {
    let word = |outcome: AttemptOutcome| match outcome {
        AttemptOutcome::AsExpected => "as expected",
        AttemptOutcome::Wrong => "WRONG",
        AttemptOutcome::LeftOut => "not tried",
    };
    html! {
        @if !report.negatives.is_empty() {
            h2 { "What must be refused" }
            div.wide { table {
                tr { th { "attempt" } th { "outcome" } th { "expected" } th { "seen" } }
                @for one in &report.negatives { tr {
                    td { (one.name.replace('_', " ")) } td { (word(one.outcome)) } td { (one.expected) }
                    td { (one.seen.as_deref().or(one.left_out.as_deref()).unwrap_or("-")) }
                } }
            } }
        }
        @if !report.drills.is_empty() {
            h2 { "What must succeed" }
            table { @for one in &report.drills { tr { td { (one.name.replace('_', " ")) } td { (word(one.outcome)) } td { (one.seen.as_deref().or(one.left_out.as_deref()).unwrap_or("-")) } } } }
        }
        @if let Some(refused) = &report.second_apply { p { "A second apply was refused (exit " (refused.exit) "): " code { (refused.refusal.message) } } }
    }
}

fn objectives(report: &RehearsalReport) -> Markup {
    let list = |title: &str, reached: Reached| {
        let of: Vec<_> = report
            .objectives
            .iter()
            .filter(|one| one.reached == reached)
            .collect();
        html! { @if !of.is_empty() {
            h2 { (title) }
            ul { @for one in of { li { (one.id) ": " (one.text) " (" code { (one.metric) " = " (one.required) } ")" } } }
        } }
    };
    html! {
        (list("Reached on the source already", Reached::Resolved))
        (list("Only rehearsed: reached on the clone", Reached::OnlyRehearsed))
        (list("Not reached", Reached::NotReached))
    }
}

fn inputs(report: &RehearsalReport) -> Markup {
    html! { @if !report.inputs.is_empty() {
        h2 { "What the release rests on" }
        div.wide { table {
            tr { th { "input" } th { "found" } th { "needed" } th { "where" } }
            @for input in &report.inputs { tr {
                td { (input.input.name) } td { (input.found.words()) }
                td { @if input.input.required { "required" } @else { (input.input.immaterial.as_deref().unwrap_or("no")) } }
                td { (input.input.place.as_deref().unwrap_or("-")) }
            } }
        } }
    } }
}

fn gaps(report: &RehearsalReport) -> Markup {
    html! {
        h2 { "Not covered" }
        @if report.gaps.is_empty() { p { "Nothing was left out." } }
        @else { div.wide { table {
            tr { th { "gap" } th { "why" } th { "what makes up for it" } }
            @for gap in &report.gaps { tr { td { (gap.gap) } td { (gap.why) } td { (gap.mitigation) } } }
        } } }
    }
}

fn differences(report: &RehearsalReport) -> Markup {
    html! {
        h2 { "The clone and the production" }
        ul {
            @for delta in &report.clone_deltas { li { "a run on the production differs by: " (delta) } }
            @if let Some(clone) = &report.clone { @for difference in &clone.differences { li { (difference) } } }
        }
        @if let Some(isolation) = &report.isolation { p { (isolation.sentence) } }
        @for growth in &report.volatile_growth { p.quiet { code { (growth.metric) } " changed by daily work meanwhile: " (growth.entry) " at entry, " (growth.exit) " at exit" } }
    }
}

fn steps(report: &RehearsalReport) -> Markup {
    let bars: Vec<Bar> = report
        .steps
        .iter()
        .map(|step| Bar {
            label: format!("{} {}", step.step, step.title),
            duration_ms: step.duration_ms,
            note: String::new(),
            class: match step.outcome {
                StepOutcome::Passed => "passed",
                StepOutcome::Failed => "failed",
                StepOutcome::Skipped => "skipped",
            },
        })
        .collect();
    html! {
        h2 { "Every step" }
        (timeline("How long each step of the rehearsal took", &bars))
        div.wide { table {
            tr { th { "step" } th { "what" } th { "outcome" } th { "seen" } th { "ms" } }
            @for step in &report.steps { tr {
                td.number { (step.step) } td { (step.title) }
                td { @match step.outcome { StepOutcome::Passed => { "passed" } StepOutcome::Failed => { span.bad { "FAILED" } } StepOutcome::Skipped => { "left out" } } }
                td { (step.detail) } td.number { (step.duration_ms) }
            } }
        } }
    }
}
