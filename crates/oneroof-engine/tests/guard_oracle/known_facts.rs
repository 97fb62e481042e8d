//! What a channel knows of the catalog is used for as long as it is true, and not longer.

use std::collections::BTreeMap;
use std::sync::Arc;

use oneroof_engine::SearchPlaces;
use oneroof_engine::context::{Context, TargetDatabase};
use oneroof_engine::readonly::{Answer, Channel, ChannelOptions, Limits, Question};
use oneroof_pg::testing::TestServer;

/// The values of the first column, or the rule of the refusal.
async fn ask(channel: &Channel, sql: &str) -> Result<Vec<String>, String> {
    let question = Question {
        principal: "test",
        sql: sql.as_bytes(),
        parameters: &[],
    };
    match channel.query(&question).await.unwrap() {
        Answer::Rows(report) => Ok(report
            .rows
            .into_iter()
            .map(|mut row| row.remove(0).unwrap_or_default())
            .collect()),
        Answer::Refused(refusal) => Err(refusal.rule.as_str().to_owned()),
    }
}

#[tokio::test]
async fn a_changed_catalog_is_read_anew() {
    let database = TestServer::shared().await.database().await;
    database
        .run(
            "create schema app;
             create table app.orders (id int primary key, note text);
             insert into app.orders values (1, 'one');
             create view app.open_orders as select id, note from app.orders;
             create function app.loud(n int) returns int volatile language sql as 'select n';
             create role known_reader login;
             grant usage on schema app to known_reader;
             grant select on all tables in schema app to known_reader;
             alter role known_reader set search_path = app",
        )
        .await;
    let folder = tempfile::tempdir().unwrap();
    let target = TargetDatabase {
        name: "shop".to_owned(),
        read: Some(database.server().conninfo(database.name(), "known_reader")),
        ..TargetDatabase::default()
    };
    let context = Context {
        root: folder.path().to_owned(),
        targets: BTreeMap::from([("shop".to_owned(), target)]),
        search: SearchPlaces::usual(None),
        server_binaries: None,
        server_folder: None,
        runner_key: None,
        operator: "test".to_owned(),
        events: Arc::new(|_| {}),
    };
    let options = ChannelOptions {
        verb: "query",
        slots: 2,
        limits: Limits::default(),
    };
    let channel = Channel::open(&context, "shop", options).unwrap();
    let view = "select id from open_orders";
    for _ in 0..3 {
        assert_eq!(ask(&channel, view).await, Ok(vec!["1".to_owned()]));
        assert_eq!(
            ask(&channel, "select note from orders where id = 1").await,
            Ok(vec!["one".to_owned()])
        );
    }
    // The same names, and now one of them calls a function that nobody reviewed.
    database
        .run("create or replace view app.open_orders as select app.loud(id) as id, note from app.orders")
        .await;
    assert_eq!(
        ask(&channel, view).await,
        Err("function-not-allowed".to_owned())
    );
    // What does not stand in the way is admitted again.
    database
        .run("create or replace view app.open_orders as select id + 1 as id, note from app.orders")
        .await;
    assert_eq!(ask(&channel, view).await, Ok(vec!["2".to_owned()]));
    // A policy, an operator and a table that shadows one of the server's: none is overlooked.
    database
        .run(
            "alter table app.orders enable row level security;
             create policy loud on app.orders using (app.loud(id) > 0)",
        )
        .await;
    assert!(ask(&channel, "select note from orders").await.is_err());
    database
        .run("drop policy loud on app.orders; create policy all_of_it on app.orders using (id > 0)")
        .await;
    assert_eq!(
        ask(&channel, "select note from orders").await,
        Ok(vec!["one".to_owned()])
    );
    database
        .run(
            "create function app.equal(int, int) returns boolean immutable language sql as 'select true';
             create operator app.=== (leftarg = int, rightarg = int, function = app.equal)",
        )
        .await;
    assert!(
        ask(&channel, "select 1 from orders where id === 1")
            .await
            .is_err()
    );
    // A change that is not committed is none.
    let session = database.session().await;
    let _ = session
        .simple("begin; alter table app.orders rename column note to remark")
        .await
        .unwrap();
    let _ = session.simple("rollback").await.unwrap();
    session.close().await;
    assert_eq!(
        ask(&channel, "select note from orders").await,
        Ok(vec!["one".to_owned()])
    );
    assert!(channel.close().await);
}
