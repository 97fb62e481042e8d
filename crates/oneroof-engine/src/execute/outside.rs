//! Applies a tier outside a transaction: statements that PostgreSQL refuses inside one, one by one.
//!
//! The ledger has an entry before and after each of them. A run that was cut asks the catalog what really
//! happened to the statement whose end nobody heard; what is half-done is named, cleared away and done again.

use std::time::{Duration, Instant};

use oneroof_model::locks::TierLock;
use oneroof_model::outside::{Aim, Ending, Mended, OutsideStatement, RelationName};
use oneroof_model::package::Tier;
use oneroof_model::{BegunTier, Event, Refusal, RefusalCode, ReleaseState, StatementMark};
use oneroof_pg::connect::{Access, Session};
use oneroof_pg::effects::{RelationsState, relations_effects, relations_state};
use oneroof_pg::ledger::EntryKind;
use oneroof_pg::run::{Lifetime, RunLock, RunSettings, blockers, ending};
use oneroof_sql::{Statement, StatementFacts};
use serde_json::json;

use super::attempt::{AttemptError, Attempts, statement_error};
use super::effects::Extent;
use super::forward::{Begins, Moment, TierRecord, commit_error, filled_markers, millis, watched};
use super::interruption::Interruption;
use super::locks::LockReading;
use super::release::{ReleaseRun, Resume, begin_writing};
use super::statements::{Script, shorten};
use crate::error::{EngineError, Failure};
use crate::figures::{Figures, Probe};
use crate::metrics;

/// How often the story says that a statement waits.
const WAITS_EVERY: Duration = Duration::from_secs(5);
/// Statements in the ledger and in events are shown up to so many characters.
const STATEMENT_CHARACTERS_MAX: usize = 200;

/// A statement of the tier with all that is known about it.
struct OutsideRun<'s> {
    number: usize,
    of: usize,
    script: &'s Script,
    statement: &'s Statement,
    outside: &'s OutsideStatement,
    /// What the catalog said before it ran for the first time.
    found: Ending,
}

impl ReleaseRun<'_> {
    /// Applies the tier from its first statement, or from where an earlier run ended.
    pub(super) async fn apply_outside(
        &self,
        lock: &RunLock,
        tier: &Tier,
        entry: &Probe,
        interruption: Option<&Interruption<'_>>,
    ) -> Result<TierRecord, EngineError> {
        let started = Instant::now();
        let text = self.package.text(&tier.file)?;
        let script = Script::parse(&tier.file, text)?;
        let statements = outside_statements(tier, text)?;
        let begun = self.state(lock.watcher()).await?.begun;
        let begun = begun.filter(|begun| begun.tier == tier.id);
        self.context.emit(Event::TierStarted {
            tier: tier.id.clone(),
            title: tier.title(),
            summary: tier.summary.clone(),
        });
        let role = self
            .begin_outside(lock, tier, entry, begun.as_ref())
            .await?;
        let session = self.session(Access::ReadWrite).await?;
        self.set_outside(&session, tier, None).await?;
        let before = match &begun {
            Some(begun) => serde_json::from_value(begun.before.clone()).map_err(|error| {
                EngineError::other(format!("read `before` of a tier in the ledger: {error}"))
            })?,
            None => self.mark_begin(lock, &session, tier, &statements).await?,
        };
        let mut record = TierRecord {
            statements: statements.len(),
            ..TierRecord::new(tier, role)
        };
        let struck = (statements.len().max(1) - 1) / 2;
        let mut locks = Vec::new();
        for (place, (statement, outside)) in script.statements.iter().zip(&statements).enumerate() {
            let number = u64::try_from(place + 1).unwrap_or(u64::MAX);
            let mark = begun
                .as_ref()
                .and_then(|begun| begun.statements.get(&number));
            if mark.is_some_and(|mark| mark.is_done) {
                continue;
            }
            self.set_outside(&session, tier, Some(outside)).await?;
            let one = OutsideRun {
                number: place + 1,
                of: statements.len(),
                script: &script,
                statement,
                outside,
                found: found(&session, mark, outside).await?,
            };
            let began = Instant::now();
            let strike = interruption.filter(|_| place == struck);
            let tries = self
                .run_outside(lock, &session, tier, &one, mark.is_some(), strike)
                .await?;
            record.attempts = record.attempts.max(tries.number);
            record.blocked_by.extend(tries.blocked_by);
            if self.locks == LockReading::On {
                locks.extend(locks_of(text, &script, place, began)?);
            }
        }
        session.close().await;
        if self.locks == LockReading::On {
            record.locks = Some(locks);
        }
        self.finish_outside(lock, tier, entry, &before, &mut record)
            .await?;
        record.duration_ms = millis(started.elapsed());
        Ok(record)
    }

    /// A tier outside a transaction that was cut is gone on with only if somebody asked for it.
    pub(crate) fn refuse_unfinished(&self, state: &ReleaseState) -> Result<(), EngineError> {
        let Some(begun) = &state.begun else {
            return Ok(());
        };
        if self.resume == Resume::Asked || begun.statements.is_empty() {
            return Ok(());
        }
        let statements = begun.statements.iter();
        let reasons = statements.map(|(number, mark)| {
            let word = match mark.is_done {
                true => "done",
                false => "begun, its end is not known",
            };
            format!("statement {number} `{}`: {word}", mark.statement)
        });
        Err(Refusal::new(
            RefusalCode::TierUnfinished,
            format!(
                "tier `{}` of {} was cut outside a transaction by run {}",
                begun.tier, self.package.plan.package.name, begun.run_id
            ),
        )
        .reasons(reasons.collect())
        .hint(
            "`oneroof apply … --resume` asks the catalog what really happened, clears away what is half-done and \
             goes on; `oneroof rollback` undoes the tier",
        )
        .into())
    }

    /// The checks before a tier's first statement, in a transaction that is rolled back. Gives its role.
    async fn begin_outside(
        &self,
        lock: &RunLock,
        tier: &Tier,
        entry: &Probe,
        begun: Option<&BegunTier>,
    ) -> Result<Option<String>, EngineError> {
        let begins = match begun.is_some_and(BegunTier::has_work) {
            false => Begins::Yes,
            true => Begins::GoesOn,
        };
        let (session, mut figures) = self.confirmed(lock, tier, entry).await?;
        self.tier_preconditions(&session, tier, begins, &mut figures)
            .await?;
        if begins == Begins::Yes {
            self.expect(tier, &figures, Moment::Before)?;
        }
        session.close().await;
        Ok(self.settings(Some(tier)).role)
    }

    /// A transaction with the settings of the tier, in which the lock, the target and the order were confirmed; and
    /// the metrics that the tier names.
    async fn confirmed(
        &self,
        lock: &RunLock,
        tier: &Tier,
        entry: &Probe,
    ) -> Result<(Session, Figures), EngineError> {
        let session = self.session(Access::ReadWrite).await?;
        begin_writing(&session).await?;
        self.confirm(lock, &session, &[tier]).await?;
        let settings = self.settings(Some(tier));
        settings
            .apply(&session)
            .await
            .map_err(|error| self.settings_error(error, settings.role.as_deref()))?;
        let mut figures = Figures {
            entry: entry.clone(),
            ..Figures::default()
        };
        let named = metrics::named_by(tier);
        metrics::refresh(&session, self.package, self.parameters, named, &mut figures).await?;
        Ok((session, figures))
    }

    /// Role, search path and limits for the rest of the session. A statement with CONCURRENTLY waits for old
    /// snapshots of others, which `lock_timeout` would count: it has a limit of its own.
    async fn set_outside(
        &self,
        session: &Session,
        tier: &Tier,
        outside: Option<&OutsideStatement>,
    ) -> Result<(), EngineError> {
        let mut settings: RunSettings = self.settings(Some(tier));
        if outside.is_some_and(|outside| outside.concurrently) {
            settings.lock_timeout_ms = 0;
            settings.statement_timeout_ms = tier.concurrent_timeout().milliseconds;
        }
        settings
            .apply_for(session, Lifetime::Session)
            .await
            .map_err(|error| self.settings_error(error, settings.role.as_deref()))?;
        Ok(())
    }

    /// The ledger entry that begins the tier, with the state of the tables that it works on.
    async fn mark_begin(
        &self,
        lock: &RunLock,
        session: &Session,
        tier: &Tier,
        statements: &[OutsideStatement],
    ) -> Result<RelationsState, EngineError> {
        let names: Vec<RelationName> = statements
            .iter()
            .flat_map(|statement| statement.relations.iter().cloned())
            .collect();
        let before = relations_state(session, &names)
            .await
            .map_err(EngineError::database("read the tables before the tier"))?;
        let body = json!({
            "tier": tier.id,
            "transaction": tier.transaction,
            "statements": statements.len(),
            "before": before,
        });
        self.consume_alone(lock).await?;
        self.append_alone(lock, EntryKind::TierStarted, &body)
            .await?;
        Ok(before)
    }

    /// Runs one statement to its end, with its marks.
    async fn run_outside(
        &self,
        lock: &RunLock,
        session: &Session,
        tier: &Tier,
        one: &OutsideRun<'_>,
        was_begun: bool,
        strike: Option<&Interruption<'_>>,
    ) -> Result<Attempts, EngineError> {
        let shown = shorten(&one.statement.text, STATEMENT_CHARACTERS_MAX);
        let mut mark = json!({
            "tier": tier.id,
            "number": one.number,
            "statement": shown,
            "found": one.found,
        });
        let began = Instant::now();
        let mut is_done = false;
        if was_begun {
            is_done = self.clear_half_done(session, tier, one).await? == Standing::Done;
        } else {
            one.refuse_foreign(tier)?;
            self.append_alone(lock, EntryKind::StatementStarted, &mark)
                .await?;
        }
        if let Some(interruption) = strike {
            return Err(interruption
                .strike_outside(self, lock, session, tier, one.statement, one.outside)
                .await);
        }
        let mut attempts = Attempts::default();
        if !is_done {
            let mut clears = false;
            let attempt = async || {
                if clears && self.clear_half_done(session, tier, one).await? == Standing::Done {
                    return Ok(());
                }
                clears = true;
                self.try_outside(lock, session, tier, one).await
            };
            ((), attempts) = self.retried(tier.lock_retries + 1, attempt).await?;
        }
        if let Some(members) = mark.as_object_mut() {
            members.remove("found");
            members.insert("duration_ms".into(), millis(began.elapsed()).into());
            members.insert("attempts".into(), attempts.number.into());
            members.insert("blocked_by".into(), attempts.blocked_by.clone().into());
            members.insert("was_found_done".into(), is_done.into());
        }
        self.append_alone(lock, EntryKind::StatementDone, &mark)
            .await?;
        self.context.emit(Event::StatementDone {
            tier: tier.id.clone(),
            number: one.number,
            of: one.of,
            statement: shown,
            duration_ms: millis(began.elapsed()),
        });
        Ok(attempts)
    }

    /// Clears away what an earlier attempt left half-done.
    async fn clear_half_done(
        &self,
        session: &Session,
        tier: &Tier,
        one: &OutsideRun<'_>,
    ) -> Result<Standing, EngineError> {
        match one.made_by_us(session).await? {
            Ending::NotThere => Ok(Standing::ToDo),
            Ending::Done => Ok(Standing::Done),
            Ending::Half { left, mend, mended } => {
                self.context.emit(Event::HalfDoneFound {
                    tier: tier.id.clone(),
                    left,
                    mend: mend.clone(),
                });
                for statement in mend {
                    session
                        .simple(&statement)
                        .await
                        .map_err(EngineError::database(format!("run `{statement}`")))?;
                }
                Ok(match mended {
                    Mended::RunAgain => Standing::ToDo,
                    Mended::Done => Standing::Done,
                })
            }
        }
    }

    /// One attempt; what it leaves half-done is named in its error.
    async fn try_outside(
        &self,
        lock: &RunLock,
        session: &Session,
        tier: &Tier,
        one: &OutsideRun<'_>,
    ) -> Result<(), AttemptError> {
        let held = lock
            .confirm(session)
            .await
            .map_err(EngineError::database("confirm the run lock"))?;
        if !held {
            return Err(EngineError::other(
                "keep the run lock: its session is gone, so nothing more is changed",
            )
            .into());
        }
        let range = one.number - 1..one.number;
        let after = async |_: &Statement, _: Instant| Ok(());
        let run = one
            .script
            .run_watched(range, self.context, session, Some(&tier.id), after);
        let run = watched(lock, session.backend_pid(), run);
        let (outcome, blockers) = self
            .telling_waits(lock, session.backend_pid(), tier, run)
            .await;
        match outcome {
            Ok(_) => Ok(one.require_reached(session, tier).await?),
            Err(error) => match statement_error(tier, error, blockers) {
                AttemptError::Ended(EngineError::Failed(mut failure)) => {
                    if let Ok(Ending::Half { left, .. }) = one.made_by_us(session).await {
                        let detail = failure.detail.take().into_iter();
                        let left = left.into_iter().map(|left| format!("it left this: {left}"));
                        failure.detail = Some(detail.chain(left).collect::<Vec<_>>().join("\n"));
                    }
                    let hint = failure.hint.take().into_iter();
                    let ours = hint_of(&failure);
                    failure.hint = Some(hint.chain([ours]).collect::<Vec<_>>().join("; "));
                    Err(EngineError::Failed(failure).into())
                }
                AttemptError::Ended(EngineError::Database { doing, source, .. }) => {
                    Err(EngineError::Database {
                        doing,
                        source,
                        hint: Some(
                            "how it ended is asked of the catalog: run the verb again with --resume".into(),
                        ),
                    }
                    .into())
                }
                other => Err(other),
            },
        }
    }

    /// Awaits `run` and tells now and then who is in its way.
    async fn telling_waits<T>(
        &self,
        lock: &RunLock,
        pid: i32,
        tier: &Tier,
        run: impl Future<Output = T>,
    ) -> T {
        let began = Instant::now();
        let mut run = std::pin::pin!(run);
        loop {
            tokio::select! {
                outcome = &mut run => return outcome,
                () = tokio::time::sleep(WAITS_EVERY) => {
                    if let Ok(now) = blockers(lock.watcher(), pid).await && !now.is_empty() {
                        self.context.emit(Event::StatementWaits {
                            tier: tier.id.clone(),
                            waited_ms: millis(began.elapsed()),
                            blockers: now,
                        });
                    }
                }
            }
        }
    }

    /// The transaction that completes the tier: its expectations, its effects, its ledger entry.
    async fn finish_outside(
        &self,
        lock: &RunLock,
        tier: &Tier,
        entry: &Probe,
        before: &RelationsState,
        record: &mut TierRecord,
    ) -> Result<(), EngineError> {
        let (session, figures) = self.confirmed(lock, tier, entry).await?;
        self.expect(tier, &figures, Moment::After)?;
        record.markers = filled_markers(tier, &figures);
        (record.effects, record.made) = relations_effects(&session, before)
            .await
            .map_err(EngineError::database("measure what the tier did"))?;
        record.tolerated = self
            .as_rehearsed(&session, entry, &[tier], &record.effects, Extent::Tier)
            .await?;
        let newest_hash = self
            .append(&session, EntryKind::TierApplied, &[record.for_ledger()])
            .await?;
        session
            .simple("commit")
            .await
            .map_err(|error| commit_error(error, &[tier]))?;
        session.close().await;
        self.read_back(lock, newest_hash).await
    }
}

/// Has a statement still to be run?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    ToDo,
    Done,
}

impl OutsideRun<'_> {
    /// What is there now that was not there before the statement ran for the first time.
    async fn made_by_us(&self, session: &Session) -> Result<Ending, EngineError> {
        Ok(ours(&self.found, ask(session, &self.outside.aim).await?))
    }

    /// An index or a partition that somebody else left half-done is not ours to clear away.
    fn refuse_foreign(&self, tier: &Tier) -> Result<(), EngineError> {
        let Ending::Half { left, mend, .. } = &self.found else {
            return Ok(());
        };
        if matches!(self.outside.aim, Aim::Reindex { .. }) {
            return Ok(()); // it works beside what an earlier one left
        }
        Err(Failure {
            message: format!(
                "tier {}: {}, and this release did not make it",
                tier.title(),
                left.join(", ")
            ),
            tier: Some(tier.id.clone()),
            file: Some(tier.file.clone()),
            line: Some(self.statement.line),
            statement: Some(shorten(&self.statement.text, STATEMENT_CHARACTERS_MAX)),
            hint: Some(format!(
                "whoever made it clears it away: {};",
                mend.join("; ")
            )),
            ..Failure::default()
        }
        .into())
    }

    /// `create index concurrently if not exists` is content with an index that cannot be used. We are not.
    async fn require_reached(&self, session: &Session, tier: &Tier) -> Result<(), EngineError> {
        if !matches!(self.outside.aim, Aim::CreateIndex { .. }) {
            return Ok(());
        }
        match ask(session, &self.outside.aim).await? {
            Ending::Half { left, .. } => Err(Failure {
                message: format!(
                    "tier {}: {} after its statement",
                    tier.title(),
                    left.join(", ")
                ),
                tier: Some(tier.id.clone()),
                file: Some(tier.file.clone()),
                line: Some(self.statement.line),
                statement: Some(shorten(&self.statement.text, STATEMENT_CHARACTERS_MAX)),
                hint: Some("drop the index, then run the verb again with --resume".into()),
                ..Failure::default()
            }
            .into()),
            _ => Ok(()),
        }
    }
}

async fn ask(session: &Session, aim: &Aim) -> Result<Ending, EngineError> {
    ending(session, aim).await.map_err(EngineError::database(
        "ask the catalog how a statement ended",
    ))
}

/// What the catalog said before the statement ran for the first time: now, or as the ledger has it.
async fn found(
    session: &Session,
    mark: Option<&StatementMark>,
    outside: &OutsideStatement,
) -> Result<Ending, EngineError> {
    match mark {
        None => ask(session, &outside.aim).await,
        Some(mark) => serde_json::from_value(mark.found.clone()).map_err(|error| {
            EngineError::other(format!(
                "read `found` of a statement in the ledger: {error}"
            ))
        }),
    }
}

/// Of what is there `now`, what was not there when it was `found`.
fn ours(found: &Ending, now: Ending) -> Ending {
    match (found, now) {
        (found, now) if *found == now => Ending::NotThere,
        (
            Ending::Half {
                left: left_before,
                mend: mend_before,
                ..
            },
            Ending::Half {
                mut left,
                mut mend,
                mended,
            },
        ) => {
            left.retain(|one| !left_before.contains(one));
            mend.retain(|one| !mend_before.contains(one));
            match mend.is_empty() {
                true => Ending::NotThere,
                false => Ending::Half { left, mend, mended },
            }
        }
        (_, now) => now,
    }
}

/// What to do about a failed statement.
fn hint_of(failure: &Failure) -> String {
    let again = "mend the cause, then run the verb again with --resume, or roll back";
    match failure.sqlstate.as_deref() {
        Some("57014") => {
            format!(
                "it may run for the tier's `concurrent_timeout` or `statement_timeout`; {again}"
            )
        }
        _ => again.to_owned(),
    }
}

fn outside_statements(tier: &Tier, text: &str) -> Result<Vec<OutsideStatement>, EngineError> {
    let parsed = oneroof_sql::outside(text)
        .map_err(|error| EngineError::input(format!("parse {}: {error}", tier.file), None))?;
    parsed
        .into_iter()
        .map(|statement| {
            statement.ok_or_else(|| {
                EngineError::input(
                    format!(
                        "run {}: it has a statement that may run inside a transaction",
                        tier.file
                    ),
                    "see `oneroof explain needs-transaction`".to_owned(),
                )
            })
        })
        .collect()
}

/// The locks of a statement that commits by itself, from what PostgreSQL documents: nobody could ask for them
/// in between.
fn locks_of(
    text: &str,
    script: &Script,
    place: usize,
    began: Instant,
) -> Result<Vec<TierLock>, EngineError> {
    let facts: Vec<StatementFacts> = oneroof_sql::references(text)
        .map_err(|error| EngineError::input(format!("parse {}: {error}", script.file), None))?;
    let Some((facts, statement)) = facts.get(place).zip(script.statements.get(place)) else {
        return Ok(Vec::new());
    };
    Ok(facts
        .locks
        .iter()
        .map(|lock| TierLock {
            object: lock.relation.qualified(),
            kind: lock.relation.kind.into(),
            mode: lock.mode,
            held_ms: millis(began.elapsed()),
            blocks: lock.mode.blocks(),
            file: script.file.clone(),
            line: Some(statement.line),
            statement: Some(shorten(&statement.text, 120)),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(left: &[&str]) -> Ending {
        Ending::Half {
            left: left.iter().map(|one| format!("{one} is invalid")).collect(),
            mend: left.iter().map(|one| format!("drop {one}")).collect(),
            mended: Mended::RunAgain,
        }
    }

    #[test]
    fn only_what_we_made_is_ours() {
        use Ending::{Done, NotThere};
        assert_eq!(ours(&NotThere, Done), Done);
        assert_eq!(ours(&NotThere, half(&["a"])), half(&["a"]));
        assert_eq!(ours(&Done, Done), NotThere);
        assert_eq!(ours(&half(&["a"]), half(&["a"])), NotThere);
        assert_eq!(ours(&half(&["a"]), half(&["a", "b"])), half(&["b"]));
        assert_eq!(ours(&half(&["a"]), NotThere), NotThere);
    }
}
