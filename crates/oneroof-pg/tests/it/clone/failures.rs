//! What goes wrong is told, and nothing is left of it.

use super::*;

#[tokio::test]
async fn missing_rights_are_named_with_their_sql() {
    let (project, source) = Project::with_source(
            "create role copier login;
             create schema closed; create table closed.a (id serial); create table b (); create table c ();
             insert into closed.a values (default);
             alter table c enable row level security; grant select on c to copier",
    )
    .await;
    let options = project.options();
    let conninfo = source.server().conninfo(source.name(), "copier");
    let error = make_clone(&conninfo, &options, |_| {}).await.unwrap_err();
    let CloneError::Rights { missing, role, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(role, "copier");
    let sql: Vec<&str> = missing.iter().map(|right| right.sql.as_str()).collect();
    assert_eq!(
        sql,
        [
            "alter role copier bypassrls",
            "grant select on sequence closed.a_id_seq to copier",
            "grant select on table closed.a to copier",
            "grant select on table public.b to copier",
            "grant usage on schema closed to copier",
        ]
    );
    project.assert_empty();

    // With exactly these statements it works, under a role that can write nothing.
    let admin = source.session().await;
    for statement in sql {
        admin.simple(statement).await.unwrap();
    }
    let clone = make_clone(&conninfo, &options, |_| {}).await.unwrap();
    assert_faithful(&admin, &admin_of(&clone).await).await;
    clone.remove().await.unwrap();
    project.assert_empty();
}

/// No session of a clone is on the source. The server notices late that a session's client has gone.
pub(super) async fn nobody_is_left(session: &Session) {
    let asked =
        "select count(*) from pg_stat_activity where application_name like 'oneroof/clone%'";
    let mut left = None;
    for _ in 0..200 {
        let answer = session.simple(asked).await.unwrap();
        left = answer.rows.into_iter().flatten().flatten().next();
        if left.as_deref() == Some("0") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(left.as_deref(), Some("0"));
}

#[tokio::test]
async fn a_failure_leaves_nothing() {
    let (project, source) = Project::with_source("create table t (id integer)").await;
    let admin = source.session().await;

    let taken = CloneOptions {
        database_name: Some("postgres".to_owned()),
        ..project.options()
    };
    let error = make(&source, &taken).await.unwrap_err();
    assert!(
        matches!(&error, CloneError::NameTaken { name } if name == "postgres"),
        "{error:?}"
    );
    project.assert_empty();

    let elsewhere = CloneOptions {
        binaries: None,
        places: SearchPlaces::nowhere(),
        ..project.options()
    };
    let error = make(&source, &elsewhere).await.unwrap_err();
    assert!(matches!(error, CloneError::Binaries { .. }), "{error:?}");
    assert!(error.hint().is_some());
    project.assert_empty();

    // A dump that fails in the middle, in a kept clone too: a table whose check no row passes here.
    admin
        .simple(
            "create table zz (v integer); insert into zz values (1);
             create function grumpy(v integer) returns boolean language plpgsql immutable as
                $$ begin if current_database() like '%rehearsal%' then raise 'grumpy'; end if; return true; end $$;
             alter table zz add constraint grumpy check (public.grumpy(v))",
        )
        .await
        .unwrap();
    for lifetime in [Lifetime::WithProcess, Lifetime::Kept] {
        let options = CloneOptions {
            lifetime,
            ..project.options()
        };
        let error = make(&source, &options).await.unwrap_err();
        let CloneError::Table { table, source, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(table, "public.zz");
        assert!(source.to_string().contains("grumpy"), "{source}");
        project.assert_empty();
    }

    // A future that is dropped while it copies.
    admin.simple("drop table zz; create table big as select g, repeat('x', 1000) as text from generate_series(1, 50000) g").await.unwrap();
    for lifetime in [Lifetime::WithProcess, Lifetime::Kept] {
        let options = CloneOptions {
            lifetime,
            ..project.options()
        };
        let task = met_copying(&source, &options, 0).await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        for _ in 0..200 {
            if options.servers.list().unwrap().is_empty() && files(options.clones.folder()) == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        project.assert_empty();
    }
    nobody_is_left(&admin).await;
}

#[tokio::test]
async fn a_source_that_goes_away_is_named_and_nothing_is_left() {
    let (project, source) = Project::with_source(
        "create table big as select g, repeat('x', 1000) as text from generate_series(1, 50000) g",
    )
    .await;
    let options = CloneOptions {
        // Slow enough to be met in the middle.
        rate_limit_bytes: Some(2_000_000),
        ..project.options()
    };
    let admin = project.server.admin().await;
    let task = met_copying(&source, &options, 500_000).await;
    // A table that is being copied cannot be altered under it.
    let source_session = source.session().await;
    source_session
        .simple("set lock_timeout = '100ms'")
        .await
        .unwrap();
    let error = source_session
        .simple("alter table big add column more integer")
        .await
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("55P03"));
    source_session.close().await;
    admin
        .simple("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'oneroof/clone%'")
        .await
        .unwrap();
    let error = task.await.unwrap().unwrap_err();
    let CloneError::Table { table, side, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (table.as_str(), *side),
        ("public.big", "read it from the source")
    );
    project.assert_empty();
}

#[tokio::test]
async fn a_limited_rate_is_kept() {
    let (project, source) = Project::with_source(
        "create table t as select g, repeat('x', 1000) as text from generate_series(1, 2000) g",
    )
    .await;
    let options = CloneOptions {
        rate_limit_bytes: Some(1_000_000),
        ..project.options()
    };
    let clone = make(&source, &options).await.unwrap();
    let report = clone.report();
    assert!(report.bytes > 2_000_000);
    assert!(report.elapsed_ms >= 2_000, "{} ms", report.elapsed_ms);
}

#[tokio::test]
async fn a_snapshot_that_grows_old_is_let_go() {
    let (project, source) = Project::with_source(
        "create table big as select g, repeat('x', 1000) as text from generate_series(1, 20000) g",
    )
    .await;
    let options = CloneOptions {
        rate_limit_bytes: Some(1_000_000),
        limits: CloneLimits {
            replication_lag: Some(std::time::Duration::from_secs(3600)),
            snapshot_age: Some(std::time::Duration::from_secs(2)),
            transaction_age: None,
        },
        ..project.options()
    };
    let error = make(&source, &options).await.unwrap_err();
    assert!(
        matches!(&error, CloneError::Limit { what } if what.contains("older than 2 s")),
        "{error:?}"
    );
    project.assert_empty();
}

/// A limit of the age of transactions, and what it says of the one that this session holds.
async fn named_by_limit(
    project: &Project,
    source: &TestDatabase,
    options: &CloneOptions,
) -> String {
    let error = make(source, options).await.unwrap_err();
    project.assert_empty();
    assert!(error.hint().is_some());
    match error {
        CloneError::Limit { what } => what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_old_transaction_of_somebody_stops_a_copy_and_is_named() {
    let (project, source) = Project::with_source(
        "create table big as select g, repeat('x', 1000) as text from generate_series(1, 20000) g",
    )
    .await;
    let held = source.session().await;
    let begun = held.simple(
        "set application_name = 'nightly'; begin; select pg_backend_pid(), count(*) from big",
    );
    let pid = begun.await.unwrap().rows[0][0].clone().unwrap();
    let limits = |seconds| CloneLimits {
        transaction_age: Some(std::time::Duration::from_secs(seconds)),
        ..CloneLimits::default()
    };
    // It grows too old while rows are copied; before it does, nothing is said.
    let while_copying = CloneOptions {
        rate_limit_bytes: Some(1_000_000),
        limits: limits(4),
        ..project.options()
    };
    let (sender, mut copying) = tokio::sync::mpsc::unbounded_channel();
    let conninfo = source.conninfo();
    let error = make_clone(&conninfo, &while_copying, |step| {
        if matches!(step, CloneProgress::Copying { .. }) {
            let _ = sender.send(());
        }
    })
    .await
    .unwrap_err();
    assert!(copying.recv().await.is_some(), "it had begun to copy");
    let who = format!(
        "pid {pid}, application `nightly`, role `{SUPERUSER}`, database `{}`, idle in transaction",
        source.name()
    );
    assert!(error.to_string().ends_with(&who), "{error}");
    assert!(matches!(error, CloneError::Limit { .. }), "{error:?}");
    project.assert_empty();

    // Now it is too old before anything is made.
    let before = CloneOptions {
        limits: limits(2),
        ..project.options()
    };
    let what = named_by_limit(&project, &source, &before).await;
    assert!(
        what.contains("2 are allowed") && what.ends_with(&who),
        "{what}"
    );
    held.simple("rollback").await.unwrap();
    nobody_is_left(&held).await;
    make(&source, &before)
        .await
        .unwrap()
        .remove()
        .await
        .unwrap();
}

#[tokio::test]
async fn nobody_alters_or_drops_a_table_while_it_is_copied() {
    let (project, source) = Project::with_source(
        "create table big as select g, repeat('x', 1000) as text from generate_series(1, 5000) g;
         create table last (id int); insert into last values (1)",
    )
    .await;
    let admin = source.session().await;
    let options = CloneOptions {
        rate_limit_bytes: Some(2_000_000),
        jobs: 1,
        ..project.options()
    };
    let task = met_copying(&source, &options, 0).await;
    // Whoever tries waits; the application itself goes on.
    for statement in [
        "drop table last",
        "alter table last add column more int",
        "truncate last",
    ] {
        let statement = format!("set lock_timeout = '100ms'; {statement}");
        let error = admin.simple(&statement).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("55P03"), "{statement}");
    }
    admin
        .simple("insert into last values (2); create table later (id int)")
        .await
        .unwrap();
    assert!(!task.is_finished());
    let clone = task.await.unwrap().unwrap();
    let there = admin_of(&clone).await;
    let seen = there
        .simple("select count(*), to_regclass('later') is null from last")
        .await
        .unwrap();
    assert_eq!(
        seen.rows[0],
        [Some("1".to_owned()), Some("t".to_owned())],
        "one moment of the source"
    );
    there.close().await;
    clone.remove().await.unwrap();

    // One that somebody holds already is said, after a while, and nothing is left.
    admin
        .simple("begin; lock table last in access exclusive mode")
        .await
        .unwrap();
    let error = make(&source, &project.options()).await.unwrap_err();
    let CloneError::Database { action, source, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(action, "keep the source's tables from being altered");
    assert_eq!(source.sqlstate(), Some("55P03"));
    admin.simple("rollback").await.unwrap();
    project.assert_empty();
}

#[tokio::test]
async fn an_extension_that_is_not_here_in_that_version_is_named() {
    let (project, source) = Project::with_source(
        "create table t (id int);
         update pg_catalog.pg_extension set extversion = '99.9' where extname = 'plpgsql'",
    )
    .await;
    let error = make(&source, &project.options()).await.unwrap_err();
    let CloneError::Extensions { missing } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].extension.name, "plpgsql");
    let text = error.to_string();
    assert!(
        text.contains("99.9") && text.contains("available here: 1.0"),
        "{text}"
    );
    assert!(error.hint().is_some());
    project.assert_empty();
}
