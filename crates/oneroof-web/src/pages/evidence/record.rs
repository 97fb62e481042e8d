//! The record of a rehearsal, part by part. It is read as JSON, as it lies in the evidence: an older record with fewer
//! members is shown too.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;

use crate::parts::badge::{Tone, badge};
use crate::parts::chart::span;
use crate::parts::figure::facts;
use crate::parts::table::table;
use crate::parts::text::{digest, duration, prose, value, when};

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

/// What, where, when, and the verdict.
pub(super) fn head(record: &Value) -> Markup {
    let (source, clone) = (&record["source"], &record["clone"]);
    let passed = text(record, "verdict") == "passed";
    let tone = if passed { Tone::Good } else { Tone::Bad };
    html! {
        p.verdict { (badge(tone, &text(record, "verdict").to_uppercase())) }
        @if let Some(failure) = record["failure"].as_object() {
            section.problem aria-label="What failed" {
                p { strong { "Step " (value(failure.get("step").unwrap_or(&Value::Null))) ", " (value(failure.get("title").unwrap_or(&Value::Null))) } }
                p { (value(failure.get("message").unwrap_or(&Value::Null))) }
                @if let Some(hint) = failure.get("hint").and_then(Value::as_str) { p { strong { "What to do: " } (hint) } }
            }
        }
        (facts(&[
            ("began", when(text(record, "started_at"))),
            ("took", html! { (duration(record["duration_ms"].as_u64().unwrap_or_default())) }),
            ("run by", html! { (text(record, "operator")) ", oneroof " (text(record, "engine_version")) }),
            ("package digest", digest(text(record, "package_digest"))),
            ("parameter digest", digest(text(record, "params_digest"))),
            ("source", html! { "database " code { (text(source, "database")) } ", PostgreSQL " (text(source, "server_version")) }),
            ("clone", html! { (text(clone, "strategy")) ", " (value(&clone["bytes"])) " bytes in " (duration(clone["duration_ms"].as_u64().unwrap_or_default())) }),
            ("tiers ran as", html! { code { (text(clone, "apply_role")) } }),
            ("the source stayed as it was", html! { (text(&record["isolation"], "sentence")) }),
        ]))
    }
}

/// The steps in their order, each where it lies in the whole time.
pub(super) fn steps(record: &Value) -> Markup {
    let steps = list(record, "steps");
    let took = |step: &Value| step["duration_ms"].as_u64().unwrap_or_default();
    let whole: u64 = steps.iter().map(took).sum();
    let mut before = 0;
    let rows: Vec<Vec<Markup>> = steps
        .iter()
        .map(|step| {
            let bar = span(before, took(step), whole);
            before += took(step);
            let outcome = text(step, "outcome");
            let tone = match outcome {
                "passed" => Tone::Good,
                "failed" => Tone::Bad,
                _ => Tone::Quiet,
            };
            vec![
                html! { (value(&step["step"])) },
                html! { strong { (text(step, "title")) } br; span.quiet { (prose(text(step, "detail"))) } },
                badge(tone, &outcome.replace('_', " ")),
                html! { (duration(took(step))) (bar) },
            ]
        })
        .collect();
    html! {
        section {
            h2 { "Steps" }
            (table("Steps", &["step", "what", "outcome", "took"], &rows, "No step was taken."))
        }
    }
}

/// The tiers with what they did, and the locks that they took.
pub(super) fn tiers(record: &Value) -> Markup {
    let rows: Vec<Vec<Markup>> = list(record, "tiers")
        .iter()
        .map(|tier| {
            let label = tier["label"].as_str();
            vec![
                html! { strong { (label.unwrap_or_else(|| text(tier, "tier"))) } @if label.is_some() { " " code { (text(tier, "tier")) } }
                    br; span.quiet { (text(tier, "summary")) } },
                html! { (duration(tier["duration_ms"].as_u64().unwrap_or_default())) br; span.quiet { (value(&tier["statements"])) " statements" } },
                effects(tier),
                locks(tier),
            ]
        })
        .collect();
    html! {
        section {
            h2 { "Tiers" }
            (table("Tiers", &["tier", "took", "did", "locked"], &rows, "No tier ran."))
        }
    }
}

fn effects(tier: &Value) -> Markup {
    let objects = list(tier, "objects");
    let changes: BTreeSet<&str> = objects
        .iter()
        .map(|object| text(object, "change"))
        .collect();
    html! {
        ul.plain {
            @for change in changes {
                li { (objects.iter().filter(|object| text(object, "change") == change).count()) " " (change) }
            }
            @for row in list(tier, "rows") {
                li {
                    code { (text(row, "table")) } ":"
                    @for word in ["inserted", "updated", "deleted"] {
                        @let count = row[word].as_u64().unwrap_or_default();
                        @if count > 0 { " " (count) " " (word) }
                    }
                }
            }
            @for marker in list(tier, "markers") { li.marker { (value(marker)) } }
        }
    }
}

fn locks(tier: &Value) -> Markup {
    let locks = list(tier, "locks");
    html! {
        @if locks.is_empty() { span.quiet { "nothing that was there" } }
        ul.plain {
            @for lock in locks {
                li {
                    code { (text(lock, "object")) } " " (text(lock, "mode").replace('_', " "))
                    " for " (duration(lock["held_ms"].as_u64().unwrap_or_default()))
                    @let blocked: Vec<String> = list(lock, "blocks").iter().map(value).collect();
                    @if !blocked.is_empty() { span.quiet { ", keeps out " (blocked.join(", ")) } }
                }
            }
        }
    }
}

/// Figures at each moment, side by side.
pub(super) fn figures(record: &Value) -> Markup {
    let Some(probes) = record["probes"].as_object() else {
        return html! {};
    };
    let names: BTreeSet<&String> = probes
        .values()
        .filter_map(Value::as_object)
        .flat_map(|probe| probe.keys())
        .collect();
    let moments: Vec<&String> = ["entry", "clone", "after", "exit"]
        .iter()
        .filter_map(|wanted| probes.keys().find(|name| name == wanted))
        .chain(
            probes
                .keys()
                .filter(|name| !["entry", "clone", "after", "exit"].contains(&name.as_str())),
        )
        .collect();
    let rows: Vec<Vec<Markup>> = names
        .iter()
        .map(|name| {
            let values: Vec<&Value> = moments
                .iter()
                .filter_map(|moment| probes.get(*moment))
                .map(|probe| &probe[name.as_str()])
                .collect();
            let changes = values.windows(2).any(|pair| pair[0] != pair[1]);
            let mut row = vec![html! { @if changes { strong { (name) } } @else { (name) } }];
            row.extend(values.iter().map(|one| html! { (value(one)) }));
            row
        })
        .collect();
    let mut columns = vec!["figure"];
    columns.extend(moments.iter().map(|moment| moment.as_str()));
    html! {
        section {
            h2 { "Figures" }
            details {
                summary { (names.len()) " figures at " (moments.len()) " moments; those that changed are bold" }
                (table("Figures", &columns, &rows, "No figure was read."))
            }
        }
    }
}

/// What must be refused, and was.
pub(super) fn negatives(record: &Value) -> Markup {
    let row = |one: &Value| {
        let as_expected = text(one, "outcome") == "as_expected";
        let tone = match text(one, "outcome") {
            "as_expected" => Tone::Good,
            "left_out" => Tone::Quiet,
            _ => Tone::Bad,
        };
        vec![
            html! { (text(one, "name").replace('_', " ")) },
            html! { (text(one, "after")) },
            badge(tone, &text(one, "outcome").replace('_', " ")),
            html! { (text(one, "seen")) @if !as_expected { br; span.quiet { "expected " (text(one, "expected")) } } },
        ]
    };
    let negatives: Vec<Vec<Markup>> = list(record, "negatives").iter().map(row).collect();
    let drills: Vec<Vec<Markup>> = list(record, "drills").iter().map(row).collect();
    let columns = ["what", "after tier", "outcome", "seen"];
    html! {
        section {
            h2 { "Negatives and drills" }
            details {
                summary { (negatives.len()) " acts that must be refused, " (drills.len()) " that must succeed" }
                h3 { "Must be refused" }
                (table("Must be refused", &columns, &negatives, "There is none."))
                h3 { "Must succeed" }
                (table("Must succeed", &columns, &drills, "There is none."))
            }
        }
    }
}

/// What this evidence does not say.
pub(super) fn not_covered(record: &Value) -> Markup {
    let gaps = list(record, "not_covered");
    html! {
        @if !gaps.is_empty() {
            section {
                h2 { "What this does not say" }
                ul { @for gap in gaps { li { strong { @if gap["gap"].is_string() { (prose(text(gap, "gap"))) } @else { (text(gap, "title")) } } ": " (prose(text(gap, "why"))) @if gap["mitigation"].is_string() { " " (prose(text(gap, "mitigation"))) } } } }
            }
        }
    }
}
