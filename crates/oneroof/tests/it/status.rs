//! `status`: one word, three lines, and booleans that a consumer can rely on.

use serde_json::Value;

use crate::gated::Gated;
use crate::governed::Governed;

fn release(gated: &Gated, target: &str) -> Value {
    let report = gated
        .world
        .done(&format!("status paying --target {target}"));
    let release = report["targets"][0]["releases"][0].clone();
    for member in ["where_it_stands", "next", "whose_turn"] {
        assert!(
            release[member]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{member}: {release:#}"
        );
    }
    release
}

#[test]
fn a_release_goes_from_packaged_to_live_and_drifts() {
    let gated = Gated::new();
    let world = &gated.world;
    let word = |expected: &str| {
        let release = release(&gated, "shop");
        assert_eq!(release["word"], expected, "{release:#}");
        release
    };
    // Other bytes than those that were rehearsed.
    let _ = world.sandbox.bash("cp -a packages ../kept && printf ' ' >> packages/paying/tiers/rows.sql && $oneroof package seal packages/paying").exits(0);
    let packaged = word("PACKAGED");
    assert_eq!(packaged["contract"]["release_live"], false);
    let _ = world
        .sandbox
        .bash("rm -r packages && mv ../kept packages")
        .exits(0);

    let blocked = word("BLOCKED");
    assert_eq!(blocked["blockers"][0]["code"], "approval_missing");
    assert_eq!(blocked["whose_turn"], "bob, cid");
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    let proven = word("CLONE-PROVEN");
    assert_eq!(
        (
            &proven["contract"]["rollout_open"],
            &proven["contract"]["release_live"]
        ),
        (&true.into(), &false.into())
    );
    assert!(
        proven["next"]
            .as_str()
            .unwrap()
            .starts_with("oneroof apply paying")
    );

    // In part: the second tier meets somebody's lock for longer than it may wait.
    let _ = world.done("apply paying --target shop --execute");
    let live = word("LIVE");
    assert_eq!(live["contract"]["release_live"], true);
    let _ = world.done("rollback paying --target shop --execute");
    let _ = word("BLOCKED");
}

#[test]
fn a_clone_never_looks_live_and_a_dead_target_says_so() {
    let gated = Gated::new();
    let world = &gated.world;
    let kept = world.done("rehearse paying --from shop --keep");
    let clone = format!("clone:{}", kept["clone"]["id"].as_str().unwrap());
    let release = release(&gated, &clone);
    assert_eq!(release["word"], "CLONE-PROVEN", "{release:#}");
    assert!(
        release["where_it_stands"]
            .as_str()
            .unwrap()
            .contains("CLONE"),
        "{release:#}"
    );
    let contract = release["contract"].as_object().unwrap();
    assert!(
        contract.values().all(|value| value == &Value::Bool(false)),
        "{contract:?}"
    );
    let text = world
        .run(&format!("status paying --target {clone}"))
        .exits(0)
        .stdout;
    assert!(text.contains("(CLONE, database"), "{text}");
    let _ = world.done(&format!(
        "clone drop {}",
        kept["clone"]["id"].as_str().unwrap()
    ));

    world.configure(
        "[targets.gone]\nread = \"host=127.0.0.1 port=1 dbname=x user=x connect_timeout=1\"",
    );
    let (code, report) = world.json("status");
    assert_eq!(code, 1, "{report:#}");
    let targets = report["targets"].as_array().unwrap();
    let problem = |name: &str| {
        let target = targets
            .iter()
            .find(|target| target["target"] == name)
            .unwrap();
        target["problem"].is_string()
    };
    assert_eq!(
        (problem("gone"), problem("shop")),
        (true, false),
        "{report:#}"
    );
}

/// REFERENCE 14 and 21: before the release everything is false and the gate's line names the figures; after it all is
/// true, but that no event type is switched on. A copy without a mark is a production.
#[test]
fn the_reference_has_its_booleans_and_its_line() {
    let governed = Governed::base();
    governed.copy("before");
    let (code, gate) = governed.json("gate one-roof --target before");
    assert_eq!(code, 10, "{gate:#}");
    assert_eq!(gate["line"], "GATE: BLOCKED|ospa=0|gap=210", "{gate:#}");
    let codes: Vec<&str> = gate["blockers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["code"].as_str())
        .collect();
    assert!(
        codes.contains(&"policy_missing") && codes.contains(&"ospa<1"),
        "{codes:?}"
    );
    let word = governed
        .run("gate one-roof --target before --quiet")
        .exits(10)
        .stdout;
    assert_eq!(word, "BLOCKED\n");

    let contract = |target: &str| {
        let report = governed.done(&format!("status one-roof --target {target}"));
        let release = report["targets"][0]["releases"][0].clone();
        (
            release["word"].as_str().unwrap().to_owned(),
            release["contract"].clone(),
            release["interfaces"].clone(),
        )
    };
    let (word, before, interfaces) = contract("before");
    assert_eq!(
        (word.as_str(), interfaces.as_array().map(Vec::len)),
        ("PACKAGED", Some(0))
    );
    assert!(
        before
            .as_object()
            .unwrap()
            .values()
            .all(|value| value == &Value::Bool(false)),
        "{before:#}"
    );

    governed.apply_one_roof();
    governed.copy("after");
    let (word, after, interfaces) = contract("after");
    assert_eq!(
        (word.as_str(), interfaces.as_array().map(Vec::len)),
        ("LIVE", Some(7)),
        "{after:#}"
    );
    let expected = serde_json::json!({
        "release_live": true, "rollout_open": true, "owner_coverage": true, "axis": true, "topic": true,
        "scanner": true, "events_active": false,
    });
    assert_eq!(after, expected);

    // Somebody takes an anchor away: drifted, and no longer live for anybody who relies on it.
    governed.sql("after", "delete from governance_object_ownership where ctid = (select min(ctid) from governance_object_ownership)");
    let (word, drifted, interfaces) = contract("after");
    assert_eq!(
        (word.as_str(), interfaces.as_array().map(Vec::len)),
        ("DRIFTED", Some(0))
    );
    assert_eq!(
        (&drifted["release_live"], &drifted["owner_coverage"]),
        (&false.into(), &false.into())
    );
}
