//! Sessions: results, errors, notices, limits, cancelling, losing the connection, signing in, TLS.

use std::collections::BTreeMap;
use std::os::unix::fs::chown;
use std::path::Path;
use std::time::Duration;

use oneroof_pg::connect::{Access, SessionOptions, connect};
use oneroof_pg::conninfo::{ConnInfo, LibpqEnvironment};
use oneroof_pg::ephemeral::ServerConfig;
use oneroof_pg::error::{ConnectFailure, PgError};
use oneroof_pg::programs::{OsUser, ProgramCall, run};
use oneroof_pg::testing::{SUPERUSER, TestServer, registry, system_binaries};

fn options() -> SessionOptions {
    SessionOptions::read_write("oneroof/test/connecting")
}

#[track_caller]
fn reason(result: Result<oneroof_pg::connect::Session, PgError>) -> ConnectFailure {
    match result {
        Err(PgError::Connect { reason, server, .. }) => {
            assert!(!server.contains("s3cret"), "{server}");
            reason
        }
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("a session was opened"),
    }
}

#[tokio::test]
async fn a_simple_statement_gives_columns_rows_and_counts() {
    let database = TestServer::shared().await.database().await;
    let session = database.session().await;
    let outcome = session
        .simple("select 1 as one, null as nothing, 'x' as text")
        .await
        .unwrap();
    assert_eq!(outcome.columns, ["one", "nothing", "text"]);
    assert_eq!(
        outcome.rows,
        [[Some("1".to_owned()), None, Some("x".to_owned())]]
    );
    assert_eq!(outcome.rows_affected, 1);
    let outcome = session
        .simple("create table t (id int primary key)")
        .await
        .unwrap();
    assert_eq!(
        (
            outcome.columns.len(),
            outcome.rows.len(),
            outcome.rows_affected
        ),
        (0, 0, 0)
    );
    let outcome = session
        .simple("insert into t select generate_series(1, 7)")
        .await
        .unwrap();
    assert_eq!(outcome.rows_affected, 7);
    let outcome = session
        .simple("select * from t; delete from t where id < 3")
        .await
        .unwrap();
    assert_eq!(
        (outcome.rows.len(), outcome.rows_affected),
        (0, 2),
        "the last statement's"
    );
    assert_eq!(
        session
            .execute("update t set id = id + $1", &[&10])
            .await
            .unwrap(),
        5
    );
    let rows = session
        .query("select count(*) from t where id > $1", &[&10])
        .await
        .unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 5);
    let pid = session
        .simple("select pg_backend_pid()")
        .await
        .unwrap()
        .rows;
    assert_eq!(pid, [[Some(session.backend_pid().to_string())]]);
    assert_eq!(session.server_version_num() / 10_000, 15);
    session.close().await;
}

#[tokio::test]
async fn server_errors_are_complete() {
    let database = TestServer::shared().await.database().await;
    let session = database.session().await;
    let error = session.simple("select 1 from nowhere").await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("42P01"));
    assert!(!error.is_connection_lost());
    let report = error.server_error().unwrap();
    assert_eq!(
        (report.severity.as_str(), report.position),
        ("ERROR", Some(15))
    );

    session
        .simple("create table t (id int constraint only_small check (id < 3))")
        .await
        .unwrap();
    let error = session
        .simple("insert into t values (4)")
        .await
        .unwrap_err();
    let report = error.server_error().unwrap();
    assert_eq!(report.sqlstate, "23514");
    assert_eq!(report.table.as_deref(), Some("t"));
    assert_eq!(report.schema.as_deref(), Some("public"));
    assert_eq!(report.constraint.as_deref(), Some("only_small"));
    assert!(report.detail.as_deref().unwrap().contains('4'), "{report}");

    let sql = "do $$ begin raise exception 'no' using hint = 'ask', detail = 'why', errcode = 'P0042'; end $$";
    let error = session.simple(sql).await.unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("ask"));
    assert_eq!(
        error.to_string(),
        "ERROR: no (P0042); detail: why; hint: ask"
    );
    let report = error.server_error().unwrap();
    assert!(
        report.context.as_deref().unwrap().contains("PL/pgSQL"),
        "{report:?}"
    );

    let sql = "do $$ begin execute 'select 1 +'; end $$";
    let error = session.simple(sql).await.unwrap_err();
    let report = error.server_error().unwrap();
    assert_eq!(report.internal_query, Some(("select 1 +".to_owned(), 11)));
    assert!(!session.is_closed());
}

#[tokio::test]
async fn notices_come_in_order_and_with_their_statement() {
    let database = TestServer::shared().await.database().await;
    let session = database.session().await;
    session
        .simple("drop table if exists nowhere")
        .await
        .unwrap();
    let notices = session.take_notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(
        (notices[0].severity.as_str(), notices[0].sqlstate.as_str()),
        ("NOTICE", "00000")
    );
    let sql = "do $$ begin
                   for i in 1..500 loop raise notice 'n%', i using hint = 'h', detail = 'd'; end loop;
                   raise warning 'w';
                   raise exception 'end';
               end $$";
    session.simple(sql).await.unwrap_err();
    let notices = session.take_notices();
    let expected: Vec<String> = (1..=500)
        .map(|number| format!("n{number}"))
        .chain(["w".to_owned()])
        .collect();
    assert_eq!(
        notices
            .iter()
            .map(|notice| notice.message.clone())
            .collect::<Vec<_>>(),
        expected
    );
    assert_eq!(notices[0].hint.as_deref(), Some("h"));
    assert_eq!(notices[0].detail.as_deref(), Some("d"));
    assert_eq!(notices[500].severity, "WARNING");
    assert!(session.take_notices().is_empty());

    let flood = "do $$ begin for i in 1..10100 loop raise notice 'n'; end loop; end $$";
    session.simple(flood).await.unwrap();
    let notices = session.take_notices();
    assert_eq!(notices.len(), 10_001);
    assert_eq!(notices[10_000].message, "100 more notices were not kept");
}

#[tokio::test]
async fn a_read_only_session_cannot_write() {
    let database = TestServer::shared().await.database().await;
    database.run("create table t (id int)").await;
    let options = SessionOptions::read_only("oneroof/test/read");
    let conninfo = database
        .conninfo()
        .with_options("-c default_transaction_read_only=off");
    let session = connect(&conninfo, &options).await.unwrap();
    for sql in [
        "insert into t values (1)",
        "create table u ()",
        "begin; insert into t values (1)",
    ] {
        let error = session.simple(sql).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("25006"), "{sql}: {error}");
        session.simple("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn limits_and_name_hold_from_the_first_statement() {
    let database = TestServer::shared().await.database().await;
    let options = SessionOptions {
        application_name: "oneroof/apply/run-7".to_owned(),
        access: Access::ReadWrite,
        statement_timeout_ms: Some(1_234),
        lock_timeout_ms: Some(567),
        connect_timeout_ms: 5_000,
    };
    let conninfo = database
        .conninfo()
        .with_options("-c work_mem=5MB -c statement_timeout=1");
    let session = connect(&conninfo, &options).await.unwrap();
    for (name, expected) in [
        ("application_name", "oneroof/apply/run-7"),
        ("statement_timeout", "1234ms"),
        ("lock_timeout", "567ms"),
        ("work_mem", "5MB"),
        ("default_transaction_read_only", "off"),
    ] {
        let outcome = session.simple(&format!("show {name}")).await.unwrap();
        assert_eq!(outcome.rows, [[Some(expected.to_owned())]], "{name}");
    }
}

#[tokio::test]
async fn prepare_check_takes_one_statement_and_knows_its_columns() {
    let database = TestServer::shared().await.database().await;
    let session = database.session().await;
    session
        .simple("create type colour as enum ('red')")
        .await
        .unwrap();
    let columns = session
        .prepare_check("select 1 as a, 'red'::colour as b, array['x'::text] as c, now() as d")
        .await
        .unwrap();
    let columns: Vec<(&str, &str)> = columns
        .iter()
        .map(|(name, of)| (name.as_str(), of.as_str()))
        .collect();
    assert_eq!(
        columns,
        [
            ("a", "int4"),
            ("b", "public.colour"),
            ("c", "_text"),
            ("d", "timestamptz")
        ]
    );
    assert!(
        session
            .prepare_check("create table t (id int)")
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        session
            .simple("select to_regclass('t')")
            .await
            .unwrap()
            .rows,
        [[None]]
    );
    for (sql, expected) in [
        ("select 1; select 2", "42601"),
        ("select 1 from t", "42P01"),
    ] {
        let error = session.prepare_check(sql).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some(expected), "{sql}");
    }
}

#[tokio::test]
async fn a_statement_is_cancelled_and_the_session_goes_on() {
    let database = TestServer::shared().await.database().await;
    let session = database.session().await;
    let handle = session.cancel_handle();
    let other = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        handle.cancel().await
    });
    let error = session.simple("select pg_sleep(60)").await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("57014"));
    assert!(!error.is_connection_lost());
    other.await.unwrap().unwrap();
    session.simple("select 1").await.unwrap();
}

#[tokio::test]
async fn a_lost_connection_says_why() {
    let database = TestServer::shared().await.database().await;
    let watcher = database.session().await;
    // In the middle of a statement.
    let session = database.session().await;
    let pid = session.backend_pid();
    let killer = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        watcher
            .query("select pg_terminate_backend($1)", &[&pid])
            .await
            .unwrap();
    };
    let (result, ()) = tokio::join!(session.simple("select pg_sleep(60)"), killer);
    let error = result.unwrap_err();
    assert!(matches!(error, PgError::Lost { .. }), "{error:?}");
    assert!(error.is_connection_lost());
    assert_eq!(error.sqlstate(), Some("57P01"), "{error}");
    let error = session.simple("select 1").await.unwrap_err();
    assert!(error.is_connection_lost(), "{error:?}");
    assert!(session.is_closed());
    // While idle: the next statement learns the reason.
    let session = database.session().await;
    let pid = session.backend_pid();
    watcher
        .query("select pg_terminate_backend($1)", &[&pid])
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(session.is_closed());
    let error = session.query("select 1", &[]).await.unwrap_err();
    assert!(error.is_connection_lost(), "{error:?}");
    assert_eq!(error.sqlstate(), Some("57P01"), "{error}");
    assert!(error.to_string().contains(database.name()), "{error}");
}

#[tokio::test]
async fn copy_streams_go_both_ways() {
    use futures_util::{SinkExt as _, TryStreamExt as _};
    let database = TestServer::shared().await.database().await;
    let session = database.session().await;
    session.simple("create table t (id int)").await.unwrap();
    let mut sink = Box::pin(session.copy_in("copy t from stdin").await.unwrap());
    sink.send(bytes::Bytes::from_static(b"1\n2\n"))
        .await
        .unwrap();
    assert_eq!(sink.as_mut().finish().await.unwrap(), 2);
    let stream = session.copy_out("copy t to stdout").await.unwrap();
    let chunks: Vec<bytes::Bytes> = stream.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"1\n2\n");
    let error = session
        .copy_out("copy nowhere to stdout")
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("42P01"));
}

#[tokio::test]
async fn failures_to_connect_are_told_apart() {
    let server = TestServer::shared().await;
    let missing = connect(&server.conninfo("no_such_database", SUPERUSER), &options()).await;
    assert_eq!(
        reason(missing),
        ConnectFailure::DatabaseMissing("no_such_database".to_owned())
    );
    let missing = connect(&server.conninfo("postgres", "nobody"), &options()).await;
    assert_eq!(
        reason(missing),
        ConnectFailure::RoleMissing("nobody".to_owned())
    );
    server
        .admin()
        .await
        .simple("create role group_only nologin")
        .await
        .unwrap();
    let missing = connect(&server.conninfo("postgres", "group_only"), &options()).await;
    assert_eq!(
        reason(missing),
        ConnectFailure::RoleMissing("group_only".to_owned())
    );

    let empty = tempfile::tempdir().unwrap();
    let nowhere = ConnInfo::for_socket(empty.path(), 5432, "u", "d");
    let error = connect(&nowhere, &options()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with(": the server cannot be reached"),
        "{error}"
    );
    assert!(error.hint().is_some());

    // Listens and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = ConnInfo::parse(
        &format!("host=127.0.0.1 port={port} user=u sslmode=disable"),
        &LibpqEnvironment::empty(),
    )
    .unwrap();
    let impatient = SessionOptions {
        connect_timeout_ms: 200,
        ..options()
    };
    assert_eq!(
        reason(connect(&silent, &impatient).await),
        ConnectFailure::TimedOut(200)
    );
}

/// A server that asks for passwords on TCP, with TLS, and the port it listens on.
pub(crate) async fn tcp_server(certificates: &Path) -> (std::sync::Arc<TestServer>, u16) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut config = ServerConfig::new(system_binaries(), registry());
    config.tcp = Some(port);
    let file = |name: &str| certificates.join(name).display().to_string();
    config.settings = vec![
        ("ssl".to_owned(), "on".to_owned()),
        ("ssl_cert_file".to_owned(), file("server.crt")),
        ("ssl_key_file".to_owned(), file("server.key")),
    ];
    let server = std::sync::Arc::new(TestServer::start_with(config).await);
    let admin = server.admin().await;
    admin
        .simple("create role app login password 's3cret'")
        .await
        .unwrap();
    (server, port)
}

/// An authority and a server certificate for `localhost`, signed by it; another authority.
pub(crate) async fn certificates() -> tempfile::TempDir {
    let folder = tempfile::Builder::new()
        .prefix("oneroof-tls-")
        .tempdir_in("/tmp")
        .unwrap();
    let openssl = |arguments: &str| {
        let call = ProgramCall::new("/usr/bin/openssl").in_folder(folder.path());
        let call = call.args(arguments.split(' '));
        async move {
            run(call)
                .await
                .expect("openssl must be installed: `apt-get install openssl`")
        }
    };
    std::fs::write(
        folder.path().join("server.ext"),
        "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    for name in ["ca", "other"] {
        openssl(&format!(
            "req -new -x509 -days 2 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=test-{name} -keyout {name}.key -out {name}.crt"
        ))
        .await;
    }
    openssl("req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost -keyout server.key -out server.csr").await;
    openssl("x509 -req -days 2 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile server.ext -out server.crt").await;
    if rustix::process::geteuid().is_root() {
        let ids = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = ids
            .lines()
            .find(|line| line.starts_with("postgres:"))
            .unwrap();
        assert!(OsUser::named("postgres").is_some());
        let fields: Vec<&str> = line.split(':').collect();
        let (uid, gid) = (fields[2].parse().unwrap(), fields[3].parse().unwrap());
        for path in [folder.path().to_owned(), folder.path().join("server.key")] {
            chown(path, Some(uid), Some(gid)).unwrap();
        }
    }
    folder
}

#[tokio::test]
async fn passwords_hosts_and_tls() {
    let folder = certificates().await;
    let (server, port) = tcp_server(folder.path()).await;
    let file = |name: &str| folder.path().join(name).display().to_string();
    let parse = |text: &str| {
        let text = format!("port={port} user=app dbname=postgres {text}");
        ConnInfo::parse(&text, &LibpqEnvironment::empty()).unwrap()
    };

    // Passwords.
    let missing = connect(&parse("host=localhost"), &options()).await;
    assert_eq!(reason(missing), ConnectFailure::PasswordMissing);
    let wrong = connect(&parse("host=localhost password=s3cretx"), &options()).await;
    assert_eq!(reason(wrong), ConnectFailure::PasswordWrong);
    let wrong = connect(
        &parse("host=localhost,127.0.0.1 password=s3cretx"),
        &options(),
    )
    .await;
    assert_eq!(
        reason(wrong),
        ConnectFailure::PasswordWrong,
        "the next host is not tried"
    );

    // TLS: what each mode accepts; the certificate is for `localhost`, signed by `ca`.
    let (ca, other, own) = (file("ca.crt"), file("other.crt"), file("server.crt"));
    let cases = [
        ("host=localhost sslmode=disable", Some(false)),
        ("host=localhost sslmode=allow", Some(false)),
        ("host=localhost sslmode=prefer", Some(true)),
        ("host=127.0.0.1 sslmode=prefer", Some(true)),
        (
            &*format!("host=localhost sslmode=require sslrootcert={ca}"),
            Some(true),
        ),
        (
            &*format!("host=127.0.0.1 sslmode=require sslrootcert={ca}"),
            None,
        ),
        (
            &*format!("host=localhost sslmode=require sslrootcert={other}"),
            None,
        ),
        (
            &*format!("host=localhost sslmode=verify-ca sslrootcert={ca}"),
            Some(true),
        ),
        (
            &*format!("host=127.0.0.1 sslmode=verify-ca sslrootcert={ca}"),
            Some(true),
        ),
        (
            &*format!("host=127.0.0.1 sslmode=verify-ca sslrootcert={other}"),
            None,
        ),
        (
            &*format!("host=localhost sslmode=verify-full sslrootcert={ca}"),
            Some(true),
        ),
        (
            &*format!("host=localhost sslmode=verify-full sslrootcert={own}"),
            Some(true),
        ),
        (
            &*format!("host=127.0.0.1 sslmode=verify-full sslrootcert={own}"),
            None,
        ),
        (
            &*format!("host=127.0.0.1 sslmode=verify-full sslrootcert={ca}"),
            None,
        ),
        (
            &*format!(
                "host=localhost hostaddr=127.0.0.1 sslmode=verify-full sslrootcert={ca} channel_binding=require ssl_min_protocol_version=TLSv1.3"
            ),
            Some(true),
        ),
        (
            "host=localhost sslmode=verify-full sslrootcert=/nowhere/ca.crt",
            None,
        ),
    ];
    for (text, encrypted) in cases {
        let result = connect(&parse(&format!("{text} password=s3cret")), &options()).await;
        match encrypted {
            None => {
                let reason = reason(result);
                assert!(
                    matches!(reason, ConnectFailure::Tls(_)),
                    "{text}: {reason:?}"
                );
            }
            Some(encrypted) => {
                let session = result.unwrap_or_else(|error| panic!("{text}: {error:?}"));
                let sql = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";
                let rows = session.simple(sql).await.unwrap().rows;
                assert_eq!(rows, [[Some(encrypted.to_string())]], "{text}");
                if encrypted {
                    let cancel = session.cancel_handle();
                    cancel.cancel().await.unwrap();
                }
            }
        }
    }

    // A host that is down is passed by; the kind of server is looked at.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let text = format!(
        "host=127.0.0.1,localhost port={closed},{port} user=app dbname=postgres password=s3cret"
    );
    let environment = LibpqEnvironment::empty();
    let list = ConnInfo::parse(&text, &environment).unwrap();
    connect(&list, &options()).await.unwrap();
    for (kind, fits) in [
        ("any", true),
        ("read-write", true),
        ("primary", true),
        ("prefer-standby", true),
        ("standby", false),
        ("read-only", false),
    ] {
        let text = format!("{text} target_session_attrs={kind}");
        let conninfo = ConnInfo::parse(&text, &environment).unwrap();
        for options in [options(), SessionOptions::read_only("oneroof/test")] {
            let result = connect(&conninfo, &options).await;
            if fits {
                result.unwrap();
            } else {
                assert!(
                    matches!(reason(result), ConnectFailure::WrongServerKind(_)),
                    "{kind}"
                );
            }
        }
    }

    // A program of PostgreSQL gets there with the same settings.
    let conninfo = parse(&format!(
        "host=localhost sslmode=verify-full sslrootcert={ca} password=s3cret"
    ));
    let psql = system_binaries().folder.join("psql");
    let call = ProgramCall::new(psql)
        .args([
            "-XAtc",
            "select current_user || ssl from pg_stat_ssl where pid = pg_backend_pid()",
        ])
        .environment(conninfo.program_environment());
    assert!(!format!("{call:?}").contains("s3cret"));
    assert_eq!(run(call).await.unwrap().stdout, b"apptrue\n");
    let variables: BTreeMap<_, _> = conninfo.program_environment().into_iter().collect();
    assert_eq!(variables["PGSSLMODE"], "verify-full");
    drop(server);
}
