//! A database at one moment: an open READ ONLY transaction in which everything that is read is of the
//! same instant. It ends with a rollback, and proves before it that it never got a transaction id.

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::PgError;
use oneroof_pg::catalog::{self, TargetIdentity, assigned_transaction_id};
use oneroof_pg::clone::{MarkVerdict, mark_verdict};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::release::begin;
use crate::kept::{self, WorkingCopy};
use crate::source::role_missing;
use crate::{golden, open};

/// Nobody waits for us longer than for this; a table that is locked is named instead.
const LOCK_TIMEOUT_MS: u64 = 1_000;
/// Limit of a statement that reads the catalog.
const CATALOG_TIMEOUT_MS: u64 = 60_000;
/// Limit of a statement that reads a whole table.
const ROWS_TIMEOUT_MS: u64 = 6 * 60 * 60 * 1_000;

/// What is going to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The catalog and our own records: the `read` role can.
    Catalog,
    /// All rows: the `clone` role can, where there is one.
    Rows,
}

/// The open transaction.
pub(crate) struct Moment {
    /// The database, as the user named it.
    pub(crate) name: String,
    /// What it is.
    pub(crate) identity: TargetIdentity,
    /// Its class; `None` if it bears a mark that this project cannot confirm.
    pub(crate) class: Option<TargetClass>,
    /// The session that the transaction is open in.
    pub(crate) session: Session,
    role: String,
    copy: Option<WorkingCopy>,
}

impl Moment {
    /// Opens a target, `clone:ID`, or the copy of a golden clone (`golden`, `golden:ID`), which is itself
    /// never opened.
    pub(crate) async fn open(
        context: &Context,
        word: &str,
        verb: &str,
        run_id: &str,
        reading: Reading,
    ) -> Result<Moment, EngineError> {
        let (conninfo, copy) = match target(context, word)? {
            Some(target) => (role(&target, reading)?.clone(), None),
            None => {
                let copy = copy_of_golden(context, word, verb, run_id).await?;
                (copy.superuser(), Some(copy))
            }
        };
        let options = SessionOptions {
            statement_timeout_ms: Some(match reading {
                Reading::Catalog => CATALOG_TIMEOUT_MS,
                Reading::Rows => ROWS_TIMEOUT_MS,
            }),
            lock_timeout_ms: Some(LOCK_TIMEOUT_MS),
            ..SessionOptions::read_only(format!("oneroof/{verb}/{run_id}"))
        };
        let session = connect(&conninfo, &options)
            .await
            .map_err(EngineError::database(format!("open `{word}`")))?;
        begin(
            &session,
            "begin transaction isolation level repeatable read read only",
        )
        .await?;
        let identity = catalog::identity(&session)
            .await
            .map_err(EngineError::database("read the identity of the database"))?;
        let verdict = mark_verdict(&session, &open::clones(&context.root))
            .await
            .map_err(EngineError::database("read the mark of the database"))?;
        Ok(Moment {
            name: word.to_owned(),
            identity,
            class: match verdict {
                MarkVerdict::Valid { class, .. } => Some(class),
                MarkVerdict::None => Some(TargetClass::Production),
                MarkVerdict::Forged { .. } => None,
            },
            session,
            role: conninfo.user().to_owned(),
            copy,
        })
    }

    /// Wraps what the server said: a missing right is a refusal that names the role and the `right`
    /// (SQL in which ROLE stands for it). HERE in `doing` stands for the database.
    pub(crate) fn error(
        &self,
        doing: &str,
        right: &str,
    ) -> impl FnOnce(PgError) -> EngineError + use<> {
        let doing = doing.replace("HERE", &format!("`{}`", self.name));
        let role = self.role.clone();
        let right = right.to_owned();
        move |error| match error.sqlstate() {
            Some("42501") => Refusal::new(RefusalCode::RightMissing, format!("{doing}: {error}"))
                .reasons(vec![format!("role `{role}` lacks a right")])
                .hint(format!("a DBA runs: {}", right.replace("ROLE", &role)))
                .into(),
            Some("55P03") => EngineError::Database {
                doing,
                source: Box::new(error),
                hint: Some(
                    "somebody holds a lock that keeps readers out; try again when it is gone"
                        .to_owned(),
                ),
            },
            _ => EngineError::database(doing)(error),
        }
    }

    /// Ends the moment. Nothing was written: the server says so.
    pub(crate) async fn close(self) -> Result<(), EngineError> {
        let id = assigned_transaction_id(&self.session)
            .await
            .map_err(EngineError::database(
                "ask whether a transaction id was assigned",
            ))?;
        if let Some(id) = id {
            return Err(EngineError::other(format!(
                "read `{}` without writing: transaction id {id} was assigned; the transaction is not committed",
                self.name
            )));
        }
        self.session
            .simple("rollback")
            .await
            .map_err(EngineError::database("roll back a reading transaction"))?;
        self.session.close().await;
        match self.copy {
            Some(copy) => copy.drop().await,
            None => Ok(()),
        }
    }
}

/// The target of that name; `None` for a golden clone.
fn target(context: &Context, word: &str) -> Result<Option<TargetDatabase>, EngineError> {
    let is_golden = word == "golden" || word.starts_with("golden:");
    if is_golden && !context.targets.contains_key(word) {
        return Ok(None);
    }
    match open::target(context, word) {
        Ok(target) => Ok(Some(target)),
        Err(EngineError::Refused(refusal)) if refusal.code == RefusalCode::GoldenIsKept => Ok(None),
        Err(error) => Err(error),
    }
}

fn role(target: &TargetDatabase, reading: Reading) -> Result<&ConnInfo, EngineError> {
    let clone = match reading {
        Reading::Rows => target.clone.as_ref(),
        Reading::Catalog => None,
    };
    clone
        .or(target.read.as_ref())
        .ok_or_else(|| role_missing(target, "read"))
}

async fn copy_of_golden(
    context: &Context,
    word: &str,
    verb: &str,
    run_id: &str,
) -> Result<WorkingCopy, EngineError> {
    let kept = kept::find(context, word)?;
    let seen = kept.look(verb, run_id).await?;
    kept.require_mark(&seen.state)?;
    golden::in_use(&kept, &seen.state.sessions)?;
    let copy = kept.copy(context, verb, run_id).await?;
    seen.admin.close().await;
    Ok(copy)
}
