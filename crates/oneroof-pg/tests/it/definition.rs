//! The definition digest is complete and exact: every kind of object, every alteration.

use std::sync::Arc;

use oneroof_model::Digest;
use oneroof_pg::catalog::{self, Definition};
use oneroof_pg::connect::Session;
use oneroof_pg::programs::{ProgramCall, dump_into};
use oneroof_pg::testing::{TestDatabase, TestServer, system_binaries};

use crate::catalog::{MANY_KINDS, MANY_ROLES};

const EVERY_KIND: &str = include_str!("sql/every_kind.sql");
const FROM_15: &str = include_str!("sql/every_kind_from_15.sql");
const FROM_18: &str = include_str!("sql/every_kind_from_18.sql");

/// A database with every kind of object that this major knows.
pub(crate) async fn every_kind(server: &Arc<TestServer>, major: u32) -> TestDatabase {
    let database = server.database().await;
    if major >= 15 {
        database.run(MANY_KINDS).await;
    } else {
        database
            .run(&MANY_KINDS.replace(", app.customer (id, code) where (id > 0)", ""))
            .await;
    }
    database.run(EVERY_KIND).await;
    if major >= 15 {
        database.run(FROM_15).await;
    }
    if major >= 18 {
        database.run(FROM_18).await;
    }
    database
}

async fn server_with_roles(major: u32) -> Arc<TestServer> {
    let server = TestServer::of_major(major).await;
    server.admin().await.simple(MANY_ROLES).await.unwrap();
    server
}

fn words(before: &Definition, after: &Definition) -> Vec<String> {
    Definition::differences(before, after)
        .iter()
        .map(ToString::to_string)
        .collect()
}

async fn definition(session: &Session) -> Definition {
    catalog::definition(session).await.unwrap()
}

#[tokio::test]
async fn a_restored_dump_has_the_definition_of_its_source() {
    let server = server_with_roles(15).await;
    let source = every_kind(&server, 15).await;
    let copy = server.database().await;
    let binaries = system_binaries();
    let dump = ProgramCall::new(binaries.pg_dump.clone().unwrap())
        .args(["--format=custom", "--no-password"])
        .environment(source.conninfo().program_environment());
    let restore = ProgramCall::new(binaries.pg_restore.clone().unwrap())
        .args(["--exit-on-error", "--no-password"])
        .arg(format!("--dbname={}", copy.name()))
        .environment(copy.conninfo().program_environment());
    // A subscription's name is unique in a database, not in a server.
    dump_into(dump, restore, |_| {}).await.unwrap();
    let one = definition(&source.session().await).await;
    let two = definition(&copy.session().await).await;
    assert_eq!(words(&one, &two), Vec::<String>::new());
    assert_eq!(one.digest(), two.digest());
    assert_eq!(
        words(&one.beside(), &two.beside()),
        Vec::<String>::new(),
        "what is beside the digest"
    );
}

/// One alteration, and what must be said about it.
struct Mutation {
    line: String,
    sql: String,
    beside: bool,
    from: u32,
    expected: Vec<String>,
}

/// A line of SQL, then a line `=> words` for each difference. Behind the SQL, `-- from 15` names the
/// first major that knows it, and `-- beside` a fact that is no part of the digest.
fn mutations() -> Vec<Mutation> {
    let mut all: Vec<Mutation> = Vec::new();
    for line in include_str!("sql/mutations.sql").lines() {
        if let Some(words) = line.strip_prefix("=> ") {
            all.last_mut().unwrap().expected.push(words.to_owned());
        } else if !line.starts_with("--") {
            let (sql, note) = line.rsplit_once(';').unwrap_or((line, ""));
            let from = note.split_once("from ").map_or("0", |(_, major)| major);
            all.push(Mutation {
                line: line.to_owned(),
                sql: sql.to_owned(),
                beside: note.contains("beside"),
                from: from.parse().unwrap(),
                expected: Vec::new(),
            });
        }
    }
    all
}

/// Things of the server that some alterations need.
async fn prepare(server: &TestServer, database: &TestDatabase) {
    let admin = server.admin().await;
    for statement in [
        "create role test_other_admin superuser",
        "set allow_in_place_tablespaces = on",
        "create tablespace somewhere location ''",
    ] {
        // In-place tablespaces came with 15; older minors lack them.
        let outcome = admin.simple(statement).await;
        assert!(outcome.is_ok() || statement.contains("tablespace"));
    }
    database
        .run(
            "create table kinds.parent_empty (n integer); create index place_vn_city_idx_of_its_own on kinds.place_vn (city);
             analyze",
        )
        .await;
}

/// On 15, whose words are in the file, and on others the alterations that came later: word for word.
/// The rest on other majors: the digest changes, and only the objects of the file are named.
async fn every_alteration(major: u32) {
    let server = server_with_roles(major).await;
    let database = every_kind(&server, major).await;
    prepare(&server, &database).await;
    let session = database.session().await;
    let before = definition(&session).await;
    let digest = before.digest();
    let mut wrong = String::new();
    for mutation in mutations() {
        let needs = mutation.from.max(if mutation.sql.contains("tablespace") {
            15
        } else {
            0
        });
        if needs > major {
            continue;
        }
        let told = told(&session, &before, digest, &mutation).await;
        let objects: Vec<&str> = mutation.expected.iter().map(|line| object(line)).collect();
        let right = match major == 15 || mutation.from > 15 {
            true => told == mutation.expected,
            false => !told.is_empty() && told.iter().all(|line| objects.contains(&object(line))),
        };
        if !right {
            wrong.push_str(&format!("{}\n", mutation.line));
            for line in told {
                wrong.push_str(&format!("=> {line}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{major}: seen instead:\n{wrong}");
    assert_eq!(definition(&session).await, before);
}

/// `table app.orders` of `table app.orders: column id is new`.
fn object(words: &str) -> &str {
    let end = words.find(": ").or_else(|| words.find(" is "));
    &words[..end.unwrap_or(words.len())]
}

#[tokio::test]
async fn every_alteration_changes_the_digest_and_is_named() {
    every_alteration(15).await;
}

#[tokio::test]
async fn every_alteration_shows_on_14() {
    every_alteration(14).await;
}

#[tokio::test]
async fn every_alteration_shows_on_16() {
    every_alteration(16).await;
}

#[tokio::test]
async fn every_alteration_shows_on_17() {
    every_alteration(17).await;
}

#[tokio::test]
async fn every_alteration_shows_on_18() {
    every_alteration(18).await;
}

/// What is said about one alteration, which is undone again.
async fn told(
    session: &Session,
    before: &Definition,
    digest: Digest,
    mutation: &Mutation,
) -> Vec<String> {
    session.simple("begin").await.unwrap();
    let done = session.simple(&mutation.sql).await;
    let told = match done {
        Ok(_) => {
            let after = definition(session).await;
            let mut told = words(before, &after);
            if told.is_empty() != (digest == after.digest()) {
                told.push("the digest says something else".to_owned());
            }
            if mutation.beside {
                assert!(told.is_empty(), "{}: {told:?}", mutation.sql);
                told = words(&before.beside(), &after.beside());
            }
            told
        }
        Err(error) => vec![format!("FAILED {error}")],
    };
    session.simple("rollback").await.unwrap();
    told
}

#[tokio::test]
async fn the_same_statements_give_the_same_definition_twice() {
    for major in [14, 15, 16, 17, 18] {
        let server = server_with_roles(major).await;
        let one = every_kind(&server, major).await;
        // Other OIDs, and gaps in the numbers of attributes.
        let two = server.database().await;
        two.run("create table junk (a integer); drop table junk; create type junk as enum ('a'); drop type junk")
            .await;
        let two = {
            let other = every_kind(&server, major).await;
            drop(two);
            other
        };
        let one = definition(&one.session().await).await;
        let two = definition(&two.session().await).await;
        assert_eq!(words(&one, &two), Vec::<String>::new(), "{major}");
        assert_eq!(one.digest(), two.digest(), "{major}");
        assert_eq!(one.beside(), two.beside(), "{major}");
        assert!(one.rows().len() > 550, "{major}: {}", one.rows().len());
    }
}

/// What changes nothing that a definition says.
const NO_CHANGES: [&str; 16] = [
    "analyze",
    "vacuum",
    "vacuum full kinds.keys",
    "vacuum full pg_catalog.pg_class",
    "reindex table kinds.keys",
    "reindex index concurrently kinds.keys_hash",
    "cluster kinds.keys",
    "select nextval('kinds.counter'), nextval('app.ticket_seq'), setval('kinds.keys_id_seq', 100)",
    "alter sequence kinds.counter restart with 7",
    "alter table kinds.keys add column gone integer default 7; alter table kinds.keys drop column gone",
    "alter table app.scratchpad drop column v; alter table app.scratchpad add column v text",
    "comment on database test_700 is 'another comment'",
    "insert into app.scratchpad values ('x', 'y'); delete from app.animal where name = 'hen'; truncate app.dog",
    "refresh materialized view app.totals",
    "select pg_stat_reset(); checkpoint",
    "drop view kinds.recursive_one; create view kinds.recursive_one as with recursive r (n) as (select 1 union all select n + 1 from r where n < 5) select n, 'x' as letter, exists (select 'y' from kinds.keys) as any_key from r",
];

#[tokio::test]
async fn nothing_but_definitions_changes_the_digest() {
    let server = server_with_roles(15).await;
    let database = every_kind(&server, 15).await;
    let session = database.session().await;
    let before = definition(&session).await;
    for change in NO_CHANGES {
        for statement in change.split("; ") {
            session
                .simple(statement)
                .await
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let after = definition(&session).await;
        assert_eq!(words(&before, &after), Vec::<String>::new(), "{change}");
        assert_eq!(before.digest(), after.digest(), "{change}");
        assert_eq!(before.beside(), after.beside(), "{change}");
    }
}
