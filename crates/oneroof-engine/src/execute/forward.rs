//! Applies one unit of tiers: a tier, or a group of them that shares a transaction.
//!
//! The order inside is that of the design: settings, checks in this very session, statements,
//! what they did, assertions, ledger entry, commit, read back; only then an event says it is done.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use oneroof_model::locks::TierLock;
use oneroof_model::package::{Precondition, Tier, TierRows, Transaction};
use oneroof_model::template::{self, MessageFacts};
use oneroof_model::{
    Digest, EffectDifference, Effects, Event, Refusal, RefusalCode, Value, canonical_json,
};
use oneroof_pg::PgError;
use oneroof_pg::connect::Session;
use oneroof_pg::effects::MadeObject;
use oneroof_pg::ledger::{self, EntryKind};
use oneroof_pg::run::{
    AppliedSettings, DeclaredRows, RunLock, RunSettings, ValueFault, blockers, declared_rows,
    leave_role,
};
use oneroof_sql::Statement;
use serde::Serialize;

use super::attempt::{AttemptError, statement_error};
use super::effects::Extent;
use super::interruption::Interruption;
use super::locks::UnitLocks;
use super::release::{ReleaseRun, Then, begin_writing};
use super::statements::Script;
use crate::error::{EngineError, Failure};
use crate::figures::{Figures, Probe};
use crate::metrics::{self, StopAt};

/// What a committed tier did.
#[derive(Debug, Clone, Serialize)]
pub struct TierRecord {
    /// Its id.
    pub tier: String,
    /// Its label, such as `T3`.
    pub label: Option<String>,
    /// One line.
    pub summary: String,
    /// Its file.
    pub file: String,
    /// The role it ran as.
    pub role: Option<String>,
    /// Statements in the file; of a tier in batches, the batches that changed rows.
    pub statements: usize,
    /// Milliseconds, from its first statement to its assertions; the commit is shared by a group.
    pub duration_ms: u64,
    /// Its marker lines.
    pub markers: Vec<String>,
    /// What it did. Tiers of a group share a transaction: what all of them did stands with the last one.
    #[serde(flatten)]
    pub effects: Effects,
    /// What differed from the rehearsal, and the tolerance of the package that allowed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerated: Vec<EffectDifference>,
    /// The objects that it leaves behind, as the ledger keeps them for the rollback.
    #[serde(skip)]
    pub made: Vec<MadeObject>,
    /// Tables among the created objects.
    pub tables_created: Vec<String>,
    /// Rows it declares as its own in tables that existed before.
    pub declared_rows: Vec<DeclaredRows>,
    /// Locks that it took on objects that existed before; `None` where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locks: Option<Vec<TierLock>>,
    /// How often it was tried; 1 unless locks were in the way.
    pub attempts: u32,
    /// Who was in the way of an attempt: pid, user, application, age of the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
    /// All metrics of the package after its commit; filled by whoever probes.
    pub metrics: Probe,
}

impl TierRecord {
    /// Of a tier that did nothing yet.
    pub(super) fn new(tier: &Tier, role: Option<String>) -> TierRecord {
        TierRecord {
            tier: tier.id.clone(),
            label: tier.label.clone(),
            summary: tier.summary.clone(),
            file: tier.file.clone(),
            role,
            statements: 0,
            duration_ms: 0,
            markers: Vec::new(),
            tables_created: Vec::new(),
            effects: Effects::default(),
            tolerated: Vec::new(),
            made: Vec::new(),
            declared_rows: Vec::new(),
            locks: None,
            attempts: 1,
            blocked_by: Vec::new(),
            metrics: Probe::new(),
        }
    }

    /// For the ledger: of the definitions their digest is enough, the evidence has each of them.
    pub(super) fn for_ledger(&self) -> serde_json::Value {
        let mut body = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = body.as_object_mut()
            && let Some(definitions) = members.remove("definitions")
        {
            let digest = Digest::of(canonical_json(&definitions).as_bytes());
            members.insert("definitions_digest".into(), digest.to_string().into());
            let made = serde_json::to_value(&self.made).unwrap_or_default();
            members.insert("made".into(), made);
        }
        body
    }
}

/// When the watcher first asks who blocks a running tier: a `lock_timeout` may be short.
const WATCH_FIRST: Duration = Duration::from_millis(80);
/// How often it asks then.
const WATCH_EVERY: Duration = Duration::from_millis(300);

impl ReleaseRun<'_> {
    /// Applies a unit in one transaction, with rests and new tries where locks are in the way.
    ///
    /// `created` are the tables that earlier tiers of this release made; it grows.
    pub(crate) async fn apply_unit(
        &self,
        lock: &RunLock,
        unit: &[&Tier],
        entry: &Probe,
        created: &mut BTreeSet<String>,
    ) -> Result<Vec<TierRecord>, EngineError> {
        let mut records = match *unit {
            [tier] if tier.transaction == Transaction::None => {
                vec![self.apply_outside(lock, tier, entry, None).await?]
            }
            [tier] if tier.transaction == Transaction::Batched => {
                vec![self.apply_batches(lock, tier, entry, created, None).await?]
            }
            _ => {
                let attempts_max = unit.iter().map(|tier| tier.lock_retries).max();
                let attempts_max = attempts_max.unwrap_or(0) + 1;
                let attempt = async || self.try_unit(lock, unit, entry, created, None).await;
                let (mut records, attempts) = self.retried(attempts_max, attempt).await?;
                for record in &mut records {
                    record.attempts = attempts.number;
                    record.blocked_by.clone_from(&attempts.blocked_by);
                }
                records
            }
        };
        for record in &mut records {
            created.extend(record.tables_created.iter().cloned());
            self.context.emit(Event::TierApplied {
                tier: record.tier.clone(),
                title: title(unit, &record.tier),
                markers: record.markers.clone(),
                statements: record.statements,
                duration_ms: record.duration_ms,
            });
        }
        Ok(records)
    }

    /// Begins a unit as [`Self::apply_unit`] does, and has its backend terminated in the middle. Gives the
    /// error that the run then ended with.
    pub(crate) async fn interrupt_unit(
        &self,
        lock: &RunLock,
        unit: &[&Tier],
        entry: &Probe,
        created: &BTreeSet<String>,
        interruption: &Interruption<'_>,
    ) -> Result<EngineError, EngineError> {
        let outcome = match *unit {
            [tier] if tier.transaction == Transaction::None => self
                .apply_outside(lock, tier, entry, Some(interruption))
                .await
                .err(),
            [tier] if tier.transaction == Transaction::Batched => self
                .apply_batches(lock, tier, entry, created, Some(interruption))
                .await
                .err(),
            _ => self
                .try_unit(lock, unit, entry, created, Some(interruption))
                .await
                .err()
                .map(AttemptError::into_error),
        };
        outcome.ok_or_else(|| {
            EngineError::other(format!(
                "interrupt tier `{}`: it was applied although its backend was terminated",
                interruption.tier
            ))
        })
    }

    async fn try_unit(
        &self,
        lock: &RunLock,
        unit: &[&Tier],
        entry: &Probe,
        created: &BTreeSet<String>,
        interruption: Option<&Interruption<'_>>,
    ) -> Result<Vec<TierRecord>, AttemptError> {
        // Cut before the transaction begins: it should hold its locks for the statements alone.
        let mut scripts = Vec::new();
        for tier in unit {
            scripts.push(Script::parse(&tier.file, self.package.text(&tier.file)?)?);
        }
        let is_last = self.tiers().last().map(|tier| &tier.id) == unit.last().map(|tier| &tier.id);
        let then = match is_last {
            true => Then::Nothing,
            false => Then::Another,
        };
        let session = self.tier_session(then).await?;
        begin_writing(&session).await?;
        self.confirm(lock, &session, unit).await?;
        let mut transaction = UnitTransaction {
            lock,
            session: &session,
            entry,
            created,
            settings: None,
            ran: Vec::new(),
            locks: UnitLocks::begin(self.locks, &session).await?,
        };
        let mut records = Vec::new();
        for (number, (tier, script)) in unit.iter().zip(&scripts).enumerate() {
            self.context.emit(Event::TierStarted {
                tier: tier.id.clone(),
                title: tier.title(),
                summary: tier.summary.clone(),
            });
            let place = match number + 1 == unit.len() {
                true => InUnit::Last,
                false => InUnit::Before,
            };
            let here = interruption.filter(|interruption| interruption.tier == tier.id);
            records.push(
                self.run_tier(&mut transaction, tier, script, place, here)
                    .await?,
            );
        }
        self.consume(&session).await?;
        let newest_hash = self
            .append(
                &session,
                EntryKind::TierApplied,
                &records
                    .iter()
                    .map(TierRecord::for_ledger)
                    .collect::<Vec<_>>(),
            )
            .await?;
        session
            .simple("commit")
            .await
            .map_err(|error| commit_error(error, unit))?;
        self.consumed();
        transaction.locks.end(&mut records);
        self.done_with(session, then).await;
        self.read_back(lock, newest_hash).await?;
        Ok(records)
    }

    /// Steps 2 of the design: the lock lives, and this is the database that was meant.
    pub(super) async fn confirm(
        &self,
        lock: &RunLock,
        session: &Session,
        unit: &[&Tier],
    ) -> Result<(), EngineError> {
        let held = lock
            .confirm(session)
            .await
            .map_err(EngineError::database("confirm the run lock"))?;
        if !held {
            return Err(EngineError::Other {
                message: "keep the run lock: its session is gone, so nothing more is changed"
                    .into(),
                hint: Some("run the verb again; it resumes at the next tier".into()),
            });
        }
        let now = oneroof_pg::catalog::identity(session)
            .await
            .map_err(EngineError::database("read the target's identity"))?;
        if now.bound() != self.place.identity.bound() {
            return Err(Refusal::new(
                RefusalCode::WrongDatabase,
                format!(
                    "target `{}` is another database than when the run began",
                    self.place.name
                ),
            )
            .into());
        }
        self.ask_the_gate(session).await?;
        let state = self.state(session).await?;
        let wanted = self.tiers();
        let next = wanted.get(state.applied.len()).map(|tier| tier.id.as_str());
        if next != unit.first().map(|tier| tier.id.as_str()) {
            return Err(EngineError::other(format!(
                "keep the order of the ledger: the next tier is {}, not `{}`",
                next.map_or_else(|| "none".into(), |id| format!("`{id}`")),
                unit.first().map_or("none", |tier| &tier.id),
            )));
        }
        Ok(())
    }

    /// Runs one tier of a unit. What the whole transaction did is measured with its last tier.
    async fn run_tier<'t>(
        &self,
        transaction: &mut UnitTransaction<'t>,
        tier: &'t Tier,
        script: &Script,
        place: InUnit,
        interruption: Option<&Interruption<'_>>,
    ) -> Result<TierRecord, AttemptError> {
        let started = Instant::now();
        let session = transaction.session;
        let role = self.set(transaction, tier).await?;
        let named = metrics::named_by(tier);
        let mut figures = Figures {
            entry: transaction.entry.clone(),
            ..Figures::default()
        };
        metrics::refresh(
            session,
            self.package,
            self.parameters,
            named.clone(),
            &mut figures,
        )
        .await?;
        figures.before = figures.live.clone();
        self.tier_preconditions(session, tier, Begins::Yes, &mut figures)
            .await?;
        self.expect(tier, &figures, Moment::Before)?;
        let keys_before = self.keys(session, tier).await?;

        let mut from = 0;
        if let Some(interruption) = interruption {
            from = interruption.statement(script);
            let half = script.run_part(0, from, self.context, session, Some(&tier.id));
            half.await
                .map_err(|error| statement_error(tier, error, Vec::new()))?;
            interruption.strike(session).await?;
        }
        let all = script.statements.len();
        let locks = &mut transaction.locks;
        locks.before_tier(session).await?;
        let after = async |statement: &Statement, began: Instant| {
            locks.after_statement(session, tier, statement, began).await
        };
        let run = script.run_watched(from..all, self.context, session, Some(&tier.id), after);
        let (outcome, blockers) = watched(transaction.lock, session.backend_pid(), run).await;
        if let Err(error) = outcome {
            return Err(statement_error(tier, error, blockers));
        }
        if place == InUnit::Last {
            // Deferred constraints speak now, and not at the commit. Only once: what is immediate from
            // here on would be so for later tiers too.
            let began = Instant::now();
            session
                .simple("set constraints all immediate")
                .await
                .map_err(|error| commit_error(error, &[tier]))?;
            let locks = &mut transaction.locks;
            locks.after_constraints(session, tier, began).await?;
            if let Some((_, applied)) = &transaction.settings {
                settings_are_kept(session, applied, tier).await?;
            }
        }
        let keys_after = self.keys(session, tier).await?;
        transaction.ran.push(RanTier {
            tier,
            keys_before: keys_before.clone(),
            keys_after: keys_after.clone(),
        });
        let (effects, tolerated, made) = match place {
            InUnit::Last => {
                let (effects, made) = self.measured(transaction).await?;
                let tiers: Vec<&Tier> = transaction.ran.iter().map(|ran| ran.tier).collect();
                let tolerated = self
                    .as_rehearsed(
                        session,
                        transaction.entry,
                        &tiers,
                        &effects,
                        Extent::Transaction,
                    )
                    .await?;
                (effects, tolerated, made)
            }
            InUnit::Before => Default::default(),
        };
        metrics::refresh(session, self.package, self.parameters, named, &mut figures).await?;
        self.expect(tier, &figures, Moment::After)?;
        Ok(TierRecord {
            statements: script.statements.len(),
            duration_ms: millis(started.elapsed()),
            markers: filled_markers(tier, &figures),
            tables_created: effects.tables_created(),
            effects,
            tolerated,
            made,
            declared_rows: new_keys(&keys_before, keys_after),
            ..TierRecord::new(tier, role)
        })
    }

    /// Gives the transaction the settings of the tier, unless it has just these; gives the tier's role.
    pub(super) async fn set<'t>(
        &self,
        transaction: &mut UnitTransaction<'t>,
        tier: &'t Tier,
    ) -> Result<Option<String>, EngineError> {
        let settings = self.settings(Some(tier));
        let role = settings.role.clone();
        if let Some((present, applied)) = &transaction.settings {
            if *present == settings {
                return Ok(role);
            }
            let last = transaction.ran.last().map_or(tier, |ran| ran.tier);
            settings_are_kept(transaction.session, applied, last).await?;
        }
        let applied = settings
            .apply(transaction.session)
            .await
            .map_err(|error| self.settings_error(error, settings.role.as_deref()))?;
        transaction.settings = Some((settings, applied));
        Ok(role)
    }

    /// The tier's own words come first, and only at its beginning; the gate is asked again in any case.
    pub(super) async fn tier_preconditions(
        &self,
        session: &Session,
        tier: &Tier,
        begins: Begins,
        figures: &mut Figures,
    ) -> Result<(), EngineError> {
        let own = match begins {
            Begins::Yes => tier.preconditions.as_slice(),
            Begins::GoesOn => &[],
        };
        let gates = self.package.plan.preconditions.iter();
        let gates = gates.filter(|check| check.gate);
        let checks: Vec<Precondition> = own.iter().chain(gates).cloned().collect();
        let broken = metrics::ask(
            session,
            self.package,
            self.parameters,
            &checks,
            figures,
            StopAt::First,
        )
        .await?;
        match broken.into_iter().next() {
            None => Ok(()),
            Some(broken) => Err(Refusal {
                code: RefusalCode::PreconditionFailed,
                message: broken.message,
                reasons: vec![format!(
                    "{} of tier {}: required {}, seen {}",
                    broken.name,
                    tier.title(),
                    broken.required,
                    broken.seen
                )],
                hint: broken.hint,
            }
            .into()),
        }
    }

    /// Compares the metrics with what the tier expects before its first or after its last statement.
    pub(super) fn expect(
        &self,
        tier: &Tier,
        figures: &Figures,
        moment: Moment,
    ) -> Result<(), EngineError> {
        for (name, expectation) in &tier.expect {
            let expression = match moment {
                Moment::Before => match &expectation.from {
                    Some(from) => from,
                    None => continue,
                },
                Moment::After => &expectation.to,
            };
            let expected = expression
                .evaluate(name, figures)
                .map_err(|error| metrics::expression_failure(name, &error))?;
            let seen = figures.live.get(name).cloned().unwrap_or(Value::Null);
            if !expression.holds(&seen, &expected) {
                let when = match moment {
                    Moment::Before => "before its first statement",
                    Moment::After => "after its last statement",
                };
                return Err(Failure {
                    message: format!(
                        "tier {}: metric `{name}` is {seen} {when}, expected {expected}",
                        tier.title()
                    ),
                    tier: Some(tier.id.clone()),
                    file: Some("release.toml".into()),
                    expected: Some(format!("{name} {} ({expected})", expression.text())),
                    seen: Some(seen.to_string()),
                    hint: Some("nothing of this tier was kept".into()),
                    ..Failure::default()
                }
                .into());
            }
        }
        Ok(())
    }

    pub(super) async fn keys(
        &self,
        session: &Session,
        tier: &Tier,
    ) -> Result<Vec<DeclaredRows>, EngineError> {
        let mut keys = Vec::new();
        for rows in &tier.rows {
            oneroof_sql::check_predicate(&rows.predicate).map_err(|error| {
                EngineError::input(
                    format!(
                        "read `where` of [[tier.rows]] of tier `{}`: {error}",
                        tier.id
                    ),
                    None,
                )
            })?;
            keys.push(
                declared_rows(session, &rows.table, &rows.predicate)
                    .await
                    .map_err(|fault| declared_rows_failure(fault, tier, rows))?,
            );
        }
        Ok(keys)
    }

    /// Appends ledger entries as the apply role itself, inside the tier's transaction; gives the hash of
    /// the last one.
    pub(crate) async fn append(
        &self,
        session: &Session,
        kind: EntryKind,
        records: &[impl Serialize],
    ) -> Result<Option<String>, EngineError> {
        leave_role(session)
            .await
            .map_err(EngineError::database("return to the apply role"))?;
        let mut bodies = Vec::new();
        for record in records {
            let mut body = self.body();
            match serde_json::to_value(record) {
                Ok(serde_json::Value::Object(members)) => body.extend(members),
                Ok(_) => {}
                Err(error) => {
                    return Err(EngineError::other(format!("write a ledger entry: {error}")));
                }
            }
            bodies.push(serde_json::Value::Object(body));
        }
        let appended = ledger::append_all(session, kind, &bodies)
            .await
            .map_err(|error| {
                if error.sqlstate() != Some("42501") {
                    return EngineError::database("append to the ledger")(error);
                }
                let role = self.place.apply.user();
                Refusal::new(
                    RefusalCode::RightMissing,
                    format!(
                        "apply role `{role}` of target `{}` may not write to the ledger: {error}",
                        self.place.name
                    ),
                )
                .hint(format!(
                    "a DBA runs: grant execute on function oneroof.append(text, jsonb) to {role};"
                ))
                .into()
            })?;
        Ok(appended.map(|entry| entry.hash))
    }

    /// Reads back on the watcher what was committed.
    pub(crate) async fn read_back(
        &self,
        lock: &RunLock,
        hash: Option<String>,
    ) -> Result<(), EngineError> {
        let newest = ledger::newest_hash(lock.watcher())
            .await
            .map_err(EngineError::database("read back the ledger"))?;
        if newest.map(|head| head.hash) == hash {
            return Ok(());
        }
        Err(EngineError::Other {
            message: "read back the ledger: its newest entry is not the one that was committed"
                .into(),
            hint: Some("somebody else appended to the ledger; look at it before going on".into()),
        })
    }
}

/// The transaction of a unit while its tiers run.
pub(super) struct UnitTransaction<'t> {
    pub(super) lock: &'t RunLock,
    pub(super) session: &'t Session,
    /// Metrics when the release began.
    pub(super) entry: &'t Probe,
    /// Tables that earlier units of this release made.
    pub(super) created: &'t BTreeSet<String>,
    /// What the transaction is set to now.
    pub(super) settings: Option<(RunSettings, AppliedSettings)>,
    /// The tiers that ran.
    pub(super) ran: Vec<RanTier<'t>>,
    /// What it locked.
    pub(super) locks: UnitLocks,
}

/// A tier that ran, and the keys of its declared rows.
pub(super) struct RanTier<'t> {
    pub(super) tier: &'t Tier,
    pub(super) keys_before: Vec<DeclaredRows>,
    pub(super) keys_after: Vec<DeclaredRows>,
}

/// Where a tier stands in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InUnit {
    Before,
    Last,
}

/// Consecutive tiers of one group share a transaction; every other tier is a unit of its own.
pub(crate) fn units<'a>(tiers: &[&'a Tier]) -> Vec<Vec<&'a Tier>> {
    let mut units: Vec<Vec<&Tier>> = Vec::new();
    for tier in tiers {
        match units.last_mut() {
            Some(unit)
                if tier.group.is_some()
                    && unit.last().is_some_and(|last| last.group == tier.group) =>
            {
                unit.push(tier);
            }
            _ => units.push(vec![tier]),
        }
    }
    units
}

/// Awaits `run`, and asks the server on the watcher's connection now and then who stands in its way.
pub(super) async fn watched<T>(
    lock: &RunLock,
    pid: i32,
    run: impl Future<Output = T>,
) -> (T, Vec<String>) {
    let mut run = std::pin::pin!(run);
    let mut seen = Vec::new();
    let mut rest = WATCH_FIRST;
    loop {
        tokio::select! {
            outcome = &mut run => return (outcome, seen),
            () = tokio::time::sleep(rest) => {
                rest = WATCH_EVERY;
                if let Ok(now) = blockers(lock.watcher(), pid).await && !now.is_empty() {
                    seen = now;
                }
            }
        }
    }
}

/// Does a tier begin here, or go on after something of it was committed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    Yes,
    GoesOn,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    Before,
    After,
}

pub(super) async fn settings_are_kept(
    session: &Session,
    settings: &AppliedSettings,
    tier: &Tier,
) -> Result<(), EngineError> {
    let changed = settings
        .changed(session)
        .await
        .map_err(EngineError::database("read the transaction's settings"))?;
    match changed.first() {
        None => Ok(()),
        Some(changed) => Err(Failure {
            message: format!(
                "tier {} changed setting `{}` and left it changed",
                tier.title(),
                changed.name
            ),
            tier: Some(tier.id.clone()),
            file: Some(tier.file.clone()),
            expected: Some(changed.expected.clone()),
            seen: Some(changed.seen.clone()),
            hint: Some(
                "a tier must end with the role, search path, limits and parameters it was given"
                    .into(),
            ),
            ..Failure::default()
        }
        .into()),
    }
}

pub(super) fn commit_error(error: oneroof_pg::PgError, unit: &[&Tier]) -> EngineError {
    let names: Vec<_> = unit.iter().map(|tier| tier.title()).collect();
    let oneroof_pg::PgError::Server(server) = &error else {
        return EngineError::Database {
            doing: format!("commit tier {}", names.join(", ")),
            hint: Some(
                "whether it was committed is in the ledger: run the verb again, it resumes".into(),
            ),
            source: Box::new(error),
        };
    };
    Failure {
        message: format!("commit of tier {}: {}", names.join(", "), server.message),
        tier: unit.first().map(|tier| tier.id.clone()),
        file: unit.first().map(|tier| tier.file.clone()),
        sqlstate: Some(server.sqlstate.clone()),
        detail: server.detail.clone(),
        hint: server.hint.clone(),
        context: server.context.clone(),
        ..Failure::default()
    }
    .into()
}

/// Rows that could not be read; a lost connection stays what it is.
pub(super) fn declared_rows_failure(
    fault: ValueFault,
    tier: &Tier,
    rows: &TierRows,
) -> EngineError {
    let doing = format!("read the declared rows of `{}`", rows.table);
    let (reason, sqlstate) = match fault {
        ValueFault::Server(PgError::Server(server)) => {
            (server.message.clone(), Some(server.sqlstate.clone()))
        }
        ValueFault::Server(lost) => return EngineError::database(doing)(lost),
        ValueFault::Shape(reason) => (reason, None),
    };
    Failure {
        message: format!("{doing}: {reason}"),
        tier: Some(tier.id.clone()),
        statement: Some(rows.predicate.clone()),
        sqlstate,
        ..Failure::default()
    }
    .into()
}

pub(super) fn new_keys(before: &[DeclaredRows], after: Vec<DeclaredRows>) -> Vec<DeclaredRows> {
    after
        .into_iter()
        .zip(before)
        .map(|(mut after, before)| {
            after.keys.retain(|key| !before.keys.contains(key));
            after
        })
        .collect()
}

/// The tier's marker lines; what they name was read with its expectations.
pub(super) fn filled_markers(tier: &Tier, figures: &Figures) -> Vec<String> {
    let fill = |marker: &String| template::fill(marker, &MessageFacts::default(), figures);
    tier.marker.0.iter().map(fill).collect()
}

fn title(unit: &[&Tier], id: &str) -> String {
    unit.iter()
        .find(|tier| tier.id == id)
        .map_or_else(|| id.to_owned(), |tier| tier.title())
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
