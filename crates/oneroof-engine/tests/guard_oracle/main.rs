//! The differential oracle of the guard: what it admits is run as superuser, without READ ONLY, and committed. The
//! state of the server must be the same before and after.
//!
//! By default the statements are those of the guard's own test data. `ONEROOF_ORACLE_SQL` names a folder of `.sql`
//! files instead, for example PostgreSQL's regression tests (`src/test/regress/sql`, in the order of their schedule):
//! what the guard refuses there is run as it is, to build the objects that later statements read.
//! `ONEROOF_ORACLE_TEXT=1` asks the text alone and not the catalog. Such a run takes minutes:
//! `cargo test --release -p oneroof-engine --test guard_oracle -- --nocapture`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod files;
mod known_facts;
mod state;

use std::collections::BTreeMap;

use oneroof_model::readonly::{Admitted, Policy, StatementKind, TrustedNames};
use oneroof_pg::connect::Session;
use oneroof_pg::readonly::{begin_facts, load_facts, search_path};
use oneroof_pg::testing::{TestDatabase, TestServer};
use oneroof_sql::guard::{Closure, Step, admit, trusted_names};

/// What is run for a statement that is admitted.
struct Run {
    text: String,
    path: Option<String>,
}

#[derive(Default)]
struct Count {
    read: usize,
    admitted: usize,
    succeeded: usize,
    refused: BTreeMap<&'static str, usize>,
    changes: Vec<String>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its own variables what to read"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::test]
async fn what_is_admitted_changes_nothing() {
    let server = TestServer::start(oneroof_pg::testing::system_binaries()).await;
    let server = std::sync::Arc::new(server);
    let admin = server.admin().await;
    // Nothing of the server's own may take transaction ids meanwhile.
    let _ = admin
        .simple("alter system set autovacuum = off")
        .await
        .unwrap();
    let _ = admin.simple("select pg_reload_conf()").await.unwrap();
    admin.close().await;
    let database = server.database().await;
    let by_text = variable("ONEROOF_ORACLE_TEXT").is_some();
    let mut count = Count::default();
    let (files, builds) = match variable("ONEROOF_ORACLE_SQL") {
        Some(folder) => (files::of_folder(&folder), true),
        None => (files::own(), false),
    };
    if !builds {
        database
            .run(include_str!(
                "../../../oneroof-sql/tests/data/guard-setup.sql"
            ))
            .await;
    }
    for (name, statements) in &files {
        one_file(&database, name, statements, by_text, builds, &mut count).await;
        println!(
            "{name}: so far {} statements, {} admitted, {} succeeded, {} state changes",
            count.read,
            count.admitted,
            count.succeeded,
            count.changes.len()
        );
        for change in count
            .changes
            .iter()
            .filter(|change| change.starts_with(name.as_str()))
        {
            println!("{change}");
        }
    }
    println!(
        "GUARD ORACLE: {} statements, {} admitted, {} of them succeeded, {} state changes; refused: {:?}",
        count.read,
        count.admitted,
        count.succeeded,
        count.changes.len(),
        count.refused
    );
    assert!(count.changes.is_empty(), "{}", count.changes.join("\n"));
    assert!(count.succeeded > 250, "{}", count.succeeded);
    // The state sees what it is for.
    let session = database.session().await;
    for sql in state::WRITES {
        let before = state::of(&session).await;
        let _ = session.simple(sql).await.unwrap();
        assert_ne!(before, state::of(&session).await, "{sql}");
    }
    session.close().await;
}

async fn one_file(
    database: &TestDatabase,
    name: &str,
    statements: &[String],
    by_text: bool,
    builds: bool,
    count: &mut Count,
) {
    let mut session = fresh(database).await;
    for sql in statements {
        if session.is_closed() {
            session = fresh(database).await;
        }
        count.read += 1;
        let run = if is_free(&session).await {
            judged(&session, sql, by_text, count).await
        } else {
            None
        };
        let Some(run) = run else {
            if builds {
                let _ = session.simple(sql).await;
            }
            continue;
        };
        count.admitted += 1;
        let before = state::of(&session).await;
        let succeeded = execute(&session, &run).await;
        count.succeeded += usize::from(succeeded);
        if session.is_closed() {
            count
                .changes
                .push(format!("{name}: the session ended: {sql}"));
            continue;
        }
        let after = state::of(&session).await;
        if before != after {
            count.changes.push(format!(
                "{name}: {sql}\n  before {before:?}\n  after  {after:?}"
            ));
        }
    }
    session.close().await;
}

async fn fresh(database: &TestDatabase) -> Session {
    let session = database.session().await;
    let _ = session
        .simple("set statement_timeout = '10s'")
        .await
        .unwrap();
    session
}

/// A script may be in a transaction of its own, or have become somebody else: then the state cannot be read.
async fn is_free(session: &Session) -> bool {
    // In a transaction `now()` is the time of its begin; in an aborted one nothing can be asked.
    session
        .simple("select now() = statement_timestamp() and current_setting('is_superuser') = 'on'")
        .await
        .is_ok_and(|outcome| outcome.rows[0][0].as_deref() == Some("t"))
}

/// Runs and commits; an error of the statement is no change.
async fn execute(session: &Session, run: &Run) -> bool {
    let Some(path) = &run.path else {
        return session.simple(&run.text).await.is_ok();
    };
    let _ = session.simple("begin").await.unwrap();
    let _ = session
        .simple(&format!("set local search_path = {path}"))
        .await
        .unwrap();
    let succeeded = session.simple(&run.text).await.is_ok();
    if !session.is_closed() {
        let _ = session
            .simple(if succeeded { "commit" } else { "rollback" })
            .await;
    }
    succeeded
}

/// What to run if the statement is admitted.
async fn judged(session: &Session, sql: &str, by_text: bool, count: &mut Count) -> Option<Run> {
    if by_text {
        return match admit(sql, &TrustedNames::default()) {
            Ok(draft) => Some(Run {
                text: draft.text,
                path: None,
            }),
            Err(refusal) => {
                *count.refused.entry(refusal.rule.as_str()).or_default() += 1;
                None
            }
        };
    }
    let _ = session.simple("begin read only").await.unwrap();
    let verdict = closure(session, sql).await;
    let _ = session.simple("rollback").await.unwrap();
    match verdict {
        Ok(admitted) if admitted.kind() == StatementKind::Show => Some(Run {
            text: admitted.text().to_owned(),
            path: None,
        }),
        Ok(admitted) => Some(Run {
            text: admitted.text().to_owned(),
            path: Some(admitted.search_path().to_owned()),
        }),
        Err(rule) => {
            *count.refused.entry(rule).or_default() += 1;
            None
        }
    }
}

async fn closure(session: &Session, sql: &str) -> Result<Admitted, &'static str> {
    let path = search_path(session).await.unwrap();
    let mut facts = begin_facts(session, &path, &Policy::default())
        .await
        .unwrap();
    let names = trusted_names(&facts);
    let draft = admit(sql, &names).map_err(|refusal| refusal.rule.as_str())?;
    let mut closure = Closure::new(draft, names);
    for _ in 0..64 {
        match closure.step(&facts) {
            Step::Needs(questions) => load_facts(session, &questions, &mut facts).await.unwrap(),
            Step::Refused(refusal) => return Err(refusal.rule.as_str()),
            Step::Admitted(admitted) => return Ok(admitted),
        }
    }
    panic!("the closure never ends: {sql}");
}
