//! Negatives of kind `engine`: runs of the engine that must refuse and write nothing.

use std::sync::Arc;
use std::time::Instant;

use oneroof_model::package::{Negative, NegativeKind, NegativeVerb, Tier};
use oneroof_pg::run::{TransactionIds, autovacuum_off, autovacuum_on};

use super::attempts::left_out;
use super::copies::{Copies, Marked};
use super::negative_sql::{NOT_HERE, fits};
use super::report_attempts::{AttemptOutcome, NegativeRecord};
use super::run::Rehearsal;
use super::stage::{Stage, advance};
use crate::attempt::{Attempts, PLAN_FILE};
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::forward::millis;
use crate::execute::release::{Place, ReleaseRun, begin};
use crate::execute::statements::Script;

impl Rehearsal<'_> {
    /// Tries every negative of kind `engine`, on copies.
    pub(super) async fn try_engine(
        &self,
        stage: &Stage<'_>,
        copies: &Copies<'_>,
    ) -> Result<Vec<NegativeRecord>, EngineError> {
        // Autovacuum has transactions of its own, which the proof would take for the engine's.
        autovacuum_off(copies.server())
            .await
            .map_err(EngineError::database(
                "silence autovacuum on the private server",
            ))?;
        let outcome = self.all_engine(stage, copies).await;
        autovacuum_on(copies.server())
            .await
            .map_err(EngineError::database("switch autovacuum on again"))?;
        outcome
    }

    async fn all_engine(
        &self,
        stage: &Stage<'_>,
        copies: &Copies<'_>,
    ) -> Result<Vec<NegativeRecord>, EngineError> {
        let mut records = Vec::new();
        let mut wanted: Vec<&Negative> = Vec::new();
        for negative in &self.package.plan.negatives {
            if negative.kind != NegativeKind::Engine {
                continue;
            }
            match left_out(stage, negative) {
                Some(why) => records.push(NegativeRecord::left_out(negative, why)),
                None => wanted.push(negative),
            }
        }
        let quiet = quiet(self.context);
        let place = copies.place(&copies.working()).await?;
        let working = ReleaseRun {
            context: &quiet,
            place: &place,
            ..*stage.run
        };
        // The working copy goes through the release; at each tier stop those that need it.
        let gate_closed = wanted.iter().filter(|one| !one.simulate);
        let mut working_copy = WorkingCopy {
            run: &working,
            copies,
            spoiled: None,
        };
        for negative in gate_closed {
            records.push(self.try_on_copies(&mut working_copy, negative).await?);
        }
        if let (Some(simulate), None) = (stage.simulate, &working_copy.spoiled) {
            self.simulate(&working, simulate).await?;
        }
        let stops = std::iter::once(None).chain((0..stage.wanted.len()).map(Some));
        for stop in stops {
            let here: Vec<&&Negative> = wanted
                .iter()
                .filter(|one| one.simulate && self.stop_of(stage, one) == stop)
                .collect();
            if here.is_empty() {
                continue;
            }
            if let (Some(last), None) = (stop, &working_copy.spoiled) {
                go_through(&working, stage, last).await?;
            }
            for negative in here {
                records.push(self.try_on_copies(&mut working_copy, negative).await?);
            }
        }
        Ok(records)
    }

    /// The place of a negative's `after` among the wanted tiers.
    fn stop_of(&self, stage: &Stage<'_>, negative: &Negative) -> Option<usize> {
        let word = negative.after.as_deref()?;
        let after: &Tier = self.package.plan.tier(word)?;
        stage.wanted.iter().position(|tier| tier.id == after.id)
    }

    /// Tries it on the working copy, or on a copy of that if something is to be changed first.
    async fn try_on_copies(
        &self,
        working_copy: &mut WorkingCopy<'_>,
        negative: &Negative,
    ) -> Result<NegativeRecord, EngineError> {
        let WorkingCopy {
            run: working,
            copies,
            ..
        } = *working_copy;
        if let Some(by) = &working_copy.spoiled {
            let why = format!("negative `{by}` wrote to the copy on which it would be tried");
            return Ok(NegativeRecord::left_out(negative, why));
        }
        let started = Instant::now();
        if negative.when_query.is_some() && !is_here(working, negative).await? {
            return Ok(NegativeRecord::left_out(negative, NOT_HERE.into()));
        }
        let marked = match negative.marked {
            true => Marked::Yes,
            false => Marked::No,
        };
        let ending = match &negative.setup {
            Some(setup) => {
                let name = copies.another(marked).await?;
                let place = copies.place(&name).await?;
                let ending = self
                    .prepared(working, &place, copies, negative, setup)
                    .await;
                copies.drop_one(&name).await?;
                ending?
            }
            None => {
                if marked == Marked::No {
                    copies.mark_working(Marked::No).await?;
                }
                let ending = self.verb(working, working.place, copies, negative).await;
                if marked == Marked::No {
                    copies.mark_working(Marked::Yes).await?;
                }
                let ending = ending?;
                if ending.wrote {
                    working_copy.spoiled = Some(negative.name.clone());
                }
                ending
            }
        };
        Ok(NegativeRecord {
            outcome: match ending.is_expected {
                true => AttemptOutcome::AsExpected,
                false => AttemptOutcome::Wrong,
            },
            seen: Some(ending.seen),
            duration_ms: millis(started.elapsed()),
            ..NegativeRecord::of(negative)
        })
    }

    /// Commits the setup on the negative's own copy, then runs the verb there.
    async fn prepared(
        &self,
        working: &ReleaseRun<'_>,
        place: &Place,
        copies: &Copies<'_>,
        negative: &Negative,
        setup: &str,
    ) -> Result<Ending, EngineError> {
        let prepared = ReleaseRun { place, ..*working };
        match self.run_on_clone(&prepared, PLAN_FILE, setup).await {
            Ok(()) => self.verb(working, place, copies, negative).await,
            Err(EngineError::Failed(failure)) => Ok(Ending::of_setup(
                failure.sqlstate.as_deref().unwrap_or("-"),
                &failure.message,
            )),
            // A deferred constraint that spoke at the commit.
            Err(EngineError::Database { source, .. }) if source.sqlstate().is_some() => Ok(
                Ending::of_setup(source.sqlstate().unwrap_or("-"), &source.to_string()),
            ),
            Err(error) => Err(error),
        }
    }

    /// Runs the verb.
    async fn verb(
        &self,
        working: &ReleaseRun<'_>,
        place: &Place,
        copies: &Copies<'_>,
        negative: &Negative,
    ) -> Result<Ending, EngineError> {
        let mut package = working.package.clone();
        let skipped: Vec<String> = negative
            .skip
            .iter()
            .filter_map(|word| Some(package.plan.tier(word)?.id.clone()))
            .collect();
        package
            .plan
            .tiers
            .retain(|tier| !skipped.contains(&tier.id));
        let parameters = working
            .parameters
            .with(&working.package.plan, &negative.parameters)?;
        let mut place = place.clone();
        if let Some(expected) = &negative.expected_database {
            place.expected_database.clone_from(expected);
        }
        let run = ReleaseRun {
            package: &package,
            parameters: &parameters,
            place: &place,
            ..*working
        };
        let name = place.identity.database_name.clone();
        let other = match &negative.second {
            Some(second) => {
                let session = copies.admin(&name).await?;
                begin(&session, "begin").await?;
                Script::parse(PLAN_FILE, second)?
                    .run(working.context, &session, None)
                    .await
                    .map_err(|error| error.into_engine_error(None))?;
                Some(session)
            }
            None => None,
        };
        let ids = TransactionIds::now(copies.server())
            .await
            .map_err(EngineError::database("read the next transaction id"))?;
        let outcome = act(&run, negative.verb).await;
        let kept = ids
            .kept_since(copies.server())
            .await
            .map_err(EngineError::database("ask what was written"))?;
        if let Some(session) = other {
            session.close().await;
        }
        Ok(judge(negative, outcome, kept))
    }
}

/// Runs the verb as its command does.
async fn act(run: &ReleaseRun<'_>, verb: Option<NegativeVerb>) -> Result<(), EngineError> {
    let lock = run.lock().await?;
    let outcome = match verb {
        Some(NegativeVerb::Rollback) => run.rollback(&lock, None).await.map(|_| ()),
        Some(NegativeVerb::Apply) | None => run.apply(&lock, &run.tiers()).await.map(|_| ()),
    };
    lock.release().await;
    outcome
}

/// The copy that goes through the release.
struct WorkingCopy<'a> {
    run: &'a ReleaseRun<'a>,
    copies: &'a Copies<'a>,
    /// The negative that wrote to it, against all expectation.
    spoiled: Option<String>,
}

/// How a run ended.
struct Ending {
    is_expected: bool,
    seen: String,
    wrote: bool,
}

impl Ending {
    fn of_setup(sqlstate: &str, message: &str) -> Ending {
        Ending {
            is_expected: false,
            seen: format!("setup: SQLSTATE {sqlstate}: {message}"),
            wrote: false,
        }
    }
}

/// Does `when_query` give true?
async fn is_here(working: &ReleaseRun<'_>, negative: &Negative) -> Result<bool, EngineError> {
    let attempts = Attempts::open(working).await?;
    attempts.begin().await?;
    let is_here = fits(&attempts, negative.when_query.as_deref(), &negative.name).await?;
    attempts.rollback().await?;
    attempts.close().await;
    Ok(is_here)
}

fn judge(negative: &Negative, outcome: Result<(), EngineError>, kept: i64) -> Ending {
    let (exit, text) = match &outcome {
        Ok(()) => (0, "it ran to its end".to_owned()),
        Err(error) => (error.exit_code(), said(error)),
    };
    let mut seen = format!("exit {exit}: {text}");
    if kept > 0 {
        seen.push_str(&format!(" ({kept} transactions were kept)"));
    }
    let expect = &negative.expect;
    let says = expect.text.as_ref().is_none_or(|part| text.contains(part));
    Ending {
        is_expected: expect.exit == Some(exit) && says && kept == 0,
        seen,
        wrote: kept > 0,
    }
}

/// The message, and the reasons of a refusal.
fn said(error: &EngineError) -> String {
    match error {
        EngineError::Refused(refusal) if !refusal.reasons.is_empty() => {
            format!("{} ({})", refusal.message, refusal.reasons.join("; "))
        }
        EngineError::Database { source, .. } => format!("{error}: {source}"),
        other => other.to_string(),
    }
}

/// Applies the working copy up to the wanted tier number `last`; the package's last one finishes the release.
async fn go_through(
    working: &ReleaseRun<'_>,
    stage: &Stage<'_>,
    last: usize,
) -> Result<(), EngineError> {
    let lock = working.lock().await?;
    let outcome = match last + 1 == working.tiers().len() {
        true => working.apply(&lock, stage.wanted).await.map(|_| ()),
        false => advance(working, &lock, &stage.wanted[..=last], stage.wanted)
            .await
            .map(|_| ()),
    };
    lock.release().await;
    outcome
}

/// The same project, but nobody hears of what happens: it is no part of the story.
pub(super) fn quiet(context: &Context) -> Context {
    Context {
        events: Arc::new(|_| ()),
        ..context.clone()
    }
}
