//! The lines as CSV (RFC 4180).

use super::AuditReport;
use super::population::AuditLine;

const HEAD: [&str; 17] = [
    "at",
    "ended_at",
    "target",
    "database",
    "act",
    "package",
    "outcome",
    "tiers",
    "author",
    "approvers",
    "executor",
    "operator",
    "evidence",
    "run_id",
    "package_digest",
    "ledger_entries",
    "reason",
];

pub(super) fn text(report: &AuditReport) -> String {
    let mut text = row(HEAD.map(str::to_owned));
    for line in &report.lines {
        text.push_str(&row(cells(report, line)));
    }
    text
}

fn cells(report: &AuditReport, line: &AuditLine) -> [String; 17] {
    let known = |value: &Option<String>| value.clone().unwrap_or_default();
    [
        line.at.clone(),
        known(&line.ended_at),
        report.target.clone(),
        report.database.clone(),
        line.act.clone(),
        known(&line.package),
        line.outcome.words().to_owned(),
        line.tiers.join(" "),
        known(&line.author),
        approvers(line),
        known(&line.executor),
        known(&line.operator),
        line.evidence
            .as_ref()
            .map_or_else(String::new, |name| format!("evidence/{name}")),
        known(&line.run_id),
        known(&line.package_digest),
        line.entries
            .map_or_else(String::new, |(first, last)| format!("{first} to {last}")),
        known(&line.reason),
    ]
}

/// `ada (L4), bob (L2)`
pub(super) fn approvers(line: &AuditLine) -> String {
    let approvals = line.approvals.iter();
    let words: Vec<String> = approvals
        .map(|one| format!("{} ({})", one.approver, one.level))
        .collect();
    words.join(", ")
}

fn row(cells: [String; 17]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// In quotes where it must be. A spreadsheet would run what begins like a formula: such a text gets an apostrophe.
fn quoted(cell: &str) -> String {
    let guarded = match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    };
    match guarded.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", guarded.replace('"', "\"\"")),
        false => guarded,
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (cell, written) in [
            ("plain", "plain"),
            ("a, b", "\"a, b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@now, then", "\"'@now, then\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }
}
