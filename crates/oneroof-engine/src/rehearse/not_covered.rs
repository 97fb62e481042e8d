//! What a reader might think was proven, and was not.

use oneroof_model::StepOutcome;

use super::RehearseOptions;
use super::report::{NotCovered, StepRecord};
use super::steps::{TITLES, title};

/// Steps that this version does not have, and what they would show.
const NOT_BUILT: [(u32, &str); 5] = [
    (
        9,
        "the package's negatives and drills are checked for their form, but this version does not try them",
    ),
    (
        11,
        "this version does not run the scanner a second time by itself",
    ),
    (
        12,
        "the release is undone as a whole; the state between two rolled-back tiers is not compared",
    ),
    (
        15,
        "no tier is interrupted on purpose; that a broken tier leaves nothing rests on PostgreSQL's transactions",
    ),
    (
        18,
        "the evidence has the sums of its files (SHA256SUMS), but nobody signs them yet",
    ),
];

/// What was not covered, in the order of the steps.
pub(super) fn list(steps: &[StepRecord], options: &RehearseOptions) -> Vec<NotCovered> {
    let mut list: Vec<NotCovered> = NOT_BUILT
        .iter()
        .map(|(step, why)| not_covered(*step, why))
        .collect();
    for step in steps
        .iter()
        .filter(|step| step.outcome == StepOutcome::Skipped)
    {
        list.push(not_covered(step.step, &step.detail));
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
        let built = TITLES
            .iter()
            .filter(|(step, _)| !NOT_BUILT.iter().any(|(other, _)| other == step));
        for (step, _) in built.filter(|(step, _)| !reached.contains(step) && *step != 18) {
            list.push(not_covered(*step, "the rehearsal failed before it"));
        }
    }
    list.push(not_covered(
        7,
        "of a tier's effects, the locks taken on existing objects are not measured",
    ));
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
