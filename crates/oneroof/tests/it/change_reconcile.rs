//! `reconcile decide | withdraw`, on a scratch database.

use std::thread;

use serde_json::Value;

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

fn row(world: &Governed, collection: &str) -> Value {
    let rows = world.done("reconcile list --target directus");
    rows.as_array()
        .unwrap()
        .iter()
        .find(|row| row["collection"] == collection)
        .unwrap()
        .clone()
}

fn fingerprint(world: &Governed, collection: &str) -> String {
    row(world, collection)["fingerprint"].as_str().unwrap()[..8].to_owned()
}

fn decide(world: &Governed, collection: &str, topic: &str, kind: &str) -> String {
    let facts = fingerprint(world, collection);
    format!(
        "reconcile decide {collection} {topic} --as {kind} --facts {facts} --rationale why --approval APR-3 --target directus"
    )
}

#[test]
fn a_decision_is_withdrawn_and_taken_again_bound_to_its_facts() {
    let world = Governed::one_roof();
    let error = world.refused(
        &decide(&world, "agents", "ai-ops", "orthogonal-facet"),
        "change-refused",
    );
    says(
        &error,
        "message",
        &["release decided on agents and ai-ops already, at 20"],
    );

    let _ = world.done("reconcile withdraw agents ai-ops --target directus --execute");
    assert_eq!(row(&world, "agents")["flag"], "orthogonal_facet");
    let line = decide(&world, "agents", "ai-ops", "orthogonal-facet");
    let shown = world.done(&line);
    assert_eq!(
        (&shown["outcome"], &row(&world, "agents")["flag"]),
        (&"shown".into(), &"orthogonal_facet".into())
    );
    let _ = world.done(&format!("{line} --execute"));
    assert_eq!(
        row(&world, "agents")["flag"],
        "reconciled_accept_orthogonal_facet"
    );
    assert_eq!(
        world.value(DIRECTUS, "select string_agg(status || ' ' || (approval_ref = 'APR-3'), ', ' order by decision_id) from topic_label_reconcile_decision where coll = 'agents'"),
        "withdrawn false, active true"
    );

    // A new fact: another label of the rule. The decision is void, and nobody decides on what they did not see.
    let before = world.value(DIRECTUS, "select string_agg(d::text, ',' order by d.decision_id) from topic_label_reconcile_decision d");
    world.sql(DIRECTUS, "update topic_taxonomy_map set value_code = 'governance' where value_code = 'ai-ops' and label_code = 'LBL-061'");
    let error = world.refused(&format!("{line} --execute"), "facts-changed");
    says(
        &error,
        "reasons",
        &[
            "flag orthogonal_facet",
            "labels of the topic: LBL-006",
            "fingerprint ",
        ],
    );
    assert_eq!(world.value(DIRECTUS, "select string_agg(d::text, ',' order by d.decision_id) from topic_label_reconcile_decision d"), before);
    let _ = world.done(&format!(
        "{} --execute",
        decide(&world, "agents", "ai-ops", "accept_orthogonal_facet")
    ));
    assert_eq!(
        world.value(DIRECTUS, "select string_agg(status, ', ' order by decision_id) from topic_label_reconcile_decision where coll = 'agents'"),
        "withdrawn, superseded, active"
    );
}

#[test]
fn what_does_not_fit_the_facts_is_refused() {
    let world = Governed::one_roof();
    // Without an owner a missing rule is no projection that is pending.
    let error = world.refused(
        &decide(
            &world,
            "governance_registry",
            "registry-kg",
            "projection-pending",
        ),
        "change-refused",
    );
    says(&error, "message", &["no_label_rule"]);
    says(&error, "hint", &["owner assign"]);
    let _ = world.done("owner assign --object governance_registry --axis topic --value registry-kg --agency GOV-KG-SYS --approval A --target directus --execute");
    let error = world.refused(
        &decide(
            &world,
            "governance_registry",
            "registry-kg",
            "orthogonal-facet",
        ),
        "change-refused",
    );
    says(&error, "hint", &["accept_projection_pending"]);
    let done = world.done(&format!(
        "{} --execute",
        decide(
            &world,
            "governance_registry",
            "registry-kg",
            "projection-pending"
        )
    ));
    let closed = done["preview"]["findings_closed"].as_array().unwrap();
    assert!(
        closed
            .iter()
            .any(|finding| finding["detector"] == "projection_lag"),
        "{closed:#?}"
    );

    // A contradiction: the map now gives the topic a label of the facet that the rule uses.
    world.sql(
        DIRECTUS,
        "insert into topic_taxonomy_map (value_code, label_code, map_kind, created_by)
         select 'ai-ops', t.code, 'direct', 'test'
         from taxonomy t
         join (select t.facet_id, t.code from label_rules r join taxonomy t on t.code = r.result_label where r.condition ->> 'collection' = 'agents' limit 1) u on u.facet_id = t.facet_id
         where t.code not in (select r.result_label from label_rules r where r.condition ->> 'collection' = 'agents')
         limit 1",
    );
    assert_eq!(row(&world, "agents")["base_flag"], "divergent");
    for kind in ["orthogonal-facet", "projection-pending", "quarantine-hold"] {
        let error = world.refused(&decide(&world, "agents", "ai-ops", kind), "change-refused");
        says(&error, "message", &["divergent"]);
    }

    let error = world.error("reconcile decide agentz ai-ops --as orthogonal-facet --facts 12345678 --rationale x --approval A --target directus", 2, "input");
    says(&error, "hint", &["agents"]);
    let error = world.error("reconcile decide agents ai-opps --as orthogonal-facet --facts 12345678 --rationale x --approval A --target directus", 2, "input");
    says(&error, "hint", &["ai-ops"]);
    let error = world.error("reconcile decide agents ai-ops --as whatever --facts 12345678 --rationale x --approval A --target directus", 2, "input");
    says(&error, "message", &["whatever"]);
    let error = world.error("reconcile decide agents ai-ops --as orthogonal-facet --facts 1 --rationale x --approval A --target directus", 2, "input");
    says(&error, "message", &["too short"]);
}

#[test]
fn of_two_who_decide_at_once_one_wins_and_the_other_is_told_who() {
    let world = Governed::one_roof();
    let _ = world.done("reconcile withdraw agents ai-ops --target directus --execute");
    let line = format!(
        "{} --execute",
        decide(&world, "agents", "ai-ops", "orthogonal-facet")
    );
    let outcomes: Vec<(i32, Value)> = thread::scope(|scope| {
        let runs: Vec<_> = (0..2).map(|_| scope.spawn(|| world.json(&line))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let mut codes: Vec<i32> = outcomes.iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 3], "{outcomes:#?}");
    let loser = outcomes.iter().find(|(code, _)| *code == 3).unwrap();
    let message = loser.1["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("decided on agents and ai-ops already, at 20"),
        "{message}"
    );
}

#[test]
fn a_row_that_comes_from_elsewhere_in_that_moment_is_a_refusal_and_no_error_of_sql() {
    let world = Governed::one_roof();
    let cell = "('collection', 'agents', 'audit', 'accountable', 'GOV-SIV', 'somebody')";
    let columns = "(object_type, object_ref, scope, owner_kind, owner_gov_code, created_by)";
    let session = world.session(DIRECTUS);
    world.on(
        &session,
        &format!("begin; insert into governance_object_ownership {columns} values {cell}"),
    );
    let outcome = thread::scope(|scope| {
        let run = scope.spawn(|| world.json("owner assign --object agents --scope audit --agency GOV-DOT --approval A --target directus --execute"));
        world.wait_for(DIRECTUS, "select exists (select from pg_stat_activity where application_name like 'oneroof/change/%' and wait_event_type = 'Lock')");
        world.on(&session, "commit");
        run.join().unwrap()
    });
    assert_eq!(outcome.0, 3, "{:#}", outcome.1);
    says(&outcome.1["error"], "message", &["GOV-SIV holds"]);

    // Somebody who keeps the turn is named.
    world.on(
        &session,
        "begin; select pg_advisory_xact_lock(hashtextextended('oneroof.change', 0))",
    );
    let error = world.refused(
        "owner end --object agents --scope audit --approval A --target directus",
        "target-locked",
    );
    says(&error, "message", &["oneroof/test", "pid"]);
    world.on(&session, "rollback");
}
