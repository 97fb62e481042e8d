//! Copies of the files.

use super::faithful::beside_tables;
use super::*;

/// A server that gives its files to who may replicate.
pub(super) async fn server_with_senders() -> Arc<TestServer> {
    let registry = oneroof_pg::testing::registry();
    let mut config = oneroof_pg::ephemeral::ServerConfig::new(system_binaries(), registry);
    for (name, value) in [("wal_level", "replica"), ("max_wal_senders", "4")] {
        config.settings.push((name.to_owned(), value.to_owned()));
    }
    let server = Arc::new(TestServer::start_with(config).await);
    let rules = server.server().data_folder().join("pg_hba.conf");
    std::fs::write(rules, "local all all trust\nlocal replication all trust\n").unwrap();
    server
        .admin()
        .await
        .simple("select pg_reload_conf()")
        .await
        .unwrap();
    server
}

#[tokio::test]
async fn a_copy_of_the_files_is_a_clone_with_an_identity_of_its_own() {
    let project = Project {
        folder: tempfile::tempdir().unwrap(),
        server: server_with_senders().await,
    };
    let admin = project.server.admin().await;
    for statement in [
        "create role reader login password 'secret'",
        "create role copier login replication",
        "create database \"next door\"",
    ] {
        admin.simple(statement).await.unwrap();
    }
    let source = project.source(include_str!("../sql/every_value.sql")).await;
    source
        .run(
            "drop event trigger no_ddl; truncate unlogged_one;
             create publication some_of_it for table wide;
             create subscription asleep connection 'host=/nowhere dbname=none' publication some_of_it
                with (connect = false, slot_name = none, enabled = false, create_slot = false)",
        )
        .await;
    let options = CloneOptions {
        strategy: CloneStrategy::Physical,
        tally_rows: true,
        ..project.options()
    };
    let as_copier = project.server.conninfo(source.name(), "copier");
    let mut steps = Vec::new();
    let clone = make_clone(&as_copier, &options, |step| steps.push(step))
        .await
        .unwrap();
    let (here, there) = (source.session().await, admin_of(&clone).await);
    assert_faithful(&here, &there).await;
    assert_eq!(beside_tables(&here).await, beside_tables(&there).await);

    // Nothing takes one for the other: not by the system, not by the mark.
    let (one, two) = (
        catalog::identity(&here).await.unwrap(),
        catalog::identity(&there).await.unwrap(),
    );
    assert_eq!(one.database_oid, two.database_oid, "the files are the same");
    assert_ne!(one.system_identifier, two.system_identifier);
    assert_eq!(
        clone.entry().system_identifier,
        two.system_identifier.unwrap()
    );
    assert_eq!(
        mark_verdict(&there, &options.clones).await.unwrap().class(),
        Some(TargetClass::Clone)
    );
    let mark = catalog::mark(&there).await.unwrap().unwrap();
    catalog::write_mark(&here, source.name(), &mark)
        .await
        .unwrap();
    match mark_verdict(&here, &options.clones).await.unwrap() {
        MarkVerdict::Forged { why } => assert!(why.contains("system identifier"), "{why}"),
        other => panic!("{other:?}"),
    }

    // What belongs to the source stayed there.
    for (query, expected) in [
        (
            "select count(*) from pg_authid where rolpassword is not null",
            "0",
        ),
        ("select count(*) from pg_subscription", "0"),
        (
            "select datallowconn from pg_database where datname = 'next door'",
            "f",
        ),
        (
            "select count(*) from pg_database where datname like 'test%' and datname not like '%rehearsal%'",
            "0",
        ),
        ("show archive_mode", "off"),
        ("show listen_addresses", ""),
    ] {
        let answer = there.simple(query).await.unwrap();
        assert_eq!(answer.rows[0][0].as_deref(), Some(expected), "{query}");
    }
    let report = clone.report();
    assert!(
        report
            .differences
            .iter()
            .any(|line| line.contains("next door")),
        "{:?}",
        report.differences
    );
    assert!(report.bytes > 10_000_000);
    // Each file was compared with what the source said of it, and the list is gone.
    let files = report.files.unwrap();
    assert!(
        files.files > 500 && files.bytes > 10_000_000 && files.bytes <= report.bytes,
        "{files:?}"
    );
    assert_eq!(files.unlogged_tables, 1);
    let data = clone.server().folder.join("data");
    assert!(data.join("PG_VERSION").exists() && !data.join("backup_manifest").exists());
    assert!(matches!(
        steps.last(),
        Some(CloneProgress::Copying { bytes, of }) if bytes == of
    ));
    there.close().await;
    clone.remove().await.unwrap();
    project.assert_empty();
}

#[tokio::test]
async fn a_copy_of_the_files_stops_for_the_sake_of_its_source() {
    let project = Project {
        folder: tempfile::tempdir().unwrap(),
        server: server_with_senders().await,
    };
    let source = project.source("create table t ()").await;
    let held = source.session().await;
    held.simple("begin; select from t").await.unwrap();
    let options = CloneOptions {
        strategy: CloneStrategy::Physical,
        rate_limit_bytes: Some(2_000_000),
        limits: CloneLimits {
            transaction_age: Some(std::time::Duration::from_secs(2)),
            ..CloneLimits::default()
        },
        ..project.options()
    };
    let mut bytes_seen = 0;
    let error = make_clone(&source.conninfo(), &options, |step| {
        if let CloneProgress::Copying { bytes, .. } = step {
            bytes_seen = bytes;
        }
    })
    .await
    .unwrap_err();
    assert!(
        matches!(&error, CloneError::Limit { what } if what.contains("application `oneroof/test`")),
        "{error:?}"
    );
    assert!(bytes_seen > 0, "it had begun");
    project.assert_empty();
    // The source sends nothing any more.
    for _ in 0..100 {
        let senders = held
            .simple("select count(*) from pg_stat_replication")
            .await
            .unwrap();
        if senders.rows[0][0].as_deref() == Some("0") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("pg_basebackup goes on");
}

#[tokio::test]
async fn files_that_cannot_be_copied_are_told_before_anything_is_made() {
    let project = Project::new().await;
    let source = project.source("create table t ()").await;
    let options = CloneOptions {
        strategy: CloneStrategy::Physical,
        ..project.options()
    };
    let error = make(&source, &options).await.unwrap_err();
    assert!(
        matches!(&error, CloneError::NotPhysical { why } if why.contains("max_wal_senders")),
        "{error:?}"
    );
    project.assert_empty();

    let project = Project {
        folder: tempfile::tempdir().unwrap(),
        server: server_with_senders().await,
    };
    let source = project.source("create role \"No Copier\" login").await;
    let options = CloneOptions {
        strategy: CloneStrategy::Physical,
        ..project.options()
    };
    let conninfo = project.server.conninfo(source.name(), "No Copier");
    let error = make_clone(&conninfo, &options, |_| {}).await.unwrap_err();
    let CloneError::Rights { missing, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(missing[0].sql, "alter role \"No Copier\" replication");
    project.assert_empty();
}

/// The programs of PostgreSQL, with a `pg_basebackup` that changes one byte of the largest file that it brings.
fn programs_that_damage(folder: &Path) {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let there = system_binaries().folder;
    for program in std::fs::read_dir(&there).unwrap() {
        let program = program.unwrap();
        symlink(program.path(), folder.join(program.file_name())).unwrap();
    }
    let script = format!(
        "#!/bin/sh\n{}/pg_basebackup \"$@\" || exit\n\
         for word; do if [ \"$before\" = --pgdata ]; then data=$word; fi; before=$word; done\n\
         largest=$(ls -S $data/base/*/* | head -n 1)\n\
         printf x | dd of=$largest bs=1 seek=100 conv=notrunc 2> /dev/null\n",
        there.display()
    );
    let ours = folder.join("pg_basebackup");
    std::fs::remove_file(&ours).unwrap();
    std::fs::write(&ours, script).unwrap();
    for path in [folder, &ours] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[tokio::test]
async fn a_copied_file_that_is_not_the_sources_is_named_and_no_clone_is_made() {
    let project = Project {
        folder: tempfile::tempdir().unwrap(),
        server: server_with_senders().await,
    };
    let source = project
        .source("create table t as select repeat('x', 500) as text from generate_series(1, 60000)")
        .await;
    let programs = tempfile::tempdir().unwrap();
    programs_that_damage(programs.path());
    let options = CloneOptions {
        strategy: CloneStrategy::Physical,
        tally_rows: true,
        binaries: Some(programs.path().to_owned()),
        ..project.options()
    };
    let error = make(&source, &options).await.unwrap_err();
    let CloneError::Copy { source: said, .. } = &error else {
        panic!("{error:?}")
    };
    let text = said.to_string();
    assert!(
        text.contains("pg_verifybackup") && text.contains("base/"),
        "{text}"
    );
    project.assert_empty();

    // Who does not ask for it gets no list, and no proof.
    let unasked = CloneOptions {
        tally_rows: false,
        binaries: project.options().binaries,
        ..options
    };
    let clone = make(&source, &unasked).await.unwrap();
    assert_eq!(clone.report().files, None);
    clone.remove().await.unwrap();
    project.assert_empty();
}
