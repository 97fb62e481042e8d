//! Undoes tiers, in reverse order of the ledger and never with CASCADE.
//!
//! Everything that is undone together shares one transaction, so a refusal in the middle changes nothing.

use std::time::Instant;

use oneroof_model::package::Tier;
use oneroof_model::{AppliedTier, Event, Refusal, RefusalCode};
use oneroof_pg::connect::{Access, Session};
use oneroof_pg::ledger::EntryKind;
use oneroof_pg::run::{RunLock, declared_rows};
use serde::Serialize;

use super::forward::{declared_rows_failure, millis, watched};
use super::generated::FROM_THE_LEDGER;
use super::release::{ReleaseRun, begin_writing};
use super::statements::Script;
use crate::error::EngineError;
use crate::figures::{Figures, Probe};
use crate::metrics::{self, StopAt};

/// What a committed rollback of one tier did.
#[derive(Debug, Clone, Serialize)]
pub struct RollbackRecord {
    /// The tier's id.
    pub tier: String,
    /// Its label.
    pub label: Option<String>,
    /// The rollback's file, or that it was generated.
    pub file: String,
    /// The statements of a generated one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub generated: Vec<String>,
    /// Milliseconds.
    pub duration_ms: u64,
}

impl ReleaseRun<'_> {
    /// Undoes `applied` (in ledger order), last first, in one transaction.
    ///
    /// `entire` says that nothing of the release stands afterwards, which the ledger then records.
    pub(crate) async fn undo(
        &self,
        lock: &RunLock,
        applied: &[AppliedTier],
        entry: &Probe,
        entire: Entire,
    ) -> Result<Vec<RollbackRecord>, EngineError> {
        let mut tiers = Vec::new();
        for standing in applied.iter().rev() {
            let tier = self.package.plan.tier(&standing.tier).ok_or_else(|| {
                EngineError::other(format!(
                    "find tier `{}` in {}: the ledger says it stands, but this package does not have it",
                    standing.tier, self.package.place
                ))
            })?;
            if let Some(why) = &tier.irreversible {
                return Err(Refusal::new(
                    RefusalCode::RollbackBlocked,
                    format!("ROLLBACK REFUSED: tier {} cannot be undone: {why}", tier.title()),
                )
                .hint("write a rollback file for it, or roll back only to the tier after it with --to")
                .into());
            }
            self.refuse_half_of_a_group(tier, applied)?;
            tiers.push((tier, standing));
        }
        let session = self.session(Access::ReadWrite).await?;
        begin_writing(&session).await?;
        if !lock
            .confirm(&session)
            .await
            .map_err(EngineError::database("confirm the run lock"))?
        {
            return Err(EngineError::other(
                "keep the run lock: its session is gone, so nothing was changed",
            ));
        }
        self.ask_the_gate(&session).await?;
        self.refuse_foreign_work(&session, &tiers, entry).await?;
        self.refuse_changed_objects(&session, lock.watcher(), applied)
            .await?;
        let mut records = Vec::new();
        let mut present = None;
        for (tier, standing) in &tiers {
            let started = Instant::now();
            let settings = self.settings(Some(tier));
            if present.as_ref() != Some(&settings) {
                settings
                    .apply(&session)
                    .await
                    .map_err(|error| self.settings_error(error, settings.role.as_deref()))?;
                present = Some(settings);
            }
            self.declared_rows_are_ours(&session, tier, standing)
                .await?;
            self.refuse_hanging_rows(&session, tier, standing).await?;
            let mut generated = Vec::new();
            if let Some(file) = &tier.rollback {
                let script = Script::parse(file, self.package.text(file)?)?;
                let run = script.run(self.context, &session, Some(&tier.id));
                let (outcome, _) = watched(lock, session.backend_pid(), run).await;
                if let Err(error) = outcome {
                    return Err(blocked(
                        error.source.sqlstate().map(str::to_owned),
                        error.into_engine_error(Some(&tier.id)),
                    ));
                }
            } else {
                let same = tiers.iter().filter(|(other, _)| {
                    other.id == tier.id || other.group.is_some() && other.group == tier.group
                });
                let declared = same.map(|(_, standing)| standing.rows_declared()).sum();
                generated = self
                    .undo_from_ledger(&session, lock.watcher(), tier, standing, declared)
                    .await?;
            }
            let record = RollbackRecord {
                tier: tier.id.clone(),
                label: tier.label.clone(),
                file: tier
                    .rollback
                    .clone()
                    .unwrap_or_else(|| FROM_THE_LEDGER.to_owned()),
                generated,
                duration_ms: millis(started.elapsed()),
            };
            records.push(record);
        }
        self.consume(&session).await?;
        let mut newest_hash = self
            .append(&session, EntryKind::TierRolledBack, &records)
            .await?;
        if entire == Entire::Yes {
            newest_hash = self
                .append(
                    &session,
                    EntryKind::ReleaseRolledBack,
                    &[serde_json::json!({})],
                )
                .await?;
        }
        session
            .simple("commit")
            .await
            .map_err(|error| EngineError::Database {
                doing: "commit the rollback".into(),
                hint: Some("whether it was committed is in the ledger: run rollback again".into()),
                source: Box::new(error),
            })?;
        self.consumed();
        session.close().await;
        self.read_back(lock, newest_hash).await?;
        for record in &records {
            self.context.emit(Event::TierRolledBack {
                tier: record.tier.clone(),
                title: self
                    .package
                    .plan
                    .tier(&record.tier)
                    .map_or_else(|| record.tier.clone(), Tier::title),
                duration_ms: record.duration_ms,
            });
        }
        Ok(records)
    }

    /// What a group made stands with its last tier, and so a generated rollback undoes all of it.
    fn refuse_half_of_a_group(
        &self,
        tier: &Tier,
        applied: &[AppliedTier],
    ) -> Result<(), EngineError> {
        if tier.rollback.is_some() || tier.group.is_none() {
            return Ok(());
        }
        let kept = self.tiers().into_iter().find(|other| {
            other.group == tier.group && applied.iter().all(|applied| applied.tier != other.id)
        });
        let Some(kept) = kept else {
            return Ok(());
        };
        Err(Refusal::new(
            RefusalCode::RollbackBlocked,
            format!(
                "ROLLBACK REFUSED: the rollback of tier {} is generated, and undoes its whole group: tier {} cannot stay",
                tier.title(),
                kept.title()
            ),
        )
        .hint("roll back to the tier before the group, or write a rollback file for each of its tiers")
        .into())
    }

    /// The package's own conditions for undoing it as a whole.
    async fn refuse_foreign_work(
        &self,
        session: &Session,
        tiers: &[(&Tier, &AppliedTier)],
        entry: &Probe,
    ) -> Result<(), EngineError> {
        let settings = self.settings(tiers.first().map(|(tier, ..)| *tier));
        settings
            .apply(session)
            .await
            .map_err(|error| self.settings_error(error, settings.role.as_deref()))?;
        let mut figures = Figures {
            entry: entry.clone(),
            ..Figures::default()
        };
        let checks = &self.package.plan.rollback.preconditions;
        let broken = metrics::ask(
            session,
            self.package,
            self.parameters,
            checks,
            &mut figures,
            StopAt::End,
        )
        .await?;
        let Some(first) = broken.first() else {
            return Ok(());
        };
        Err(Refusal {
            code: RefusalCode::RollbackBlocked,
            message: first.message.clone(),
            hint: first
                .hint
                .clone()
                .or_else(|| Some("roll back the later release first".into())),
            reasons: broken.iter().map(|check| check.message.clone()).collect(),
        }
        .into())
    }

    /// The rows that fulfil the declared predicate must be exactly those that the ledger names.
    async fn declared_rows_are_ours(
        &self,
        session: &Session,
        tier: &Tier,
        standing: &AppliedTier,
    ) -> Result<(), EngineError> {
        for rows in &tier.rows {
            let now = declared_rows(session, &rows.table, &rows.predicate)
                .await
                .map_err(|fault| declared_rows_failure(fault, tier, rows))?;
            let ledger: Vec<&serde_json::Value> = standing
                .declared_rows
                .as_array()
                .into_iter()
                .flatten()
                .filter(|declared| declared["table"] == rows.table.as_str())
                .flat_map(|declared| declared["keys"].as_array().into_iter().flatten())
                .collect();
            let more: Vec<String> = now
                .keys
                .iter()
                .filter(|key| !ledger.contains(key))
                .map(ToString::to_string)
                .collect();
            let gone: Vec<String> = ledger
                .iter()
                .filter(|key| !now.keys.contains(key))
                .map(ToString::to_string)
                .collect();
            if more.is_empty() && gone.is_empty() {
                continue;
            }
            let mut reasons = Vec::new();
            if !more.is_empty() {
                reasons.push(format!(
                    "in the table, not in the ledger: {}",
                    more.join(" ")
                ));
            }
            if !gone.is_empty() {
                reasons.push(format!(
                    "in the ledger, not in the table: {}",
                    gone.join(" ")
                ));
            }
            return Err(Refusal::new(
                RefusalCode::RollbackBlocked,
                format!(
                    "ROLLBACK REFUSED: the rows of `{}` that look like ours are not those of the ledger: {} more, {} gone",
                    rows.table, more.len(), gone.len()
                ),
            )
            .reasons(reasons)
            .hint("undo by hand what was changed since, or roll back the later release first")
            .into());
        }
        Ok(())
    }
}

/// Does anything of the release stand after this?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entire {
    /// Nothing.
    Yes,
    /// The tiers before.
    No,
}

/// A rollback statement that fails because something hangs on our objects or rows is a refusal.
pub(super) fn blocked(sqlstate: Option<String>, error: EngineError) -> EngineError {
    let EngineError::Failed(failure) = error else {
        return error;
    };
    if !matches!(sqlstate.as_deref(), Some("2BP01" | "23503" | "P0001")) {
        return EngineError::Failed(failure);
    }
    let mut reasons: Vec<String> = failure
        .detail
        .iter()
        .flat_map(|detail| detail.lines())
        .map(str::to_owned)
        .collect();
    if let Some(file) = &failure.file {
        let line = failure.line.map(|line| line.to_string());
        reasons.push(format!("{file}:{}", line.unwrap_or_default()));
    }
    let message = match failure.message.starts_with("ROLLBACK REFUSED") {
        true => failure.message.clone(),
        false => format!("ROLLBACK REFUSED: {}", failure.message),
    };
    Refusal::new(RefusalCode::RollbackBlocked, message)
        .reasons(reasons)
        .hint("nothing was changed; remove what hangs on this release first (a later release: roll it back)")
        .into()
}
