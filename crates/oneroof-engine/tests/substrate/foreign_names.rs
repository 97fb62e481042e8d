//! A name of ours that somebody else has taken is refused by name, and rows of others keep the base where it is.

use crate::world::{OPEN_GATE, Target, World, application, file};

#[tokio::test]
async fn names_that_others_have_taken_are_refused_by_name() {
    let world = World::new().await;
    let parameters = file("fixtures/reference.toml");
    let prepare = application() + OPEN_GATE;
    let target = world.target("taken", &prepare, &parameters).await;
    let database = &target.database;
    let other_owner = "(other owner)";
    let other_shape = "(other shape)";
    for (package, sql, says, undo) in [
        (
            "one-roof-base",
            "create table governance_registry (id integer)",
            format!("governance_registry {other_owner}"),
            "drop table governance_registry",
        ),
        (
            "one-roof-base",
            "create table governance_registry (id integer); alter table governance_registry owner to one_roof_owner",
            format!("governance_registry {other_shape}"),
            "drop table governance_registry",
        ),
        (
            "one-roof-base",
            "create function quorum_passed(integer) returns integer language sql as 'select 1'",
            format!("quorum_passed {other_owner}"),
            "drop function quorum_passed(integer)",
        ),
        (
            "one-roof",
            "create view v_drift_finding as select 1 as id",
            format!("v_drift_finding {other_owner}"),
            "drop view v_drift_finding",
        ),
        (
            "one-roof",
            "create table axis_registry (id integer); alter table axis_registry owner to one_roof_owner",
            format!("axis_registry {other_shape}"),
            "drop table axis_registry",
        ),
        (
            "one-roof",
            "create function fn_governance_scan(actor text, mode text) returns bigint language sql as 'select 1::bigint'",
            format!("fn_governance_scan {other_owner}"),
            "drop function fn_governance_scan(text, text)",
        ),
    ] {
        if package == "one-roof"
            && database
                .row("select to_regclass('governance_registry')")
                .await
                == "∅"
        {
            target.apply("one-roof-base").await.unwrap();
        }
        database.run(sql).await;
        let (code, said) = Target::refusal(target.apply(package).await);
        assert_eq!(code, "precondition-failed", "{said}");
        assert!(said.contains(&says), "`{says}` is not in {said}");
        database.run(undo).await;
    }
    // With the names free again the release passes.
    target.apply("one-roof").await.unwrap();
}

#[tokio::test]
async fn the_base_stays_while_somebody_stands_on_it() {
    let world = World::new().await;
    let target = world.reference("stood_on").await;
    let database = &target.database;
    database.run("delete from event_outbox; delete from event_type_registry where event_domain <> 'governance'").await;
    for (sql, says, undo) in [
        (
            "insert into governance_object_ownership (object_type, object_ref, scope, owner_kind, owner_gov_code, created_by)
             values ('collection', 'agents', 'audit', 'accountable', 'GOV-DOT', 'somebody')",
            "1 row(s) in governance_object_ownership",
            "delete from governance_object_ownership",
        ),
        (
            "insert into evolution_snapshots (source, digest, created_by) values ('x', 'x', 'somebody')",
            "evolution_snapshots 1",
            "delete from evolution_snapshots",
        ),
        (
            "insert into governance_build_authorization (auth_code, step, request_ref, risk_level)
             values ('A-1', 'one-roof', 'APR-0001', 'low')",
            "1 row(s) in governance_build_authorization: A-1",
            "delete from governance_build_authorization",
        ),
        (
            "insert into event_type_registry (event_domain, event_type, event_stream, delivery_lane, active)
             values ('content', 'content.created', 'activity', 'immediate', true)",
            "1 event type(s) of others: content",
            "delete from event_type_registry where event_domain = 'content'",
        ),
        (
            "insert into governance_registry (code, name, created_by) values ('GOV-NEW', 'New', 'somebody')",
            "GOV-NEW by somebody",
            "delete from governance_registry where code = 'GOV-NEW'",
        ),
    ] {
        database.run(sql).await;
        let (code, said) = Target::refusal(target.rollback("one-roof-base").await);
        assert_eq!(code, "rollback-blocked", "{said}");
        assert!(said.contains(says), "`{says}` is not in {said}");
        database.run(undo).await;
    }
    target.apply("one-roof").await.unwrap();
    let (code, said) = Target::refusal(target.rollback("one-roof-base").await);
    assert_eq!(code, "rollback-blocked", "{said}");
    target.rollback("one-roof").await.unwrap();
    target.rollback("one-roof-base").await.unwrap();
    let left = "select count(*) from pg_class where relowner = 'one_roof_owner'::regrole";
    assert_eq!(database.row(left).await, "0");
}
