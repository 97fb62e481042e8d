//! Applies a tier in batches: one statement, repeated until it changes no row.
//!
//! Each batch is a transaction on a connection as good as new, with the checks of any tier, and its ledger entry is in it:
//! a run that is cut goes on with the next batch. The last one changes no row and completes the tier.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use oneroof_model::package::Tier;
use oneroof_model::{BegunTier, Effects, Event};
use oneroof_pg::ledger::EntryKind;
use oneroof_pg::run::{DeclaredRows, RunLock};
use serde_json::{Value as Json, json};

use super::attempt::{AttemptError, Attempts, statement_error};
use super::effects::Extent;
use super::forward::{
    Begins, Moment, RanTier, TierRecord, UnitTransaction, commit_error, filled_markers, millis,
    new_keys, settings_are_kept, watched,
};
use super::interruption::Interruption;
use super::locks::{UnitLocks, longest};
use super::release::{ReleaseRun, Then, begin_writing};
use super::statements::Script;
use crate::error::{EngineError, Failure};
use crate::figures::{Figures, Probe};
use crate::metrics;

/// What the batches of a tier did so far, those of an earlier run included.
#[derive(Debug, Default)]
struct Progress {
    batches: u64,
    rows: u64,
    effects: Effects,
    declared_rows: Vec<DeclaredRows>,
}

/// What one transaction came to.
struct Batch {
    rows: u64,
    record: TierRecord,
}

impl ReleaseRun<'_> {
    /// Applies the tier from its first batch, or from where an earlier run ended.
    pub(super) async fn apply_batches(
        &self,
        lock: &RunLock,
        tier: &Tier,
        entry: &Probe,
        created: &BTreeSet<String>,
        interruption: Option<&Interruption<'_>>,
    ) -> Result<TierRecord, EngineError> {
        let started = Instant::now();
        let script = Script::parse(&tier.file, self.package.text(&tier.file)?)?;
        let begun = self.state(lock.watcher()).await?.begun;
        let mut progress = match begun.filter(|begun| begun.tier == tier.id) {
            Some(begun) => progress_of(&begun)?,
            None => Progress::default(),
        };
        self.context.emit(Event::TierStarted {
            tier: tier.id.clone(),
            title: tier.title(),
            summary: tier.summary.clone(),
        });
        let mut attempts = Attempts::default();
        let mut locks = None;
        loop {
            if progress.batches >= tier.batches_max() {
                return Err(endless(tier, &progress));
            }
            // The crash drill strikes the second batch, or the last one if that comes first.
            let interruption = interruption.filter(|_| progress.batches > 0);
            let attempt = async || {
                self.try_batch(lock, tier, &script, entry, created, &progress, interruption)
                    .await
            };
            let (batch, tries) = self.retried(tier.lock_retries + 1, attempt).await?;
            attempts.number = attempts.number.max(tries.number);
            attempts.blocked_by.extend(tries.blocked_by);
            longest(&mut locks, batch.record.locks.clone());
            if batch.rows == 0 {
                return Ok(TierRecord {
                    duration_ms: millis(started.elapsed()),
                    attempts: attempts.number,
                    blocked_by: attempts.blocked_by,
                    locks,
                    ..batch.record
                });
            }
            progress.batches += 1;
            progress.rows += batch.rows;
            progress.effects = batch.record.effects;
            progress.declared_rows = batch.record.declared_rows;
            self.context.emit(Event::BatchDone {
                tier: tier.id.clone(),
                number: progress.batches,
                rows: batch.rows,
                rows_total: progress.rows,
            });
            tokio::time::sleep(Duration::from_millis(tier.rest().milliseconds)).await;
        }
    }

    /// One transaction. Its record has the effects and the rows of all batches up to it.
    #[expect(clippy::too_many_arguments, reason = "all of them are of one run")]
    async fn try_batch(
        &self,
        lock: &RunLock,
        tier: &Tier,
        script: &Script,
        entry: &Probe,
        created: &BTreeSet<String>,
        progress: &Progress,
        interruption: Option<&Interruption<'_>>,
    ) -> Result<Batch, AttemptError> {
        let begins = match progress.batches {
            0 => Begins::Yes,
            _ => Begins::GoesOn,
        };
        let session = self.tier_session(Then::Another).await?;
        begin_writing(&session).await?;
        self.confirm(lock, &session, &[tier]).await?;
        let mut transaction = UnitTransaction {
            lock,
            session: &session,
            entry,
            created,
            settings: None,
            ran: Vec::new(),
            locks: UnitLocks::begin(self.locks, &session).await?,
        };
        let role = self.set(&mut transaction, tier).await?;
        let named = metrics::named_by(tier);
        let mut figures = Figures {
            entry: entry.clone(),
            ..Figures::default()
        };
        if begins == Begins::Yes {
            metrics::refresh(
                &session,
                self.package,
                self.parameters,
                named.clone(),
                &mut figures,
            )
            .await?;
            figures.before = figures.live.clone();
        }
        self.tier_preconditions(&session, tier, begins, &mut figures)
            .await?;
        if begins == Begins::Yes {
            self.expect(tier, &figures, Moment::Before)?;
        }
        let keys_before = self.keys(&session, tier).await?;

        transaction.locks.before_tier(&session).await?;
        let locks = &mut transaction.locks;
        let after = async |statement: &_, began| {
            locks
                .after_statement(&session, tier, statement, began)
                .await
        };
        let all = 0..script.statements.len();
        let run = script.run_watched(all, self.context, &session, Some(&tier.id), after);
        let (outcome, blockers) = watched(lock, session.backend_pid(), run).await;
        let rows = outcome.map_err(|error| statement_error(tier, error, blockers))?;
        if let Some(interruption) = interruption {
            interruption.strike(&session).await?;
        }
        let began = Instant::now();
        session
            .simple("set constraints all immediate")
            .await
            .map_err(|error| commit_error(error, &[tier]))?;
        transaction
            .locks
            .after_constraints(&session, tier, began)
            .await?;
        if let Some((_, applied)) = &transaction.settings {
            settings_are_kept(&session, applied, tier).await?;
        }
        let keys_after = self.keys(&session, tier).await?;
        transaction.ran.push(RanTier {
            tier,
            keys_before: keys_before.clone(),
            keys_after: keys_after.clone(),
        });
        let (mut effects, made) = self.measured(&transaction).await?;
        let own_rows = effects.rows.clone();
        effects.rows.clone_from(&progress.effects.rows);
        effects.add_rows(&own_rows);
        let extent = match rows {
            0 => Extent::Tier,
            _ => Extent::SoFar,
        };
        let tolerated = self
            .as_rehearsed(&session, entry, &[tier], &effects, extent)
            .await?;
        let own_keys = new_keys(&keys_before, keys_after);
        let mut record = TierRecord {
            statements: usize::try_from(progress.batches).unwrap_or(usize::MAX),
            tables_created: effects.tables_created(),
            declared_rows: together(&progress.declared_rows, &own_keys),
            effects,
            tolerated,
            made,
            ..TierRecord::new(tier, role)
        };
        self.consume(&session).await?;
        let newest_hash = if rows == 0 {
            metrics::refresh(&session, self.package, self.parameters, named, &mut figures).await?;
            self.expect(tier, &figures, Moment::After)?;
            record.markers = filled_markers(tier, &figures);
            self.append(&session, EntryKind::TierApplied, &[record.for_ledger()])
                .await?
        } else {
            if begins == Begins::Yes {
                let body = json!({ "tier": tier.id, "transaction": tier.transaction });
                self.append(&session, EntryKind::TierStarted, &[body])
                    .await?;
            }
            let body = json!({
                "tier": tier.id,
                "number": progress.batches + 1,
                "rows_changed": rows,
                "rows": own_rows,
                "declared_rows": own_keys,
            });
            self.append(&session, EntryKind::BatchDone, &[body]).await?
        };
        session
            .simple("commit")
            .await
            .map_err(|error| commit_error(error, &[tier]))?;
        self.consumed();
        transaction.locks.end(std::slice::from_mut(&mut record));
        self.done_with(session, Then::Another).await;
        self.read_back(lock, newest_hash).await?;
        Ok(Batch { rows, record })
    }
}

/// What the ledger says about the batches of an earlier run.
fn progress_of(begun: &BegunTier) -> Result<Progress, EngineError> {
    let mut progress = Progress::default();
    for body in &begun.batches {
        progress.batches += 1;
        progress.rows += body["rows_changed"].as_u64().unwrap_or(0);
        progress.effects.add_rows(&member::<Vec<_>>(body, "rows")?);
        let rows: Vec<DeclaredRows> = member(body, "declared_rows")?;
        progress.declared_rows = together(&progress.declared_rows, &rows);
    }
    Ok(progress)
}

fn member<T: serde::de::DeserializeOwned>(body: &Json, name: &str) -> Result<T, EngineError> {
    serde_json::from_value(body[name].clone()).map_err(|error| {
        EngineError::other(format!("read `{name}` of a batch in the ledger: {error}"))
    })
}

/// The declared rows of earlier batches and of one more, table by table.
fn together(earlier: &[DeclaredRows], more: &[DeclaredRows]) -> Vec<DeclaredRows> {
    let mut all = earlier.to_vec();
    for rows in more {
        let same =
            |one: &&mut DeclaredRows| one.table == rows.table && one.predicate == rows.predicate;
        match all.iter_mut().find(same) {
            Some(one) => one.keys.extend(rows.keys.iter().cloned()),
            None => all.push(rows.clone()),
        }
    }
    all
}

fn endless(tier: &Tier, progress: &Progress) -> EngineError {
    Failure {
        message: format!(
            "tier {} still changes rows after {} batches, its `batches_max` ({} rows so far)",
            tier.title(),
            progress.batches,
            progress.rows
        ),
        tier: Some(tier.id.clone()),
        file: Some(tier.file.clone()),
        expected: Some("a batch that changes no row".into()),
        seen: Some(format!("{} batches", progress.batches)),
        hint: Some(
            "a batch must leave fewer rows for the next one; or raise `batches_max` of the tier. \
             What was committed stays until `oneroof rollback`"
                .into(),
        ),
        ..Failure::default()
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_all_batches_come_together() {
        let rows = |table: &str, key: u64| DeclaredRows {
            table: table.to_owned(),
            predicate: "true".to_owned(),
            keys: vec![json!([key])],
        };
        let all = together(&[rows("a", 1)], &[rows("a", 2), rows("b", 3)]);
        let keys: Vec<usize> = all.iter().map(|rows| rows.keys.len()).collect();
        assert_eq!(keys, [2, 1]);
    }
}
