//! What a rehearsal saw of a workload beside the tiers: a part of `rehearsal.json`, and of `report.md`.

use std::fmt::Write as _;

use oneroof_model::Digest;
use serde::Serialize;

use super::text::cell;

/// A workload beside the tiers, on a copy of the clone.
#[derive(Debug, Serialize)]
pub struct WorkloadReport {
    /// The script, as it was named.
    pub file: String,
    /// SHA-256 of its text.
    pub digest: Digest,
    /// Clients that repeated it.
    pub clients: u32,
    /// Right before the first tier.
    pub baseline: WorkloadFigures,
    /// From the first tier to the last.
    pub under_tiers: WorkloadFigures,
    /// Each tier, or group of tiers that shares a transaction.
    pub tiers: Vec<TierUnderLoad>,
    /// What pgbench said about errors; a client that meets one stops.
    pub errors: Vec<String>,
}

/// What the workload did beside one unit of tiers.
#[derive(Debug, Serialize)]
pub struct TierUnderLoad {
    /// Their ids.
    pub tiers: Vec<String>,
    /// How often the unit was tried; none if it was not applied.
    pub tries: Option<u32>,
    /// Transactions of which most was spent beside it.
    pub workload: WorkloadFigures,
}

/// Transactions of a workload during some time.
#[derive(Debug, Clone, Serialize)]
pub struct WorkloadFigures {
    /// How long that time was.
    pub duration_ms: u64,
    /// Transactions that came through.
    pub transactions: u64,
    /// Transactions that a deadlock or a serialization failure ended.
    pub failed: u64,
    /// Their mean duration.
    pub mean_ms: Option<f64>,
    /// The longest one: the stall.
    pub longest_ms: Option<f64>,
}

impl WorkloadReport {
    /// The unit beside which the longest stall was suffered.
    pub fn worst(&self) -> Option<&TierUnderLoad> {
        let stalled = self.tiers.iter();
        stalled
            .filter(|unit| unit.workload.longest_ms.is_some())
            .max_by(|a, b| {
                let (a, b) = (a.workload.longest_ms, b.workload.longest_ms);
                a.unwrap_or(0.0).total_cmp(&b.unwrap_or(0.0))
            })
    }

    /// All of it in one line.
    pub fn line(&self) -> String {
        let at = match self.worst() {
            Some(worst) => format!(" beside {}", worst.tiers.join(", ")),
            None => String::new(),
        };
        let mut line = format!(
            "under the workload the longest stall was {}{at}, {} before the tiers; {} transactions",
            shown(self.under_tiers.longest_ms),
            shown(self.baseline.longest_ms),
            self.under_tiers.transactions
        );
        let errors = self.errors.len() as u64 + self.under_tiers.failed;
        if errors > 0 {
            let _ = write!(line, ", {errors} errors");
        }
        line
    }
}

/// `12.3 ms`, or `-` if there was no transaction.
fn shown(ms: Option<f64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1} ms"))
}

/// The section of `report.md`.
pub(super) fn write(report: &WorkloadReport, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "\n### A workload beside the tiers\n\n`{}` (`{}`), repeated by {} clients on a copy of the clone while the tiers were applied there once more.\n",
        report.file, report.digest, report.clients
    )?;
    writeln!(
        out,
        "| when | ms | tries | transactions | failed | mean | longest stall |\n|---|---|---|---|---|---|---|"
    )?;
    let mut row = |when: &str, tries: Option<u32>, figures: &WorkloadFigures| {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell(when),
            figures.duration_ms,
            tries.map_or_else(|| "-".to_owned(), |tries| tries.to_string()),
            figures.transactions,
            figures.failed,
            shown(figures.mean_ms),
            shown(figures.longest_ms)
        )
    };
    row("before the tiers", None, &report.baseline)?;
    for unit in &report.tiers {
        row(&unit.tiers.join(", "), unit.tries, &unit.workload)?;
    }
    row("all tiers", None, &report.under_tiers)?;
    for (number, error) in report.errors.iter().enumerate() {
        if number == 0 {
            writeln!(out, "\nErrors that the workload met:\n")?;
        }
        writeln!(out, "- `{}`", error.replace('`', "'"))?;
    }
    Ok(())
}
