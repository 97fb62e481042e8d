//! The door `readonly`: the only way for foreign text to a target. The guard judges the text, the catalog closure
//! judges what it reaches, `oneroof_pg::readonly` executes what was admitted, and the audit has a line before and after.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use oneroof_model::posture::ItemName;
use oneroof_model::readonly::{Admitted, GuardRefusal, TrustedNames};
use oneroof_model::{Event, Refusal, RefusalCode};
use oneroof_pg::PgError;
use oneroof_pg::readonly::{
    Alarm, PoolOptions, QueryRows, ReadonlyError, ReadonlyPool, Turn, begin_facts, enter_catalog,
    load_facts,
};
use oneroof_sql::guard::{self, Closure, Draft, Step, trusted_names};
use serde::Serialize;

pub use oneroof_pg::readonly::{ColumnShape, Limits, Truncated};

use crate::context::{Context, TargetDatabase};
use crate::error::{EngineError, Failure};
use crate::known_facts::KnownFacts;
use crate::source::read_role;
use crate::store::query_log::{Outcome, Phase, QueryLog, QueryRecord};
use crate::{guard as policy, open, run_id};

/// The closure asks once for what the text names, and once more for each level that views hide.
const ROUNDS_MAX: usize = 64;

/// How a channel is opened.
#[derive(Debug, Clone)]
pub struct ChannelOptions {
    /// The verb behind it: `query`, `serve`, `mcp`.
    pub verb: &'static str,
    /// Statements at one time.
    pub slots: usize,
    /// Limits of each statement.
    pub limits: Limits,
}

/// A statement of unknown origin.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    /// Who asks.
    pub principal: &'a str,
    /// The statement; what is no UTF-8 is refused.
    pub sql: &'a [u8],
    /// Values of `$1`, `$2`, … as text; the server turns each into the type that it infers.
    pub parameters: &'a [Option<String>],
}

/// The answer to a statement.
#[derive(Debug)]
pub enum Answer {
    /// It was admitted and ran.
    Rows(QueryReport),
    /// It was refused; nothing ran.
    Refused(Box<GuardRefusal>),
}

/// The rows of a statement. They are data of strangers: nothing in them is an instruction.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QueryReport {
    /// The target's name.
    pub target: String,
    /// The columns.
    pub columns: Vec<ColumnShape>,
    /// The rows, each value as PostgreSQL prints it; `null` is null.
    pub rows: Vec<Vec<Option<String>>>,
    /// Is something left out?
    pub truncated: bool,
    /// Why: `rows` or `bytes`.
    pub truncated_by: Option<Truncated>,
    /// Limit of rows.
    pub rows_max: u32,
    /// Limit of bytes.
    pub bytes_max: u64,
    /// Bytes that the server sent.
    pub bytes: u64,
    /// Milliseconds, waiting for a slot included.
    pub ms: u64,
    /// Did it run with schemas written out, because an object bears the name of a built-in one?
    pub rewritten: bool,
}

/// An open channel to one target.
pub struct Channel {
    target: TargetDatabase,
    options: ChannelOptions,
    pool: Arc<ReadonlyPool>,
    log: QueryLog,
    /// Names that the policy of the target adds to the syntax; loaded with the first statement that needs them.
    names: Mutex<Option<TrustedNames>>,
    known: KnownFacts,
}

impl Channel {
    /// A channel to a target of `oneroof.toml`, without a connection yet.
    ///
    /// # Errors
    /// No such target, or one that the channel does not serve; no `read` connection.
    pub fn open(
        context: &Context,
        target: &str,
        options: ChannelOptions,
    ) -> Result<Channel, EngineError> {
        if target.starts_with("clone:") {
            return Err(Refusal::new(
                RefusalCode::DatabaseNotServed,
                format!("the read-only channel does not serve `{target}`: clones are not on its list"),
            )
            .hint("name a target of oneroof.toml; `oneroof clone list` has the connection of a clone, for psql")
            .into());
        }
        let target = open::target(context, target)?;
        let conninfo = read_role(&target)?.clone();
        let log = QueryLog::of_project(&context.root);
        let alarm = alarm(context, &target, &log, options.verb);
        let pool = ReadonlyPool::new(
            conninfo,
            PoolOptions {
                size: options.slots,
                limits: options.limits.clone(),
                application_name: format!("oneroof/{}/{}", options.verb, run_id::new()),
                is_superuser_accepted: target.readonly.accept.contains(&ItemName::Superuser),
                alarm,
            },
        );
        let policy = &target.readonly.policy;
        let needs_names = !policy.functions.is_empty() || !policy.extensions.is_empty();
        Ok(Channel {
            names: Mutex::new((!needs_names).then(TrustedNames::default)),
            target,
            options,
            pool,
            log,
            known: KnownFacts::default(),
        })
    }

    /// Judges a statement and, if it is admitted, executes it.
    ///
    /// # Errors
    /// The server said no (exit 4), there is no slot or a dangerous role (exit 3), no server, or no audit: without the
    /// line before, nothing runs.
    pub async fn query(&self, question: &Question<'_>) -> Result<Answer, EngineError> {
        let began = Instant::now();
        let id = run_id::new();
        let text = String::from_utf8_lossy(question.sql);
        self.record(
            &id,
            question,
            Phase::intent(&text, question.sql, question.parameters),
        )?;
        let answer = self.answer(question).await;
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let answer = answer.map(|answer| match answer {
            Answer::Rows(report) => Answer::Rows(QueryReport { ms, ..report }),
            refused => refused,
        });
        self.record(&id, question, Phase::Outcome(outcome(&answer, ms)))?;
        answer
    }

    /// Waits until no slot is taken any more, at most as long as a termination takes, and closes the connections.
    /// `false` if a statement of ours still runs.
    pub async fn close(self) -> bool {
        let limits = self.pool.limits();
        let limit = limits.terminate_after * 3 + limits.cancel_after;
        self.pool.close(limit).await
    }

    fn record(
        &self,
        id: &str,
        question: &Question<'_>,
        phase: Phase<'_>,
    ) -> Result<(), EngineError> {
        let read = self.target.read.as_ref();
        let record = QueryRecord {
            principal: question.principal,
            verb: self.options.verb,
            target: &self.target.name,
            database: read.map_or("", |read| read.dbname()),
            role: read.map_or("", |read| read.user()),
            ..QueryRecord::new(id, phase)
        };
        self.log.add(&record).map_err(EngineError::file(format!(
            "write the audit of queries `{}`; nothing is executed without it",
            self.log.path().display()
        )))
    }

    async fn answer(&self, question: &Question<'_>) -> Result<Answer, EngineError> {
        let values = question.parameters.len();
        let known = lock(&self.names).clone();
        let draft = match &known {
            // What the text alone shows is refused without a slot.
            Some(names) => match guard::admit_with_parameters(question.sql, names, values) {
                Ok(draft) => Some(draft),
                Err(refusal) => return Ok(Answer::Refused(refusal)),
            },
            None => None,
        };
        let turn = self.begin().await?;
        let left = turn.time_left();
        let judged = tokio::time::timeout(left, self.judge(&turn, question, draft)).await;
        let judged = match judged {
            Ok(judged) => judged?,
            // The turn is dropped: what runs is cancelled.
            Err(_) => {
                return Err(self.error(ReadonlyError::Deadline {
                    limit_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
                }));
            }
        };
        match judged {
            Err(refusal) => {
                turn.finish().await.map_err(|error| self.error(error))?;
                Ok(Answer::Refused(refusal))
            }
            Ok(admitted) => {
                let rows = turn.execute(&admitted, question.parameters).await;
                let rows = rows.map_err(|error| self.error_of(error, &admitted))?;
                Ok(Answer::Rows(self.report(rows, &admitted)))
            }
        }
    }

    async fn begin(&self) -> Result<Turn, EngineError> {
        self.pool.begin().await.map_err(|error| self.error(error))
    }

    /// The verdict, by facts of the catalog that are read in the same transaction.
    async fn judge(
        &self,
        turn: &Turn,
        question: &Question<'_>,
        draft: Option<Draft>,
    ) -> Result<Result<Admitted, Box<GuardRefusal>>, EngineError> {
        let session = turn.session().map_err(|error| self.error(error))?;
        let asking = || {
            EngineError::database(format!(
                "read the catalog of target `{}` for the guard",
                self.target.name
            ))
        };
        let state = turn.catalog().map_err(|error| self.error(error))?;
        let known = self.known.of(state);
        let is_known = known.is_some();
        let mut facts = match known {
            Some(facts) => facts,
            None => {
                let policy = &self.target.readonly.policy;
                let facts = begin_facts(session, &state.path, policy).await;
                Arc::new(facts.map_err(asking())?)
            }
        };
        policy::all_resolved(&facts, &self.target)?;
        let names = trusted_names(&facts);
        let draft = match draft {
            Some(draft) => draft,
            None => {
                *lock(&self.names) = Some(names.clone());
                let values = question.parameters.len();
                match guard::admit_with_parameters(question.sql, &names, values) {
                    Ok(draft) => draft,
                    Err(refusal) => return Ok(Err(refusal)),
                }
            }
        };
        let mut closure = Closure::new(draft, names);
        let mut asked = 0;
        while asked < ROUNDS_MAX {
            let verdict = match closure.step(&facts) {
                Step::Needs(questions) => {
                    if asked == 0 && is_known {
                        enter_catalog(session).await.map_err(asking())?;
                    }
                    asked += 1;
                    load_facts(session, &questions, Arc::make_mut(&mut facts))
                        .await
                        .map_err(asking())?;
                    continue;
                }
                Step::Refused(refusal) => Err(refusal),
                Step::Admitted(admitted) => Ok(admitted),
            };
            if asked > 0 || !is_known {
                self.known.keep(state, facts);
            }
            return Ok(verdict);
        }
        Err(EngineError::other(format!(
            "read the catalog of target `{}` in {ROUNDS_MAX} rounds",
            self.target.name
        )))
    }

    fn report(&self, rows: QueryRows, admitted: &Admitted) -> QueryReport {
        QueryReport {
            target: self.target.name.clone(),
            columns: rows.columns,
            rows: rows.rows,
            truncated: rows.truncated.is_some(),
            truncated_by: rows.truncated,
            rows_max: self.options.limits.rows_max,
            bytes_max: self.options.limits.bytes_max,
            bytes: rows.bytes,
            ms: 0,
            rewritten: admitted.is_rewritten(),
        }
    }

    fn error(&self, error: ReadonlyError) -> EngineError {
        let target = &self.target.name;
        match error {
            ReadonlyError::Busy { ref stuck, .. } => {
                let reasons = stuck.clone();
                Refusal::new(RefusalCode::PoolBusy, error.to_string())
                    .reasons(reasons)
                    .hint("ask again later; a statement that ignores its limits keeps its slot until its server process is gone")
                    .into()
            }
            ReadonlyError::Surprise { what } => Refusal::new(
                RefusalCode::RoleDangerous,
                format!("nothing is executed on target `{target}`: {what}"),
            )
            .hint(format!(
                "`oneroof doctor {target} --role read` shows what is wrong, and the SQL that mends it"
            ))
            .into(),
            ReadonlyError::Deadline { .. } => EngineError::from(Failure {
                message: format!("failed to {error}"),
                hint: Some("the statement is being ended on the server; ask for less: fewer rows, a narrower condition".to_owned()),
                ..Failure::default()
            }),
            ReadonlyError::Server(error) => {
                EngineError::database(format!("ask target `{target}`"))(error)
            }
        }
    }

    /// What the server said about the statement itself is a failure with a place.
    fn error_of(&self, error: ReadonlyError, admitted: &Admitted) -> EngineError {
        let ReadonlyError::Server(error) = error else {
            return self.error(error);
        };
        if error.is_connection_lost() {
            return self.error(ReadonlyError::Server(error));
        }
        match &error {
            PgError::Server(server) => {
                let place = server
                    .position
                    .filter(|_| !admitted.is_rewritten())
                    .map(|position| line_and_column(admitted.text(), position));
                let is_limit = server.sqlstate == "57014";
                EngineError::from(Failure {
                    message: server.message.clone(),
                    line: place.map(|(line, _)| line),
                    column: place.map(|(_, column)| column),
                    statement: Some(admitted.text().to_owned()),
                    sqlstate: Some(server.sqlstate.clone()),
                    detail: server.detail.clone(),
                    hint: server.hint.clone().or_else(|| {
                        is_limit.then(|| {
                            "a statement has 5 seconds; ask for less: fewer rows, a narrower condition"
                                .to_owned()
                        })
                    }),
                    context: server.context.clone(),
                    ..Failure::default()
                })
            }
            _ => self.error(ReadonlyError::Server(error)),
        }
    }
}

/// Line and column, both from 1, of a position that counts characters from 1.
fn line_and_column(text: &str, position: u32) -> (u32, u32) {
    let before = usize::try_from(position.saturating_sub(1)).unwrap_or(usize::MAX);
    let (mut line, mut column) = (1, 1);
    for character in text.chars().take(before) {
        if character == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    (line, column)
}

fn outcome(answer: &Result<Answer, EngineError>, ms: u64) -> Outcome<'_> {
    match answer {
        Ok(Answer::Rows(report)) => Outcome {
            verdict: "allow",
            rewritten: report.rewritten,
            rows: report.rows.len(),
            bytes: report.bytes,
            ms,
            truncated: report.truncated_by.map(|by| match by {
                Truncated::Rows => "rows",
                Truncated::Bytes => "bytes",
            }),
            ..Outcome::default()
        },
        Ok(Answer::Refused(refusal)) => Outcome {
            verdict: "reject",
            rule: Some(refusal.rule.as_str()),
            reason: Some(refusal.to_string()),
            ms,
            ..Outcome::default()
        },
        Err(EngineError::Refused(refusal)) => Outcome {
            verdict: "reject",
            rule: Some(refusal.code.as_str()),
            reason: Some(refusal.message.clone()),
            ms,
            ..Outcome::default()
        },
        Err(EngineError::Failed(failure)) => Outcome {
            verdict: "error",
            reason: Some(failure.message.clone()),
            sqlstate: failure.sqlstate.as_deref(),
            ms,
            ..Outcome::default()
        },
        Err(error) => Outcome {
            verdict: "error",
            reason: Some(error.to_string()),
            ms,
            ..Outcome::default()
        },
    }
}

/// Tells a statement that ignores its limits to whoever listens, and to the audit.
fn alarm(
    context: &Context,
    target: &TargetDatabase,
    log: &QueryLog,
    verb: &'static str,
) -> Arc<dyn Fn(&Alarm) + Send + Sync> {
    let (events, log, name) = (
        Arc::clone(&context.events),
        log.clone(),
        target.name.clone(),
    );
    Arc::new(move |alarm| {
        let phase = Phase::Alarm {
            backend_pid: alarm.backend_pid,
            message: &alarm.message,
        };
        let id = run_id::new();
        let record = QueryRecord {
            verb,
            target: &name,
            database: &alarm.database,
            ..QueryRecord::new(&id, phase)
        };
        // Whoever listens hears of it even if it cannot be written.
        let _ = log.add(&record);
        events(&Event::ChannelAlarm {
            target: name.clone(),
            backend_pid: alarm.backend_pid,
            message: alarm.message.clone(),
        });
    })
}

/// A poisoned lock holds plain data that is still whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::line_and_column;

    #[test]
    fn positions_count_characters() {
        assert_eq!(line_and_column("select ä\n, x", 1), (1, 1));
        assert_eq!(line_and_column("select ä\n, x", 12), (2, 3));
        assert_eq!(line_and_column("x", 99), (1, 2));
    }
}
