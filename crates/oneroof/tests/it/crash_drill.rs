//! Steps 11 and 15: what is done twice changes nothing, and what is interrupted can be resumed.

use crate::world::{Tier, World, says, tier};

const NOTES: &str = "
    create table public.notes (id int primary key, text text not null);
    insert into public.notes values (1, 'old');
";
const STAMPED: Tier<'_> = tier(
    "stamped",
    "create table public.made (id int generated always as identity primary key, at timestamptz not null, text text);
     insert into public.made (at, text) values (clock_timestamp(), 'a');
     insert into public.made (at, text) values (clock_timestamp(), 'b');",
    "drop table public.made;",
);

#[test]
fn an_interrupted_tier_leaves_nothing_and_is_resumed_to_the_same_end() {
    let world = World::new();
    world.production("shop", NOTES);
    let effects = "[effects]\nvolatile_columns = [\"public.made.at\"]\n";
    let one = tier(
        "one",
        "update public.notes set text = 'new';",
        "update public.notes set text = 'old';",
    );
    world.package("steps", effects, &[one, STAMPED]);
    let report = world.done("rehearse steps --from shop");
    let crashes = report["crash_drill"].as_array().unwrap();
    assert_eq!(crashes.len(), 2, "{crashes:#?}");
    for (crash, done, of) in [(&crashes[0], 1, 1), (&crashes[1], 2, 3)] {
        assert_eq!(
            (
                &crash["statements_done"],
                &crash["statements"],
                &crash["left"]
            ),
            (&done.into(), &of.into(), &serde_json::json!([])),
            "{crash:#}"
        );
        says(crash, "error", &["57P01"]);
    }
    let steps = report["steps"].as_array().unwrap();
    let passed = steps.iter().filter(|step| step["outcome"] == "passed");
    let passed: Vec<u64> = passed.map(|step| step["step"].as_u64().unwrap()).collect();
    assert_eq!(passed, [1, 2, 3, 4, 7, 8, 10, 12, 13, 14, 15, 16, 17]);

    // With --keep the release stays applied, so nothing is undone and nothing interrupted.
    let kept = world.done("rehearse steps --from shop --keep");
    assert_eq!(kept["crash_drill"], serde_json::json!([]));
    let connection = kept["clone"]["connection"].as_str().unwrap();
    assert_eq!(
        world.value_at(connection, "select count(*) from public.made"),
        "2"
    );
    let id = kept["clone"]["id"].as_str().unwrap();
    let _ = world.run(&format!("clone drop {id}")).exits(0);
    world.nothing_is_left();
}

#[test]
fn a_run_that_does_not_end_the_same_way_twice_is_told() {
    let world = World::new();
    world.production("shop", NOTES);
    world.package("steps", "", &[STAMPED]);
    let (code, report) = world.json("rehearse steps --from shop");
    let error = &report["error"];
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &15.into()),
        "{error:#}"
    );
    says(
        error,
        "message",
        &["interrupted and resumed ends otherwise"],
    );
    says(
        error,
        "detail",
        &["rows of `public.made` differ (2 before, 2 after)"],
    );
    says(error, "hint", &["volatile_columns"]);
    world.nothing_is_left();
}

#[test]
fn a_repeat_that_changes_something_is_told() {
    let world = World::new();
    world.production("shop", NOTES);
    let plan = |sql: &str| {
        format!(
            "[[metric]]\nname = \"notes\"\nquery = \"select count(*) from public.notes\"\n\n\
             [[repeat]]\nname = \"note\"\nsql = \"{sql}\"\nunchanged = [\"notes\"]\n"
        )
    };
    let one = tier(
        "one",
        "create view public.seen as select 1 as id;",
        "drop view public.seen;",
    );
    let insert = "insert into public.notes select max(id) + 1, 'more' from public.notes";
    world.package("grows", &plan(insert), &[one]);
    let (code, report) = world.json("rehearse grows --from shop");
    let error = &report["error"];
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &11.into()),
        "{error:#}"
    );
    says(
        error,
        "message",
        &[
            "repeat `note` changes",
            "notes: 1 before, 2 after the first time, 3 after the second",
        ],
    );
    let settled = "insert into public.notes values (1, 'more') on conflict do nothing";
    world.package("settles", &plan(settled), &[one]);
    let report = world.done("rehearse settles --from shop");
    assert_eq!(
        report["repeats"][0]["metrics"],
        serde_json::json!([{"metric": "notes", "before": 1, "first": 1, "second": 1}])
    );
    world.nothing_is_left();
}
