//! One release at one place: what every transaction of the run has in common.

use std::collections::BTreeMap;

use oneroof_model::package::{Condition, Precondition, ResolvedParameters, Tier};
use oneroof_model::{LedgerEntry, ReleaseState, TargetClass};
use oneroof_pg::catalog::TargetIdentity;
use oneroof_pg::connect::{Access, Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ledger;
use oneroof_pg::run::RunSettings;

use super::effects::RehearsedEffects;
use super::locks::LockReading;
use super::seen_ledger::SeenLedger;
use super::tier_session::{NextSession, TierSession};
use crate::context::Context;
use crate::error::EngineError;
use crate::figures::{Figures, Probe};
use crate::gate::Approved;
use crate::metrics::{self, BrokenCheck, StopAt};
use crate::store::package_files::OpenPackage;

/// A database that a release runs on.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The target's name, or `clone:<id>`.
    pub(crate) name: String,
    /// The connection of the apply role.
    pub(crate) apply: ConnInfo,
    /// The superuser of the private server, on a clone of ours only.
    pub(crate) admin: Option<ConnInfo>,
    /// What the database is.
    pub(crate) class: TargetClass,
    /// Which database it is.
    pub(crate) identity: TargetIdentity,
    /// The database name that the package may run on.
    pub(crate) expected_database: String,
}

/// What comes after a transaction, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Another one, which needs a session too.
    Another,
    Nothing,
}

/// May a run go on with a tier outside a transaction that was cut?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resume {
    /// Somebody asked for it.
    Asked,
    /// Nobody did: it is refused.
    NotAsked,
}

/// One release at one place.
pub(crate) struct ReleaseRun<'a> {
    pub(crate) context: &'a Context,
    pub(crate) package: &'a OpenPackage,
    pub(crate) parameters: &'a ResolvedParameters,
    pub(crate) place: &'a Place,
    /// `apply`, `rehearse`, …
    pub(crate) verb: &'a str,
    pub(crate) run_id: &'a str,
    /// What a rehearsal did: the tiers must do the same.
    pub(crate) rehearsed: Option<&'a RehearsedEffects>,
    /// Does it look at the locks of its tiers?
    pub(crate) locks: LockReading,
    /// The connection of its next transaction; `None` where one is opened for each.
    pub(crate) next: Option<&'a NextSession>,
    /// The entries of the ledger that it has seen; `None` where it reads all of them each time.
    pub(crate) seen: Option<&'a SeenLedger>,
    /// May it go on with a tier outside a transaction that was cut?
    pub(crate) resume: Resume,
    /// The leave of the gate; without it no production is changed.
    pub(crate) approved: Option<&'a Approved>,
}

impl ReleaseRun<'_> {
    /// Opens a session of the apply role.
    pub(crate) async fn session(&self, access: Access) -> Result<Session, EngineError> {
        let name = self.application_name();
        let options = match access {
            Access::ReadOnly => SessionOptions::read_only(name),
            Access::ReadWrite => SessionOptions::read_write(name),
        };
        connect(&self.place.apply, &options)
            .await
            .map_err(self.opening())
    }

    /// The session of a tier's transaction: the one that waits, or a fresh one.
    pub(crate) async fn tier_session(&self, then: Then) -> Result<TierSession, EngineError> {
        let waiting = match self.next {
            Some(next) => next.take().await,
            None => None,
        };
        let session = match waiting {
            Some(session) => session,
            None => TierSession::open(&self.place.apply, &self.tier_options())
                .await
                .map_err(self.opening())?,
        };
        if then == Then::Another && self.next.is_some_and(NextSession::needs_new) {
            self.prepare_session();
        }
        Ok(session)
    }

    /// After the commit of its transaction.
    pub(crate) async fn done_with(&self, session: TierSession, then: Then) {
        match self.next {
            Some(next) if then == Then::Another && !next.needs_new() => next.give_back(session),
            _ => session.close().await,
        }
    }

    /// Begins to open the session of the next tier's transaction.
    pub(crate) fn prepare_session(&self) {
        if let Some(next) = self.next {
            next.prepare(&self.place.apply, self.tier_options());
        }
    }

    fn tier_options(&self) -> SessionOptions {
        SessionOptions::read_write(self.application_name())
    }

    fn opening(&self) -> impl FnOnce(oneroof_pg::PgError) -> EngineError {
        EngineError::database(format!(
            "open target `{}` as its apply role",
            self.place.name
        ))
    }

    fn application_name(&self) -> String {
        format!("oneroof/{}/{}", self.verb, self.run_id)
    }

    /// The settings of a tier's transaction, or of a check's (`None`).
    pub(crate) fn settings(&self, tier: Option<&Tier>) -> RunSettings {
        let plan = &self.package.plan;
        let mut values: Vec<(String, String)> = self
            .parameters
            .settings()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        values.push((
            "expected_database".into(),
            self.place.expected_database.clone(),
        ));
        values.push(("release_tag".into(), plan.release_tag()));
        values.push(("run_id".into(), self.run_id.to_owned()));
        RunSettings {
            role: tier.map_or(plan.package.run_as.clone(), |tier| {
                plan.run_as(tier).map(str::to_owned)
            }),
            schema: self.parameters.schema(plan),
            values,
            lock_timeout_ms: tier.map_or(3_000, |tier| tier.lock_timeout.milliseconds),
            statement_timeout_ms: tier.map_or(60_000, |tier| tier.statement_timeout.milliseconds),
        }
    }

    /// The tiers that run with these parameters, in order.
    pub(crate) fn tiers(&self) -> Vec<&Tier> {
        self.package
            .plan
            .tiers
            .iter()
            .filter(|tier| self.is_wanted(&tier.when))
            .collect()
    }

    pub(crate) fn is_wanted(&self, when: &Condition) -> bool {
        self.parameters.fulfil(when)
    }

    /// Begins a read-only transaction with the settings of a check; it is rolled back with the session.
    pub(crate) async fn reading(&self) -> Result<Session, EngineError> {
        let session = self.session(Access::ReadOnly).await?;
        begin(
            &session,
            "begin transaction isolation level repeatable read read only",
        )
        .await?;
        self.settings(None).apply(&session).await.map_err(|error| {
            self.settings_error(error, self.package.plan.package.run_as.as_deref())
        })?;
        Ok(session)
    }

    /// All metrics of the package, now.
    pub(crate) async fn probe(&self) -> Result<Probe, EngineError> {
        let session = self.reading().await?;
        let probe = metrics::probe(&session, self.package, self.parameters, None).await?;
        session.close().await;
        Ok(probe)
    }

    /// Asks checks in a read-only transaction of the apply role.
    pub(crate) async fn ask(
        &self,
        checks: &[Precondition],
        figures: &mut Figures,
        stop: StopAt,
    ) -> Result<Vec<BrokenCheck>, EngineError> {
        let session = self.reading().await?;
        let broken = metrics::ask(
            &session,
            self.package,
            self.parameters,
            checks,
            figures,
            stop,
        )
        .await?;
        session.close().await;
        Ok(broken)
    }

    /// Fills marker lines in a read-only transaction.
    pub(crate) async fn markers(
        &self,
        texts: &[String],
        figures: &mut Figures,
    ) -> Result<Vec<String>, EngineError> {
        let session = self.reading().await?;
        let markers =
            metrics::markers(&session, self.package, self.parameters, texts, figures).await?;
        session.close().await;
        Ok(markers)
    }

    /// Rows of the package's exports, by name.
    pub(crate) async fn exports(
        &self,
    ) -> Result<BTreeMap<String, Vec<serde_json::Value>>, EngineError> {
        let session = self.reading().await?;
        let mut exports = BTreeMap::new();
        for export in self
            .package
            .plan
            .exports
            .iter()
            .filter(|export| self.is_wanted(&export.when))
        {
            let present = oneroof_pg::run::relations_exist(&session, &export.when_relation)
                .await
                .map_err(EngineError::database("look for relations"))?;
            if present.len() < export.when_relation.len() {
                continue;
            }
            let query = self
                .package
                .query(export.query.as_ref(), export.file.as_ref())?;
            let rows = oneroof_pg::run::read_rows(&session, query)
                .await
                .map_err(|fault| match fault {
                    oneroof_pg::run::ValueFault::Server(error) => {
                        let what = format!("export `{}`", export.name);
                        metrics::query_failure(error, query, &what, export.file.as_deref())
                    }
                    fault @ oneroof_pg::run::ValueFault::Shape(_) => {
                        EngineError::other(fault.to_string())
                    }
                })?;
            exports.insert(export.name.clone(), rows);
        }
        session.close().await;
        Ok(exports)
    }

    /// What the ledger of the place says about this package.
    pub(crate) async fn state(&self, session: &Session) -> Result<ReleaseState, EngineError> {
        match self.seen {
            Some(seen) => seen.state(session).await,
            None => Ok(ReleaseState::of(
                &self.package.plan.package.name,
                &entries(session).await?,
            )),
        }
    }

    /// The facts that every ledger entry of this run has in its body.
    pub(crate) fn body(&self) -> serde_json::Map<String, serde_json::Value> {
        let plan = &self.package.plan;
        let json = serde_json::json!({
            "package": plan.package.name,
            "version": plan.package.version,
            "package_digest": self.package.digest,
            "params_digest": self.parameters.digest(),
            "run_id": self.run_id,
            "engine_version": env!("CARGO_PKG_VERSION"),
        });
        match json {
            serde_json::Value::Object(members) => members,
            _ => serde_json::Map::new(),
        }
    }

    /// A role that may not be taken is a missing right, named with the SQL that gives it.
    pub(crate) fn settings_error(
        &self,
        error: oneroof_pg::PgError,
        role: Option<&str>,
    ) -> EngineError {
        let (Some(role), Some("42501" | "22023")) = (role, error.sqlstate()) else {
            return EngineError::database("set the transaction's settings")(error);
        };
        let apply = self.place.apply.user();
        oneroof_model::Refusal::new(
            oneroof_model::RefusalCode::RightMissing,
            format!(
                "apply role `{apply}` of target `{}` may not act as role `{role}`: {error}",
                self.place.name
            ),
        )
        .hint(format!("a DBA runs: grant {role} to {apply};"))
        .into()
    }
}

/// Begins a transaction that writes.
pub(crate) async fn begin_writing(session: &Session) -> Result<(), EngineError> {
    oneroof_pg::run::begin_writing(session)
        .await
        .map_err(EngineError::database("begin a transaction"))
}

/// Begins a transaction.
pub(crate) async fn begin(session: &Session, statement: &str) -> Result<(), EngineError> {
    session
        .simple(statement)
        .await
        .map_err(EngineError::database("begin a transaction"))?;
    Ok(())
}

/// All entries of a target's ledger, oldest first.
pub(crate) async fn entries(session: &Session) -> Result<Vec<LedgerEntry>, EngineError> {
    let entries = ledger::entries_in_short(session, 0)
        .await
        .map_err(EngineError::database("read the ledger"))?;
    Ok(entries.into_iter().map(in_short).collect())
}

/// What decisions need of an entry.
pub(crate) fn in_short(entry: ledger::LedgerEntry) -> LedgerEntry {
    LedgerEntry {
        seq: entry.seq,
        at: entry.at_text,
        kind: entry.kind,
        run_id: entry.run_id,
        package_digest: entry.package_digest,
        params_digest: entry.params_digest,
        tier: entry.tier,
        body: entry.body,
    }
}
