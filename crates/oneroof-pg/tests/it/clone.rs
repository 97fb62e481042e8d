//! Clones: faithful, marked, and gone without a trace.

use std::path::Path;
use std::sync::Arc;

use oneroof_model::TargetClass;
use oneroof_pg::catalog::{self, DataDigest, DataOptions, Definition};
use oneroof_pg::clone::{
    CloneEntry, CloneError, CloneOptions, CloneProgress, CloneRegistry, DatabaseClone, MarkVerdict,
    make_clone, mark_verdict, remove_clone, valid_mark,
};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::ephemeral::{Lifetime, Registry, SearchPlaces};
use oneroof_pg::install::{AdoptOptions, adopt};
use oneroof_pg::ledger::{self, EntryKind};
use oneroof_pg::testing::{SUPERUSER, TestDatabase, TestServer, system_binaries};
use serde_json::json;

use crate::catalog::{MANY_KINDS, MANY_ROLES};
use crate::definition::every_kind;

/// A source server of its own, since roles belong to the server, and a project's `.oneroof` folder.
struct Project {
    folder: tempfile::TempDir,
    server: Arc<TestServer>,
}

impl Project {
    async fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: Arc::new(TestServer::start(system_binaries()).await),
        }
    }

    fn options(&self) -> CloneOptions {
        let servers = Registry::at(self.folder.path().join("servers"));
        let mut options = CloneOptions::new("production", servers, SearchPlaces::usual(None));
        options.binaries = Some(system_binaries().folder);
        options.run = "run-1".to_owned();
        options
    }

    async fn source(&self, sql: &str) -> TestDatabase {
        let database = self.server.database().await;
        database.run(sql).await;
        database
    }

    /// Nothing of any clone is registered, and no file is left in the project.
    fn assert_empty(&self) {
        let options = self.options();
        assert!(options.servers.list().unwrap().is_empty());
        assert!(options.clones.list().unwrap().is_empty());
        assert_eq!(files(options.clones.folder()), 0);
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

async fn admin_of(clone: &DatabaseClone) -> Session {
    connect(
        &clone.superuser_conninfo(),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap()
}

async fn make(source: &TestDatabase, options: &CloneOptions) -> Result<DatabaseClone, CloneError> {
    make_clone(&source.conninfo(), options, |_| {}).await
}

async fn assert_faithful(source: &Session, clone: &Session) {
    let (one, two) = (
        catalog::definition(source).await.unwrap(),
        catalog::definition(clone).await.unwrap(),
    );
    assert_eq!(Definition::diff(&one, &two), Default::default());
    assert_eq!(one.digest(), two.digest());
    let all = DataOptions::default();
    let (one, two) = (
        catalog::data(source, &all).await.unwrap(),
        catalog::data(clone, &all).await.unwrap(),
    );
    assert_eq!(DataDigest::diff(&one, &two), Default::default());
    assert_eq!(one.digest(), two.digest());
    assert!(!one.tables.is_empty());
}

#[tokio::test]
async fn a_clone_is_the_same_in_everything_that_is_compared() {
    let project = Project::new().await;
    let admin = project.server.admin().await;
    for statement in [
        MANY_ROLES,
        "alter role many_reader set work_mem = '9MB'",
        "alter role many_reader password 'secret'",
        "grant many_owner to many_reader with admin option",
        "grant pg_read_all_stats to \"Many Writer\"",
    ] {
        admin.simple(statement).await.unwrap();
    }
    let source = project.source(MANY_KINDS).await;
    let name = source.name();
    source
        .run(&format!(
            "create extension hstore; create schema ext; create extension pg_trgm schema ext; create extension pgcrypto;
             select lo_from_bytea(0, 'large');
             alter database {name} owner to many_owner;
             revoke connect on database {name} from public; grant connect on database {name} to many_reader;
             alter database {name} set default_transaction_read_only = off;
             alter database {name} set search_path = app, public;
             alter database {name} set statement_timeout = '90s';
             alter role many_reader in database {name} set lock_timeout = '4s'"
        ))
        .await;
    let session = source.session().await;
    adopt(
        &session,
        &AdoptOptions {
            read_role: Some("many_reader".to_owned()),
            ..AdoptOptions::production()
        },
    )
    .await
    .unwrap();
    ledger::append(&session, EntryKind::Note, &json!({"n": 1}))
        .await
        .unwrap();

    let options = project.options();
    let mut steps = Vec::new();
    let clone = make_clone(&source.conninfo(), &options, |step| steps.push(step))
        .await
        .unwrap();
    let there = admin_of(&clone).await;
    assert_faithful(&session, &there).await;
    assert_eq!(
        catalog::roles(&admin).await.unwrap(),
        catalog::roles(&there).await.unwrap()
    );

    // Our records came along, and their guards with them.
    assert_eq!(
        ledger::newest_hash(&session).await.unwrap(),
        ledger::newest_hash(&there).await.unwrap()
    );
    assert!(ledger::verify(&there, &[]).await.unwrap().is_whole());
    let error = there.simple("truncate oneroof.entry").await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("OR001"), "{error}");

    let report = clone.report();
    assert_eq!(
        report.roles, 4,
        "many_owner, many_reader, Many Writer, oneroof_ledger"
    );
    assert!(
        report.settings_refused.is_empty(),
        "{:?}",
        report.settings_refused
    );
    assert_eq!(report.doors, ["foreign server elsewhere"]);
    assert_eq!(report.source, catalog::identity(&session).await.unwrap());
    assert_eq!(report.clone, catalog::identity(&there).await.unwrap());
    assert!(report.bytes > 10_000);
    assert!(
        matches!(steps.first(), Some(CloneProgress::Source { size_bytes }) if *size_bytes > 1_000_000)
    );
    assert_eq!(steps.last(), Some(&CloneProgress::Analyzing));
    let copied = steps.iter().rev().find_map(|step| match step {
        CloneProgress::Copying { bytes, .. } => Some(*bytes),
        _ => None,
    });
    assert_eq!(copied, Some(report.bytes));
    let analyzed = there
        .simple("select reltuples from pg_class where oid = 'app.customer'::regclass")
        .await
        .unwrap();
    assert_eq!(analyzed.rows[0][0].as_deref(), Some("50"));

    // Under the same names and rights as there, without a password.
    let reader = connect(
        &clone.conninfo("many_reader"),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap();
    assert_eq!(
        reader.simple("show lock_timeout").await.unwrap().rows[0][0].as_deref(),
        Some("4s")
    );
    assert_eq!(
        reader.simple("show work_mem").await.unwrap().rows[0][0].as_deref(),
        Some("9MB")
    );
    let password = there
        .simple("select count(*) from pg_authid where rolpassword is not null")
        .await
        .unwrap();
    assert_eq!(password.rows[0][0].as_deref(), Some("0"));

    // The source was not touched.
    assert_eq!(catalog::mark(&session).await.unwrap(), None);
    let locks = session
        .simple(
            "select count(*) from pg_stat_activity where application_name like 'oneroof/clone%'",
        )
        .await
        .unwrap();
    assert_eq!(locks.rows[0][0].as_deref(), Some("0"));

    for session in [reader, there] {
        session.close().await;
    }
    clone.remove().await.unwrap();
    project.assert_empty();
}

/// Positions of sequences and large objects, which digests of tables do not see.
async fn beside_tables(session: &Session) -> Vec<Vec<Option<String>>> {
    let mut all = Vec::new();
    for query in [
        "select last_value, is_called from used",
        "select last_value, is_called from set_back",
        "select last_value, is_called from fresh",
        "select last_value, is_called from falling",
        "select last_value, is_called from \"Odd \"\"schema\"\" né\".select_from_seq",
        "select oid, md5(lo_get(oid)) from pg_largeobject_metadata order by oid",
        "select * from z_first order by place",
        "select * from a_second",
        "select relname, relispopulated from pg_class where relkind = 'm' order by relname",
        "select conname, convalidated, condeferrable from pg_constraint where connamespace = 'public'::regnamespace order by conrelid::regclass::text, conname",
        "select evtname, evtenabled from pg_event_trigger",
    ] {
        let answer = session.simple(query).await.unwrap();
        all.extend(answer.rows);
    }
    all
}

#[tokio::test]
async fn every_sort_of_table_and_value_is_copied() {
    let project = Project::new().await;
    let source = project.source(include_str!("sql/every_value.sql")).await;
    let session = source.session().await;
    // As it is, by one worker, and with every table in as many parts as it has blocks.
    for (jobs, split_bytes_min) in [(2, u64::MAX), (1, 1), (4, 1)] {
        let options = CloneOptions {
            jobs,
            split_bytes_min,
            ..project.options()
        };
        let clone = make(&source, &options).await.unwrap();
        let there = admin_of(&clone).await;
        assert_faithful(&session, &there).await;
        assert_eq!(beside_tables(&session).await, beside_tables(&there).await);
        let autovacuum = there.simple("show autovacuum").await.unwrap();
        assert_eq!(autovacuum.rows[0][0].as_deref(), Some("on"));
        there.close().await;
        clone.remove().await.unwrap();
    }
    project.assert_empty();
}

#[tokio::test]
async fn a_database_with_every_kind_of_object_is_copied() {
    let project = Project::new().await;
    let admin = project.server.admin().await;
    admin.simple(MANY_ROLES).await.unwrap();
    let source = every_kind(&project.server, 15).await;
    let clone = make(&source, &project.options()).await.unwrap();
    let (here, there) = (source.session().await, admin_of(&clone).await);
    let (one, two) = (
        catalog::definition(&here).await.unwrap(),
        catalog::definition(&there).await.unwrap(),
    );
    let differences: Vec<String> = Definition::differences(&one, &two)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
    // Subscriptions are not copied: a clone must not follow what its source follows.
    let followed = there
        .simple("select count(*) from pg_subscription")
        .await
        .unwrap();
    assert_eq!(followed.rows[0][0].as_deref(), Some("0"));
    clone.remove().await.unwrap();
}

#[tokio::test]
async fn a_clone_is_marked_and_nothing_else_is() {
    let project = Project::new().await;
    let source = project
        .source("create table t (id integer); insert into t values (1)")
        .await;
    let options = project.options();
    let clone = make(&source, &options).await.unwrap();
    let there = admin_of(&clone).await;
    let verdict = mark_verdict(&there, &options.clones).await.unwrap();
    let valid = MarkVerdict::Valid {
        class: TargetClass::Clone,
        id: clone.id().to_owned(),
    };
    assert_eq!(verdict, valid);
    assert_eq!(verdict.class(), Some(TargetClass::Clone));
    assert!(
        clone
            .database()
            .starts_with(&format!("{}_rehearsal_20", source.name())),
        "{}",
        clone.database()
    );
    assert!(clone.database().ends_with(&format!("_{}", clone.id())));

    // The model's own type reads the mark.
    let text = catalog::mark(&there).await.unwrap().unwrap();
    let mark: oneroof_model::Mark = serde_json::from_str(&text).unwrap();
    let identity = catalog::identity(&there).await.unwrap();
    assert_eq!(
        (mark.id.as_str(), mark.source.as_str()),
        (clone.id(), "production")
    );
    assert_eq!(mark.database_oid, identity.database_oid);
    let entry: CloneEntry = options.clones.find(clone.id()).unwrap();
    assert_eq!(entry.mark(), text);

    // Anybody may read the mark, also a role without rights.
    there.simple("create role nobody login").await.unwrap();
    let nobody = connect(
        &clone.conninfo("nobody"),
        &SessionOptions::read_only("oneroof/test"),
    )
    .await
    .unwrap();
    assert_eq!(mark_verdict(&nobody, &options.clones).await.unwrap(), valid);

    let forged = |verdict: MarkVerdict, word: &str| match verdict {
        MarkVerdict::Forged { why } => assert!(why.contains(word), "{why}"),
        other => panic!("{word}: {other:?}"),
    };
    // A production that bears the copied mark.
    let production = source.session().await;
    assert_eq!(
        mark_verdict(&production, &options.clones).await.unwrap(),
        MarkVerdict::None
    );
    catalog::write_mark(&production, source.name(), &text)
        .await
        .unwrap();
    // By its OID, or where that happens to be the same, by the server.
    forged(
        mark_verdict(&production, &options.clones).await.unwrap(),
        "this one has",
    );
    // The same with the OID mended.
    let there_identity = identity.clone();
    let here = catalog::identity(&production).await.unwrap();
    let mut copied: serde_json::Value = serde_json::from_str(&text).unwrap();
    copied["database_oid"] = here.database_oid.into();
    catalog::write_mark(&production, source.name(), &copied.to_string())
        .await
        .unwrap();
    forged(
        mark_verdict(&production, &options.clones).await.unwrap(),
        "system identifier",
    );
    // An OID that happens to be the same on another server.
    let mut twin = here.clone();
    twin.database_oid = there_identity.database_oid;
    forged(
        valid_mark(Some(&text), &twin, &options.clones).unwrap(),
        "system identifier",
    );
    // Another database of the clone's own server.
    let mut sibling = there_identity.clone();
    sibling.database_oid += 1;
    copied["database_oid"] = sibling.database_oid.into();
    forged(
        valid_mark(Some(&copied.to_string()), &sibling, &options.clones).unwrap(),
        "OID",
    );
    // Another registry: another project, or another machine.
    forged(
        valid_mark(
            Some(&text),
            &identity,
            &CloneRegistry::at(project.folder.path().join("elsewhere")),
        )
        .unwrap(),
        "registered",
    );
    // A path instead of an id, another class, another digest, another member, no JSON.
    for (member, value, word) in [
        ("id", json!("../servers/x"), "registered"),
        ("class", json!("golden"), "digest"),
        ("class", json!("production"), "production"),
        ("source", json!("staging"), "digest"),
        ("source_identity", json!("x"), "digest"),
        ("digest", json!("0".repeat(64)), "digest"),
    ] {
        let mut changed: serde_json::Value = serde_json::from_str(&text).unwrap();
        changed[member] = value;
        forged(
            valid_mark(Some(&changed.to_string()), &identity, &options.clones).unwrap(),
            word,
        );
    }
    forged(
        valid_mark(Some("clone"), &identity, &options.clones).unwrap(),
        "no mark",
    );
    let mut unreadable = identity.clone();
    unreadable.system_identifier = None;
    forged(
        valid_mark(Some(&text), &unreadable, &options.clones).unwrap(),
        "unreadable",
    );
    assert_eq!(
        valid_mark(None, &identity, &options.clones).unwrap(),
        MarkVerdict::None
    );
}

#[tokio::test]
async fn the_registry_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new().await;
    let source = project.source("create table t ()").await;
    let options = project.options();
    let clone = make(&source, &options).await.unwrap();
    let folder = options.clones.folder();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    assert_eq!(mode(&folder.join(format!("{}.json", clone.id()))), 0o600);
    let shown = format!("{:?}", clone.entry());
    assert!(!shown.contains("secret"), "{shown}");

    // A dropped clone leaves nothing.
    drop(clone);
    project.assert_empty();
}

#[tokio::test]
async fn a_kept_clone_is_found_again_and_removed_by_anybody() {
    let project = Project::new().await;
    let source = project
        .source("create table t (id integer); insert into t values (1)")
        .await;
    let options = CloneOptions {
        lifetime: Lifetime::Kept,
        class: TargetClass::Golden,
        ..project.options()
    };
    let clone = make(&source, &options).await.unwrap();
    let (id, database) = (clone.id().to_owned(), clone.database().to_owned());
    drop(clone);

    let (entry, server) = options.clones.attach(&id, &options.servers).unwrap();
    assert_eq!(
        (entry.database.as_str(), entry.class),
        (database.as_str(), TargetClass::Golden)
    );
    let conninfo = server.conninfo(&entry.database, SUPERUSER);
    let session = connect(&conninfo, &SessionOptions::read_only("oneroof/test"))
        .await
        .unwrap();
    let verdict = mark_verdict(&session, &options.clones).await.unwrap();
    assert_eq!(verdict.class(), Some(TargetClass::Golden));
    session.close().await;
    assert!(
        options
            .clones
            .forget_left_overs(&options.servers)
            .unwrap()
            .is_empty()
    );

    // A server that died: its clone is forgotten with it.
    options.servers.remove(&entry.server_id).await.unwrap();
    assert!(matches!(
        options.clones.attach(&id, &options.servers),
        Err(oneroof_pg::clone::CloneRegistryError::Server { .. })
    ));
    assert_eq!(
        options.clones.forget_left_overs(&options.servers).unwrap(),
        [id]
    );
    project.assert_empty();

    let clone = make(&source, &options).await.unwrap();
    let id = clone.id().to_owned();
    drop(clone);
    remove_clone(&id, &options.clones, &options.servers)
        .await
        .unwrap();
    project.assert_empty();
    assert!(
        remove_clone(&id, &options.clones, &options.servers)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn missing_rights_are_named_with_their_sql() {
    let project = Project::new().await;
    let source = project
        .source(
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

#[tokio::test]
async fn a_failure_leaves_nothing() {
    let project = Project::new().await;
    let source = project.source("create table t (id integer)").await;
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
        let (sender, mut copying) = tokio::sync::mpsc::unbounded_channel();
        let conninfo = source.conninfo();
        let inner = options.clone();
        let task = tokio::spawn(async move {
            make_clone(&conninfo, &inner, |step| {
                if matches!(step, CloneProgress::Copying { bytes, .. } if bytes > 0) {
                    let _ = sender.send(());
                }
            })
            .await
        });
        copying.recv().await.unwrap();
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
    let left = admin
        .simple(
            "select count(*) from pg_stat_activity where application_name like 'oneroof/clone%'",
        )
        .await
        .unwrap();
    assert_eq!(left.rows[0][0].as_deref(), Some("0"));
}

#[tokio::test]
async fn odd_names_and_encodings_are_copied() {
    let project = Project::new().await;
    let admin = project.server.admin().await;
    admin
        .simple("create database \"Shop's \\ \"\"db\"\" = postgres://x\" template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'")
        .await
        .unwrap();
    let name = "Shop's \\ \"db\" = postgres://x";
    let source = project.server.session(name, SUPERUSER).await;
    source
        .simple("create table t (v text); insert into t values ('größe')")
        .await
        .unwrap();
    let conninfo = project.server.conninfo(name, SUPERUSER);
    let clone = make_clone(&conninfo, &project.options(), |_| {})
        .await
        .unwrap();
    let there = admin_of(&clone).await;
    assert_faithful(&source, &there).await;
    let identity = catalog::identity(&there).await.unwrap();
    assert_eq!(
        (identity.encoding.as_str(), identity.database_name.as_str()),
        ("LATIN1", clone.database())
    );
    assert!(clone.database().starts_with(name));
}
