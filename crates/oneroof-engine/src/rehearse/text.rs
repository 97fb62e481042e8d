//! `report.md`: the record of a rehearsal for a reader who was not there.

use std::fmt::Write as _;

use oneroof_model::StepOutcome;
use oneroof_model::options::FullRelease;

use super::compare::Compared;
use super::plan_report::Reached;
use super::report::{RehearsalReport, Verdict};
use super::{locks, report_workload, text_attempts};

/// The record as Markdown. Its title says CLONE: what is proven here was proven on a copy.
pub(crate) fn text(report: &RehearsalReport) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(report, &mut text);
    text
}

fn write(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    let verdict = match report.verdict {
        Verdict::Passed => "PASSED",
        Verdict::Failed => "FAILED",
    };
    writeln!(
        out,
        "# Rehearsal of {} on a CLONE of {}: {verdict}\n",
        report.package, report.source.target
    )?;
    writeln!(out, "| what | value |\n|---|---|")?;
    writeln!(out, "| run | {} |", report.run_id)?;
    writeln!(out, "| started | {} |", report.started_at)?;
    writeln!(out, "| duration | {} ms |", report.duration_ms)?;
    writeln!(out, "| operator | {} |", cell(&report.operator))?;
    writeln!(out, "| oneroof | {} |", report.engine_version)?;
    writeln!(out, "| package digest | `{}` |", report.package_digest)?;
    writeln!(out, "| parameter digest | `{}` |", report.params_digest)?;
    writeln!(
        out,
        "| source | database `{}` of cluster {}, PostgreSQL {} |",
        report.source.database,
        report
            .source
            .system_identifier
            .as_deref()
            .unwrap_or("(not visible)"),
        report.source.server_version
    )?;
    if let Some(clone) = &report.clone {
        writeln!(
            out,
            "| clone | `{}`, {} ({}), {} bytes in {} ms |",
            clone.database, clone.strategy, clone.why, clone.bytes, clone.duration_ms
        )?;
        if let Some(golden) = &clone.golden {
            writeln!(
                out,
                "| began from | golden clone {}: rows of {}, {} old; asked before: {}; figures that the source has otherwise by now: {} |",
                golden.id,
                golden.data_at,
                golden.age(),
                golden.revalidated.join("; "),
                match golden.figures_behind.is_empty() {
                    true => "none".to_owned(),
                    false => golden.figures_behind.join("; "),
                }
            )?;
        }
        if !clone.left_out.is_empty() {
            writeln!(out, "| rows not copied | {} |", clone.left_out.join(", "))?;
        }
        writeln!(
            out,
            "| tiers ran as | {}{} |",
            clone.apply_role,
            note(clone.apply_role_note.as_deref())
        )?;
    }
    for (moment, bytes) in ["before", "with_clone", "after"]
        .iter()
        .filter_map(|moment| Some((moment, report.free_disk_bytes.get(*moment)?)))
    {
        writeln!(
            out,
            "| free disk, {} | {bytes} bytes |",
            moment.replace('_', " ")
        )?;
    }
    match &report.runner {
        Some(runner) => writeln!(out, "| evidence signed by | `{}` |", runner.fingerprint)?,
        None => writeln!(out, "| evidence signed by | nobody: no runner key |")?,
    }
    if let Some(failure) = &report.failure {
        writeln!(
            out,
            "\n## Why it failed\n\nStep {} ({}): {}",
            failure.step, failure.title, failure.message
        )?;
        if let Some(detail) = &failure.failure {
            for (name, value) in [
                ("file", &detail.file),
                ("line", &detail.line.map(|line| line.to_string())),
                ("statement", &detail.statement),
                ("SQLSTATE", &detail.sqlstate),
                ("detail", &detail.detail),
                ("expected", &detail.expected),
                ("seen", &detail.seen),
            ] {
                if let Some(value) = value {
                    writeln!(out, "- {name}: `{}`", value.replace('\n', " "))?;
                }
            }
        }
        for reason in failure.refusal.iter().flat_map(|refusal| &refusal.reasons) {
            writeln!(out, "- {reason}")?;
        }
        if let Some(hint) = &failure.hint {
            writeln!(out, "\nNext: {hint}")?;
        }
    }
    writeln!(
        out,
        "\n## Steps\n\n| step | what | outcome | seen | ms |\n|---|---|---|---|---|"
    )?;
    for step in &report.steps {
        let outcome = match step.outcome {
            StepOutcome::Passed => "passed",
            StepOutcome::Failed => "FAILED",
            StepOutcome::Skipped => "left out",
        };
        writeln!(
            out,
            "| {} | {} | {outcome} | {} | {} |",
            step.step,
            step.title,
            cell(&step.detail),
            step.duration_ms
        )?;
    }
    if !report.markers.is_empty() {
        writeln!(out, "\n## Marker lines\n\n```")?;
        for marker in &report.markers {
            writeln!(out, "{marker}")?;
        }
        writeln!(out, "```")?;
    }
    tiers(report, out)?;
    if !report.verify_table.is_empty() {
        writeln!(out, "\n## Verification\n\n| figure | value |\n|---|---|")?;
        for (name, value) in &report.verify_table {
            writeln!(out, "| {name} | {value} |")?;
        }
    }
    comparison(report, out)?;
    text_attempts::write(report, out)?;
    if let Some(refused) = &report.second_apply {
        writeln!(
            out,
            "\n## Second apply\n\nRefused with exit {}: `{}`",
            refused.exit, refused.refusal.message
        )?;
    }
    if let Some(full) = &report.full_release {
        writeln!(
            out,
            "\n## The full release after this cut\n\n{}",
            match full {
                FullRelease::Admitted => "Its preconditions hold.".to_owned(),
                FullRelease::Live => "It is live.".to_owned(),
                FullRelease::Refused(says) => format!("Refused: `{says}`"),
            }
        )?;
    }
    if let Some(baseline) = &report.baseline {
        writeln!(
            out,
            "\n## Baseline before the release and after the rollback\n"
        )?;
        writeln!(out, "| digest | before | after |\n|---|---|---|")?;
        writeln!(
            out,
            "| definition ({} objects) | `{}` | `{}` |",
            baseline.objects, baseline.definition_before, baseline.definition_after
        )?;
        writeln!(
            out,
            "| data ({} tables) | `{}` | `{}` |",
            baseline.tables, baseline.data_before, baseline.data_after
        )?;
        for difference in &baseline.differences {
            writeln!(out, "- {difference}")?;
        }
    }
    if let Some(isolation) = &report.isolation {
        writeln!(
            out,
            "\n## Production was only read\n\n{}",
            isolation.sentence
        )?;
        for growth in &report.volatile_growth {
            writeln!(
                out,
                "- `{}` changed by daily work: {} at entry, {} at exit",
                growth.metric, growth.entry, growth.exit
            )?;
        }
    }
    writeln!(
        out,
        "\n## Entry figures of the source\n\n| metric | value | class | meaning |\n|---|---|---|---|"
    )?;
    for metric in &report.entry_metrics {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            metric.name,
            metric.value,
            metric.class,
            cell(&metric.meaning)
        )?;
    }
    if !report.inputs.is_empty() {
        writeln!(
            out,
            "\n## What the release rests on\n\n| input | kind | where | needed | found |\n|---|---|---|---|---|"
        )?;
        for record in &report.inputs {
            let input = &record.input;
            let needed = if input.required {
                "required"
            } else {
                input.immaterial.as_deref().unwrap_or("no")
            };
            let place = input.place.as_deref().unwrap_or("-");
            writeln!(
                out,
                "| {} | {:?} | {} | {} | {} |",
                cell(&input.name),
                input.kind,
                cell(place),
                cell(needed),
                record.found.words()
            )?;
        }
    }
    if !report.clone_deltas.is_empty() {
        writeln!(out, "\n## Differences of this run to a run on production\n")?;
        for delta in &report.clone_deltas {
            writeln!(out, "- {delta}")?;
        }
    }
    objectives(report, out)?;
    writeln!(out, "\n## Not covered by this rehearsal\n")?;
    for gap in &report.gaps {
        writeln!(
            out,
            "- {}: {} What makes up for it: {}.",
            gap.gap,
            sentence(&gap.why),
            gap.mitigation.trim_end_matches('.')
        )?;
    }
    Ok(())
}

fn objectives(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    for (title, reached) in [
        (
            "Objectives reached on the source already",
            Reached::Resolved,
        ),
        (
            "Objectives only rehearsed: reached on the clone",
            Reached::OnlyRehearsed,
        ),
        ("Objectives not reached", Reached::NotReached),
    ] {
        let of: Vec<_> = report
            .objectives
            .iter()
            .filter(|one| one.reached == reached)
            .collect();
        if of.is_empty() {
            continue;
        }
        writeln!(out, "\n## {title}\n")?;
        for one in of {
            let shown = |value: &Option<oneroof_model::Value>| {
                value
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), ToString::to_string)
            };
            writeln!(
                out,
                "- {}: {} (`{}` must be {}; source {}, clone {})",
                one.id,
                one.text,
                one.metric,
                one.required,
                shown(&one.on_source),
                shown(&one.on_clone)
            )?;
        }
    }
    Ok(())
}

/// With one full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn comparison(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    let Some(comparison) = &report.comparison else {
        return Ok(());
    };
    writeln!(
        out,
        "\n## Compared with {}\n\nThere: {}, {}. Here: {}. {} figures differ without a reason, {} differ with one, {} are equal. \
         A difference is no failure by itself.\n",
        comparison.with,
        comparison.package,
        comparison.moment_there,
        comparison.moment_here,
        comparison.unexplained,
        comparison.explained,
        comparison.equal
    )?;
    writeln!(
        out,
        "| figure | there | here | | asserted by | why it may differ |\n|---|---|---|---|---|---|"
    )?;
    for figure in &comparison.figures {
        let shown = |value: &Option<oneroof_model::Value>| {
            value
                .as_ref()
                .map_or_else(|| "(absent)".to_owned(), |value| cell(&value.to_string()))
        };
        let outcome = match figure.outcome {
            Compared::Unexplained => "UNEXPLAINED",
            Compared::Explained => "explained",
            Compared::Equal => "equal",
        };
        writeln!(
            out,
            "| {} | {} | {} | {outcome} | {} | {} |",
            figure.metric,
            shown(&figure.there),
            shown(&figure.here),
            if figure.asserted.is_empty() {
                "nothing".to_owned()
            } else {
                cell(&figure.asserted.join(", "))
            },
            cell(figure.why.as_deref().unwrap_or("-"))
        )?;
    }
    Ok(())
}

fn tiers(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    if report.tiers.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Tiers\n\n| tier | what | role | statements | tries | ms | definitions | rows written |\n|---|---|---|---|---|---|---|---|"
    )?;
    for tier in &report.tiers {
        let rows: Vec<String> = tier
            .effects
            .rows
            .iter()
            .map(|rows| {
                format!(
                    "{} +{} ~{} -{}",
                    rows.table, rows.inserted, rows.updated, rows.deleted
                )
            })
            .collect();
        writeln!(
            out,
            "| {} {} | {} | {} | {} | {} | {} | {} | {} |",
            tier.label.as_deref().unwrap_or_default(),
            tier.tier,
            cell(&tier.summary),
            tier.role.as_deref().unwrap_or("(apply role)"),
            tier.statements,
            tier.attempts,
            tier.duration_ms,
            cell(&tier.effects.objects_in_words()),
            if rows.is_empty() {
                "none".to_owned()
            } else {
                rows.join(", ")
            }
        )?;
    }
    locks::write(report, out)?;
    if let Some(workload) = &report.workload {
        report_workload::write(workload, out)?;
    }
    // Only metrics that some tier moved: the others say nothing about the tiers.
    let moved: Vec<&String> = report
        .entry_metrics
        .iter()
        .map(|metric| &metric.name)
        .chain(report.tiers.iter().flat_map(|tier| tier.metrics.keys()))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .filter(|name| {
            let first = report
                .probes
                .get("clone")
                .and_then(|probe| probe.get(*name));
            report
                .tiers
                .iter()
                .any(|tier| tier.metrics.get(*name) != first)
        })
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n### Metrics after each tier (those that some tier moved)\n"
    )?;
    let names: Vec<&str> = report
        .tiers
        .iter()
        .map(|tier| tier.label.as_deref().unwrap_or(&tier.tier))
        .collect();
    writeln!(out, "| metric | before | {} |", names.join(" | "))?;
    writeln!(out, "|---|---|{}", "---|".repeat(names.len()))?;
    for name in moved {
        let before = report.probes.get("clone").and_then(|probe| probe.get(name));
        write!(
            out,
            "| {name} | {} |",
            before.map_or_else(|| "-".to_owned(), ToString::to_string)
        )?;
        for tier in &report.tiers {
            write!(
                out,
                " {} |",
                tier.metrics
                    .get(name)
                    .map_or_else(|| "-".to_owned(), ToString::to_string)
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn note(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!(" ({text})"))
}

pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
