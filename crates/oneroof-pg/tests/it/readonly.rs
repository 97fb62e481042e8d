//! The read-only channel towards a real server, with statements that the guard would never admit: whatever one does,
//! nothing remains, and the next one works.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use oneroof_model::readonly::{Admitted, AdmittedParts, StatementKind};
use oneroof_pg::conninfo::{ConnInfo, LibpqEnvironment};
use oneroof_pg::ephemeral::ServerConfig;
use oneroof_pg::programs::{OsUser, ProgramCall, run};
use oneroof_pg::readonly::{
    Alarm, AlarmKind, Limits, PoolOptions, QueryRows, ReadonlyError, ReadonlyPool, Truncated,
};
use oneroof_pg::testing::{TestDatabase, TestServer, registry};

/// What only the guard may say; here it is said of anything.
fn admitted(kind: StatementKind, text: &str) -> Admitted {
    Admitted::proven_by_guard(AdmittedParts {
        text: text.to_owned(),
        rewritten: false,
        search_path: "pg_catalog, public".to_owned(),
        kind,
        relations: Vec::new(),
        functions: Vec::new(),
    })
}

/// A database with a role that may read it, and a pool of the channel.
struct Channel {
    database: TestDatabase,
    pool: Arc<ReadonlyPool>,
    alarms: Arc<Mutex<Vec<Alarm>>>,
    name: String,
}

impl Channel {
    async fn with(limits: Limits, size: usize, prepare: &str) -> Channel {
        let server = TestServer::shared().await;
        let database = server.database().await;
        Channel::on(database, limits, size, prepare).await
    }

    async fn on(database: TestDatabase, limits: Limits, size: usize, prepare: &str) -> Channel {
        let role = format!("{}_read", database.name());
        database
            .run(&format!(
                "create role {role} login; {prepare}; grant select on all tables in schema public to {role}"
            ))
            .await;
        let name = format!("oneroof/query/{}", database.name());
        let alarms = Arc::<Mutex<Vec<Alarm>>>::default();
        let options = PoolOptions {
            size,
            limits,
            application_name: name.clone(),
            is_superuser_accepted: false,
            alarm: Arc::new({
                let alarms = Arc::clone(&alarms);
                move |alarm| alarms.lock().unwrap().push(alarm.clone())
            }),
        };
        let conninfo = database.server().conninfo(database.name(), &role);
        Channel {
            pool: ReadonlyPool::new(conninfo, options),
            database,
            alarms,
            name,
        }
    }

    async fn query(&self, text: &str) -> Result<QueryRows, ReadonlyError> {
        self.run(StatementKind::Select, text, &[]).await
    }

    async fn run(
        &self,
        kind: StatementKind,
        text: &str,
        parameters: &[Option<String>],
    ) -> Result<QueryRows, ReadonlyError> {
        let turn = self.pool.begin().await?;
        turn.execute(&admitted(kind, text), parameters).await
    }

    /// The next statement works.
    async fn still_works(&self) {
        let rows = self.query("select 'fine'").await.unwrap();
        assert_eq!(rows.rows, [[Some("fine".to_owned())]]);
    }

    /// Sessions of ours that the server has, but for those that only wait for the next turn.
    async fn busy_sessions(&self) -> String {
        self.value(&format!(
            "select count(*) from pg_stat_activity where application_name = '{}' and state is distinct from 'idle'",
            self.name
        ))
        .await
    }

    async fn value(&self, query: &str) -> String {
        let session = self.database.session().await;
        let outcome = session.simple(query).await.unwrap();
        session.close().await;
        outcome.rows[0][0].clone().unwrap_or_default()
    }

    async fn becomes(&self, query: &str, wanted: &str, limit: Duration) {
        let began = Instant::now();
        loop {
            let seen = self.value(query).await;
            if seen == wanted {
                return;
            }
            assert!(began.elapsed() < limit, "{query} is {seen}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Closes the pool; no session of ours is left.
    async fn end(self) {
        assert!(
            self.pool.close(Duration::from_secs(20)).await,
            "a slot is still taken"
        );
        let query = format!(
            "select count(*) from pg_stat_activity where application_name = '{}'",
            self.name
        );
        self.becomes(&query, "0", Duration::from_secs(5)).await;
    }
}

fn sqlstate(outcome: Result<QueryRows, ReadonlyError>) -> String {
    match outcome {
        Err(ReadonlyError::Server(error)) => error.sqlstate().unwrap_or("none").to_owned(),
        other => panic!("{other:?}"),
    }
}

fn quick() -> Limits {
    Limits {
        statement: Duration::from_millis(400),
        cancel_after: Duration::from_millis(200),
        terminate_after: Duration::from_millis(300),
        wait: Duration::from_millis(800),
        ..Limits::default()
    }
}

#[tokio::test]
async fn values_are_as_postgresql_prints_them() {
    let channel = Channel::with(
        Limits::default(),
        1,
        "create type public.mood as enum ('glad', 'sad')",
    )
    .await;
    let rows = channel
        .query(
            "select 1.50::numeric as n, null::int as nothing, '{1,2}'::int[] as a, true as yes, '\\x00ff'::bytea as b,
                    'glad'::public.mood as m, interval '1 day' as i, '' as empty, 1 as n;",
        )
        .await
        .unwrap();
    let row: Vec<Option<&str>> = rows.rows[0].iter().map(Option::as_deref).collect();
    assert_eq!(
        row,
        [
            Some("1.50"),
            None,
            Some("{1,2}"),
            Some("t"),
            Some("\\x00ff"),
            Some("glad"),
            Some("1 day"),
            Some(""),
            Some("1")
        ]
    );
    let types: Vec<&str> = rows
        .columns
        .iter()
        .map(|column| column.type_name.as_str())
        .collect();
    assert_eq!(
        types,
        [
            "numeric",
            "int4",
            "_int4",
            "bool",
            "bytea",
            "public.mood",
            "interval",
            "text",
            "int4"
        ]
    );
    assert_eq!(rows.truncated, None);

    let none = channel.query("select 1 as x where false").await.unwrap();
    assert_eq!((none.rows.len(), none.columns[0].name.as_str()), (0, "x"));

    for (kind, text, word) in [
        (
            StatementKind::Explain,
            "explain (costs off) select 1",
            "Result",
        ),
        (
            StatementKind::Explain,
            "explain (analyze, format json) select 1",
            "Plan",
        ),
        (StatementKind::Show, "show transaction_read_only", "on"),
    ] {
        let rows = channel.run(kind, text, &[]).await.unwrap();
        assert!(rows.rows[0][0].as_ref().unwrap().contains(word), "{rows:?}");
    }
    channel.end().await;
}

#[tokio::test]
async fn parameters_have_the_type_that_the_server_infers() {
    let channel = Channel::with(
        Limits::default(),
        1,
        "create table t as select g as id, now() as at from generate_series(1, 9) g",
    )
    .await;
    let some = |text: &str| Some(text.to_owned());
    let rows = channel
        .run(
            StatementKind::Select,
            "select id, $3::text from t where id > $1 and at < $2 order by id limit 2",
            &[some("3"), some("2999-01-01"), some("'; drop table t; --")],
        )
        .await
        .unwrap();
    assert_eq!(rows.rows[0], [some("4"), some("'; drop table t; --")]);
    let rows = channel
        .run(StatementKind::Select, "select $1::int is null", &[None])
        .await
        .unwrap();
    assert_eq!(rows.rows[0], [some("t")]);

    let wrong = channel
        .run(
            StatementKind::Select,
            "select id from t where id > $1",
            &[some("three")],
        )
        .await;
    assert_eq!(sqlstate(wrong), "22P02");
    let few = channel
        .run(
            StatementKind::Select,
            "select $1::int + $2::int",
            &[some("1")],
        )
        .await;
    assert_eq!(sqlstate(few), "08P01");
    let nul = channel
        .run(StatementKind::Select, "select $1::text", &[some("a\0b")])
        .await;
    assert_eq!(sqlstate(nul), "22021");
    channel.still_works().await;
    channel.end().await;
}

#[tokio::test]
async fn rows_and_bytes_have_limits() {
    let channel = Channel::with(Limits::default(), 1, "").await;
    let began = Instant::now();
    let rows = channel
        .query("select * from generate_series(1, 1000000) a, generate_series(1, 1000) b")
        .await
        .unwrap();
    assert_eq!(
        (rows.rows.len(), rows.truncated),
        (500, Some(Truncated::Rows))
    );
    assert!(began.elapsed() < Duration::from_secs(3));
    let all = channel
        .query("select * from generate_series(1, 500)")
        .await
        .unwrap();
    assert_eq!((all.rows.len(), all.truncated), (500, None));

    // The rows before the one that is too much are there; the server process stops sending and ends.
    let rows = channel
        .query("select repeat('x', case when g = 4 then 300000000 else 10 end) from generate_series(1, 5) g")
        .await
        .unwrap();
    assert_eq!(
        (rows.rows.len(), rows.truncated),
        (3, Some(Truncated::Bytes))
    );
    assert!(rows.bytes < 5 * 1024 * 1024, "{}", rows.bytes);
    assert_eq!(rows.columns.len(), 1);
    channel.still_works().await;
    channel.end().await;
}

/// Each of these would stay, in a session or for good, if the channel were a plain READ ONLY transaction that commits.
#[tokio::test]
async fn nothing_remains_of_what_a_statement_does() {
    let channel = Channel::with(Limits::default(), 1, "create table t (id int)").await;
    for text in [
        "select pg_advisory_lock(4711)",
        "select set_config('statement_timeout', '0', false), set_config('search_path', 'nowhere', false)",
        "select set_config('standard_conforming_strings', 'off', false)",
        "select lo_create(0)",
        "select pg_notify('channel', 'hello')",
    ] {
        let _ = channel.query(text).await;
        channel.still_works().await;
        let left = channel
            .query(
                "select (select count(*) from pg_locks where locktype = 'advisory'),
                        (select count(*) from pg_largeobject_metadata),
                        current_setting('statement_timeout'), current_setting('search_path'),
                        current_setting('standard_conforming_strings'),
                        (select count(*) from pg_cursors where name <> 'oneroof_query')",
            )
            .await
            .unwrap();
        let left: Vec<&str> = left.rows[0].iter().flatten().map(String::as_str).collect();
        assert_eq!(
            left,
            ["0", "0", "5s", "pg_catalog, public", "on", "0"],
            "{text}"
        );
    }
    channel.end().await;
}

#[tokio::test]
async fn the_server_itself_takes_one_select_only() {
    let channel = Channel::with(Limits::default(), 1, "create table t (id int)").await;
    for text in [
        "select 1; drop table t",
        "select 1; commit; drop table t",
        "insert into t values (1) returning id",
        "with x as (insert into t values (1) returning id) select * from x",
        "select 1 into y",
        "copy t to stdout",
        "set transaction read write",
        "vacuum",
    ] {
        let state = sqlstate(channel.query(text).await);
        assert!(
            ["42601", "0A000", "42501", "25006", "42P10", "42P11"].contains(&state.as_str()),
            "{text}: {state}"
        );
        channel.still_works().await;
    }
    let stacked = channel
        .run(StatementKind::Show, "show work_mem; drop table t", &[])
        .await;
    assert_eq!(sqlstate(stacked), "42601");
    assert_eq!(channel.value("select count(*) from t").await, "0");

    let error = channel
        .query("select\n  nothing_such from t")
        .await
        .unwrap_err();
    let ReadonlyError::Server(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.server_error().unwrap().position, Some(10));
    channel.end().await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let channel = Channel::with(quick(), 1, "").await;
    assert_eq!(
        sqlstate(channel.query("select pg_sleep(60)").await),
        "57014"
    );
    channel.still_works().await;
    assert!(channel.alarms.lock().unwrap().is_empty());
    channel.end().await;
}

/// `path <-> path` looks for no interrupt. The slot stays occupied until the process is really gone.
#[tokio::test]
async fn a_statement_that_ignores_its_limits_keeps_its_slot_until_it_is_gone() {
    let points = "create table shapes as
        select ('[' || string_agg(format('(%s,%s)', g, g % 7), ',') || ']')::path as shape from generate_series(1, 3500) g";
    let channel = Channel::with(quick(), 1, points).await;
    let text = "select count(*) from shapes a, shapes b where a.shape <-> b.shape < -1";
    let began = Instant::now();
    let error = channel.query(text).await.unwrap_err();
    assert!(
        matches!(error, ReadonlyError::Deadline { limit_ms: 600 }),
        "{error:?}"
    );
    assert!(
        began.elapsed() < Duration::from_millis(1500),
        "{:?}",
        began.elapsed()
    );

    // Nobody gets the slot, and the message says why.
    let busy = channel.query("select 1").await.unwrap_err();
    let ReadonlyError::Busy { stuck, size: 1, .. } = &busy else {
        panic!("{busy:?}")
    };
    assert_eq!(stuck.len(), 1, "{busy:?}");
    assert!(stuck[0].contains("ignores its limits"), "{busy:?}");
    assert_eq!(channel.busy_sessions().await, "1");

    // The server is asked every two seconds, once it has taken long.
    let kinds = || -> Vec<AlarmKind> {
        let alarms = channel.alarms.lock().unwrap();
        alarms.iter().map(|alarm| alarm.kind).collect()
    };
    let began = Instant::now();
    while !kinds().contains(&AlarmKind::FreeAgain) {
        assert!(began.elapsed() < Duration::from_secs(120), "{:?}", kinds());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    channel.still_works().await;
    assert_eq!(kinds(), [AlarmKind::Stuck, AlarmKind::FreeAgain]);
    channel.end().await;
}

#[tokio::test]
async fn slots_are_given_in_the_order_of_asking() {
    let channel = Arc::new(Channel::with(Limits::default(), 1, "").await);
    let held = channel.pool.begin().await.unwrap();
    let order = Arc::<Mutex<Vec<usize>>>::default();
    let mut waiting = Vec::new();
    for number in 0..6 {
        let (channel, order) = (Arc::clone(&channel), Arc::clone(&order));
        waiting.push(tokio::spawn(async move {
            let turn = channel.pool.begin().await?;
            order.lock().unwrap().push(number);
            turn.execute(&admitted(StatementKind::Select, "select 1"), &[])
                .await
        }));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    held.finish().await.unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
    Arc::into_inner(channel).unwrap().end().await;
}

#[tokio::test]
async fn nobody_waits_for_a_slot_for_ever() {
    let channel = Channel::with(quick(), 2, "").await;
    let held = [
        channel.pool.begin().await.unwrap(),
        channel.pool.begin().await.unwrap(),
    ];
    let busy = channel.query("select 1").await.unwrap_err();
    assert!(
        matches!(
            busy,
            ReadonlyError::Busy {
                size: 2,
                waited_ms: 800..,
                ..
            }
        ),
        "{busy:?}"
    );
    for turn in held {
        turn.finish().await.unwrap();
    }
    channel.still_works().await;
    channel.end().await;
}

/// Whoever asked is gone: what runs is cancelled at once, not at the end of its limit.
#[tokio::test]
async fn a_question_that_nobody_waits_for_any_more_is_cancelled() {
    let channel = Arc::new(Channel::with(Limits::default(), 1, "").await);
    let asking = tokio::spawn({
        let channel = Arc::clone(&channel);
        async move { channel.query("select pg_sleep(4.9)").await }
    });
    let fetching = format!(
        "select count(*) from pg_stat_activity where application_name = '{}' and state = 'active'",
        channel.name
    );
    channel
        .becomes(&fetching, "1", Duration::from_secs(3))
        .await;
    asking.abort();
    let _ = asking.await;
    channel
        .becomes(&fetching, "0", Duration::from_secs(2))
        .await;
    channel.still_works().await;
    Arc::into_inner(channel).unwrap().end().await;
}

#[tokio::test]
async fn a_server_that_restarts_in_the_middle_costs_one_statement() {
    let server = Arc::new(TestServer::start(oneroof_pg::testing::system_binaries()).await);
    let database = server.database().await;
    let channel = Arc::new(Channel::on(database, Limits::default(), 2, "").await);
    // Test servers write to disk when they like.
    channel.database.run("checkpoint").await;
    channel.still_works().await;
    let asking = tokio::spawn({
        let channel = Arc::clone(&channel);
        async move { channel.query("select pg_sleep(4.5)").await }
    });
    let pid = format!(
        "select coalesce(max(pid), 0) from pg_stat_activity where application_name = '{}' and state = 'active'",
        channel.name
    );
    let began = Instant::now();
    let victim = loop {
        let pid: i32 = channel.value(&pid).await.parse().unwrap();
        if pid > 0 {
            break pid;
        }
        assert!(began.elapsed() < Duration::from_secs(3));
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // A process that is killed makes PostgreSQL restart everything.
    let victim = rustix::process::Pid::from_raw(victim).unwrap();
    rustix::process::kill_process(victim, rustix::process::Signal::KILL).unwrap();
    let error = asking.await.unwrap().unwrap_err();
    assert!(
        matches!(&error, ReadonlyError::Server(error) if error.is_connection_lost()),
        "{error:?}"
    );

    let began = Instant::now();
    while let Err(error) = channel.query("select 1").await {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the server does not come back: {error:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    channel.still_works().await;
    Arc::into_inner(channel).unwrap().end().await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_an_error_and_no_end() {
    let server = TestServer::shared().await;
    let admin = server.admin().await;
    let name = "sql_ascii_channel";
    admin
        .simple(&format!(
            "create database {name} template template0 encoding 'SQL_ASCII' locale 'C'"
        ))
        .await
        .unwrap();
    let role = "sql_ascii_reader";
    admin
        .simple(&format!("create role {role} login"))
        .await
        .unwrap();
    let options = PoolOptions {
        size: 1,
        limits: Limits::default(),
        application_name: "oneroof/query/ascii".to_owned(),
        is_superuser_accepted: false,
        alarm: Arc::new(|_| {}),
    };
    let pool = ReadonlyPool::new(server.conninfo(name, role), options);
    for text in [
        "select 'a' || chr(255)",
        "select chr(255) as x from generate_series(1, 3)",
    ] {
        let turn = pool.begin().await.unwrap();
        let outcome = turn
            .execute(&admitted(StatementKind::Select, text), &[])
            .await;
        assert_eq!(sqlstate(outcome), "22021", "{text}");
        let turn = pool.begin().await.unwrap();
        let rows = turn
            .execute(&admitted(StatementKind::Select, "select 'ä'"), &[])
            .await
            .unwrap();
        assert_eq!(rows.rows, [[Some("ä".to_owned())]]);
    }
    assert!(pool.close(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_surprise_closes_the_connection() {
    let channel = Channel::with(Limits::default(), 1, "").await;
    channel.still_works().await;
    let role = format!("{}_read", channel.database.name());
    let turn_on = |what: &str| format!("alter role {role} {what}");
    channel.database.run(&turn_on("superuser")).await;
    // A connection that is open already is asked again as well.
    let error = channel.query("select 1").await.unwrap_err();
    assert!(
        matches!(&error, ReadonlyError::Surprise { what } if what.contains("superuser")),
        "{error:?}"
    );
    channel.database.run(&turn_on("nosuperuser")).await;
    channel.still_works().await;

    // The settings of the role do not reach the statement.
    for (setting, show, wanted) in [
        ("standard_conforming_strings = off", "select 'a\\b'", "a\\b"),
        (
            "default_transaction_read_only = off",
            "select current_setting('transaction_read_only')",
            "on",
        ),
        (
            "search_path = 'elsewhere'",
            "select current_setting('search_path')",
            "pg_catalog, public",
        ),
        (
            "statement_timeout = 0",
            "select current_setting('statement_timeout')",
            "5s",
        ),
        (
            "row_security = off",
            "select current_setting('row_security')",
            "on",
        ),
    ] {
        channel
            .database
            .run(&turn_on(&format!("set {setting}")))
            .await;
        // New connections have it.
        let kept = Channel {
            pool: ReadonlyPool::new(
                channel
                    .database
                    .server()
                    .conninfo(channel.database.name(), &role),
                PoolOptions {
                    size: 1,
                    limits: Limits::default(),
                    application_name: channel.name.clone(),
                    is_superuser_accepted: false,
                    alarm: Arc::new(|_| {}),
                },
            ),
            database: channel.database.server().database().await,
            alarms: Arc::default(),
            name: channel.name.clone(),
        };
        let rows = kept.query(show).await.unwrap();
        assert_eq!(rows.rows, [[Some(wanted.to_owned())]], "{setting}");
        assert!(kept.pool.close(Duration::from_secs(5)).await);
    }
    channel.end().await;
}

/// Over TLS the bytes are counted and requests to cancel arrive as well.
#[tokio::test]
async fn it_works_over_tls() {
    let folder = crate::connecting::certificates().await;
    let (_server, port) = crate::connecting::tcp_server(folder.path()).await;
    let ca = folder.path().join("ca.crt").display().to_string();
    let text = format!(
        "host=localhost port={port} user=app dbname=postgres password=s3cret sslmode=verify-full sslrootcert={ca}"
    );
    let conninfo = ConnInfo::parse(&text, &LibpqEnvironment::empty()).unwrap();
    let options = PoolOptions {
        size: 1,
        limits: Limits {
            bytes_max: 100_000,
            ..Limits::default()
        },
        application_name: "oneroof/query/tls".to_owned(),
        is_superuser_accepted: false,
        alarm: Arc::new(|_| {}),
    };
    let pool = ReadonlyPool::new(conninfo, options);
    let query = async |text: &str| {
        let turn = pool.begin().await.unwrap();
        turn.execute(&admitted(StatementKind::Select, text), &[])
            .await
            .unwrap()
    };
    let rows = query("select ssl from pg_stat_ssl where pid = pg_backend_pid()").await;
    assert_eq!(rows.rows, [[Some("t".to_owned())]]);
    let rows = query("select repeat('x', 10000000)").await;
    assert_eq!(rows.truncated, Some(Truncated::Bytes));
    assert!(rows.bytes < 200_000, "{}", rows.bytes);

    let began = Instant::now();
    let turn = pool.begin().await.unwrap();
    let sleeper = admitted(StatementKind::Select, "select pg_sleep(4.8)");
    let asked = tokio::time::timeout(Duration::from_millis(200), turn.execute(&sleeper, &[])).await;
    assert!(asked.is_err());
    let rows = query("select 1").await;
    assert_eq!(rows.rows, [[Some("1".to_owned())]]);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert!(pool.close(Duration::from_secs(5)).await);
}

/// A standby takes it as a primary does: nothing in a turn writes.
#[tokio::test]
async fn a_standby_is_read_like_a_primary() {
    let mut config = ServerConfig::new(oneroof_pg::testing::system_binaries(), registry());
    config.settings = vec![("wal_level".to_owned(), "replica".to_owned())];
    let server = Arc::new(TestServer::start_with(config).await);
    let database = server.database().await;
    let channel = Channel::on(
        database,
        Limits::default(),
        1,
        "create table t as select 42 as id",
    )
    .await;
    channel.database.run("checkpoint").await;
    channel.still_works().await;

    // The same files as a standby that waits for more.
    let data = server.server().data_folder();
    let pid = i32::try_from(server.server().pid().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::QUIT).unwrap();
    let began = Instant::now();
    while server.server().is_running() {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    std::fs::write(data.join("standby.signal"), "").unwrap();
    let user = rustix::process::geteuid()
        .is_root()
        .then(|| OsUser::named("postgres").unwrap());
    let pg_ctl = |arguments: &str| {
        let call = ProgramCall::new(oneroof_pg::testing::system_binaries().folder.join("pg_ctl"))
            .arg("-D")
            .arg(&data)
            .args(arguments.split(' '))
            .arg("-l")
            .arg(data.join("standby.log"))
            .in_folder("/tmp")
            .as_user(user.clone());
        async move { run(call).await.unwrap() }
    };
    let _ = pg_ctl("-w start").await;

    let rows = channel
        .query("select pg_is_in_recovery(), id from t")
        .await
        .unwrap();
    assert_eq!(
        rows.rows,
        [[Some("t".to_owned()), Some("42".to_owned())]],
        "and the connection that was lost is replaced"
    );
    assert_eq!(sqlstate(channel.query("select 1 / 0").await), "22012");
    channel.still_works().await;
    assert!(channel.pool.close(Duration::from_secs(10)).await);
    let _ = pg_ctl("-m immediate stop").await;
}
