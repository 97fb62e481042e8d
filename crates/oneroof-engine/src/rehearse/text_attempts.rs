//! The part of `report.md` about attempts: negatives, drills, repeats, rollback by tier, crashes.

use std::fmt::Write as _;

use super::report::RehearsalReport;
use super::report_attempts::AttemptOutcome;
use super::text::cell;

/// One line for each group; failing ones are listed, drills with the rows that they changed.
pub(super) fn write(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    let lines = report.attempt_lines();
    if !lines.is_empty() {
        writeln!(out, "\n## Negatives and drills\n")?;
        for line in &lines {
            writeln!(out, "- {line}")?;
        }
        let wrong = report.wrong_attempts();
        if !wrong.is_empty() {
            writeln!(out, "\n### Not as expected\n")?;
            for line in &wrong {
                writeln!(out, "- {line}")?;
            }
        }
    }
    for drill in &report.drills {
        if drill.outcome == AttemptOutcome::LeftOut {
            continue;
        }
        writeln!(
            out,
            "\n### Drill `{}`: {} rows before, {} after\n",
            drill.name,
            drill.rows_before.len(),
            drill.rows_after.len()
        )?;
        if drill.changes.is_empty() {
            writeln!(out, "No row of those shown changed.")?;
            continue;
        }
        writeln!(out, "```diff")?;
        for change in &drill.changes {
            writeln!(out, "{change}")?;
        }
        writeln!(out, "```")?;
    }
    let repeats = report.repeats.iter().filter(|one| one.left_out.is_none());
    for (number, repeat) in repeats.enumerate() {
        if number == 0 {
            writeln!(
                out,
                "\n## Done twice\n\n| repeat | metric | before | first | second |\n|---|---|---|---|---|"
            )?;
        }
        for metric in &repeat.metrics {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                cell(&repeat.name),
                metric.metric,
                metric.before,
                metric.first,
                metric.second
            )?;
        }
    }
    if !report.rollback_by_tier.is_empty() {
        writeln!(
            out,
            "\n## Rollback tier by tier\n\n| undone | state before it | ms |\n|---|---|---|"
        )?;
        for unit in &report.rollback_by_tier {
            let state = match unit.differences.is_empty() {
                true => format!("is back: definition `{}`", unit.definition),
                false => format!("is NOT back: {}", unit.differences.join("; ")),
            };
            writeln!(
                out,
                "| {} | {} | {} |",
                unit.tiers.join(", "),
                cell(&state),
                unit.duration_ms
            )?;
        }
    }
    if !report.crash_drill.is_empty() {
        writeln!(
            out,
            "\n## Crash drill\n\n| tier | backend terminated after | left |\n|---|---|---|"
        )?;
        for crash in &report.crash_drill {
            let left = match (crash.left.is_empty(), crash.undone) {
                (true, _) => "nothing".to_owned(),
                (false, Some(true)) => format!("{} (its rollback undid it)", crash.left.join("; ")),
                (false, _) => crash.left.join("; "),
            };
            writeln!(
                out,
                "| {} | {} of {} statements | {} |",
                crash.tier,
                crash.statements_done,
                crash.statements,
                cell(&left)
            )?;
        }
    }
    Ok(())
}
