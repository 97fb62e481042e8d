//! The tables that several reports share: tiers, figures, metrics, connections.

use std::collections::BTreeMap;

use oneroof_engine::TierRecord;
use oneroof_engine::rehearse::report::ConnectionReport;
use oneroof_engine::rehearse::report_workload::{WorkloadFigures, WorkloadReport};
use oneroof_model::locks::{TierLock, telling};
use oneroof_model::{Effects, Value};

use crate::ui::table::Table;
use crate::ui::time;

/// What each tier did.
pub(crate) fn tiers(tiers: &[TierRecord]) -> String {
    let mut table = Table::new([
        "tier",
        "role",
        "statements",
        "took",
        "definitions",
        "rows written",
    ]);
    for tier in tiers {
        table.row([
            &name(tier.label.as_deref(), &tier.tier),
            tier.role.as_deref().unwrap_or("(apply role)"),
            &tier.statements.to_string(),
            &time::milliseconds(tier.duration_ms),
            &tier.effects.objects_in_words(),
            &rows_written(&tier.effects),
        ]);
    }
    table.text()
}

/// Row operations, one table a line.
pub(crate) fn rows_written(effects: &Effects) -> String {
    let rows: Vec<String> = effects
        .rows
        .iter()
        .map(|rows| {
            let counts = [
                ("+", rows.inserted),
                ("~", rows.updated),
                ("-", rows.deleted),
            ];
            let counts = counts.iter().filter(|(_, count)| *count != 0);
            let counts: Vec<String> = counts
                .map(|(sign, count)| format!("{sign}{count}"))
                .collect();
            format!("{} {}", rows.table, counts.join(" "))
        })
        .collect();
    rows.join("\n")
}

/// The locks of tiers (each by its name) that made an application wait, if there are any.
pub(crate) fn locks<'a>(
    tiers: impl IntoIterator<Item = (String, &'a [TierLock])>,
) -> Option<String> {
    let mut table = Table::new(["tier", "lock on", "mode", "held", "what waits", "taken by"]);
    let mut is_empty = true;
    for (name, locks) in tiers {
        for lock in telling(locks) {
            is_empty = false;
            table.row([
                &name,
                &lock.object_words(),
                lock.mode.name(),
                &time::milliseconds(lock.held_ms),
                &lock.blocks_words(),
                &lock.taken_at(),
            ]);
        }
    }
    (!is_empty).then(|| table.text())
}

/// What a workload did before and beside the tiers.
pub(crate) fn workload(report: &WorkloadReport) -> String {
    let mut table = Table::new([
        "workload",
        "transactions",
        "failed",
        "mean ms",
        "longest stall ms",
    ]);
    let shown = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
    let mut row = |when: &str, figures: &WorkloadFigures| {
        table.row([
            when,
            &figures.transactions.to_string(),
            &figures.failed.to_string(),
            &shown(figures.mean_ms),
            &shown(figures.longest_ms),
        ]);
    };
    row("before the tiers", &report.baseline);
    for unit in &report.tiers {
        row(&unit.tiers.join(", "), &unit.workload);
    }
    let errors: String = report
        .errors
        .iter()
        .map(|error| format!("\nthe workload met: {error}"))
        .collect();
    format!("{}\n{}{errors}", table.text(), report.line())
}

/// The metrics that some tier moved: before, and after each tier.
pub(crate) fn moved_metrics(
    before: &BTreeMap<String, Value>,
    tiers: &[TierRecord],
) -> Option<String> {
    let mut moved: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    let names = before
        .keys()
        .chain(tiers.iter().flat_map(|tier| tier.metrics.keys()));
    for name in names {
        let first = before.get(name);
        if tiers.iter().any(|tier| tier.metrics.get(name) != first) {
            let values =
                std::iter::once(first).chain(tiers.iter().map(|tier| tier.metrics.get(name)));
            moved.insert(
                name,
                values
                    .map(|value| value.unwrap_or(&Value::Null).to_string())
                    .collect(),
            );
        }
    }
    if moved.is_empty() {
        return None;
    }
    let heads = ["metric", "before"].map(str::to_owned);
    let labels = tiers
        .iter()
        .map(|tier| tier.label.clone().unwrap_or_else(|| tier.tier.clone()));
    let mut table = Table::new(heads.into_iter().chain(labels));
    for (name, values) in moved {
        table.row(std::iter::once(name.clone()).chain(values));
    }
    Some(table.text())
}

/// The figures of a verification; empty if there are none.
pub(crate) fn figures(figures: &[(String, Value)]) -> String {
    if figures.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["figure", "value"]);
    for (name, value) in figures {
        table.row([name, &value.to_string()]);
    }
    format!("{}\n", table.text())
}

/// How to connect with psql.
pub(crate) fn connection(connection: &ConnectionReport) -> String {
    format!("  {}", connection.psql())
}

/// The label, if there is one, and the id.
pub(crate) fn name(label: Option<&str>, tier: &str) -> String {
    match label {
        Some(label) => format!("{label} {tier}"),
        None => tier.to_owned(),
    }
}
