//! `init --governance`, from nothing and by looking at a database that nobody prepared.

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::world::World;

const FILMS: &str = "
    create schema films;
    create schema \"Rental Desk\";
    create table films.film (film_id int primary key);
    create table films.actor (actor_id int primary key);
    create view films.longest as select film_id from films.film;
    create table \"Rental Desk\".\"Rental\" (rental_id int primary key);
    create unlogged table \"Rental Desk\".basket (basket_id int primary key);
";

const LOOK: &str = "init --governance --inventory catalog --target films";

/// What psql's user does with the printed lines.
fn run_as_dba(world: &World, database: &str, report: &Value) -> usize {
    let lines = report["dba"].as_array().unwrap();
    for line in lines {
        world.sql(database, line.as_str().unwrap());
    }
    lines.len()
}

#[test]
fn a_template_needs_no_database_and_overwrites_nothing() {
    let sandbox = Sandbox::new();
    let words = [
        "init",
        "--governance",
        "--inventory",
        "directus",
        "--schema",
        "ours",
    ];
    let outcome = sandbox
        .run(&words)
        .exits(0)
        .says(&["add `params = [\"governance.toml\"]`"]);
    assert_eq!(outcome.stdout, "-- wrote oneroof.toml, governance.toml\n");
    let text = sandbox.read("governance.toml");
    for part in [
        "schema             = \"ours\"",
        "\"directus\"",
        "# ratified_approval",
    ] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    let _ = sandbox
        .run(&words)
        .exits(2)
        .says(&["`governance.toml`", "not overwritten"]);
    assert_eq!(sandbox.read("governance.toml"), text);
}

#[test]
fn words_that_do_not_fit_together_are_refused() {
    let sandbox = Sandbox::new();
    let _ = sandbox
        .run(&["init", "--governance"])
        .exits(2)
        .says(&["--inventory"]);
    let _ = sandbox
        .run(&["init", "--schema", "x"])
        .exits(2)
        .says(&["--governance"]);
    let _ = sandbox
        .run(&[
            "init",
            "--governance",
            "--inventory",
            "catalog",
            "--target",
            "shop",
        ])
        .exits(2)
        .says(&["oneroof.toml"]);
    assert!(!sandbox.project().join("governance.toml").exists());
}

#[test]
fn what_is_proposed_for_a_database_is_enough_to_begin() {
    let world = World::new();
    world.production("films", FILMS);
    let report = world.done(LOOK);
    assert_eq!(report["schema"], "public");
    assert_eq!(report["wired"], "films");
    assert_eq!(
        report["groups"],
        serde_json::json!([
            { "container": "Rental Desk", "group": "GRP-RENTAL-DESK", "objects": 1 },
            { "container": "films", "group": "GRP-FILMS", "objects": 2 },
        ])
    );
    assert_eq!(
        report["left_out"],
        serde_json::json!(["unlogged tables 1", "views 1"])
    );
    assert!(
        world
            .sandbox
            .read("oneroof.toml")
            .contains("[targets.films]\nparams = [\"governance.toml\"]\n")
    );
    // Nothing was written, not even a role.
    assert_eq!(
        world.value(
            "films",
            "select count(*) from pg_roles where rolname ~ '^one_roof'"
        ),
        "0"
    );

    // Without what the DBA does there is nobody to run the tiers as.
    let refused = world.error("rehearse one-roof-base --from films", 4, "failed");
    assert!(
        refused.to_string().contains("one_roof_owner"),
        "{refused:#}"
    );

    assert!(run_as_dba(&world, "films", &report) >= 8);
    world
        .sandbox
        .write("first.toml", &world.sandbox.read("governance.toml"));
    std::fs::remove_file(world.sandbox.project().join("governance.toml")).unwrap();
    let again = world.done(LOOK);
    assert_eq!(again["dba"], serde_json::json!([]), "{again:#}");
    assert_eq!(
        world.sandbox.read("governance.toml"),
        world.sandbox.read("first.toml")
    );

    let rehearsed = world.done("rehearse one-roof-base --from films");
    let marker = rehearsed["markers"].to_string();
    assert!(marker.contains("gap=18 ownership=0"), "{marker}");
    // What only people can say is asked for.
    let asked = world.error("probe one-roof --target films", 2, "input");
    assert!(
        asked["message"]
            .as_str()
            .unwrap()
            .contains("ratified_approval"),
        "{asked:#}"
    );
    world.nothing_is_left();
}

#[test]
fn names_that_are_taken_lead_to_another_schema() {
    let world = World::new();
    world.production("films", &format!("{FILMS} create table public.axis_registry (code text); create table public.governance_registry (code text);"));
    let report = world.done(LOOK);
    assert_eq!(report["schema"], "one_roof");
    let taken = report["names_taken"].to_string();
    assert!(
        taken.contains("public.axis_registry") && taken.contains("public.governance_registry"),
        "{taken}"
    );
    let lines = report["dba"].to_string();
    assert!(
        lines.contains("create schema one_roof authorization one_roof_owner;"),
        "{lines}"
    );
    // The schema is not there yet, and asking about it does not make even a temporary one.
    assert_eq!(
        world.value(
            "films",
            "select count(*) from pg_namespace where nspname ~ '^(one_roof|pg_temp)'"
        ),
        "0"
    );
    let _ = run_as_dba(&world, "films", &report);
    std::fs::remove_file(world.sandbox.project().join("governance.toml")).unwrap();
    assert_eq!(world.done(LOOK)["dba"], serde_json::json!([]));

    std::fs::remove_file(world.sandbox.project().join("governance.toml")).unwrap();
    let error = world.error(&format!("{LOOK} --schema public"), 2, "input");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("public.axis_registry"),
        "{error:#}"
    );
    assert!(!world.sandbox.project().join("governance.toml").exists());
}

#[test]
fn folders_of_directus_become_groups() {
    let world = World::new();
    world.production(
        "cms",
        "create table directus_collections (collection text primary key, \"group\" text);
         create table articles (id int); create table authors (id int); create table loose (id int);
         insert into directus_collections values
             ('Content', null), ('Inner', 'Content'), ('articles', 'Content'), ('authors', 'Inner'),
             ('loose', null), ('directus_users', 'Content');",
    );
    let report = world.done("init --governance --inventory directus --target cms");
    assert_eq!(
        report["groups"],
        serde_json::json!([
            { "container": "Content", "group": "GRP-CONTENT", "objects": 1 },
            { "container": "Inner", "group": "GRP-INNER", "objects": 1 },
        ])
    );
    assert_eq!(
        report["left_out"],
        serde_json::json!(["collections in no folder 1"])
    );
    let lines = report["dba"].to_string();
    assert!(
        lines.contains("grant select on public.directus_collections to one_roof_owner;"),
        "{lines}"
    );

    let _ = world.sandbox.bash("rm governance.toml").exits(0);
    world.production("plain", "create table t (id int);");
    let error = world.error(
        "init --governance --inventory directus --target plain",
        2,
        "input",
    );
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("--inventory catalog"),
        "{error:#}"
    );
}
