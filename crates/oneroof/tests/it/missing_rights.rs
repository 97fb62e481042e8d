//! A role that lacks a right is named, with the SQL that gives it.

use crate::world::{World, says, tier};

const TABLES: &str =
    "create table public.notes (id int primary key); create table public.letters (id int);
    create table public.secrets (id int);";

#[test]
fn the_apply_role_may_not_act_as_the_role_of_the_tiers() {
    let world = World::new();
    world.scratch("lab", TABLES);
    world.package(
        "steps",
        "",
        &[tier(
            "one",
            "create table public.one (id int);",
            "drop table public.one;",
        )],
    );
    let ledger = world.ledger("lab");
    world.sql("postgres", "revoke app_owner from app_apply");
    let error = world.refused("apply steps --target lab --execute", "right-missing");
    says(&error, "message", &["`app_apply`", "`lab`", "`app_owner`"]);
    says(&error, "hint", &["grant app_owner to app_apply;"]);
    assert_eq!(world.ledger("lab"), ledger);
    world.sql("postgres", "grant app_owner to app_apply");

    // The hint of the next one is its mending too: the SQL is what a DBA runs.
    world.sql(
        "lab",
        "revoke execute on function oneroof.append(text, jsonb) from app_apply, public",
    );
    let error = world.refused("apply steps --target lab --execute", "right-missing");
    says(&error, "message", &["`app_apply`", "`lab`"]);
    says(
        &error,
        "hint",
        &["grant execute on function oneroof.append(text, jsonb) to app_apply;"],
    );
    assert_eq!(world.ledger("lab"), ledger);
    let sql = error["hint"]
        .as_str()
        .unwrap()
        .strip_prefix("a DBA runs: ")
        .unwrap();
    world.sql("lab", sql);
    let _ = world.done("apply steps --target lab --execute");
}

#[test]
fn the_clone_role_of_a_rehearsal_may_not_read_everything() {
    let world = World::new();
    world.production("shop", TABLES);
    world.package(
        "steps",
        "",
        &[tier(
            "one",
            "create table public.one (id int);",
            "drop table public.one;",
        )],
    );
    world.sql(
        "shop",
        "revoke pg_read_all_data from app_clone; grant select on public.notes to app_clone",
    );
    let (exit, report) = world.json("rehearse steps --from shop");
    let error = &report["error"];
    assert_eq!(
        (exit, &error["code"]),
        (4, &"right-missing".into()),
        "{error:#}"
    );
    assert_eq!(report["failure"]["step"], 2, "{error:#}");
    says(error, "message", &["`app_clone`", "`shop`"]);
    says(
        error,
        "reasons",
        &["public.letters", "public.secrets", "grant select on"],
    );
    assert!(
        !error["reasons"].to_string().contains("public.notes"),
        "{error:#}"
    );
    world.nothing_is_left();

    // The SQL of the hint is enough.
    let hint = error["hint"].as_str().unwrap().to_owned();
    world.sql("shop", hint.strip_prefix("a DBA runs: ").unwrap());
    let _ = world.done("rehearse steps --from shop");
}

#[test]
fn the_read_role_may_not_read_what_a_metric_reads() {
    let world = World::new();
    world.production("shop", TABLES);
    world.package(
        "steps",
        "[[metric]]\nname = \"secrets\"\nmeaning = \"secrets\"\nquery = \"select count(*) from public.secrets\"\n",
        &[tier("one", "create table public.one (id int);", "drop table public.one;")],
    );
    world.sql("postgres", "revoke pg_read_all_data from app_read");
    let error = world.error("probe steps --target shop", 4, "failed");
    says(
        &error,
        "message",
        &["metric `secrets`", "permission denied for table secrets"],
    );
    says(&error, "sqlstate", &["42501"]);
    says(&error, "hint", &["app_read"]);
}
