//! The proof of one migration.

use std::time::Instant;

use oneroof_pg::catalog::{self, Definition};
use oneroof_pg::connect::Session;
use oneroof_pg::ledger::EntryKind;
use oneroof_pg::sample;
use oneroof_sql::migrations::{self as sql, Migration};

use super::bench::Bench;
use super::data::{self, Compared, lost};
use super::differences::{State, differences, verdict};
use super::report::{DataProof, MigrationProof, ProofDifference, Reordered, UpAgain, WayBack};
use super::standing::Standing;
use crate::context::Context;
use crate::error::{EngineError, Failure};
use crate::execute::forward::millis;
use crate::execute::statements::Script;

/// The server, the session on its database, and the ledger there.
pub(super) struct Prover<'a> {
    context: &'a Context,
    bench: Bench,
    main: Option<Session>,
    standing: Standing,
    pub(super) server_version: String,
}

/// There and back and there again.
struct Back {
    verdict: WayBack,
    reordered: Option<Reordered>,
    failure: Option<Failure>,
    differences: Vec<ProofDifference>,
    second_nothing: Option<bool>,
    up_again: UpAgain,
    again_failure: Option<Failure>,
}

impl Back {
    /// Could it end otherwise with real commits between its parts?
    fn is_doubtful(&self) -> bool {
        let mut failures = self.failure.iter().chain(&self.again_failure);
        failures.any(needs_commits) || matches!(self.up_again, UpAgain::Different(_))
    }
}

/// Failures of statements that the server refuses only because of what the same transaction did before: pending trigger
/// events, a new value of an enum, a statement that wants a transaction of its own.
fn needs_commits(failure: &Failure) -> bool {
    let sqlstate = failure.sqlstate.as_deref();
    sqlstate.is_none_or(|code| ["55006", "55P04", "25001", "2D000"].contains(&code))
}

/// Are the scripts' transactions committed, or parts of one that is rolled back?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Committed,
    Within,
}

impl<'a> Prover<'a> {
    pub(super) async fn new(context: &'a Context, bench: Bench) -> Result<Prover<'a>, EngineError> {
        let main = bench.session(bench.main()).await?;
        let standing = Standing::begin(&main).await?;
        let version = ask(&main, "show server_version").await?;
        Ok(Prover {
            context,
            bench,
            main: Some(main),
            standing,
            server_version: version,
        })
    }

    pub(super) async fn end(self) -> Result<(), EngineError> {
        if let Some(main) = self.main {
            main.close().await;
        }
        self.bench.end().await
    }

    /// All of them, up to the first that cannot be applied.
    pub(super) async fn prove_all(
        &mut self,
        first: &[Script],
        wanted: &[Migration],
        with_rows: bool,
        told: &mut impl FnMut(usize, usize, &MigrationProof),
    ) -> Result<Vec<MigrationProof>, EngineError> {
        for script in first {
            let context = self.context;
            let main = self.main().await?;
            script
                .run(context, main, None)
                .await
                .map_err(|error| error.into_engine_error(None))?;
            clean(main).await?;
        }
        let mut before = state(self.main().await?).await?;
        let mut proofs = Vec::new();
        for (number, migration) in wanted.iter().enumerate() {
            let (proof, now) = self.prove(migration, &before, with_rows).await?;
            told(number + 1, wanted.len(), &proof);
            proofs.push(proof);
            match now {
                Some(now) => before = now,
                None => break,
            }
        }
        Ok(proofs)
    }

    async fn main(&mut self) -> Result<&Session, EngineError> {
        if self.main.is_none() {
            self.main = Some(self.bench.session(self.bench.main()).await?);
        }
        match &self.main {
            Some(main) => Ok(main),
            None => Err(EngineError::other(
                "keep the session of the throw-away database",
            )),
        }
    }

    /// A copy of the database as it is now, and a session on it.
    async fn copy(&mut self) -> Result<(String, Session), EngineError> {
        if let Some(main) = self.main.take() {
            main.close().await;
        }
        let name = self.bench.copy().await?;
        let session = self.bench.session(&name).await?;
        Ok((name, session))
    }

    async fn drop_copy(&self, name: &str, session: Session) -> Result<(), EngineError> {
        session.close().await;
        self.bench.drop_copy(name).await
    }

    async fn prove(
        &mut self,
        migration: &Migration,
        before: &State,
        with_rows: bool,
    ) -> Result<(MigrationProof, Option<State>), EngineError> {
        let started = Instant::now();
        let data = match with_rows {
            true => self.on_rows(migration).await?,
            false => DataProof::default(),
        };
        let mut proof = MigrationProof {
            version: migration.version.clone(),
            title: migration.title(),
            file: migration.up.file.clone(),
            down_file: migration.down.as_ref().map(|down| down.file.clone()),
            verdict: WayBack::NotReached,
            reordered: None,
            up_failure: None,
            verify_failure: None,
            down_failure: None,
            differences: Vec::new(),
            second_up_refused: None,
            second_down_nothing: None,
            up_again: UpAgain::NotTried,
            data,
            rewritten: Vec::new(),
            duration_ms: 0,
        };
        let id = migration.up.place();
        let context = self.context;
        let main = self.main().await?;
        let reading = || EngineError::database("look which tables are written anew");
        let files = sample::files(main).await.map_err(reading())?;
        if let Err(failure) = forward(context, main, migration, Kept::Committed).await? {
            proof.up_failure = Some(failure);
            proof.data = DataProof::default();
            proof.duration_ms = millis(started.elapsed());
            return Ok((proof, None));
        }
        let after = state(main).await?;
        if let Some(verify) = &migration.verify {
            begin(main).await?;
            proof.verify_failure = execute(context, main, verify).await?.err();
            rollback(main).await?;
        }
        let now = sample::files(main).await.map_err(reading())?;
        let anew = now
            .into_iter()
            .filter(|(oid, (_, file))| files.get(oid).is_some_and(|(_, before)| before != file));
        proof.rewritten = anew.map(|(_, (name, _))| name).collect();
        let main = self
            .main
            .as_ref()
            .ok_or_else(|| EngineError::other("keep the session"))?;
        self.standing.absorb(main).await?;
        proof.second_up_refused = Some(self.standing.stands(main, &id).await?);
        if migration.down.is_none() {
            proof.verdict = WayBack::None;
        } else {
            let back = self.back(migration, before, &after).await?;
            proof.verdict = back.verdict;
            proof.reordered = back.reordered;
            proof.down_failure = back.failure;
            proof.differences = back.differences;
            proof.second_down_nothing = back.second_nothing;
            proof.up_again = back.up_again;
        }
        proof.duration_ms = millis(started.elapsed());
        Ok((proof, Some(after)))
    }

    /// The way back and there again: within a transaction, and if that is not perfect, on a copy.
    async fn back(
        &mut self,
        migration: &Migration,
        before: &State,
        after: &State,
    ) -> Result<Back, EngineError> {
        let context = self.context;
        let in_one = migration.up.transaction
            && migration.down.as_ref().is_some_and(|down| down.transaction);
        let shared = data::touches_roles(migration);
        if in_one {
            let main = self.main().await?;
            begin(main).await?;
            let main = self
                .main
                .as_ref()
                .ok_or_else(|| EngineError::other("keep the session"))?;
            let back = back_and_again(
                context,
                &self.standing,
                main,
                migration,
                (before, after),
                Kept::Within,
            )
            .await;
            rollback(main).await?;
            let back = back?;
            if !back.is_doubtful() || shared {
                return Ok(back);
            }
        }
        let (name, session) = self.copy().await?;
        let back = back_and_again(
            context,
            &self.standing,
            &session,
            migration,
            (before, after),
            Kept::Committed,
        )
        .await;
        self.drop_copy(&name, session).await?;
        back
    }

    /// The same where there are rows, before the migration is applied for good.
    async fn on_rows(&mut self, migration: &Migration) -> Result<DataProof, EngineError> {
        let context = self.context;
        let main = self.main().await?;
        let names = data::names(migration);
        let reading = || EngineError::database("look for the tables of a migration");
        let mut tables = sample::tables(main, names.as_deref())
            .await
            .map_err(reading())?;
        tables.truncate(data::TABLES_MAX);
        if tables.is_empty() {
            return Ok(DataProof::default());
        }
        let in_one =
            migration.up.transaction && migration.down.as_ref().is_none_or(|down| down.transaction);
        if in_one {
            begin(main).await?;
            let proof = there_and_back(context, main, migration, &tables, Kept::Within).await;
            rollback(main).await?;
            let proof = proof?;
            let mut failures = proof.up_failure.iter().chain(&proof.down_failure);
            if !failures.any(needs_commits) || data::touches_roles(migration) {
                return Ok(proof);
            }
        }
        let (name, session) = self.copy().await?;
        let proof = there_and_back(context, &session, migration, &tables, Kept::Committed).await;
        self.drop_copy(&name, session).await?;
        proof
    }
}

async fn there_and_back(
    context: &Context,
    session: &Session,
    migration: &Migration,
    tables: &[sample::SampleTable],
    kept: Kept,
) -> Result<DataProof, EngineError> {
    let reading = || EngineError::database("read the rows of a migration's tables");
    let mut proof = DataProof::default();
    if kept == Kept::Committed {
        begin(session).await?;
    }
    let refused = sample::fill(session, tables)
        .await
        .map_err(EngineError::database("make rows for a migration's tables"))?;
    settle(session).await?;
    if kept == Kept::Committed {
        commit(session).await?;
    }
    let named: Vec<String> = tables
        .iter()
        .filter(|table| table.named)
        .map(|table| table.identity.clone())
        .collect();
    let before = sample::contents(session, &named).await.map_err(reading())?;
    for (table, content) in &before {
        if content.rows > 0 {
            proof.tables.push(table.clone());
        } else {
            let why = refused.iter().find(|(refused, _)| refused == table);
            let why = why.map_or("no row could be made", |(_, why)| why.as_str());
            proof.without_rows.push(format!("{table}: {why}"));
        }
    }
    if proof.tables.is_empty() {
        return Ok(proof);
    }
    if let Err(failure) = forward(context, session, migration, kept).await? {
        proof.up_failure = Some(failure);
        return Ok(proof);
    }
    let how = match migration.down {
        None => Compared::There,
        Some(_) => {
            if let Err(failure) = backward(context, session, migration, kept).await? {
                proof.down_failure = Some(failure);
                return Ok(proof);
            }
            Compared::ThereAndBack
        }
    };
    let after = sample::contents(session, &named).await.map_err(reading())?;
    proof.lost = lost(&before, &after, how);
    Ok(proof)
}

async fn back_and_again(
    context: &Context,
    standing: &Standing,
    session: &Session,
    migration: &Migration,
    (before, after): (&State, &State),
    kept: Kept,
) -> Result<Back, EngineError> {
    let id = migration.up.place();
    let mut back = Back {
        verdict: WayBack::Failed,
        reordered: None,
        failure: None,
        differences: Vec::new(),
        second_nothing: None,
        up_again: UpAgain::NotTried,
        again_failure: None,
    };
    if let Err(failure) = backward(context, session, migration, kept).await? {
        back.failure = Some(failure);
        return Ok(back);
    }
    let now = state(session).await?;
    (back.verdict, back.reordered) = verdict(before, &now);
    if back.verdict != WayBack::Restored {
        back.differences = differences(before, &now);
    }
    back.second_nothing = Some(!standing.stands(session, &id).await?);
    back.up_again = match forward(context, session, migration, kept).await? {
        Err(failure) => {
            let said = place_and_message(&failure);
            back.again_failure = Some(failure);
            UpAgain::Failed(said)
        }
        Ok(()) => {
            let again = state(session).await?;
            let (told, which) = verdict(after, &again);
            let turned =
                which == Some(Reordered::Constraints) || which.is_some() && which == back.reordered;
            match told == WayBack::Restored || turned {
                true => UpAgain::Same,
                false => UpAgain::Different(
                    Definition::differences(&after.definition, &again.definition)
                        .iter()
                        .map(ToString::to_string)
                        .collect(),
                ),
            }
        }
    };
    Ok(back)
}

fn place_and_message(failure: &Failure) -> String {
    match (&failure.file, failure.line) {
        (Some(file), Some(line)) => format!("{file}:{line}: {}", failure.message),
        _ => failure.message.clone(),
    }
}

/// Applies it and notes it in the ledger.
async fn forward(
    context: &Context,
    session: &Session,
    migration: &Migration,
    kept: Kept,
) -> Result<Result<(), Failure>, EngineError> {
    let id = migration.up.place();
    run(
        context,
        session,
        &migration.up,
        (EntryKind::TierApplied, &id),
        kept,
    )
    .await
}

/// Undoes it and notes that.
async fn backward(
    context: &Context,
    session: &Session,
    migration: &Migration,
    kept: Kept,
) -> Result<Result<(), Failure>, EngineError> {
    let Some(down) = &migration.down else {
        return Ok(Ok(()));
    };
    let id = migration.up.place();
    run(
        context,
        session,
        down,
        (EntryKind::TierRolledBack, &id),
        kept,
    )
    .await
}

async fn run(
    context: &Context,
    session: &Session,
    script: &sql::Script,
    (kind, id): (EntryKind, &str),
    kept: Kept,
) -> Result<Result<(), Failure>, EngineError> {
    let own = kept == Kept::Committed && script.transaction;
    if own {
        begin(session).await?;
    }
    match execute(context, session, script).await? {
        Ok(()) => {
            // Whatever the script set for its session, the ledger and what is read next are ours.
            session
                .simple("reset session authorization; reset role; reset all")
                .await
                .map_err(EngineError::database("reset the session"))?;
            Standing::note(session, kind, id).await?;
            if own {
                commit(session).await?;
            }
            Ok(Ok(()))
        }
        Err(failure) => {
            if own {
                rollback(session).await?;
            }
            if kept == Kept::Committed {
                clean(session).await?;
            }
            Ok(Err(failure))
        }
    }
}

/// Runs the statements of a script, in the session's transaction if there is one.
async fn execute(
    context: &Context,
    session: &Session,
    script: &sql::Script,
) -> Result<Result<(), Failure>, EngineError> {
    let parsed = match Script::parse(&script.file, &script.text) {
        Ok(parsed) => parsed,
        Err(EngineError::Failed(failure)) => {
            let sqlstate = Some("42601".to_owned());
            return Ok(Err(Failure {
                sqlstate,
                ..*failure
            }));
        }
        Err(other) => return Err(other),
    };
    let outcome = parsed.run(context, session, None).await;
    let outcome = match outcome {
        Ok(()) if script.transaction => session
            .simple("set constraints all immediate")
            .await
            .map(|_| ())
            .map_err(|error| {
                EngineError::Failed(Box::new(Failure {
                    message: error.to_string(),
                    file: Some(script.file.clone()),
                    ..Failure::default()
                }))
            }),
        Ok(()) => Ok(()),
        Err(error) => Err(error.into_engine_error(None)),
    };
    match outcome {
        Ok(()) => Ok(Ok(())),
        Err(EngineError::Failed(failure)) => Ok(Err(*failure)),
        Err(other) => Err(other),
    }
}

async fn state(session: &Session) -> Result<State, EngineError> {
    let reading = || EngineError::database("read the definition of the throw-away database");
    Ok(State {
        definition: catalog::definition(session).await.map_err(reading())?,
        orders: catalog::orders(session).await.map_err(reading())?,
    })
}

/// Deferred constraints speak now: nothing is pending for the statements that follow.
async fn settle(session: &Session) -> Result<(), EngineError> {
    simple(session, "set constraints all immediate").await
}

/// What a script may have left in its session.
async fn clean(session: &Session) -> Result<(), EngineError> {
    simple(session, "reset session authorization").await?;
    simple(session, "reset role").await?;
    simple(session, "reset all").await?;
    simple(session, "discard temp").await
}

async fn begin(session: &Session) -> Result<(), EngineError> {
    simple(session, "begin").await
}

async fn commit(session: &Session) -> Result<(), EngineError> {
    simple(session, "commit").await?;
    clean(session).await
}

async fn rollback(session: &Session) -> Result<(), EngineError> {
    simple(session, "rollback").await?;
    clean(session).await
}

async fn simple(session: &Session, statement: &str) -> Result<(), EngineError> {
    session
        .simple(statement)
        .await
        .map(|_| ())
        .map_err(EngineError::database("prove a migration"))
}

async fn ask(session: &Session, question: &str) -> Result<String, EngineError> {
    let outcome = session
        .simple(question)
        .await
        .map_err(EngineError::database("ask the throw-away server"))?;
    let value = outcome.rows.into_iter().flatten().flatten().next();
    Ok(value.unwrap_or_default())
}
