//! A workload beside the tiers of a rehearsal.

use serde_json::Value;

use crate::world::{Tier, World, says, tier};

const SHOP: &str = "
    create table public.customer (id int primary key, name text not null, fax text);
    insert into public.customer select i, 'c' || i from generate_series(1, 100) as i;
";
const READS: &str = "\\set id random(1, 100)\nselect name from public.customer where id = :id;\n";

/// Holds ACCESS EXCLUSIVE for more than a second.
const HOLDS: Tier<'_> = tier(
    "holds",
    "alter table public.customer add column note text;\nselect pg_sleep(1.2);",
    "alter table public.customer drop column note;",
);
const QUIET: Tier<'_> = tier(
    "quiet",
    "create table public.made (id int);\nselect pg_sleep(0.3);",
    "drop table public.made;",
);

fn longest(figures: &Value) -> f64 {
    figures["longest_ms"]
        .as_f64()
        .unwrap_or_else(|| panic!("{figures:#}"))
}

#[test]
fn the_longest_stall_is_told_beside_that_of_a_quiet_time() {
    let world = World::new();
    world.production("shop", SHOP);
    world.package("stall", "", &[QUIET, HOLDS]);
    world.sandbox.write("reads.pgbench", READS);
    let report =
        world.done("rehearse stall --from shop --workload reads.pgbench --workload-clients 3");
    let load = &report["workload"];
    assert_eq!(
        (&load["file"], &load["clients"], &load["errors"]),
        (
            &"reads.pgbench".into(),
            &3.into(),
            &Value::Array(Vec::new())
        ),
        "{load:#}"
    );
    let (before, under) = (&load["baseline"], &load["under_tiers"]);
    let stall = longest(under);
    assert!((1_150.0..30_000.0).contains(&stall), "{load:#}");
    assert!(longest(before) < stall, "{load:#}");
    for figures in [before, under] {
        assert!(figures["transactions"].as_u64().unwrap() > 100, "{load:#}");
    }
    let tiers = load["tiers"].as_array().unwrap();
    assert_eq!(
        (tiers.len(), &tiers[1]["tries"]),
        (2, &1.into()),
        "{load:#}"
    );
    assert!(
        (longest(&tiers[1]["workload"]) - stall).abs() < 0.01,
        "{load:#}"
    );
    assert!(longest(&tiers[0]["workload"]) < 1_000.0, "{load:#}");
    // Nobody waited on the clone itself, and it came back to its baseline.
    assert_eq!(report["baseline"]["differences"], serde_json::json!([]));
    let not_covered = report["not_covered"].to_string();
    assert!(!not_covered.contains("no workload ran"), "{not_covered}");
    let step = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["step"] == 7);
    says(
        step.unwrap(),
        "detail",
        &["the longest stall was 1", "beside holds"],
    );
    let evidence = report["evidence"].as_str().unwrap();
    let text = world.sandbox.read(&format!("{evidence}/report.md"));
    assert!(text.contains("### A workload beside the tiers"), "{text}");
    world.nothing_is_left();
}

#[test]
fn a_workload_that_writes_disturbs_nothing_but_the_copy() {
    let world = World::new();
    world.production("shop", SHOP);
    world.package("stall", "", &[HOLDS]);
    world.sandbox.write(
        "writes.pgbench",
        "\\set id random(1, 100)\nupdate public.customer set name = name || 'x' where id = :id;\n",
    );
    let outcome = world
        .run("rehearse stall --from shop --workload writes.pgbench --keep")
        .exits(0);
    assert!(
        outcome
            .stdout
            .contains("under the workload the longest stall was"),
        "{outcome:#?}"
    );
    let list = world.done("clone list");
    let clone = list[0]["id"].as_str().unwrap();
    // Only the clone stays; the copy is gone.
    let connection = outcome.stdout.split("psql \"").nth(1).unwrap();
    let connection = connection.split('"').next().unwrap();
    assert_eq!(
        world.value_at(
            connection,
            "select count(*) from pg_database where datname like 'oneroof_copy%'"
        ),
        "0"
    );
    assert_eq!(
        world.value_at(
            connection,
            "select count(*) from public.customer where name like '%x'"
        ),
        "0"
    );
    let _ = world.run(&format!("clone drop {clone}")).exits(0);
    world.nothing_is_left();
}

#[test]
fn what_a_tier_breaks_for_the_workload_is_told() {
    let world = World::new();
    world.production("shop", SHOP);
    world.package(
        "breaks",
        "",
        &[tier(
            "breaks",
            "alter table public.customer drop column fax;\nselect pg_sleep(0.2);",
            "alter table public.customer add column fax text;",
        )],
    );
    world.sandbox.write(
        "fax.pgbench",
        "select fax from public.customer where id = 1;\n",
    );
    let report = world.done("rehearse breaks --from shop --workload fax.pgbench");
    let load = &report["workload"];
    let errors = load["errors"].as_array().unwrap();
    assert!(
        errors.iter().any(|error| error
            .as_str()
            .unwrap()
            .contains("column \"fax\" does not exist")),
        "{load:#}"
    );
    assert!(
        load["baseline"]["transactions"].as_u64().unwrap() > 0,
        "{load:#}"
    );
    world.nothing_is_left();
}

#[test]
fn a_workload_that_cannot_run_is_told_before_anything_is_concluded() {
    let world = World::new();
    world.production("shop", SHOP);
    world.package("stall", "", &[QUIET]);
    // Before anything is copied.
    let error = world.error(
        "rehearse stall --from shop --workload nowhere.pgbench",
        2,
        "input",
    );
    says(
        &error,
        "message",
        &["read workload `nowhere.pgbench`", "No such file"],
    );
    assert_eq!(world.entries("evidence"), Vec::<String>::new());
    let _ = world
        .run("rehearse stall --from shop --workload-clients 3")
        .exits(2)
        .says(&["--workload <FILE>"]);
    // On the copy, before the first tier.
    world
        .sandbox
        .write("broken.pgbench", "select nothing from public.nowhere;\n");
    let (code, report) = world.json("rehearse stall --from shop --workload broken.pgbench");
    let error = &report["error"];
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &7.into()),
        "{error:#}"
    );
    says(
        error,
        "message",
        &["`broken.pgbench` does not run on the clone, before any tier"],
    );
    says(
        error,
        "detail",
        &["relation \"public.nowhere\" does not exist"],
    );
    let quiet = world.done("rehearse stall --from shop");
    says(&quiet, "not_covered", &["no workload ran beside the tiers"]);
    world.nothing_is_left();
}

#[test]
fn a_tier_that_the_workload_keeps_out_is_told() {
    let world = World::new();
    world.production("shop", SHOP);
    let hasty = Tier {
        plan: "lock_timeout = \"200ms\"\nlock_retries = 0",
        ..HOLDS
    };
    world.package("hasty", "", &[hasty]);
    world.sandbox.write(
        "holds.pgbench",
        "begin;\nupdate public.customer set fax = 'x' where id = :client_id + 1;\nselect pg_sleep(15);\ncommit;\n",
    );
    let (code, report) = world.json("rehearse hasty --from shop --workload holds.pgbench");
    let error = &report["error"];
    assert_eq!(
        (code, &report["failure"]["step"], &error["sqlstate"]),
        (4, &7.into(), &"55P03".into()),
        "{error:#}"
    );
    says(
        error,
        "message",
        &["under the workload: canceling statement due to lock timeout"],
    );
    says(error, "hint", &["lock_retries"]);
    // What the workload did is in the record all the same.
    let load = &report["workload"];
    assert_eq!(load["tiers"][0]["tries"], Value::Null, "{load:#}");
    assert_eq!(load["under_tiers"]["transactions"], 2, "{load:#}");
    world.nothing_is_left();
}
