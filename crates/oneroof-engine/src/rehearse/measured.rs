//! What the rules fear, and what the rehearsal measured of it: tables written anew, locks and how long they were held.

use oneroof_model::Diagnostic;
use oneroof_model::locks::TierLock;

use super::report::RehearsalReport;
use crate::check;
use crate::error::EngineError;
use crate::store::package_files::OpenPackage;

/// The remarks of the rules that judge, each with what was seen of it.
pub(super) fn remarks(
    package: &OpenPackage,
    report: &RehearsalReport,
) -> Result<Vec<Diagnostic>, EngineError> {
    let rules = check::judging_rules();
    let mut remarks = check::check(package)?.diagnostics;
    remarks.retain(|remark| rules.contains(&remark.rule.as_str()));
    for remark in &mut remarks {
        let Some(tier) = report.tiers.iter().find(|tier| tier.file == remark.file) else {
            continue;
        };
        check::rewrite_was_measured(remark, &tier.effects.new_files);
        let locks = tier.locks.iter().flatten();
        let mine = locks.filter(|lock| {
            lock.stops_applications() && lock.file == remark.file && lock.line == remark.line
        });
        if let Some(lock) = mine.max_by_key(|lock| (lock.kind == "table", lock.mode, lock.held_ms))
        {
            remark.message.push_str(&sentence(lock));
        }
    }
    Ok(remarks)
}

fn sentence(lock: &TierLock) -> String {
    format!(
        " (measured: {} on {} for {} ms)",
        lock.mode.name(),
        lock.object,
        lock.held_ms
    )
}
