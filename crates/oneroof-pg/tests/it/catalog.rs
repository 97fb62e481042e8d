//! Facts read from a database: identity, mark, roles, definition, data, and the rest.

use std::sync::Arc;

use oneroof_pg::catalog::{
    self, DataDigest, DataOptions, Definition, GeneratedColumns, ObjectName, RoleStatementKind,
};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::install::{AdoptOptions, adopt};
use oneroof_pg::testing::{SUPERUSER, TestServer};

/// One object of every kind.
pub(crate) const MANY_KINDS: &str = include_str!("sql/many_kinds.sql");
/// The roles that it needs; they belong to the server.
pub(crate) const MANY_ROLES: &str =
    "create role many_owner; create role many_reader login; create role \"Many Writer\"";

async fn own_server() -> Arc<TestServer> {
    Arc::new(TestServer::start(oneroof_pg::testing::system_binaries()).await)
}

#[tokio::test]
async fn identity_says_what_is_bound_and_what_could_not_be_read() {
    let server = own_server().await;
    let database = server.database().await;
    let session = database.session().await;
    let identity = catalog::identity(&session).await.unwrap();
    assert_eq!(
        identity.system_identifier,
        server.server().entry().system_identifier
    );
    assert_eq!(identity.database_name, database.name());
    assert!(identity.database_oid >= 16384);
    assert_eq!(identity.bootstrap_superuser, SUPERUSER);
    assert_eq!(identity.major, identity.server_version_num / 10_000);
    assert_eq!(
        (
            identity.encoding.as_str(),
            identity.locale_provider.as_str()
        ),
        ("UTF8", "c")
    );
    assert_eq!(identity.host, "[local]");
    assert!(identity.unknown.is_empty());

    session
        .simple(
            "create role limited login; revoke execute on function pg_control_system() from public",
        )
        .await
        .unwrap();
    let limited = server.session(database.name(), "limited").await;
    let seen = catalog::identity(&limited).await.unwrap();
    assert_eq!(seen.system_identifier, None);
    assert_eq!(seen.unknown.len(), 1);
    assert!(seen.unknown[0].contains("grant execute on function pg_catalog.pg_control_system()"));
    assert_ne!(seen.digest(), identity.digest());

    // The genesis is part of the identity.
    adopt(&session, &AdoptOptions::production()).await.unwrap();
    let adopted = catalog::identity(&session).await.unwrap();
    assert!(adopted.genesis.is_some());
    assert_ne!(adopted.digest(), identity.digest());
    assert_eq!(
        adopted.digest(),
        catalog::identity(&session).await.unwrap().digest()
    );
}

#[tokio::test]
async fn a_mark_is_read_from_the_catalog_only() {
    let server = TestServer::shared().await;
    let database = server.database().await;
    let session = database.session().await;
    assert_eq!(catalog::mark(&session).await.unwrap(), None);
    session.simple("set oneroof.mark = '{}'").await.unwrap();
    assert_eq!(
        catalog::mark(&session).await.unwrap(),
        None,
        "a session's setting is no mark"
    );

    let text = r#"{"it's": "a \\ mark", "x=y": "ü"}"#;
    catalog::write_mark(&session, database.name(), text)
        .await
        .unwrap();
    assert_eq!(
        catalog::mark(&session).await.unwrap().as_deref(),
        Some(text)
    );
    let definition = catalog::definition(&session).await.unwrap();
    catalog::remove_mark(&session, database.name())
        .await
        .unwrap();
    assert_eq!(catalog::mark(&session).await.unwrap(), None);
    assert_eq!(
        catalog::definition(&session).await.unwrap(),
        definition,
        "the mark is left out"
    );
}

#[tokio::test]
async fn roles_are_copied_by_their_own_statements() {
    let server = own_server().await;
    let admin = server.admin().await;
    for statement in [
        "create role plain",
        "create role \"Odd \"\"Name\" login createdb createrole replication bypassrls noinherit connection limit 3 valid until '2030-01-01 00:00:00+00' password 'secret'",
        "create role boss superuser",
        "alter role plain set search_path = '', \"$user\", \"Odd Schema\"",
        "alter role plain set work_mem = '8MB'",
        "alter role plain set my.setting = 'it''s'",
        "comment on role plain is 'plain, isn''t it'",
        "grant plain to \"Odd \"\"Name\" with admin option",
        "grant pg_monitor to plain",
        "grant boss to test_admin",
    ] {
        admin.simple(statement).await.unwrap();
    }
    let roles = catalog::roles(&admin).await.unwrap();
    assert!(
        roles
            .iter()
            .all(|role| !role.statement.contains("secret") && !role.statement.contains("SCRAM"))
    );
    assert!(
        roles
            .iter()
            .all(|role| role.kind != RoleStatementKind::Role || role.role != SUPERUSER)
    );

    let other = own_server().await;
    let there = other.admin().await;
    for role in &roles {
        there
            .simple(&role.statement)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", role.statement));
    }
    assert_eq!(catalog::roles(&there).await.unwrap(), roles);
    let path = other.admin().await;
    let stored = path
        .simple("select string_agg(setting, '|' order by setting) from pg_db_role_setting cross join unnest(setconfig) as setting where setrole = 'plain'::regrole")
        .await
        .unwrap();
    assert_eq!(
        stored.rows[0][0].as_deref(),
        Some(r#"my.setting=it's|search_path="", "$user", "Odd Schema"|work_mem=8MB"#)
    );
}

#[tokio::test]
async fn the_definition_knows_every_kind_and_nothing_more() {
    let server = own_server().await;
    server.admin().await.simple(MANY_ROLES).await.unwrap();
    let database = server.database().await;
    database.run(MANY_KINDS).await;
    let session = database.session().await;
    let before = catalog::definition(&session).await.unwrap();

    let mut kinds: Vec<&str> = before.rows().iter().map(|row| row.kind.as_str()).collect();
    kinds.dedup();
    for kind in [
        "acl",
        "aggregate",
        "cast",
        "collation",
        "column",
        "comment",
        "constraint",
        "conversion",
        "database",
        "default privileges",
        "domain",
        "event trigger",
        "extension",
        "foreign data wrapper",
        "foreign server",
        "foreign table",
        "function",
        "index",
        "materialized view",
        "operator",
        "operator class",
        "operator family",
        "owner",
        "policy",
        "procedure",
        "publication",
        "publication filter",
        "rule",
        "schema",
        "sequence",
        "statistics",
        "table",
        "text search configuration",
        "text search dictionary",
        "trigger",
        "type",
        "user mapping",
        "view",
    ] {
        assert!(kinds.contains(&kind), "no {kind}");
    }
    let all = serde_json::to_string(&before).unwrap();
    assert!(!all.contains("secret"), "a password of a user mapping");
    for row in before.rows() {
        let same = before
            .rows()
            .iter()
            .filter(|other| (&other.kind, &other.identity) == (&row.kind, &row.identity));
        assert_eq!(
            same.count(),
            1,
            "{} {} is there twice",
            row.kind,
            row.identity
        );
    }

    // What is no definition: data, statistics, positions, gaps, our records, the database's comment.
    database
        .run(
            "select nextval('app.ticket_seq'); insert into app.animal values ('cow', 4); analyze;
             alter table app.empty_table add column gone integer; alter table app.empty_table drop column gone;
             comment on database test_700 is 'a comment'",
        )
        .await;
    adopt(&session, &AdoptOptions::production()).await.unwrap();
    assert_eq!(
        Definition::diff(&before, &catalog::definition(&session).await.unwrap()),
        Default::default()
    );
}

#[tokio::test]
async fn every_major_can_be_read() {
    for major in [14, 16, 17, 18] {
        let server = TestServer::of_major(major).await;
        let admin = server.admin().await;
        admin.simple(MANY_ROLES).await.unwrap();
        admin
            .simple("create role boss createrole login")
            .await
            .unwrap();
        let grant = if major < 16 {
            "grant many_reader to \"Many Writer\" with admin option"
        } else {
            "grant many_reader to \"Many Writer\" with admin true, inherit false, set false"
        };
        admin.simple(grant).await.unwrap();
        let database = server.database().await;
        let text = if major < 15 {
            MANY_KINDS.replace(", app.customer (id, code) where (id > 0)", "")
        } else {
            MANY_KINDS.to_owned()
        };
        database.run(&text).await;
        let session = database.session().await;
        let identity = catalog::identity(&session).await.unwrap();
        assert_eq!((identity.major, identity.unknown.len()), (major, 0));
        assert!(identity.system_identifier.is_some());
        let definition = catalog::definition(&session).await.unwrap();
        assert!(
            definition.rows().len() > 150,
            "{major}: {}",
            definition.rows().len()
        );
        assert!(
            definition
                .get("column", "app.customer.born")
                .unwrap()
                .definition
                .contains("timestamp")
        );
        assert!(
            !catalog::data(&session, &DataOptions::default())
                .await
                .unwrap()
                .tables
                .is_empty()
        );
        assert!(catalog::activity(&session).await.unwrap().visible);

        // Roles and the database itself, made again on another server of the same major.
        let other = TestServer::of_major(major).await;
        let there = other.admin().await;
        let roles = catalog::roles(&session).await.unwrap();
        for role in &roles {
            there
                .simple(&role.statement)
                .await
                .unwrap_or_else(|error| panic!("{major}: {}: {error}", role.statement));
        }
        assert_eq!(catalog::roles(&there).await.unwrap(), roles);
        let mut locales = vec!["encoding 'LATIN1' lc_collate 'C' lc_ctype 'POSIX'"];
        if major >= 15 {
            locales.push(
                "locale_provider icu icu_locale 'de-u-co-phonebk' lc_collate 'C' lc_ctype 'C'",
            );
        }
        if major >= 16 {
            locales.push("locale_provider icu icu_locale 'de' icu_rules '&a < g' lc_collate 'C' lc_ctype 'C'");
        }
        if major >= 17 {
            locales.push("locale_provider builtin builtin_locale 'C.UTF-8' encoding 'UTF8'");
        }
        for (number, locale) in locales.into_iter().enumerate() {
            let name = format!("localized_{number}");
            admin
                .simple(&format!(
                    "create database {name} template template0 {locale}"
                ))
                .await
                .unwrap();
            let one = server.session(&name, SUPERUSER).await;
            let statements = catalog::database_statements(&one, &name).await.unwrap();
            there
                .simple(&statements.create)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", statements.create));
            there.simple(&statements.open).await.unwrap();
            let two = other.session(&name, SUPERUSER).await;
            let (one, two) = (
                catalog::definition(&one).await.unwrap(),
                catalog::definition(&two).await.unwrap(),
            );
            assert_eq!(
                Definition::diff(&one, &two),
                Default::default(),
                "{major}: {locale}"
            );
        }
    }
}

/// Each statement must change the definition, in exactly this way.
#[tokio::test]
async fn every_change_shows() {
    let server = own_server().await;
    server.admin().await.simple(MANY_ROLES).await.unwrap();
    let database = server.database().await;
    database.run(MANY_KINDS).await;
    let session = database.session().await;
    let before = catalog::definition(&session).await.unwrap();
    for (change, kind, identity) in [
        (
            "alter table app.customer alter column note drop not null, alter column code set default 'x'",
            "column",
            "app.customer.code",
        ),
        (
            "alter table app.customer rename column note to remark",
            "column",
            "app.customer.note",
        ),
        (
            "alter table app.customer drop constraint price_is_sane",
            "constraint",
            "price_is_sane on app.customer",
        ),
        (
            "alter table app.customer validate constraint price_is_sane",
            "constraint",
            "price_is_sane on app.customer",
        ),
        (
            "alter table app.customer disable row level security",
            "table",
            "app.customer",
        ),
        (
            "alter table app.customer enable trigger stamp",
            "trigger",
            "stamp on app.customer",
        ),
        (
            "alter policy own_writes on app.customer to many_reader",
            "policy",
            "own_writes on app.customer",
        ),
        (
            "grant delete on app.customer to many_reader",
            "acl",
            "table app.customer",
        ),
        (
            "grant select (price) on app.customer to many_reader",
            "acl",
            "column app.customer.price",
        ),
        (
            "revoke usage on schema app from many_reader",
            "acl",
            "schema app",
        ),
        (
            "alter table app.customer owner to many_reader",
            "owner",
            "table app.customer",
        ),
        (
            "comment on column app.customer.code is null",
            "comment",
            "column app.customer.code",
        ),
        ("alter type app.mood add value 'odd'", "type", "app.mood"),
        (
            "alter sequence app.ticket_seq increment 6",
            "sequence",
            "app.ticket_seq",
        ),
        (
            "create or replace view app.new_customer with (security_barrier = false) as select id, code, 1 as fresh, born at time zone 'UTC' as born_utc from app.customer",
            "view",
            "app.new_customer",
        ),
        (
            "create or replace function app.double(n integer, times integer default 2) returns integer language sql immutable strict as $$ select n * times $$",
            "function",
            "app.double(integer,integer)",
        ),
        ("drop index app.customer_tags", "index", "app.customer_tags"),
        (
            "alter index app.customer_tags set (fastupdate = off)",
            "index",
            "app.customer_tags",
        ),
        (
            "alter table app.orders detach partition app.orders_2026",
            "table",
            "app.orders_2026",
        ),
        (
            "alter event trigger watch_ddl disable",
            "event trigger",
            "watch_ddl",
        ),
        (
            "alter publication everything set (publish = 'insert')",
            "publication",
            "everything",
        ),
        (
            "alter default privileges in schema app revoke select on tables from many_reader",
            "default privileges",
            "of test_admin in app for tables",
        ),
        (
            "alter server elsewhere options (set host 'somewhere')",
            "foreign server",
            "elsewhere",
        ),
        ("create extension hstore schema app", "extension", "hstore"),
        (
            "alter database test_700 set work_mem = '9MB'",
            "setting",
            "of the database: work_mem",
        ),
        (
            "alter role many_reader in database test_700 set work_mem = '9MB'",
            "setting",
            "of role many_reader: work_mem",
        ),
        (
            "revoke connect on database test_700 from public",
            "acl",
            "database",
        ),
        (
            "alter database test_700 owner to many_owner",
            "owner",
            "database",
        ),
        (
            "create table oneroof_like (id integer)",
            "table",
            "public.oneroof_like",
        ),
    ] {
        session.simple("begin").await.unwrap();
        if change.starts_with("alter default privileges") {
            session
                .simple(
                    "alter default privileges in schema app grant select on tables to many_reader",
                )
                .await
                .unwrap();
        }
        let inside = catalog::definition(&session).await.unwrap();
        session
            .simple(change)
            .await
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        let after = catalog::definition(&session).await.unwrap();
        let reference = if change.starts_with("alter default") {
            &inside
        } else {
            &before
        };
        let diff = Definition::diff(reference, &after);
        let name = ObjectName {
            kind: kind.to_owned(),
            identity: identity.to_owned(),
        };
        let shows = diff.missing.contains(&name)
            || diff.new.contains(&name)
            || diff
                .changed
                .iter()
                .any(|object| (object.kind.as_str(), object.identity.as_str()) == (kind, identity));
        assert!(shows, "{change}: {diff:?}");
        assert_ne!(reference.digest(), after.digest(), "{change}");
        session.simple("rollback").await.unwrap();
    }
    assert_eq!(
        catalog::definition(&session).await.unwrap().digest(),
        before.digest()
    );
}

#[tokio::test]
async fn the_asking_session_changes_neither_result_nor_itself() {
    let server = TestServer::shared().await;
    let database = server.database().await;
    database
        .run(
            "create schema other;
             create table other.t (id integer primary key, at timestamptz default '2026-01-01 00:00:00+00', f float8, i interval, b bytea, m money);
             create view other.v as select t.at + interval '1 day 2 hours' as later from other.t where at > '2026-05-05 00:00:00+07';
             insert into other.t values (1, now(), 0.1::float8 + 0.2, '1 day 02:03:04', '\\x01ff', 12.5)",
        )
        .await;
    let plain = database.session().await;
    let expected = both(&plain).await;

    let odd = database.session().await;
    for setting in [
        "search_path = other, public",
        "datestyle = 'German'",
        "intervalstyle = 'iso_8601'",
        "timezone = 'Asia/Ho_Chi_Minh'",
        "extra_float_digits = -5",
        "bytea_output = 'escape'",
        "quote_all_identifiers = on",
    ] {
        odd.simple(&format!("set {setting}")).await.unwrap();
    }
    let settings = "select string_agg(name || '=' || setting, ',' order by name) from pg_settings where source = 'session'";
    let settings_before = odd.simple(settings).await.unwrap();
    assert_eq!(both(&odd).await, expected);
    assert_eq!(odd.simple(settings).await.unwrap(), settings_before);

    // Inside a transaction of the caller: its settings, its writes and its locks stay.
    odd.simple("begin").await.unwrap();
    assert_eq!(both(&odd).await, expected, "right after begin");
    assert_eq!(catalog::assigned_transaction_id(&odd).await.unwrap(), None);
    odd.simple("set local search_path = public").await.unwrap();
    odd.simple("insert into other.t values (2)").await.unwrap();
    let (definition, data) = both(&odd).await;
    assert_eq!(definition, expected.0);
    assert_eq!(data.get("other.t").unwrap().rows, 2);
    assert_eq!(
        odd.simple("show search_path").await.unwrap().rows[0][0].as_deref(),
        Some("\"public\"")
    );
    assert!(
        catalog::assigned_transaction_id(&odd)
            .await
            .unwrap()
            .is_some()
    );
    odd.simple("commit").await.unwrap();
    assert_eq!(odd.simple(settings).await.unwrap(), settings_before);

    // In a read-only session, and without leaving a transaction open.
    let read_only = connect(
        &database.conninfo(),
        &SessionOptions::read_only("oneroof/test"),
    )
    .await
    .unwrap();
    assert_eq!(both(&read_only).await, both(&plain).await);
    let state = read_only
        .simple("select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'")
        .await
        .unwrap();
    assert_eq!(state.rows[0][0].as_deref(), Some("0"));
}

async fn both(session: &Session) -> (Definition, DataDigest) {
    (
        catalog::definition(session).await.unwrap(),
        catalog::data(session, &DataOptions::default())
            .await
            .unwrap(),
    )
}

#[tokio::test]
async fn data_is_hashed_whatever_the_order() {
    let server = TestServer::shared().await;
    let database = server.database().await;
    database
        .run(
            "create table t (id integer generated always as identity primary key, v text, at timestamptz);
             create table child (serial serial, t_id integer references t, v text);
             create table \"Odd \"\"T\" (\"a b\" text);
             create table part (k integer) partition by range (k);
             create table part_1 partition of part for values from (0) to (10);
             insert into t (v, at) select n, '2026-01-01' from generate_series(1, 100) n;
             insert into child (t_id, v) select id, v from t;
             insert into \"Odd \"\"T\" values (null), (null), (''), (e'a\\tb');
             insert into part values (1), (2)",
        )
        .await;
    let session = database.session().await;
    let all = DataOptions::default();
    let before = catalog::data(&session, &all).await.unwrap();
    let names: Vec<&str> = before
        .tables
        .iter()
        .map(|table| table.table.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "public.\"Odd \"\"T\"",
            "public.child",
            "public.part_1",
            "public.t"
        ]
    );
    assert_eq!(catalog::data_tables(&session).await.unwrap(), names);
    assert_eq!(before.get("public.t").unwrap().rows, 100);

    database.run("create table copy as select * from t order by id desc; truncate t cascade; insert into t overriding system value select * from copy; drop table copy; insert into child (serial, t_id, v) select id, id, v from t order by v").await;
    let after = catalog::data(&session, &all).await.unwrap();
    assert_eq!(
        after.digest(),
        before.digest(),
        "{:?}",
        DataDigest::diff(&before, &after)
    );

    for change in [
        "update t set v = 'x' where id = 7",
        "update t set v = null where id = 7",
        "delete from child where serial = 1",
        "insert into \"Odd \"\"T\" values (null)",
        "update part set k = 3 where k = 2",
        "create table more (id integer)",
        "drop table child",
    ] {
        session.simple("begin").await.unwrap();
        session.simple(change).await.unwrap();
        let changed = catalog::data(&session, &all).await.unwrap();
        let diff = DataDigest::diff(&before, &changed);
        assert_eq!(
            diff.missing.len() + diff.new.len() + diff.changed.len(),
            1,
            "{change}: {diff:?}"
        );
        assert_ne!(changed.digest(), before.digest(), "{change}");
        session.simple("rollback").await.unwrap();
    }

    // Two runs: other keys, the same content.
    let runs = DataOptions {
        volatile_columns: vec!["public.t.at".to_owned()],
        generated_columns: GeneratedColumns::LeaveOut,
        ..DataOptions::default()
    };
    let first = catalog::data(&session, &runs).await.unwrap();
    database.run("create table copy as select v from t; truncate t cascade; insert into t (v, at) select v, now() from copy; drop table copy; insert into child (t_id, v) select id, v from t").await;
    assert_eq!(
        catalog::data(&session, &runs).await.unwrap().digest(),
        first.digest()
    );
    assert_ne!(
        catalog::data(&session, &all).await.unwrap().digest(),
        before.digest()
    );

    let some = DataOptions {
        tables: Some(vec![
            "public.t".to_owned(),
            "public.\"Odd \"\"T\"".to_owned(),
            "no.such".to_owned(),
        ]),
        ..all
    };
    assert_eq!(
        catalog::data(&session, &some).await.unwrap().tables.len(),
        2
    );
}

#[tokio::test]
async fn hidden_rows_are_an_error_never_a_smaller_count() {
    let server = own_server().await;
    let database = server.database().await;
    database
        .run(
            "create role half login; create table t (v integer); insert into t values (1), (2);
             alter table t enable row level security; create policy p on t using (v = 1); grant select on t to half",
        )
        .await;
    let half = server.session(database.name(), "half").await;
    let error = catalog::data(&half, &DataOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("42501"), "{error}");
    // The session is usable, and outside of any transaction.
    assert!(catalog::relations(&half, &["t"]).await.unwrap()[0].found);
    half.simple("vacuum").await.unwrap();
}

#[tokio::test]
async fn relations_are_found_without_rights() {
    let server = own_server().await;
    let database = server.database().await;
    database
        .run("create role nobody login; create schema closed; create table closed.t (); create view public.\"Odd V\" as select 1 as one")
        .await;
    let session = server.session(database.name(), "nobody").await;
    let names = [
        "closed.t",
        "public.\"Odd V\"",
        "\"Odd V\"",
        "closed.missing",
        "t",
        "pg_class",
        "CLOSED.T",
    ];
    let found = catalog::relations(&session, &names).await.unwrap();
    let found: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|relation| (relation.name.as_str(), relation.kind.as_deref()))
        .collect();
    let expected = [
        Some("r"),
        Some("v"),
        Some("v"),
        None,
        None,
        Some("r"),
        Some("r"),
    ];
    assert_eq!(found, names.into_iter().zip(expected).collect::<Vec<_>>());
}

#[tokio::test]
async fn activity_says_whether_it_can_see() {
    let server = own_server().await;
    let database = server.database().await;
    database
        .run("create role blind login; create role seer login in role pg_read_all_stats")
        .await;
    let idle = database.session().await;
    idle.simple("begin").await.unwrap();
    idle.simple("select 1").await.unwrap();

    let seer = server.session(database.name(), "seer").await;
    let activity = catalog::activity(&seer).await.unwrap();
    assert!(activity.visible);
    let waiting = activity.idle_in_transaction(0.0);
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].pid, waiting[0].role.as_deref()),
        (idle.backend_pid(), Some(SUPERUSER))
    );
    assert!(activity.idle_in_transaction(3600.0).is_empty());

    let blind = server.session(database.name(), "blind").await;
    let activity = catalog::activity(&blind).await.unwrap();
    assert!(!activity.visible);
    assert!(
        activity
            .sessions
            .iter()
            .any(|session| session.pid == idle.backend_pid() && session.state.is_none())
    );
}

#[tokio::test]
async fn a_database_is_made_again_by_its_own_statements() {
    let server = own_server().await;
    let admin = server.admin().await;
    for statement in [
        "create role \"The Owner\"",
        "create role guest",
        "create database first template template0 owner \"The Owner\" encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
        "alter database first set work_mem = '7MB'",
        "alter database first set search_path = '', app",
        "alter database first set oneroof.mark = 'never copied'",
        "alter role guest in database first set statement_timeout = '3s'",
        "revoke all on database first from public",
        "grant connect on database first to guest with grant option",
    ] {
        admin.simple(statement).await.unwrap();
    }
    let first = server.session("first", SUPERUSER).await;
    let name = "second \"one'";
    let statements = catalog::database_statements(&first, name).await.unwrap();
    assert!(
        statements.create.ends_with("allow_connections false"),
        "{}",
        statements.create
    );
    for statement in [&statements.create, &statements.open]
        .into_iter()
        .chain(&statements.settings)
        .chain(&statements.acl)
    {
        admin
            .simple(statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let second = server.session(name, SUPERUSER).await;
    let (one, two) = (
        catalog::definition(&first).await.unwrap(),
        catalog::definition(&second).await.unwrap(),
    );
    assert_eq!(Definition::diff(&one, &two), Default::default());
    let facts = catalog::database(&second).await.unwrap();
    assert_eq!(
        (
            facts.name.as_str(),
            facts.owner.as_str(),
            facts.encoding.as_str()
        ),
        (name, "The Owner", "LATIN1")
    );
    assert_eq!(facts.settings.len(), 3);
    assert_eq!(catalog::mark(&second).await.unwrap(), None);
}

#[tokio::test]
async fn extensions_are_compared_by_version() {
    let server = TestServer::shared().await;
    let database = server.database().await;
    database
        .run("create extension hstore; create schema x; create extension pg_trgm schema x")
        .await;
    let session = database.session().await;
    let mut wanted = catalog::extensions(&session).await.unwrap();
    let names: Vec<String> = wanted
        .iter()
        .map(|extension| extension.name.clone())
        .collect();
    assert_eq!(names, ["plpgsql", "hstore", "pg_trgm"]);
    assert_eq!(wanted[2].schema, "x");
    let available = catalog::extensions_available(&session, &names)
        .await
        .unwrap();
    assert!(
        available
            .iter()
            .any(|known| known.name == "hstore" && known.is_default)
    );
    assert!(catalog::missing_extensions(&wanted, &available).is_empty());
    wanted[1].version = "99".to_owned();
    let missing = catalog::missing_extensions(&wanted, &available);
    assert_eq!(missing.len(), 1);
    assert!(!missing[0].available.is_empty());
}

/// Figure of the design: the definition digest of 1,000 tables in under 2 seconds (release build;
/// here only that it is not far away).
#[tokio::test]
async fn a_thousand_tables_are_read_quickly() {
    let server = TestServer::shared().await;
    let database = server.database().await;
    database
        .run(
            "do $$ begin for n in 1..1000 loop
                 execute format('create table t_%s (id bigint generated always as identity primary key, a text not null default ''x'', b numeric check (b > 0), c timestamptz default now(), d jsonb, e integer unique)', n);
                 execute format('create view v_%s as select id, a, b from t_%s where b > 1', n, n);
             end loop; end $$",
        )
        .await;
    let session = database.session().await;
    let started = std::time::Instant::now();
    let definition = catalog::definition(&session).await.unwrap();
    definition.digest();
    let elapsed = started.elapsed();
    assert!(definition.rows().len() > 15_000);
    println!("{} rows in {elapsed:?}", definition.rows().len());
    assert!(elapsed.as_secs() < 30, "{elapsed:?}");
}
