//! `apply --evidence`: a target gets exactly what the rehearsal did, or nothing.

use crate::world::{Tier, World, says, tier};

const SHOP: &str = "
    create table public.orders (id int primary key, amount int not null default 0, note text);
    insert into public.orders select n, n from generate_series(1, 10) as n;
    create view public.large as select id from public.orders where amount > 5;
";

const COLUMN: Tier<'_> = tier(
    "column",
    "alter table public.orders add column paid boolean; create table public.bills (id int primary key);",
    "drop table public.bills; alter table public.orders drop column paid;",
);
const ROWS: Tier<'_> = tier(
    "rows",
    "update public.orders set paid = false;",
    "update public.orders set paid = null;",
);

/// A column of `orders`, the rows with a value in it, and the table that the first tier makes.
const KEPT: &str = "select concat_ws(' ',
    (select count(*) from information_schema.columns where table_name = 'orders' and column_name = 'paid'),
    (select count(*) from public.orders where to_jsonb(orders) ->> 'paid' is not null), to_regclass('public.bills'))";

/// A release that was rehearsed from a production; `shop` is its twin, which may be changed. Gives the folder
/// of the evidence.
fn rehearsed(world: &World, effects: &str) -> String {
    world.production("real", SHOP);
    world.package("paying", effects, &[COLUMN, ROWS]);
    let report = world.done("rehearse paying --from real");
    world.scratch("shop", SHOP);
    report["evidence"].as_str().unwrap().to_owned()
}

fn apply(evidence: &str) -> String {
    format!("apply paying --target shop --evidence {evidence} --execute")
}

#[test]
fn what_was_rehearsed_is_shown_and_then_done() {
    let world = World::new();
    let evidence = rehearsed(&world, "");
    let plan = world.done(&format!("apply paying --target shop --evidence {evidence}"));
    let effects = &plan["planned"][0]["effects"];
    let told: Vec<String> = effects["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one["change"].as_str().unwrap(),
                one["kind"].as_str().unwrap(),
                one["identity"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told,
        ["created table public.bills", "altered table public.orders"]
    );
    assert_eq!(plan["planned"][1]["effects"]["rows"][0]["updated"], 10);
    assert_eq!(world.value("shop", KEPT), "0 0");
    let text = world.run(&format!("apply paying --target shop --evidence {evidence}"));
    let text = text.exits(0).stdout;
    for part in [
        "cluster ",
        "as rehearsed",
        "created: 1 table",
        "public.orders ~10",
        "ACCESS EXCLUSIVE",
    ] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }

    // The name alone is enough, and the report says what was done.
    let name = evidence.rsplit('/').next().unwrap();
    let report = world.done(&apply(name));
    assert_eq!(report["tiers"][1]["rows"][0]["updated"], 10, "{report}");
    assert_eq!(world.value("shop", KEPT), "1 10 bills");
}

#[test]
fn a_target_that_was_changed_since_is_left_as_it_is() {
    let world = World::new();
    let evidence = rehearsed(&world, "");
    // Somebody made a note longer: the table that the first tier alters is not the one that was rehearsed.
    world.sql(
        "shop",
        "alter table public.orders alter column note type varchar(80)",
    );
    let before = world.value("shop", KEPT);
    let error = world.error(&apply(&evidence), 4, "failed");
    says(&error, "message", &["does not do what its rehearsal did"]);
    says(
        &error,
        "detail",
        &["definition of column public.orders.note: rehearsed one definition, seen another one"],
    );
    assert_eq!(world.value("shop", KEPT), before);

    // With the old type back, but one more row: the first tier is as rehearsed, the second one is not.
    world.sql(
        "shop",
        "alter table public.orders alter column note type text; insert into public.orders values (11, 11)",
    );
    let error = world.error(&apply(&evidence), 4, "failed");
    says(
        &error,
        "detail",
        &[
            "rows of public.orders: rehearsed 0 inserted, 10 updated, 0 deleted, seen 0 inserted, 11 updated, 0 deleted (tolerance: exact)",
        ],
    );
    assert_eq!(world.value("shop", KEPT), "1 0 bills");

    // The row is gone again: the run goes on after the tier that stands.
    world.sql("shop", "delete from public.orders where id = 11");
    let report = world.done(&apply(&evidence));
    assert_eq!(report["resumed_after"], serde_json::json!(["column"]));
    assert_eq!(world.value("shop", KEPT), "1 10 bills");
}

#[test]
fn a_tolerance_is_used_and_named() {
    let world = World::new();
    let evidence = rehearsed(
        &world,
        "[effects.rows]\n\"public.orders\" = { at_most = 12 }\n",
    );
    world.sql(
        "shop",
        "insert into public.orders values (11, 11), (12, 12)",
    );
    let report = world.done(&apply(&evidence));
    let tolerated = &report["tiers"][1]["tolerated"][0];
    assert_eq!(tolerated["what"], "rows of public.orders", "{report}");
    assert_eq!(tolerated["tolerance"], "at most 12 rows");
    assert_eq!(world.value("shop", KEPT), "1 12 bills");

    let _ = world.done("rollback paying --target shop --execute");
    world.sql("shop", "insert into public.orders values (13, 13)");
    let error = world.error(&apply(&evidence), 4, "failed");
    says(
        &error,
        "detail",
        &["seen 0 inserted, 13 updated", "at most 12 rows"],
    );
}

#[test]
fn evidence_of_something_else_is_refused() {
    let world = World::new();
    let evidence = rehearsed(&world, "");
    world.package("paying", "", &[COLUMN]);
    let error = world.refused(&apply(&evidence), "other-evidence");
    says(&error, "reasons", &["package: rehearsed "]);
    assert_eq!(world.value("shop", KEPT), "0 0");

    let name = evidence.rsplit('/').next().unwrap();
    let error = world.error(&apply(&name[..name.len() - 1]), 2, "input");
    says(&error, "hint", &["did you mean", name]);

    let file = format!("{evidence}/rehearsal.json");
    let text = world.sandbox.read(&file);
    world
        .sandbox
        .write(&file, &text.replace("\"updated\": 10", "\"updated\": 11"));
    let error = world.error(&apply(&evidence), 2, "input");
    says(&error, "message", &["is not what SHA256SUMS says"]);
}
