//! A connection that is used again is as good as a new one, or it is not used again.

use std::sync::Arc;

use oneroof_model::Effects;
use oneroof_pg::connect::Session;
use oneroof_pg::effects;
use oneroof_pg::run::{begin_writing, beginning, reset};
use oneroof_pg::testing::{TestDatabase, TestServer};

/// Who owns the databases; nobody special.
const OWNER: &str = "keeper";

/// A database of the owner.
async fn database(server: &Arc<TestServer>) -> TestDatabase {
    let database = server.database().await;
    let name = database.name();
    database
        .run(&format!(
            "do $$ begin if to_regrole('{OWNER}') is null then \
               create role {OWNER} login; create role {OWNER}_other; grant {OWNER}_other to {OWNER}; \
             end if; end $$; \
             alter database {name} owner to {OWNER}; grant create on schema public to public"
        ))
        .await;
    database
}

async fn session(database: &TestDatabase) -> Session {
    database.server().session(database.name(), OWNER).await
}

/// What a transaction can leave, and how to see it; each is given up.
const GIVEN_UP: &[(&str, &str)] = &[
    ("set work_mem = '77MB'", "show work_mem"),
    (
        "select set_config('my.word', 'kept', false)",
        "select coalesce(current_setting('my.word', true), '')",
    ),
    ("set search_path = pg_temp, pg_catalog", "show search_path"),
    (
        "set session characteristics as transaction isolation level serializable",
        "show default_transaction_isolation",
    ),
    (
        "do $$ begin execute format('set role %I', current_user || '_other'); end $$",
        "select current_user = session_user",
    ),
    (
        "select pg_advisory_lock(7)",
        "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
    ),
    (
        "listen news",
        "select count(*) from pg_listening_channels()",
    ),
    (
        "declare kept cursor with hold for select 1",
        "select count(*) from pg_cursors",
    ),
    ("select nextval('public.numbers')", "select lastval()"),
];

/// What it can leave for good: the connection is not used again.
const NOT_CLEAN: &[&str] = &[
    "create temporary table kept (a int)",
    "create temporary table kept (a int) on commit drop",
    "prepare kept as select 1",
    "alter role keeper set maintenance_work_mem = '9MB'",
    "do $$ begin execute format('alter database %I set work_mem = ''9MB''', current_database()); end $$",
];

/// The answer, or what the server says instead.
async fn answer(session: &Session, question: &str) -> String {
    match session.simple(question).await {
        Ok(outcome) => format!("{:?}", outcome.rows),
        Err(error) => error.to_string(),
    }
}

/// A session after a transaction that leaves something and after its reset, and what that said.
async fn after(database: &TestDatabase, leave: &str) -> (Session, bool) {
    let used = session(database).await;
    let began = beginning(&used).await.unwrap();
    used.simple("begin").await.unwrap();
    used.simple(leave)
        .await
        .unwrap_or_else(|error| panic!("{leave}: {error}"));
    used.simple("commit").await.unwrap();
    let is_clean = reset(&used, &began).await.unwrap();
    (used, is_clean)
}

#[tokio::test]
async fn what_a_transaction_leaves_is_given_up_or_told() {
    let database = database(&TestServer::shared().await).await;
    database
        .run("create sequence public.numbers; grant usage on sequence public.numbers to public")
        .await;
    for (leave, question) in GIVEN_UP {
        let fresh = session(&database).await;
        let (used, is_clean) = after(&database, leave).await;
        assert!(is_clean, "{leave}");
        assert_eq!(
            answer(&used, question).await,
            answer(&fresh, question).await,
            "{leave}"
        );
    }
    for leave in NOT_CLEAN {
        let (_, is_clean) = after(&database, leave).await;
        assert!(!is_clean, "{leave}");
    }
}

#[tokio::test]
async fn random_numbers_are_not_those_that_were_seeded() {
    let database = database(&TestServer::shared().await).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let used = session(&database).await;
        let began = beginning(&used).await.unwrap();
        used.simple("select setseed(0.5)").await.unwrap();
        assert!(reset(&used, &began).await.unwrap());
        seen.push(answer(&used, "select random()").await);
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_trusted() {
    let server = TestServer::shared().await;
    // Libraries may keep anything; only a superuser may set and ask for the origin of a replication.
    let used = database(&server).await.session().await;
    let began = beginning(&used).await.unwrap();
    assert!(reset(&used, &began).await.unwrap());
    used.simple("select pg_replication_origin_create('elsewhere'), pg_replication_origin_session_setup('elsewhere')").await.unwrap();
    assert!(!reset(&used, &began).await.unwrap());
    used.simple("select pg_replication_origin_session_reset()")
        .await
        .unwrap();
    assert!(reset(&used, &began).await.unwrap());
    used.close().await;
    server
        .admin()
        .await
        .simple("select pg_replication_origin_drop('elsewhere')")
        .await
        .unwrap();
    for (extension, is_clean) in [("pgcrypto", true), ("dblink", false)] {
        let database = database(&server).await;
        database.run(&format!("create extension {extension}")).await;
        let used = session(&database).await;
        let began = beginning(&used).await.unwrap();
        assert_eq!(reset(&used, &began).await.unwrap(), is_clean, "{extension}");
    }
    // Its counters cannot be written out.
    let server = TestServer::of_major(14).await;
    let database = database(&server).await;
    let used = session(&database).await;
    let began = beginning(&used).await.unwrap();
    assert!(!reset(&used, &began).await.unwrap());
}

const TRANSACTIONS: &[&str] = &[
    "create table public.orders (id int primary key, note text); create view public.notes as select note from public.orders",
    "insert into public.orders select n, 'a' from generate_series(1, 5) as n",
    "insert into public.orders select n, 'b' from generate_series(6, 8) as n; update public.orders set note = 'c' where id < 4",
    "delete from public.orders where id = 1; savepoint s; delete from public.orders where id = 2; rollback to s",
    "alter table public.orders add column extra int not null default 5",
    "truncate public.orders",
    "insert into public.orders values (1, 'd', 1); comment on table public.orders is 'orders'",
    "drop view public.notes; create function public.one() returns int language sql return 1",
    "drop table public.orders",
];

/// The effects of each transaction; `again`: all of them on one connection.
async fn effects_of_all(database: &TestDatabase, again: bool) -> Vec<Effects> {
    let watcher = database.session().await;
    let mut present = session(database).await;
    present.keep_statements();
    effects::warm(&present).await.unwrap();
    let pid = present.backend_pid();
    let mut all = Vec::new();
    for statements in TRANSACTIONS {
        let began = beginning(&present).await.unwrap();
        begin_writing(&present).await.unwrap();
        present.simple(statements).await.unwrap();
        all.push(effects::measure(&present, &watcher).await.unwrap());
        present.simple("commit").await.unwrap();
        match again {
            true => assert!(reset(&present, &began).await.unwrap(), "{statements}"),
            false => present = session(database).await,
        }
    }
    assert_eq!(present.backend_pid() == pid, again);
    all
}

#[tokio::test]
async fn effects_on_a_connection_that_is_used_again_are_those_on_new_ones() {
    for major in [15, 16, 17, 18] {
        let server = TestServer::of_major(major).await;
        let (one, other) = (database(&server).await, database(&server).await);
        let (again, fresh) = (
            effects_of_all(&one, true).await,
            effects_of_all(&other, false).await,
        );
        for ((again, fresh), statements) in again.iter().zip(&fresh).zip(TRANSACTIONS) {
            assert_eq!(again, fresh, "PostgreSQL {major}: {statements}");
        }
        assert_eq!(again[1].rows[0].inserted, 5);
    }
}
