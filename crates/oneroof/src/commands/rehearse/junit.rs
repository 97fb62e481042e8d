//! The steps of a rehearsal as JUnit: a test case each.

use std::fmt::Write as _;

use oneroof_engine::rehearse::report::RehearsalReport;
use oneroof_model::StepOutcome;

use crate::ui::xml::{attribute, content};

/// The whole document.
pub(super) fn text(report: &RehearsalReport) -> String {
    let count = |outcome| {
        report
            .steps
            .iter()
            .filter(|step| step.outcome == outcome)
            .count()
    };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{}\">\n",
        attribute(&format!(
            "rehearsal of {} on a clone of {}",
            report.package, report.source.target
        )),
        report.steps.len(),
        count(StepOutcome::Failed),
        count(StepOutcome::Skipped),
        seconds(report.duration_ms),
    );
    for step in &report.steps {
        let _ = write!(
            text,
            "<testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
            attribute(&report.package),
            attribute(&format!("{} {}", step.step, step.title)),
            seconds(step.duration_ms)
        );
        let _ = match step.outcome {
            StepOutcome::Passed => writeln!(text, "/>"),
            StepOutcome::Skipped => writeln!(
                text,
                "><skipped message=\"{}\"/></testcase>",
                attribute(&step.detail)
            ),
            StepOutcome::Failed => {
                let failure = report.failure.as_ref();
                let message =
                    failure.map_or(step.detail.as_str(), |failure| failure.message.as_str());
                let hint = failure
                    .and_then(|failure| failure.hint.as_deref())
                    .unwrap_or_default();
                writeln!(
                    text,
                    "><failure message=\"{}\">{}</failure></testcase>",
                    attribute(message),
                    content(hint)
                )
            }
        };
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}
