//! `guard check`: would the read-only channel admit this statement? Nothing is executed.
//!
//! Without a target the text alone is judged. With one, the catalog closure follows what the text names, and the
//! server analyses the statement (PostgreSQL parses, and runs nothing) under the settings it would run with.

use std::collections::BTreeMap;

use oneroof_model::posture::ItemName;
use oneroof_model::readonly::facts::Facts;
use oneroof_model::readonly::{
    Admitted, GuardRefusal, GuardRule, Name, Place, Policy, StatementKind, TrustedNames,
};
use oneroof_pg::PgError;
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::readonly::{begin_facts, enter_catalog, load_facts, search_path};
use oneroof_sql::guard::{self, Closure, Draft, Step, trusted_names};
use serde::Serialize;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::source::role_missing;
use crate::{open, run_id};

/// Nobody waits for us longer than for this.
const LOCK_TIMEOUT_MS: u64 = 1_000;
/// Limit of one query of the catalog, and of the analysis of a statement.
const STATEMENT_TIMEOUT_MS: u64 = 5_000;
/// The closure asks once for what the text names, and once more for each level that views hide.
const ROUNDS_MAX: usize = 64;

/// `[targets.T.readonly]`: what the operator trusts, and where each entry stands.
#[derive(Debug, Clone, Default)]
pub struct ReadonlyPolicy {
    /// The entries.
    pub policy: Policy,
    /// `FILE:LINE` of each entry, by key and entry.
    pub places: BTreeMap<(String, String), String>,
    /// Dangerous items of `doctor` that do not keep the channel from starting.
    pub accept: Vec<ItemName>,
}

/// What would be done with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It would run.
    Allow,
    /// It would be refused.
    Reject,
}

/// The answer about one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardReport {
    /// Allowed or not.
    pub verdict: Verdict,
    /// The rule that refuses; `oneroof explain RULE` has its page.
    pub rule: Option<&'static str>,
    /// Why.
    pub reason: Option<String>,
    /// What to do instead.
    pub instead: Option<String>,
    /// The node, function, operator, type or relation that is refused.
    pub object: Option<String>,
    /// Where, in the text that was given.
    pub place: Option<Place>,
    /// Through which stored texts the statement leads there, outermost first.
    pub through: Vec<String>,
    /// What kind of statement it is, if it is allowed.
    pub kind: Option<StatementKind>,
    /// Relations that it reads; with a target also through views.
    pub relations: Vec<String>,
    /// Functions that it calls by name.
    pub functions: Vec<String>,
    /// Would it run with schemas written out, because an object bears the name of a built-in one?
    pub rewritten: bool,
}

impl GuardReport {
    /// A refusal.
    #[must_use]
    pub fn refused(refusal: GuardRefusal) -> Self {
        Self {
            verdict: Verdict::Reject,
            rule: Some(refusal.rule.as_str()),
            reason: Some(refusal.reason),
            instead: Some(refusal.instead),
            object: refusal.object,
            place: refusal.place,
            through: refusal.through,
            kind: None,
            relations: Vec::new(),
            functions: Vec::new(),
            rewritten: false,
        }
    }

    /// The answer about a line of input that holds no statement.
    #[must_use]
    pub fn unreadable_line(reason: impl Into<String>) -> Self {
        Self::refused(GuardRefusal::new(
            GuardRule::InputLine,
            reason,
            "write one JSON object a line with the members `id` and `sql`",
        ))
    }

    fn allowed(kind: StatementKind, relations: &[Name], functions: &[Name]) -> Self {
        Self {
            verdict: Verdict::Allow,
            rule: None,
            reason: None,
            instead: None,
            object: None,
            place: None,
            through: Vec::new(),
            kind: Some(kind),
            relations: relations.iter().map(ToString::to_string).collect(),
            functions: functions.iter().map(ToString::to_string).collect(),
            rewritten: false,
        }
    }

    fn of_draft(draft: &Draft) -> Self {
        let mut relations: Vec<Name> = draft
            .uses
            .relations
            .iter()
            .map(|used| used.name.clone())
            .collect();
        relations.sort();
        relations.dedup();
        let functions: Vec<Name> = draft.uses.functions.iter().cloned().collect();
        Self::allowed(draft.kind, &relations, &functions)
    }

    fn of_admitted(admitted: &Admitted) -> Self {
        Self {
            rewritten: admitted.is_rewritten(),
            ..Self::allowed(admitted.kind(), admitted.relations(), admitted.functions())
        }
    }
}

/// Judges statements, one after the other.
pub struct Checker {
    target: Option<OpenTarget>,
}

struct OpenTarget {
    name: String,
    session: Session,
    /// Search path, trusted objects and casts, as they were when the check began.
    base: Facts,
    names: TrustedNames,
}

impl Checker {
    /// Judges texts alone.
    #[must_use]
    pub fn of_text() -> Self {
        Self { target: None }
    }

    /// Judges texts and what they reach in a target.
    ///
    /// # Errors
    /// No such target, no `read` connection, no server, or an entry of its policy that stands for nothing there.
    pub async fn of_target(context: &Context, target: &str) -> Result<Self, EngineError> {
        let target = open::target(context, target)?;
        let conninfo = target
            .read
            .as_ref()
            .ok_or_else(|| role_missing(&target, "read"))?;
        let options = SessionOptions {
            statement_timeout_ms: Some(STATEMENT_TIMEOUT_MS),
            lock_timeout_ms: Some(LOCK_TIMEOUT_MS),
            ..SessionOptions::read_only(format!("oneroof/guard/{}", run_id::new()))
        };
        let session = connect(conninfo, &options)
            .await
            .map_err(EngineError::database(format!("open `{}`", target.name)))?;
        let base = base_facts(&session, &target).await?;
        Ok(Self {
            target: Some(OpenTarget {
                name: target.name,
                names: trusted_names(&base),
                session,
                base,
            }),
        })
    }

    /// Judges one statement of unknown origin.
    ///
    /// # Errors
    /// The server cannot be asked. A refusal is an answer and no error.
    pub async fn check(&self, sql: &[u8]) -> Result<GuardReport, EngineError> {
        let Some(target) = &self.target else {
            return Ok(match guard::admit_bytes(sql, &TrustedNames::default()) {
                Ok(draft) => GuardReport::of_draft(&draft),
                Err(refusal) => GuardReport::refused(*refusal),
            });
        };
        let draft = match guard::admit_bytes(sql, &target.names) {
            Ok(draft) => draft,
            Err(refusal) => return Ok(GuardReport::refused(*refusal)),
        };
        target.check(draft).await
    }

    /// Ends the session, if there is one.
    pub async fn close(self) {
        if let Some(target) = self.target {
            target.session.close().await;
        }
    }
}

/// The facts that do not depend on a statement. An entry that stands for nothing is an error: what an operator
/// believes to be allowed must be what is allowed.
async fn base_facts(session: &Session, target: &TargetDatabase) -> Result<Facts, EngineError> {
    let asking = || EngineError::database(format!("read the catalog of `{}`", target.name));
    begin(session, &target.name).await?;
    let path = search_path(session).await.map_err(asking())?;
    let base = begin_facts(session, &path, &target.readonly.policy)
        .await
        .map_err(asking())?;
    session.simple("rollback").await.map_err(asking())?;
    all_resolved(&base, target)?;
    Ok(base)
}

/// Stands every entry of the policy for something?
pub(crate) fn all_resolved(base: &Facts, target: &TargetDatabase) -> Result<(), EngineError> {
    if let Some(entry) = base.trusted.unresolved.first() {
        let place = target
            .readonly
            .places
            .get(&(entry.key.to_owned(), entry.entry.clone()))
            .map(|place| format!("{place}: "))
            .unwrap_or_default();
        return Err(EngineError::input(
            format!(
                "use `{}` of [targets.{}.readonly]: {place}`{}`: {}",
                entry.key, target.name, entry.entry, entry.reason
            ),
            "correct the entry, or take it out: what is listed must be exactly what is allowed"
                .to_owned(),
        ));
    }
    Ok(())
}

async fn begin(session: &Session, target: &str) -> Result<(), EngineError> {
    session
        .simple("begin transaction isolation level repeatable read read only")
        .await
        .map(|_| ())
        .map_err(EngineError::database(format!(
            "begin a reading transaction in `{target}`"
        )))
}

impl OpenTarget {
    async fn check(&self, draft: Draft) -> Result<GuardReport, EngineError> {
        begin(&self.session, &self.name).await?;
        let report = self.inside(draft).await;
        let ended = self.session.simple("rollback").await;
        let report = report?;
        ended.map_err(EngineError::database(format!(
            "roll back a reading transaction in `{}`",
            self.name
        )))?;
        Ok(report)
    }

    async fn inside(&self, draft: Draft) -> Result<GuardReport, EngineError> {
        let asking = || EngineError::database(format!("read the catalog of `{}`", self.name));
        enter_catalog(&self.session).await.map_err(asking())?;
        let mut facts = self.base.clone();
        let mut closure = Closure::new(draft, self.names.clone());
        for _ in 0..ROUNDS_MAX {
            match closure.step(&facts) {
                Step::Needs(questions) => load_facts(&self.session, &questions, &mut facts)
                    .await
                    .map_err(asking())?,
                Step::Refused(refusal) => return Ok(GuardReport::refused(*refusal)),
                Step::Admitted(admitted) => return self.analyse(&admitted).await,
            }
        }
        Err(EngineError::other(format!(
            "read the catalog of `{}` in {ROUNDS_MAX} rounds",
            self.name
        )))
    }

    /// Lets the server parse and analyse what would run; it has the last word about names and types.
    async fn analyse(&self, admitted: &Admitted) -> Result<GuardReport, EngineError> {
        let asking = || EngineError::database(format!("analyse a statement in `{}`", self.name));
        self.session
            .simple(&format!(
                "set local search_path = {}",
                admitted.search_path()
            ))
            .await
            .map_err(asking())?;
        let text = match admitted.kind() {
            StatementKind::Select => {
                format!("declare q no scroll cursor for {}", admitted.text())
            }
            StatementKind::Explain | StatementKind::Show => admitted.text().to_owned(),
        };
        match self.session.prepare_check(&text).await {
            Ok(_) => Ok(GuardReport::of_admitted(admitted)),
            Err(error @ PgError::Server(_)) if !error.is_connection_lost() => {
                let sqlstate = error.sqlstate().unwrap_or_default().to_owned();
                let instead = if admitted.is_rewritten() {
                    "names are searched in pg_catalog alone here, because an object of the database bears the name of a built-in one: write schemas, and casts to the types of the built-in one"
                } else {
                    "correct the statement as the server says"
                };
                Ok(GuardReport::refused(
                    GuardRefusal::new(
                        GuardRule::ServerRefused,
                        format!("the server refuses it ({sqlstate}): {error}"),
                        instead,
                    )
                    .object(sqlstate),
                ))
            }
            Err(error) => Err(asking()(error)),
        }
    }
}
