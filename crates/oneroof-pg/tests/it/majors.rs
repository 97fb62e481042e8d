//! The same promises on every major that we support. Servers that the system lacks are installed
//! by `scripts/npm-postgres/install`; without them these tests fail and say so.

use oneroof_pg::testing::TestServer;

async fn check(major: u32) {
    let server = TestServer::of_major(major).await;
    let database = server.database().await;
    let session = database.session().await;
    assert_eq!(session.server_version_num() / 10_000, major);
    assert_eq!(server.server().entry().major, major);
    let sql = "create table t (id int generated always as identity, at timestamptz default now())";
    session.simple(sql).await.unwrap();
    session
        .simple("do $$ begin raise notice 'hello'; end $$")
        .await
        .unwrap();
    assert_eq!(session.take_notices()[0].message, "hello");
    let columns = session.prepare_check("select * from t").await.unwrap();
    assert_eq!(columns[1], ("at".to_owned(), "timestamptz".to_owned()));
    let identifier = session
        .simple("select system_identifier from pg_control_system()")
        .await
        .unwrap();
    let known = server.server().entry().system_identifier.clone();
    assert_eq!(identifier.rows, [[known]]);
}

#[tokio::test]
async fn major_14() {
    check(14).await;
}

#[tokio::test]
async fn major_15() {
    check(15).await;
}

#[tokio::test]
async fn major_16() {
    check(16).await;
}

#[tokio::test]
async fn major_17() {
    check(17).await;
}

#[tokio::test]
async fn major_18() {
    check(18).await;
}
