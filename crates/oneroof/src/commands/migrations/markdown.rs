//! The proofs as Markdown, for a change request.

use std::fmt::Write as _;

use oneroof_engine::migrations::prove::report::{ProofReport, ProofVerdict};

use super::{findings, sentence, way_back};

/// The whole page.
pub(super) fn text(report: &ProofReport) -> String {
    let verdict = match report.verdict {
        ProofVerdict::Passed => "proved",
        ProofVerdict::Failed => "NOT proved",
    };
    let mut text = format!(
        "## Migrations: {verdict}\n\n{}, on {} (PostgreSQL {}).\n\n",
        sentence(report),
        report.baseline,
        report.server_version
    );
    text.push_str(
        "| migration | way back | rows | what is not as it should be |\n|---|---|---|---|\n",
    );
    for proof in &report.migrations {
        let rows = match (proof.data.lost.is_empty(), proof.data.tables.is_empty()) {
            (false, _) => "**lost**",
            (true, true) => "-",
            (true, false) => "kept",
        };
        let back = match way_back(proof) {
            "restored" => "restored".to_owned(),
            "none" | "-" => way_back(proof).to_owned(),
            other => format!("**{}**", other.to_lowercase()),
        };
        let found: Vec<String> = findings(proof)
            .iter()
            .map(|finding| cell(finding))
            .collect();
        let _ = writeln!(
            text,
            "| `{}` | {back} | {rows} | {} |",
            cell(&proof.title),
            found.join("<br>")
        );
    }
    let sql: Vec<(&str, &str)> = report
        .migrations
        .iter()
        .flat_map(|proof| {
            proof
                .differences
                .iter()
                .filter_map(|difference| Some((proof.title.as_str(), difference.sql.as_deref()?)))
        })
        .collect();
    if !sql.is_empty() {
        text.push_str(
            "\n<details><summary>SQL that would put the ways back right</summary>\n\n```sql\n",
        );
        for (title, statement) in sql {
            let _ = writeln!(text, "-- {title}\n{statement}");
        }
        text.push_str("```\n\n</details>\n");
    }
    text
}

/// A text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;")
}
