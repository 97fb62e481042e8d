//! What the transaction of a unit did: measured before it commits, held against what the package declares
//! and against what its rehearsal did.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::package::{RowTolerance, Tier};
use oneroof_model::{EffectDifference, Effects, RowOperations, Tolerance, Value};
use oneroof_pg::connect::Session;
use oneroof_pg::effects::{self, MadeObject};
use oneroof_pg::run::tables_named;

use super::forward::{RanTier, UnitTransaction};
use super::release::ReleaseRun;
use crate::error::{EngineError, Failure};
use crate::figures::{Figures, Probe};
use crate::metrics;

/// How many differences a message names; the others are counted.
const DIFFERENCES_SHOWN_MAX: usize = 20;

/// What each tier did in a rehearsal, by its id.
pub(crate) type RehearsedEffects = BTreeMap<String, Effects>;

/// What the effects that are compared are those of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// One transaction, which is rolled back if they differ.
    Transaction,
    /// A whole tier that committed on its way.
    Tier,
    /// Such a tier before its end: it may have done less, and not more.
    SoFar,
}

/// What a tier leaves behind when it does not do what its rehearsal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Nothing: its transaction is rolled back.
    Nothing,
    /// What it committed on its way.
    Earlier,
}

impl ReleaseRun<'_> {
    /// Measures what the transaction did so far, and the objects that it leaves behind; refuses what is not declared.
    pub(super) async fn measured(
        &self,
        transaction: &UnitTransaction<'_>,
    ) -> Result<(Effects, Vec<MadeObject>), EngineError> {
        let session = transaction.session;
        let (effects, left) = effects::measure_for_ledger(session, transaction.lock.watcher())
            .await
            .map_err(EngineError::database("measure what the tier did"))?;
        let made = effects.tables_created();
        let created = transaction.created.iter().chain(&made).collect();
        self.rows_are_declared(session, &transaction.ran, &effects.rows, &created)
            .await?;
        Ok((effects, left))
    }

    /// Refuses what was not rehearsed; gives what the package's tolerances let through.
    pub(super) async fn as_rehearsed(
        &self,
        session: &Session,
        entry: &Probe,
        ran: &[&Tier],
        effects: &Effects,
        extent: Extent,
    ) -> Result<Vec<EffectDifference>, EngineError> {
        let (Some(rehearsed), Some(last)) = (self.rehearsed, ran.last()) else {
            return Ok(Vec::new());
        };
        let tolerance = self.tolerance(session, entry).await?;
        let rehearsed = rehearsed.get(&last.id).cloned().unwrap_or_default();
        let (comparison, kept) = match extent {
            Extent::Transaction => (effects.compare(&rehearsed, &tolerance), Kept::Nothing),
            Extent::Tier => (effects.compare(&rehearsed, &tolerance), Kept::Earlier),
            Extent::SoFar => (
                effects.at_least(&rehearsed).compare(&rehearsed, &tolerance),
                Kept::Earlier,
            ),
        };
        require_same(ran, &comparison.differences, kept)?;
        Ok(comparison.tolerated)
    }

    /// `[effects.rows]` with the full names of the tables, expressions filled from the entry probe.
    pub(crate) async fn tolerance(
        &self,
        session: &Session,
        entry: &Probe,
    ) -> Result<BTreeMap<String, Tolerance>, EngineError> {
        let figures = Figures {
            live: entry.clone(),
            entry: entry.clone(),
            ..Figures::default()
        };
        let mut tolerances = BTreeMap::new();
        for (table, declared) in &self.package.plan.effects.rows {
            let tolerance = match declared {
                RowTolerance::Exact => Tolerance::Exact,
                RowTolerance::Any => Tolerance::Any,
                RowTolerance::AtMost(expression) => {
                    let value = expression
                        .evaluate(table, &figures)
                        .map_err(|error| metrics::expression_failure(table, &error))?;
                    match value {
                        Value::Integer(rows) => {
                            Tolerance::AtMost(u64::try_from(rows).unwrap_or_default())
                        }
                        other => {
                            return Err(EngineError::input(
                                format!(
                                    "read [effects.rows] of `{table}`: at_most is {other}, no number of rows"
                                ),
                                None,
                            ));
                        }
                    }
                }
            };
            let names = tables_named(session, std::slice::from_ref(table))
                .await
                .map_err(EngineError::database(
                    "find the tables that the package names",
                ))?;
            tolerances.extend(names.into_iter().map(|name| (name, tolerance)));
        }
        Ok(tolerances)
    }

    /// Rows may only come into tables of this release, or into declared ones and as many as declared.
    async fn rows_are_declared(
        &self,
        session: &Session,
        ran: &[RanTier<'_>],
        rows: &[RowOperations],
        created: &BTreeSet<&String>,
    ) -> Result<(), EngineError> {
        let tiers: Vec<&Tier> = ran.iter().map(|ran| ran.tier).collect();
        let who = who(&tiers);
        let fail = |message: String, hint: &str| -> Result<(), EngineError> {
            Err(Failure {
                message,
                tier: ran.last().map(|ran| ran.tier.id.clone()),
                file: ran.last().map(|ran| ran.tier.file.clone()),
                hint: Some(hint.to_owned()),
                ..Failure::default()
            }
            .into())
        };
        if rows.is_empty() {
            return Ok(());
        }
        let naming = || EngineError::database("find the tables that the package names");
        let never = tables_named(session, &self.package.plan.effects.never_touch)
            .await
            .map_err(naming())?;
        if let Some(touched) = rows
            .iter()
            .find(|operations| never.contains(&operations.table))
        {
            return fail(
                format!(
                    "{who} touched `{}`, which the package must never touch: {} inserted, {} updated, {} deleted",
                    touched.table, touched.inserted, touched.updated, touched.deleted
                ),
                "see [effects] never_touch in release.toml",
            );
        }
        let mut declared: BTreeMap<String, i64> = BTreeMap::new();
        for ran in ran {
            for (before, after) in ran.keys_before.iter().zip(&ran.keys_after) {
                let names = tables_named(session, std::slice::from_ref(&after.table))
                    .await
                    .map_err(naming())?;
                let more = after
                    .keys
                    .iter()
                    .filter(|key| !before.keys.contains(key))
                    .count();
                for name in names {
                    *declared.entry(name).or_default() += i64::try_from(more).unwrap_or(i64::MAX);
                }
            }
        }
        for operations in rows.iter().filter(|operations| operations.inserted > 0) {
            let table = &operations.table;
            if created.contains(table) {
                continue;
            }
            match declared.get(table) {
                None => {
                    return fail(
                        format!(
                            "{who} inserted {} rows into `{table}`, which existed before and is not declared",
                            operations.inserted
                        ),
                        "declare [[tier.rows]] with the table and a `where` that finds these rows",
                    );
                }
                Some(more) if *more != operations.inserted => {
                    return fail(
                        format!(
                            "{who} inserted {} rows into `{table}`, but {more} more rows fulfil its declared `where`",
                            operations.inserted
                        ),
                        "make the `where` of [[tier.rows]] find exactly the rows that the tier inserts",
                    );
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Does production do exactly what the rehearsal did?
fn require_same(
    ran: &[&Tier],
    differences: &[EffectDifference],
    kept: Kept,
) -> Result<(), EngineError> {
    let Some(first) = differences.first() else {
        return Ok(());
    };
    let mut shown: Vec<String> = differences
        .iter()
        .take(DIFFERENCES_SHOWN_MAX)
        .map(ToString::to_string)
        .collect();
    if differences.len() > DIFFERENCES_SHOWN_MAX {
        shown.push(format!(
            "and {} more",
            differences.len() - DIFFERENCES_SHOWN_MAX
        ));
    }
    let last = ran.last();
    Err(Failure {
        message: format!(
            "{} does not do what its rehearsal did: {} differences",
            who(ran),
            differences.len()
        ),
        tier: last.map(|tier| tier.id.clone()),
        file: last.map(|tier| tier.file.clone()),
        detail: Some(shown.join("\n")),
        expected: Some(format!("{}: {}", first.what, first.rehearsed)),
        seen: Some(format!("{}: {}", first.what, first.seen)),
        hint: Some(
            match kept {
                Kept::Nothing => {
                    "nothing of this tier was kept; the target was changed since the rehearsal: rehearse again, \
                     or declare a tolerance in [effects.rows]"
                }
                Kept::Earlier => {
                    "what the tier committed before stays until `oneroof rollback`; the target was changed since \
                     the rehearsal: rehearse again, or declare a tolerance in [effects.rows]"
                }
            }
            .into(),
        ),
        ..Failure::default()
    }
    .into())
}

/// The tiers of a transaction, for a message.
fn who(ran: &[&Tier]) -> String {
    match ran {
        [one] => format!("tier {}", one.title()),
        _ => {
            let titles: Vec<String> = ran.iter().map(|tier| tier.title()).collect();
            format!("one of the tiers {}", titles.join(", "))
        }
    }
}
