//! Negatives of kind `sql` and `two_sessions`: in transactions that are rolled back.

use std::time::Instant;

use oneroof_model::Value;
use oneroof_model::package::{ExpectedResult, Negative, NegativeKind, SetupRole};
use oneroof_pg::run::{RunSettings, ValueFault, read_value};

use super::clone::admin_of;
use super::report_attempts::{AttemptOutcome, NegativeRecord};
use crate::attempt::{ActError, Attempts, PLAN_FILE};
use crate::error::EngineError;
use crate::execute::forward::millis;
use crate::execute::release::ReleaseRun;

/// How long the second session may wait for a lock of the first, and for an answer at all.
const SECOND_LOCK_MS: u64 = 2_000;
const SECOND_STATEMENT_MS: u64 = 10_000;

/// The sessions that all negatives share, one after the other.
pub(super) struct Sessions<'a> {
    run: &'a ReleaseRun<'a>,
    /// Of the apply role.
    role: Attempts<'a>,
    /// Of the superuser; opened once it is needed.
    superuser: Option<Attempts<'a>>,
}

impl<'a> Sessions<'a> {
    /// Opens the first one.
    pub(super) async fn open(run: &'a ReleaseRun<'a>) -> Result<Sessions<'a>, EngineError> {
        Ok(Sessions {
            run,
            role: Attempts::open(run).await?,
            superuser: None,
        })
    }

    async fn of(&mut self, role: SetupRole) -> Result<&Attempts<'a>, EngineError> {
        if role == SetupRole::RunAs {
            return Ok(&self.role);
        }
        let superuser = match self.superuser.take() {
            Some(superuser) => superuser,
            None => {
                let session = admin_of(self.run.place, self.run.run_id).await?;
                Attempts::over(self.run, session)
            }
        };
        Ok(self.superuser.insert(superuser))
    }

    /// Closes them.
    pub(super) async fn close(self) {
        self.role.close().await;
        if let Some(superuser) = self.superuser {
            superuser.close().await;
        }
    }
}

/// Tries one negative.
///
/// # Errors
/// The connection was lost, or the text is no SQL. How the attempt ended is in the record.
pub(super) async fn run(
    sessions: &mut Sessions<'_>,
    negative: &Negative,
) -> Result<NegativeRecord, EngineError> {
    let started = Instant::now();
    let run = sessions.run;
    let first = sessions.of(negative.setup_as).await?;
    first.begin().await?;
    let tried = tried(run, negative, first).await?;
    first.rollback().await?;
    let record = NegativeRecord {
        duration_ms: millis(started.elapsed()),
        ..NegativeRecord::of(negative)
    };
    Ok(match tried {
        Tried::LeftOut => NegativeRecord {
            outcome: AttemptOutcome::LeftOut,
            left_out: Some(NOT_HERE.into()),
            ..record
        },
        Tried::AsExpected(seen) => NegativeRecord {
            outcome: AttemptOutcome::AsExpected,
            seen: Some(seen),
            ..record
        },
        Tried::Wrong(seen) => NegativeRecord {
            seen: Some(seen),
            ..record
        },
    })
}

/// Why something with `when_query` is left out.
pub(super) const NOT_HERE: &str = "its `when_query` does not give true on this database";

/// How an attempt ended, with what was seen.
pub(super) enum Tried {
    LeftOut,
    AsExpected(String),
    Wrong(String),
}

async fn tried(
    run: &ReleaseRun<'_>,
    negative: &Negative,
    first: &Attempts<'_>,
) -> Result<Tried, EngineError> {
    if !fits(first, negative.when_query.as_deref(), &negative.name).await? {
        return Ok(Tried::LeftOut);
    }
    if let Some(setup) = &negative.setup {
        if negative.setup_as == SetupRole::Superuser {
            first.leave_role().await?;
        }
        if let Err(error) = first.prepare(PLAN_FILE, setup).await {
            return Ok(Tried::Wrong(format!("setup: {}", words(error)?)));
        }
        if negative.setup_as == SetupRole::Superuser {
            first.as_apply_role().await?;
        }
    }
    let (file, text) = match (&negative.file, &negative.sql) {
        (Some(file), _) => (file.as_str(), run.package.text(file)?),
        (None, Some(sql)) => (PLAN_FILE, sql.as_str()),
        (None, None) => return Ok(Tried::Wrong("it has neither `sql` nor `file`".into())),
    };
    let outcome = first.act(file, text).await;
    if negative.kind == NegativeKind::Sql {
        return judge(first, &negative.expect, outcome).await;
    }
    if let Err(error) = outcome {
        return Ok(Tried::Wrong(format!("first session: {}", words(error)?)));
    }
    let second = Attempts::open(run).await?;
    let settings = RunSettings {
        lock_timeout_ms: SECOND_LOCK_MS,
        statement_timeout_ms: SECOND_STATEMENT_MS,
        ..run.settings(None)
    };
    second.begin_with(settings).await?;
    let text = negative.second.as_deref().unwrap_or_default();
    let outcome = second.act(PLAN_FILE, text).await;
    let tried = judge(&second, &negative.expect, outcome).await?;
    second.rollback().await?;
    second.close().await;
    Ok(tried)
}

/// Compares the end of an act with what was expected; it is still in its transaction.
pub(super) async fn judge(
    attempts: &Attempts<'_>,
    expect: &ExpectedResult,
    outcome: Result<(), ActError>,
) -> Result<Tried, EngineError> {
    if let Err(error) = outcome {
        let sqlstate = error.server().map(|server| server.sqlstate.clone());
        let words = words(error)?;
        let says = expect.text.as_ref().is_none_or(|text| words.contains(text));
        let fits = expect.sqlstate.is_some() && expect.sqlstate == sqlstate && says;
        return Ok(match fits {
            true => Tried::AsExpected(words),
            false => Tried::Wrong(words),
        });
    }
    let Some(wanted) = &expect.value else {
        return Ok(Tried::Wrong("it succeeded".into()));
    };
    let wanted = Value::from(wanted);
    let seen = match (&expect.metric, &expect.query) {
        (Some(metric), _) => {
            let metrics = attempts.metrics(std::slice::from_ref(metric)).await?;
            metrics.get(metric).cloned().unwrap_or(Value::Null)
        }
        (None, Some(query)) => match read_value(attempts.session(), query).await {
            Ok(read) => read.value,
            Err(ValueFault::Server(oneroof_pg::PgError::Server(server))) => {
                return Ok(Tried::Wrong(format!(
                    "`query` of `expect`: SQLSTATE {}: {}",
                    server.sqlstate, server.message
                )));
            }
            Err(fault @ ValueFault::Shape(_)) => return Ok(Tried::Wrong(fault.to_string())),
            Err(ValueFault::Server(error)) => {
                return Err(EngineError::database("read what an attempt led to")(error));
            }
        },
        (None, None) => Value::Null,
    };
    let name = expect.metric.as_deref().unwrap_or("it");
    let words = format!("{name} is {seen}");
    Ok(match seen == wanted {
        true => Tried::AsExpected(words),
        false => Tried::Wrong(words),
    })
}

/// Does `when_query` give true, or is there none?
pub(super) async fn fits(
    attempts: &Attempts<'_>,
    when_query: Option<&str>,
    name: &str,
) -> Result<bool, EngineError> {
    let Some(query) = when_query else {
        return Ok(true);
    };
    match read_value(attempts.session(), query).await {
        Ok(read) => Ok(read.value == Value::Bool(true)),
        Err(ValueFault::Server(error)) => Err(crate::metrics::query_failure(
            error,
            query,
            &format!("`when_query` of `{name}`"),
            Some(PLAN_FILE),
        )),
        Err(fault @ ValueFault::Shape(_)) => Err(EngineError::input(
            format!("read `when_query` of `{name}`: {fault}"),
            "it is one SELECT that gives true or false".to_owned(),
        )),
    }
}

/// What the server said; anything but a server's refusal ends the rehearsal.
pub(super) fn words(error: ActError) -> Result<String, EngineError> {
    match error.server() {
        Some(server) => Ok(format!("SQLSTATE {}: {}", server.sqlstate, server.message)),
        None => Err(error.because("try a negative")),
    }
}
