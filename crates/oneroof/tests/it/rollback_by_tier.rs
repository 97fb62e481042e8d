//! Steps 12 to 14: each tier is undone by itself, then all of them at once.

use crate::world::{Tier, World, says, tier};

const NOTES: &str = "
    create table public.notes (id int primary key, text text not null);
    insert into public.notes values (1, 'old');
";
const TABLE: Tier<'_> = tier(
    "table",
    "create table public.made (id int primary key);",
    "drop table public.made;",
);
const ROWS: Tier<'_> = tier(
    "rows",
    "insert into public.made values (1), (2); update public.notes set text = 'new';",
    "truncate public.made; update public.notes set text = 'old';",
);

#[test]
fn each_tier_is_undone_to_the_state_before_it() {
    let world = World::new();
    world.production("shop", NOTES);
    world.package("steps", "", &[TABLE, ROWS]);
    let report = world.done("rehearse steps --from shop");
    let units = report["rollback_by_tier"].as_array().unwrap();
    assert_eq!(units.len(), 2, "{units:#?}");
    assert_eq!(units[0]["tiers"], serde_json::json!(["rows"]));
    assert_eq!(units[1]["tiers"], serde_json::json!(["table"]));
    assert_eq!(
        units[1]["definition"],
        report["baseline"]["definition_before"]
    );
    assert_eq!(units[1]["data"], report["baseline"]["data_before"]);
    // The whole one came after a second apply.
    assert_eq!(report["rollback"].as_array().unwrap().len(), 2);

    // Tiers of one group are one unit.
    let group = "group = \"both\"";
    let grouped = [
        Tier {
            plan: group,
            ..TABLE
        },
        Tier {
            plan: group,
            ..ROWS
        },
    ];
    world.package("grouped", "", &grouped);
    let report = world.done("rehearse grouped --from shop");
    assert_eq!(
        report["rollback_by_tier"][0]["tiers"],
        serde_json::json!(["rows", "table"])
    );
    assert_eq!(report["crash_drill"].as_array().unwrap().len(), 2);
    world.nothing_is_left();
}

/// As a whole the rollback restores the baseline, because the first tier's drops what the second one forgot.
#[test]
fn a_tier_that_leaves_its_undoing_to_another_one_is_named() {
    let world = World::new();
    world.production("shop", NOTES);
    let cases = [
        (
            "index",
            tier(
                "more",
                "create index made_again on public.made (id);",
                "select 1;",
            ),
            "index `public.made_again` is new",
        ),
        (
            "data",
            tier("more", "insert into public.made values (1);", "select 1;"),
            "rows of `public.made` differ (0 before, 1 after)",
        ),
    ];
    for (name, more, difference) in cases {
        world.package(name, "", &[TABLE, more]);
        let (code, report) = world.json(&format!("rehearse {name} --from shop"));
        let error = &report["error"];
        assert_eq!(
            (code, &report["failure"]["step"]),
            (4, &12.into()),
            "{error:#}"
        );
        says(
            error,
            "message",
            &["the rollback of tier more does not restore"],
        );
        says(error, "detail", &[difference]);
        says(error, "file", &["rollback/more.sql"]);
        says(error, "hint", &["exactly what the tier does"]);
    }
    world.nothing_is_left();
}

/// The gate is asked again before every tier, also by tiers that do not ask for it themselves.
#[test]
fn a_gate_that_closes_between_two_tiers_stops_the_second_one() {
    let world = World::new();
    world.production("shop", NOTES);
    let gate = "
        [simulate]
        sql = \"update public.notes set text = 'open'\"
        undo = \"rollback/simulate.sql\"

        [[precondition]]
        name = \"gate_is_open\"
        query = \"select count(*) from public.notes where text = 'open'\"
        required = 1
        gate = true
        message = \"ABORT: gate closed, open={value}\"
    ";
    world.sandbox.write(
        "packages/steps/rollback/simulate.sql",
        "update public.notes set text = 'old';",
    );
    let closes = tier(
        "closes",
        "update public.notes set text = 'shut';",
        "select 1;",
    );
    world.package(
        "steps",
        gate,
        &[TABLE, closes, tier("late", "select 1;", "select 1;")],
    );
    let (code, report) = world.json("rehearse steps --from shop");
    let error = &report["error"];
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &7.into()),
        "{error:#}"
    );
    says(error, "message", &["ABORT: gate closed, open=0"]);
    says(error, "reasons", &["gate_is_open of tier late"]);
    world.nothing_is_left();
}
