//! Acts in transactions that are rolled back: what negatives, drills and repeats have in common.

use oneroof_pg::connect::{Access, Session};
use oneroof_pg::run::{RunSettings, act_for, leave_role, read_rows};

use crate::error::{EngineError, Failure};
use crate::execute::release::{ReleaseRun, begin};
use crate::execute::statements::{Script, StatementError};
use crate::figures::Probe;
use crate::metrics;

/// Where the texts of acts stand that are in the plan itself.
pub(crate) const PLAN_FILE: &str = "release.toml";

/// A session for acts, each in a transaction of its own that is never committed.
pub(crate) struct Attempts<'a> {
    run: &'a ReleaseRun<'a>,
    session: Session,
}

impl<'a> Attempts<'a> {
    /// Opens a session of the apply role.
    pub(crate) async fn open(run: &'a ReleaseRun<'a>) -> Result<Attempts<'a>, EngineError> {
        let session = run.session(Access::ReadWrite).await?;
        Ok(Attempts { run, session })
    }

    /// Uses this session, of the superuser of the clone's private server for example.
    pub(crate) fn over(run: &'a ReleaseRun<'a>, session: Session) -> Attempts<'a> {
        Attempts { run, session }
    }

    /// Begins a transaction with the settings of a check, acting as the package's role.
    pub(crate) async fn begin(&self) -> Result<(), EngineError> {
        self.begin_with(self.run.settings(None)).await
    }

    /// Begins a transaction with these settings.
    pub(crate) async fn begin_with(&self, settings: RunSettings) -> Result<(), EngineError> {
        begin(
            &self.session,
            "begin transaction isolation level read committed",
        )
        .await?;
        self.set(settings).await
    }

    /// Sets the present transaction anew: another role, for example.
    pub(crate) async fn set(&self, settings: RunSettings) -> Result<(), EngineError> {
        settings
            .apply(&self.session)
            .await
            .map_err(|error| self.run.settings_error(error, settings.role.as_deref()))?;
        Ok(())
    }

    /// From the superuser's session back to one of the apply role, acting as the package's.
    pub(crate) async fn as_apply_role(&self) -> Result<(), EngineError> {
        act_for(&self.session, self.run.place.apply.user())
            .await
            .map_err(EngineError::database("return to the apply role"))?;
        self.set(self.run.settings(None)).await
    }

    /// Goes back to the role that signed in.
    pub(crate) async fn leave_role(&self) -> Result<(), EngineError> {
        leave_role(&self.session)
            .await
            .map_err(EngineError::database("leave the package's role"))
    }

    /// Runs statements that prepare an act.
    pub(crate) async fn prepare(&self, file: &str, text: &str) -> Result<(), ActError> {
        let script = Script::parse(file, text)?;
        script.run(self.run.context, &self.session, None).await?;
        Ok(())
    }

    /// Runs statements; deferred constraints speak at their end, not at a commit that never comes.
    pub(crate) async fn act(&self, file: &str, text: &str) -> Result<(), ActError> {
        self.prepare(file, text).await?;
        self.session
            .simple("set constraints all immediate")
            .await
            .map_err(ActError::Deferred)?;
        Ok(())
    }

    /// Runs statements that must succeed; `what` says in words which ones.
    pub(crate) async fn must(&self, what: &str, file: &str, text: &str) -> Result<(), EngineError> {
        self.act(file, text)
            .await
            .map_err(|error| error.because(what))
    }

    /// The metrics `names` of the package, now.
    pub(crate) async fn metrics(&self, names: &[String]) -> Result<Probe, EngineError> {
        let wanted = names.iter().cloned().collect();
        let (package, parameters) = (self.run.package, self.run.parameters);
        metrics::probe(&self.session, package, parameters, Some(&wanted)).await
    }

    /// The rows of a query as JSON.
    pub(crate) async fn rows(
        &self,
        what: &str,
        query: &str,
    ) -> Result<Vec<serde_json::Value>, EngineError> {
        read_rows(&self.session, query)
            .await
            .map_err(|fault| match fault {
                oneroof_pg::run::ValueFault::Server(error) => {
                    metrics::query_failure(error, query, what, Some(PLAN_FILE))
                }
                fault @ oneroof_pg::run::ValueFault::Shape(_) => {
                    EngineError::other(format!("{what}: {fault}"))
                }
            })
    }

    /// The session itself.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Ends the transaction, leaving nothing.
    pub(crate) async fn rollback(&self) -> Result<(), EngineError> {
        self.session
            .simple("rollback")
            .await
            .map_err(EngineError::database("roll back an attempt"))?;
        Ok(())
    }

    /// Closes the session.
    pub(crate) async fn close(self) {
        self.session.close().await;
    }
}

/// Why an act did not succeed.
pub(crate) enum ActError {
    /// The server refused a statement.
    Statement(StatementError),
    /// A deferred constraint spoke at the end.
    Deferred(oneroof_pg::PgError),
    /// It is no SQL.
    Text(EngineError),
}

impl From<StatementError> for ActError {
    fn from(error: StatementError) -> Self {
        ActError::Statement(error)
    }
}

impl From<EngineError> for ActError {
    fn from(error: EngineError) -> Self {
        ActError::Text(error)
    }
}

impl ActError {
    /// What the server said, if it said something and the session goes on.
    pub(crate) fn server(&self) -> Option<&oneroof_pg::error::ServerError> {
        let error = match self {
            ActError::Statement(error) => &error.source,
            ActError::Deferred(error) => error,
            ActError::Text(_) => return None,
        };
        match error {
            oneroof_pg::PgError::Server(server) => Some(server),
            _ => None,
        }
    }

    /// As a failure that says what was tried.
    pub(crate) fn because(self, what: &str) -> EngineError {
        let error = match self {
            ActError::Statement(error) => error.into_engine_error(None),
            ActError::Deferred(error) => match error {
                oneroof_pg::PgError::Server(server) => Failure {
                    message: server.message.clone(),
                    sqlstate: Some(server.sqlstate.clone()),
                    detail: server.detail.clone(),
                    ..Failure::default()
                }
                .into(),
                error => EngineError::database(what)(error),
            },
            ActError::Text(error) => error,
        };
        match error {
            EngineError::Failed(mut failure) => {
                failure.message = format!("{what}: {}", failure.message);
                EngineError::Failed(failure)
            }
            error => error,
        }
    }
}
