//! What if only a part of a release is deployed: on the reference production and on a small package.

use serde_json::Value;

use crate::governed::Governed;
use crate::world::World;

fn cut<'a>(report: &'a Value, name: &str) -> &'a Value {
    let cuts = report["cuts"].as_array().unwrap();
    cuts.iter()
        .find(|cut| cut["name"] == name)
        .unwrap_or_else(|| panic!("{name} is not in {report:#}"))
}

/// The finding of the original: its third option, structure and responsibility only, closed the way to the rest.
#[test]
fn structure_and_responsibility_alone_make_the_preflight_abort() {
    let world = Governed::base();
    world.copy("shop");
    let before = world.value("shop", "select count(*) from pg_class");
    let report = world.done("options one-roof --from shop");
    let names: Vec<&str> = report["cuts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cut| cut["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "nothing",
            "only structure",
            "up to responsibility",
            "up to ownership_seed",
            "up to containment",
            "up to topic_finalization",
            "all"
        ]
    );
    assert_eq!(
        cut(&report, "nothing")["full_release"]["verdict"],
        "admitted"
    );
    assert_eq!(cut(&report, "all")["full_release"]["verdict"], "live");
    let two = cut(&report, "up to responsibility");
    assert_eq!(
        two["full_release"],
        serde_json::json!({
            "verdict": "refused",
            "says": "PREFLIGHT ABORT: axis substrate already present (6 tables)"
        })
    );
    assert_eq!(two["rows_in_existing_tables"], serde_json::json!([]));
    assert_eq!(two["visible"]["gap_cells"], serde_json::json!([210, 210]));
    for name in names {
        let cut = cut(&report, name);
        assert_eq!(cut["failed"], Value::Null, "{name}");
        assert_eq!(cut["undone"], true, "{name}");
        assert_eq!(cut["admitted_after_undo"], true, "{name}");
    }
    let all = cut(&report, "all");
    assert_eq!(all["invariants_held"], all["invariants"]);
    assert_eq!(all["visible"]["gap_cells"], serde_json::json!([210, 0]));
    assert!(
        all["visible"]["new_relations"]
            .as_array()
            .is_some_and(|relations| relations.len() > 30),
        "{all:#}"
    );
    assert_eq!(report["recommendation"]["cut"], "all");
    let reasons = report["recommendation"]["reasons"].to_string();
    assert!(
        reasons.contains("up to responsibility") && reasons.contains("PREFLIGHT ABORT"),
        "{reasons}"
    );
    assert_eq!(world.value("shop", "select count(*) from pg_class"), before);
    world.nothing_is_left();
}

const PLAN: &str = "format = 1
[package]
name = 'parts'
version = '1'
[[metric]]
name = 'parts'
query = \"select count(*) from pg_class where relname in ('part_one', 'part_two')\"
[[precondition]]
name = 'fresh'
metric = 'parts'
required = 0
message = 'there are parts already: {value}'
[[tier]]
id = 'one'
label = 'T1'
file = 'tiers/10.sql'
[[tier]]
id = 'two'
label = 'T2'
file = 'tiers/20.sql'
[[tier]]
id = 'three'
file = 'tiers/30.sql'
[[invariant]]
name = 'both'
metric = 'parts'
required = 2
message = '{value} parts'
";

fn small() -> World {
    let world = World::new();
    world.production("shop", "create table item (id int primary key)");
    let sandbox = &world.sandbox;
    sandbox.write("packages/parts/release.toml", PLAN);
    sandbox.write(
        "packages/parts/tiers/10.sql",
        "create table part_one (id int primary key);\n",
    );
    sandbox.write(
        "packages/parts/tiers/20.sql",
        "create table part_two (id int primary key);\n",
    );
    sandbox.write(
        "packages/parts/tiers/30.sql",
        "insert into part_two select 1 / count(*) from item;\n",
    );
    let _ = world.done("package seal packages/parts");
    world
}

#[test]
fn a_cut_that_fails_is_told_and_not_recommended() {
    let world = small();
    let report = world.done("options parts --from shop");
    let all = cut(&report, "all");
    assert!(
        all["failed"].as_str().unwrap().contains("division by zero"),
        "{all:#}"
    );
    // What it left half done can be undone too.
    assert_eq!(all["undone"], true);
    let reasons = &report["recommendation"];
    assert_eq!(reasons["cut"], "up to two", "{reasons:#}");
    assert!(reasons.to_string().contains("all fails: "), "{reasons:#}");
    let table = world.run("options parts --from shop").exits(0);
    for said in ["recommended: up to two", "  - all fails: division by zero"] {
        assert!(table.stdout.contains(said), "{table:?}");
    }
    world.nothing_is_left();
}

#[test]
fn a_cut_is_rehearsed_with_its_consequence() {
    let world = small();
    let report = world.done("rehearse parts --from shop --tiers T1");
    assert_eq!(
        report["full_release"],
        serde_json::json!({"verdict": "refused", "says": "there are parts already: 1"})
    );
    assert_eq!(report["tiers"].as_array().map(Vec::len), Some(1));
    let gaps = report["gaps"].to_string();
    assert!(
        gaps.contains("the tiers after `T1` were left out"),
        "{gaps}"
    );
    let report = world.done("rehearse parts --from shop --tiers one,T2");
    assert_eq!(report["tiers"].as_array().map(Vec::len), Some(2));
    let error = world.error("rehearse parts --from shop --tiers two", 2, "input");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("T1 one is missing"),
        "{error}"
    );
    let _ = world.error("rehearse parts --from shop --tiers tow", 2, "input");
    world.nothing_is_left();
}
