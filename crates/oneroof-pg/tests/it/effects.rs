//! What is measured inside a transaction is what the full definitions before and after it differ in.

use std::sync::Arc;

use oneroof_model::{Effects, ObjectChange};
use oneroof_pg::catalog::{self, Definition};
use oneroof_pg::connect::Session;
use oneroof_pg::effects;
use oneroof_pg::testing::{TestDatabase, TestServer};

/// One transaction each; every statement works on what this makes.
const BEFORE: &str = "
    create schema shop;
    create type shop.state as enum ('new', 'paid');
    create type shop.pair as (a int, b text);
    create domain shop.money as numeric(10, 2) check (value >= 0);
    create sequence shop.numbers;
    create table shop.customer (id bigint generated always as identity primary key, name text not null, code text unique);
    create table shop.orders (id bigint primary key, customer bigint references shop.customer, amount shop.money default 0,
                              state shop.state, note text, check (length(note) < 100));
    create index orders_by_customer on shop.orders (customer);
    create index orders_by_words on shop.orders (lower(note));
    create view shop.paid as select id from shop.orders where state = 'paid';
    create materialized view shop.sums as select customer, sum(amount) as total from shop.orders group by customer;
    create table shop.log (at timestamptz, line text) partition by range (at);
    create table shop.log_old partition of shop.log for values from ('2020-01-01') to ('2021-01-01');
    create function shop.twice(n int) returns int language sql as 'select n * 2';
    create function shop.touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger orders_touch before update on shop.orders for each row execute function shop.touch();
    create policy only_own on shop.orders using (id > 0);
    create rule no_delete as on delete to shop.customer do instead nothing;
    create statistics shop.stats on customer, state from shop.orders;
    create publication changes for table shop.orders;
    create text search configuration shop.words (copy = simple);
    create operator shop.=== (function = int4eq, leftarg = int, rightarg = int);
    comment on table shop.orders is 'orders';
    insert into shop.customer (name, code) values ('a', '1'), ('b', '2');
    insert into shop.orders select n, 1, n, 'new' from generate_series(1, 10) as n;
";

const TRANSACTIONS: &[&str] = &[
    "create table shop.fresh (id int primary key, other bigint references shop.customer unique, c text default 'x')",
    "create table shop.copy as select * from shop.orders",
    "drop table shop.log",
    "drop view shop.paid",
    "drop materialized view shop.sums",
    "alter table shop.orders add column extra int default 5 not null",
    "alter table shop.orders drop column note",
    "alter table shop.orders rename column note to remark",
    "alter table shop.orders alter column customer set not null",
    "alter table shop.orders alter column note type varchar(50)",
    "alter table shop.orders add constraint positive check (id > 0) not valid",
    "alter table shop.orders drop constraint orders_customer_fkey",
    "alter table shop.orders rename to bought",
    "alter table shop.orders set (fillfactor = 50)",
    "alter table shop.orders enable row level security",
    "alter table shop.orders disable trigger orders_touch",
    "alter table shop.log detach partition shop.log_old",
    "create table shop.log_new partition of shop.log for values from ('2021-01-01') to ('2022-01-01')",
    "create index on shop.orders (amount)",
    "drop index shop.orders_by_customer",
    "alter index shop.orders_by_customer rename to by_customer",
    "alter index shop.orders_by_words alter column 1 set statistics 100",
    "alter type shop.state add value 'sent'",
    "alter type shop.state rename value 'paid' to 'settled'",
    "alter type shop.pair add attribute c date",
    "alter domain shop.money add constraint small check (value < 1000000)",
    "alter domain shop.money set default 1",
    "drop function shop.twice(int)",
    "create or replace function shop.twice(n int) returns int language sql immutable as 'select n + n'",
    "create procedure shop.work() language sql as 'select 1'",
    "create aggregate shop.total(int) (sfunc = int4pl, stype = int, initcond = '0')",
    "drop trigger orders_touch on shop.orders",
    "drop policy only_own on shop.orders",
    "alter policy only_own on shop.orders using (id > 5)",
    "drop rule no_delete on shop.customer",
    "create or replace view shop.paid as select id from shop.orders where state = 'paid' and id > 1",
    "drop statistics shop.stats",
    "alter statistics shop.stats set statistics 50",
    "alter publication changes set (publish = 'insert')",
    "alter publication changes add table shop.customer",
    "create sequence shop.more start 5 owned by shop.orders.id",
    "alter sequence shop.numbers increment 3",
    "alter sequence shop.numbers owned by shop.orders.id",
    "comment on table shop.orders is 'other words'",
    "comment on column shop.orders.id is 'key'",
    "comment on index shop.orders_by_customer is 'fast'",
    "comment on constraint orders_pkey on shop.orders is 'key'",
    "comment on schema shop is 'a shop'",
    "grant select on shop.orders to public",
    "grant select (id) on shop.orders to public",
    "grant usage on schema shop to public",
    "revoke execute on function shop.twice(int) from public",
    "grant execute on function pg_catalog.pg_sleep(double precision) to pg_monitor",
    "alter default privileges in schema shop grant select on tables to public",
    "alter table shop.orders owner to pg_database_owner",
    "alter text search configuration shop.words drop mapping for word",
    "drop operator shop.=== (int, int)",
    "create schema other create table t (a int)",
    "drop schema shop cascade",
    "create type shop.span as range (subtype = int)",
    "create collation shop.german (locale = 'C')",
    "create cast (text as shop.state) with inout",
    "create foreign data wrapper wrap; create server far foreign data wrapper wrap options (host 'x'); \
     create user mapping for public server far; create foreign table shop.remote (a int) server far",
    "create event trigger watch on ddl_command_end execute function event_function()",
    "alter table shop.orders cluster on orders_by_customer",
    "alter table shop.orders replica identity full",
    "create table shop.gone (a int); drop table shop.gone",
    "do $$ begin begin create table shop.never (a int); raise exception 'no'; exception when others then null; end; \
     begin create table shop.inner (a int); exception when others then null; end; end $$",
    "select 1",
    "insert into shop.orders values (99, 1, 1, 'new'); update shop.orders set note = 'x' where id < 4; delete from shop.orders where id = 4",
    "create temporary table t (a int); insert into t values (1)",
    "analyze shop.orders",
];

/// The rows of these did not change: they refer to what did, and print its new name or shape.
const AS_THEY_REFER_TO_IT: &[&str] = &[
    "alter table shop.orders rename to bought: materialized view shop.sums is new or other",
    "alter table shop.orders rename to bought: publication changes is new or other",
    "alter table shop.orders rename to bought: statistics shop.stats is new or other",
    "alter table shop.orders rename to bought: view shop.paid is new or other",
    "alter type shop.state rename value 'paid' to 'settled': view shop.paid is new or other",
];

async fn database() -> TestDatabase {
    database_of(&TestServer::shared().await).await
}

async fn database_of(server: &Arc<TestServer>) -> TestDatabase {
    let database = server.database().await;
    database
        .run("create function event_function() returns event_trigger language plpgsql as 'begin end'")
        .await;
    database.run(BEFORE).await;
    database
}

async fn measured(session: &Session, watcher: &Session) -> Effects {
    effects::measure(session, watcher).await.unwrap()
}

/// What was measured wrongly, by the difference of the full definitions.
fn faults(effects: &Effects, before: &Definition, after: &Definition) -> Vec<String> {
    let diff = Definition::diff(before, after);
    let seen = |kind: &str, identity: &str| {
        let mut all = effects.definitions.iter();
        all.find(|one| one.kind == kind && one.identity == identity)
            .map(|one| one.digest)
    };
    let mut faults = Vec::new();
    let new = diff.new.iter().map(|one| (&one.kind, &one.identity));
    let changed = diff.changed.iter().map(|one| (&one.kind, &one.identity));
    for (kind, identity) in new.chain(changed) {
        if seen(kind, identity)
            != after
                .get(kind, identity)
                .map(catalog::DefinitionRow::digest)
        {
            faults.push(format!("{kind} {identity} is new or other"));
        }
    }
    for one in &diff.missing {
        let mut objects = effects.objects.iter();
        if seen(&one.kind, &one.identity).is_some()
            || objects.all(|object| object.change == ObjectChange::Created)
        {
            faults.push(format!("{} {} is gone", one.kind, one.identity));
        }
    }
    for one in &effects.definitions {
        let full = after.get(&one.kind, &one.identity);
        if full.map(catalog::DefinitionRow::digest) != Some(one.digest) {
            faults.push(format!("{} {} reads otherwise", one.kind, one.identity));
        }
    }
    if diff.is_empty() && !effects.objects.is_empty() {
        faults.push(format!("nothing differs, but {:?}", effects.objects));
    }
    faults
}

#[tokio::test]
async fn effects_are_the_difference_of_the_full_definitions() {
    compared(&TestServer::shared().await).await;
}

#[tokio::test]
async fn effects_are_the_difference_on_the_oldest_and_newest_major() {
    for major in [14, 18] {
        compared(&TestServer::of_major(major).await).await;
    }
}

/// Each transaction: what was measured against what the full definitions say.
async fn compared(server: &Arc<TestServer>) {
    let database = database_of(server).await;
    let watcher = database.session().await;
    let before = catalog::definition(&watcher).await.unwrap();
    let mut wrong = Vec::new();
    for (number, statements) in TRANSACTIONS.iter().enumerate() {
        let mut session = database.session().await;
        // As a run does it for its next transaction: with questions that were planned before.
        if number % 2 == 0 {
            session.keep_statements();
            effects::warm(&session).await.unwrap();
        }
        session.simple("begin").await.unwrap();
        session
            .simple(statements)
            .await
            .unwrap_or_else(|error| panic!("{statements}: {error}"));
        let effects = measured(&session, &watcher).await;
        let after = catalog::definition(&session).await.unwrap();
        for fault in faults(&effects, &before, &after) {
            wrong.push(format!("{statements}: {fault}"));
        }
        session.simple("rollback").await.unwrap();
        session.close().await;
    }
    assert_eq!(wrong.join("\n"), AS_THEY_REFER_TO_IT.join("\n"));
}

#[tokio::test]
async fn a_tier_may_take_our_prepared_statements_away() {
    let database = database().await;
    let watcher = database.session().await;
    for word in ["deallocate all", "DeAllocate All"] {
        let mut session = database.session().await;
        session.keep_statements();
        effects::warm(&session).await.unwrap();
        session
            .simple("begin; create table shop.fresh (a int)")
            .await
            .unwrap();
        session.simple(word).await.unwrap();
        let effects = measured(&session, &watcher).await;
        assert_eq!(effects.tables_created(), ["shop.fresh"]);
        // Its settings are its own again.
        let settings = "select current_setting('plan_cache_mode'), current_setting('search_path')";
        let outcome = session.simple(settings).await.unwrap();
        let settings: Vec<_> = outcome.rows[0].iter().flatten().collect();
        assert_eq!(settings, ["auto", "\"$user\", public"]);
        session.simple("rollback").await.unwrap();
    }
}

/// What was done to which object, in one text.
async fn told(statements: &str) -> String {
    let database = database().await;
    let (watcher, session) = (database.session().await, database.session().await);
    session.simple("begin").await.unwrap();
    session.simple(statements).await.unwrap();
    let effects = measured(&session, &watcher).await;
    let objects = effects.objects.iter();
    let told: Vec<String> = objects
        .map(|one| format!("{:?} {} {}", one.change, one.kind, one.identity))
        .collect();
    told.join("; ")
}

#[tokio::test]
async fn objects_are_created_altered_and_dropped() {
    assert_eq!(
        told("create table shop.fresh (id int primary key, other bigint references shop.customer)")
            .await,
        "Created table shop.fresh"
    );
    assert_eq!(
        told("alter table shop.orders rename to bought; drop view shop.paid; create type shop.flag as enum ('a')").await,
        "Altered table shop.bought; Created type shop.flag; Dropped view shop.paid"
    );
    // Dropped in sub-transactions of ours, which have ids of their own.
    assert_eq!(
        told("savepoint a; drop function shop.twice(int); release a; savepoint b; drop view shop.paid; rollback to b; \
              savepoint c; create index on shop.orders (amount); comment on index shop.orders_by_customer is 'x'").await,
        "Dropped function shop.twice(integer); Altered table shop.orders"
    );
    assert_eq!(
        told("create role effects_made_this nologin; alter role effects_made_this set work_mem = '5MB'").await,
        "Created role effects_made_this; Created setting of role effects_made_this in every database: work_mem"
    );
}

#[tokio::test]
async fn rows_and_new_files_are_measured() {
    let database = database().await;
    let watcher = database.session().await;
    let session = database.session().await;
    session
        .simple(
            "begin; truncate shop.orders; insert into shop.customer (name) values ('c'), ('d'); \
             update shop.customer set code = 'x' || id; refresh materialized view shop.sums; \
             alter table shop.log alter column line type varchar(20)",
        )
        .await
        .unwrap();
    let effects = measured(&session, &watcher).await;
    let rows: Vec<_> = effects
        .rows
        .iter()
        .map(|rows| {
            (
                rows.table.as_str(),
                rows.inserted,
                rows.updated,
                rows.deleted,
            )
        })
        .collect();
    assert_eq!(rows, [("shop.customer", 2, 4, 0)]);
    assert!(
        effects.new_files.contains(&"shop.orders".to_owned()),
        "{effects:?}"
    );
    assert!(
        effects.new_files.contains(&"shop.sums".to_owned()),
        "{effects:?}"
    );
}

#[tokio::test]
async fn the_work_of_others_is_not_ours() {
    let database = database().await;
    let watcher = database.session().await;
    let other = database.session().await;
    let open = database.session().await;
    let session = database.session().await;
    session
        .simple("begin; create table shop.mine (a int)")
        .await
        .unwrap();
    other
        .simple("create table shop.theirs (a int); drop view shop.paid; comment on table shop.customer is 'theirs'")
        .await
        .unwrap();
    open.simple("begin; create table shop.not_yet (a int); drop function shop.twice(int)")
        .await
        .unwrap();
    let effects = measured(&session, &watcher).await;
    let names: Vec<_> = effects
        .objects
        .iter()
        .map(|effect| effect.identity.as_str())
        .collect();
    assert!(!names.is_empty());
    assert!(names.iter().all(|name| name.contains("mine")), "{names:?}");
}
