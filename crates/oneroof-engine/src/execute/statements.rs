//! Runs a file statement by statement, so that a failure has its place and a notice its statement.

use std::ops::Range;
use std::time::Instant;

use oneroof_model::Event;
use oneroof_pg::PgError;
use oneroof_pg::connect::Session;
use oneroof_sql::Statement;

use crate::context::Context;
use crate::error::{EngineError, Failure};

/// The statement of a failure is shown up to so many characters.
const STATEMENT_CHARACTERS_MAX: usize = 400;

/// A file of the package, cut into statements.
pub(crate) struct Script {
    pub(crate) file: String,
    pub(crate) statements: Vec<Statement>,
}

impl Script {
    /// Cuts the text of `file` with the real parser.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Script, EngineError> {
        let statements = oneroof_sql::split(text).map_err(|error| Failure {
            message: format!("parse {file}: {error}"),
            file: Some(file.to_owned()),
            line: Some(error.line),
            column: Some(error.column),
            ..Failure::default()
        })?;
        Ok(Script {
            file: file.to_owned(),
            statements,
        })
    }

    /// Runs all statements in the session's present transaction. What the server says on the way
    /// is told as events.
    pub(crate) async fn run(
        &self,
        context: &Context,
        session: &Session,
        tier: Option<&str>,
    ) -> Result<(), StatementError> {
        self.run_part(0, self.statements.len(), context, session, tier)
            .await
    }

    /// Runs the statements from number `from` up to `until`, which is not run.
    pub(crate) async fn run_part(
        &self,
        from: usize,
        until: usize,
        context: &Context,
        session: &Session,
        tier: Option<&str>,
    ) -> Result<(), StatementError> {
        let after = async |_: &Statement, _: Instant| Ok(());
        self.run_watched(from..until, context, session, tier, after)
            .await
            .map(|_| ())
    }

    /// The same; `after` is called after each statement, with the moment at which that began. Gives the number of
    /// rows that the command tags say.
    pub(crate) async fn run_watched(
        &self,
        numbers: Range<usize>,
        context: &Context,
        session: &Session,
        tier: Option<&str>,
        mut after: impl AsyncFnMut(&Statement, Instant) -> Result<(), PgError>,
    ) -> Result<u64, StatementError> {
        let mut rows = 0;
        let statements = self.statements.iter().take(numbers.end);
        for statement in statements.skip(numbers.start) {
            let began = Instant::now();
            let outcome = session.simple(&statement.text).await;
            for notice in session.take_notices() {
                context.emit(Event::Notice {
                    tier: tier.map(str::to_owned),
                    severity: notice.severity,
                    message: notice.message,
                });
            }
            let failed = |source| StatementError {
                source,
                file: self.file.clone(),
                statement: statement.clone(),
            };
            rows += outcome.map_err(failed)?.rows_affected;
            after(statement, began).await.map_err(failed)?;
        }
        Ok(rows)
    }
}

/// A statement that the server refused.
#[derive(Debug)]
pub(crate) struct StatementError {
    pub(crate) source: PgError,
    file: String,
    statement: Statement,
}

impl StatementError {
    /// The report: file, line, statement, SQLSTATE, detail, hint.
    pub(crate) fn into_engine_error(self, tier: Option<&str>) -> EngineError {
        let statement = &self.statement;
        let PgError::Server(server) = &self.source else {
            let doing = format!(
                "run {}:{} (statement `{}`)",
                self.file,
                statement.line,
                shorten(&statement.text, 60)
            );
            return EngineError::Database {
                doing,
                hint: Some("the transaction of this tier was rolled back with the connection; run the verb again to resume".into()),
                source: Box::new(self.source),
            };
        };
        // The server counts characters from the start of the statement that we sent.
        let (line, column) = match server.position {
            Some(position) => {
                let characters = position.saturating_sub(1) as usize;
                let offset = statement
                    .text
                    .chars()
                    .take(characters)
                    .map(char::len_utf8)
                    .sum();
                let (line, column) = oneroof_sql::locate(&statement.text, offset);
                (
                    statement.line + line - 1,
                    if line == 1 {
                        statement.column + column - 1
                    } else {
                        column
                    },
                )
            }
            None => (statement.line, statement.column),
        };
        Failure {
            message: server.message.clone(),
            tier: tier.map(str::to_owned),
            file: Some(self.file.clone()),
            line: Some(line),
            column: Some(column),
            statement: Some(shorten(&statement.text, STATEMENT_CHARACTERS_MAX)),
            sqlstate: Some(server.sqlstate.clone()),
            detail: server.detail.clone(),
            hint: server.hint.clone(),
            context: server.context.clone(),
            ..Failure::default()
        }
        .into()
    }
}

pub(super) fn shorten(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    text.chars()
        .take(characters_max)
        .chain(" …".chars())
        .collect()
}
