//! The definition digest is complete and exact: every kind of object, every alteration.

use std::sync::Arc;

use oneroof_pg::catalog::{self, Definition};
use oneroof_pg::connect::Session;
use oneroof_pg::programs::{ProgramCall, dump_into};
use oneroof_pg::testing::{TestDatabase, TestServer, system_binaries};

use crate::catalog::{MANY_KINDS, MANY_ROLES};

const EVERY_KIND: &str = include_str!("sql/every_kind.sql");
const FROM_15: &str = include_str!("sql/every_kind_from_15.sql");
const FROM_18: &str = include_str!("sql/every_kind_from_18.sql");

/// A database with every kind of object that this major knows.
async fn every_kind(server: &Arc<TestServer>, major: u32) -> TestDatabase {
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
