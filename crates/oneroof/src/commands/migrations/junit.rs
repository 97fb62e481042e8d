//! The proofs as JUnit: a test case for each migration.

use std::fmt::Write as _;

use oneroof_engine::migrations::prove::report::ProofReport;

use super::findings;
use crate::ui::xml::{attribute, content};

/// The whole document.
pub(super) fn text(report: &ProofReport) -> String {
    let not_reached = report.counts.wanted - report.migrations.len();
    let failures = report
        .migrations
        .iter()
        .filter(|proof| !proof.is_sound())
        .count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{not_reached}\" time=\"{}\">\n",
        attribute(&format!("migrations of {}", report.folder)),
        report.counts.wanted,
        seconds(report.duration_ms),
    );
    for proof in &report.migrations {
        let _ = write!(
            text,
            "<testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{}\"",
            attribute(report.tool.as_str()),
            attribute(&proof.title),
            attribute(&proof.file),
            seconds(proof.duration_ms)
        );
        let found = findings(proof);
        match found.first().filter(|_| !proof.is_sound()) {
            None => text.push_str("/>\n"),
            Some(first) => {
                let _ = writeln!(
                    text,
                    ">\n<failure message=\"{}\">{}</failure>\n</testcase>",
                    attribute(first),
                    content(&found.join("\n"))
                );
            }
        }
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}
