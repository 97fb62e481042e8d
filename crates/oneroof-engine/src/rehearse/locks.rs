//! Step 7, the locks: what the tiers' budgets say, and the tables of `report.md`.

use std::fmt::Write as _;

use oneroof_model::locks::{over_budget, telling};
use oneroof_model::package::Tier;

use super::report::RehearsalReport;
use super::text::cell;
use crate::error::{EngineError, Failure};
use crate::execute::forward::TierRecord;

/// Fails if a tier held a lock that stops applications longer than its `lock_budget_ms`.
pub(super) fn require_within_budget(
    wanted: &[&Tier],
    records: &[TierRecord],
) -> Result<(), EngineError> {
    let failures: Vec<Failure> = wanted
        .iter()
        .filter_map(|tier| failure(tier, records))
        .collect();
    let others: Vec<String> = failures[failures.len().min(1)..]
        .iter()
        .map(|failure| failure.message.clone())
        .collect();
    match failures.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(Failure {
            detail: (!others.is_empty()).then(|| others.join("; ")),
            ..first
        }
        .into()),
    }
}

fn failure(tier: &Tier, records: &[TierRecord]) -> Option<Failure> {
    let budget_ms = tier.lock_budget_ms?.milliseconds();
    let record = records.iter().find(|record| record.tier == tier.id)?;
    let lock = over_budget(record.locks.as_deref()?, budget_ms)?;
    Some(Failure {
        message: format!(
            "tier {} held {} on {} `{}` for {} ms, over its lock budget of {budget_ms} ms; taken at {}",
            tier.title(),
            lock.mode.name(),
            lock.kind,
            lock.object,
            lock.held_ms,
            lock.taken_at()
        ),
        tier: Some(tier.id.clone()),
        file: Some(lock.file.clone()),
        line: lock.line,
        statement: lock.statement.clone(),
        expected: Some(format!(
            "no lock that stops reads or writes for more than {budget_ms} ms"
        )),
        seen: Some(format!(
            "{} for {} ms; waiting for it: {}",
            lock.mode.name(),
            lock.held_ms,
            lock.blocks_words()
        )),
        hint: Some(
            "a lock is held until the tier commits: take it as late as possible, move slow statements into a tier of their own, or use a gentler form (`oneroof explain blocking-lock`)"
                .into(),
        ),
        ..Failure::default()
    })
}

/// The section of `report.md`.
pub(super) fn write(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    let read: Vec<_> = report
        .tiers
        .iter()
        .filter_map(|tier| Some((tier, tier.locks.as_deref()?)))
        .collect();
    if read.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n### Locks on objects that existed before their tier\n\nOnly those that make an application wait; the others are in `rehearsal.json`. \
         Held from the start of the statement that took it until the commit, on this clone, with nobody else on it.\n"
    )?;
    let shown: Vec<_> = read
        .iter()
        .flat_map(|(tier, locks)| telling(locks).into_iter().map(move |lock| (tier, lock)))
        .collect();
    if shown.is_empty() {
        return writeln!(out, "None: no reader and no writer had to wait.");
    }
    writeln!(
        out,
        "| tier | object | mode | held ms | what waits | taken by |\n|---|---|---|---|---|---|"
    )?;
    for (tier, lock) in shown {
        let statement = lock.statement.as_deref().unwrap_or_default();
        writeln!(
            out,
            "| {} {} | {} | {} | {} | {} | {} {} |",
            tier.label.as_deref().unwrap_or_default(),
            tier.tier,
            cell(&lock.object_words()),
            lock.mode.name(),
            lock.held_ms,
            lock.blocks_words(),
            cell(&lock.taken_at()),
            cell(statement)
        )?;
    }
    Ok(())
}
