//! What a reader might think was proven, and was not.

use oneroof_model::StepOutcome;
use oneroof_pg::clone::RowsOf;

use super::RehearseOptions;
use super::report::{NotCovered, RehearsalReport};
use super::same_rows::why_not;
use super::steps::{TITLES, title};

/// What was not covered, in the order of the steps.
pub(super) fn list(report: &RehearsalReport, options: &RehearseOptions) -> Vec<NotCovered> {
    let steps = &report.steps;
    let mut list: Vec<NotCovered> = Vec::new();
    if report.runner.is_none() {
        list.push(not_covered(
            18,
            "the evidence has the sums of its files (SHA256SUMS), but nobody signs them: oneroof.toml names no runner key",
        ));
    }
    for step in steps
        .iter()
        .filter(|step| step.outcome == StepOutcome::Skipped)
    {
        list.push(not_covered(step.step, &step.detail));
    }
    for attempt in report.attempts_left_out() {
        let step = match attempt.starts_with("repeat") {
            true => 11,
            false => 9,
        };
        list.push(not_covered(step, &attempt));
    }
    if let Some(clone) = &report.clone
        && report.clone_unfaithful.is_empty()
    {
        match &clone.rows {
            None => match clone.files {
                None => list.push(not_covered(3, &why_not(clone))),
                Some(files) if files.unlogged_tables > 0 => list.push(not_covered(
                    3,
                    "unlogged tables are empty: their files are in no copy",
                )),
                Some(_) => {}
            },
            Some(rows) => {
                for table in rows.counted.iter() {
                    list.push(not_covered(
                        3,
                        &format!("the rows of {table} were counted, and not compared"),
                    ));
                }
                for table in rows.not_compared.iter() {
                    list.push(not_covered(
                        3,
                        &format!("the rows of {table} were not compared"),
                    ));
                }
                if rows.with == RowsOf::Golden {
                    list.push(not_covered(
                        3,
                        "the rows of the golden clone were tallied when it became golden; what happened to it before that is not known",
                    ));
                }
            }
        }
    }
    if let Some(through) = &options.through {
        list.push(not_covered(
            7,
            &format!("the tiers after `{through}` were left out on request"),
        ));
    }
    let failed = steps.iter().any(|step| step.outcome == StepOutcome::Failed);
    if failed {
        let reached: Vec<u32> = steps.iter().map(|step| step.step).collect();
        for (step, _) in TITLES
            .iter()
            .filter(|(step, _)| !reached.contains(step) && *step != 18)
        {
            list.push(not_covered(*step, "the rehearsal failed before it"));
        }
    }
    if options.workload.is_none() {
        list.push(not_covered(
            7,
            "no workload ran beside the tiers (--workload FILE): locks were measured, how long an application waits for \
             them was not",
        ));
    }
    list.sort_by_key(|missing| missing.step);
    list
}

fn not_covered(step: u32, why: &str) -> NotCovered {
    NotCovered {
        step,
        title: title(step).into(),
        why: why.to_owned(),
    }
}
