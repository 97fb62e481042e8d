//! Step 9: negatives and drills that end as they must, and those that do not.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::{World, says, tier};

const NOTES: &str = "
    create table public.notes (id int primary key, text text not null);
    insert into public.notes values (1, 'old'), (2, 'older');
";

const MADE: crate::world::Tier<'_> = tier(
    "made",
    "create table public.made (id int primary key, note int not null references public.notes (id) deferrable initially deferred);
     insert into public.made values (1, 1);",
    "drop table public.made;",
);
const SEEN: crate::world::Tier<'_> = crate::world::Tier {
    id: "seen",
    plan: "label = \"T2\"\n  [[tier.precondition]]\n  name = \"made_has_rows\"\n  query = \"select count(*) from public.notes\"\n  required = 2\n  message = \"T2 ABORT: notes={value}\"",
    sql: "create view public.seen as select id from public.notes;",
    undo: "drop view public.seen;",
};

const HEAD: &str = "
[parameters.notes]
type = \"number\"
default = 2

[[metric]]
name = \"notes\"
query = \"select count(*) from public.notes\"

[[precondition]]
name = \"the_notes\"
metric = \"notes\"
required = 2
message = \"ABORT: notes={value}\"

[[precondition]]
name = \"the_parameter\"
query = \"select current_setting('oneroof.notes')::int\"
required = 2
message = \"ABORT: parameter={value}\"

[[precondition]]
name = \"nobody_waits\"
query = \"select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction' and pid <> pg_backend_pid()\"
required = 0
message = \"ABORT: {value} wait\"

[[precondition]]
name = \"right_database\"
query = \"select current_database() = current_setting('oneroof.expected_database')\"
required = true
message = \"ABORT: wrong database\"
";

/// A negative as lines of `release.toml`.
fn negative(name: &str, lines: &str) -> String {
    format!("\n[[negative]]\nname = \"{name}\"\n{lines}\n")
}

/// The outcome, and what was seen, by name.
fn outcomes(report: &Value, list: &str) -> BTreeMap<String, (String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let records = report[list].as_array().unwrap();
    records
        .iter()
        .map(|record| {
            let seen = match record["seen"].is_null() {
                true => text(&record["left_out"]),
                false => text(&record["seen"]),
            };
            (text(&record["name"]), (text(&record["outcome"]), seen))
        })
        .collect()
}

#[test]
fn negatives_of_every_kind_and_drills_are_tried_and_leave_nothing() {
    let world = World::new();
    world.production("shop", NOTES);
    world.sql("postgres", "grant pg_read_all_stats to app_owner");
    let mut plan = HEAD.to_owned();
    for (name, lines) in [
        (
            "duplicate",
            "kind = 'sql'\nafter = 'made'\nsql = 'insert into public.made values (1, 2)'\nexpect = { sqlstate = '23505' }",
        ),
        (
            "deferred",
            "kind = 'sql'\nafter = 'made'\nsql = 'insert into public.made values (2, 9)'\nexpect = { sqlstate = '23503' }",
        ),
        (
            "early",
            "kind = 'sql'\nsql = 'select * from public.made'\nexpect = { sqlstate = '42P01' }",
        ),
        (
            "metric",
            "kind = 'sql'\nafter = 'made'\nsql = 'delete from public.notes where id = 2'\nexpect = { metric = 'notes', value = 1 }",
        ),
        (
            "by_superuser",
            "kind = 'sql'\nafter = 'made'\nsetup = 'create role negative_role'\nsetup_as = 'superuser'\nsql = 'set local role negative_role'\nexpect = { sqlstate = '42501' }",
        ),
        (
            "elsewhere",
            "kind = 'sql'\nafter = 'made'\nwhen_query = 'select false'\nsql = 'select 1'\nexpect = { sqlstate = '00000' }",
        ),
        (
            "two",
            "kind = 'two_sessions'\nafter = 'made'\nsql = 'update public.notes set text = text where id = 1'\nsecond = 'update public.notes set text = text where id = 1'\nexpect = { sqlstate = '55P03', text = 'lock timeout' }",
        ),
        (
            "again",
            "kind = 'engine'\nafter = 'seen'\nverb = 'apply'\nexpect = { exit = 3, text = 'is finished on this target' }",
        ),
        (
            "other_database",
            "kind = 'engine'\nverb = 'apply'\nexpected_database = 'nowhere'\nexpect = { exit = 3, text = 'ABORT: wrong database' }",
        ),
        (
            "other_parameter",
            "kind = 'engine'\nverb = 'apply'\nparameters = { notes = 3 }\nexpect = { exit = 3, text = 'ABORT: parameter=3' }",
        ),
        (
            "waiting",
            "kind = 'engine'\nverb = 'apply'\nsecond = 'select 1'\nexpect = { exit = 3, text = 'ABORT: 1 wait' }",
        ),
        (
            "prepared",
            "kind = 'engine'\nverb = 'apply'\nsetup = 'delete from public.notes'\nexpect = { exit = 3, text = 'ABORT: notes=0' }",
        ),
        (
            "in_the_middle",
            "kind = 'engine'\nafter = 'made'\nverb = 'apply'\nsetup = \"insert into public.notes values (3, 'x')\"\nexpect = { exit = 3, text = 'T2 ABORT: notes=3' }",
        ),
        (
            "out_of_order",
            "kind = 'engine'\nverb = 'rollback'\nafter = 'seen'\nsetup = 'create view public.hangs as select id from public.seen'\nexpect = { exit = 3, text = 'ROLLBACK REFUSED' }",
        ),
        (
            "statement_fails",
            "kind = 'engine'\nverb = 'apply'\nafter = 'made'\nsetup = 'alter table public.notes rename column id to number'\nexpect = { exit = 4, text = 'does not exist' }",
        ),
    ] {
        plan.push_str(&negative(name, lines));
    }
    plan.push_str(
        "\n[[drill]]\nname = \"add\"\nafter = \"made\"\nsql = \"insert into public.made values (2, 2)\"\n\
         rows = \"select id, note from public.made order by id\"\nexpect = { query = \"select count(*) from public.made\", value = 2 }\n",
    );
    world.package("steps", &plan, &[MADE, SEEN]);
    let report = world.done("rehearse steps --from shop");
    let negatives = outcomes(&report, "negatives");
    let tried = negatives
        .iter()
        .filter(|(_, (outcome, _))| outcome == "as_expected")
        .count();
    assert_eq!((negatives.len(), tried), (15, 14), "{negatives:#?}");
    assert_eq!(negatives["elsewhere"].0, "left_out");
    assert_eq!(
        report["drills"][0]["changes"],
        serde_json::json!(["+ {\"id\":2,\"note\":2}"])
    );
    let evidence = report["evidence"].as_str().unwrap();
    let text = world.sandbox.read(&format!("{evidence}/report.md"));
    for line in [
        "- sql: 6 negatives, 5 refused as expected, 1 left out",
        "- two_sessions: 1 negative, 1 refused as expected",
        "- engine: 8 negatives, 8 refused as expected",
        "- 1 drill, 1 done as expected",
        "negative `elsewhere`: its `when_query` does not give true on this database",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }

    // Of a chosen cut, those that need a later tier are left out, and said to be.
    let report = world.done("rehearse steps --from shop --through made");
    let negatives = outcomes(&report, "negatives");
    assert_eq!(
        negatives["again"],
        (
            "left_out".to_owned(),
            "tier T2 seen was not applied".to_owned()
        )
    );
    assert_eq!(negatives["duplicate"].0, "as_expected");
    assert_eq!(
        world.value("shop", "select count(*) from public.notes"),
        "2"
    );
    world.nothing_is_left();
}

#[test]
fn what_does_not_end_as_it_must_fails_the_rehearsal_by_name() {
    let world = World::new();
    world.production("shop", NOTES);
    let mut plan = HEAD.to_owned();
    let cases = [
        (
            "succeeds",
            "kind = 'sql'\nafter = 'made'\nsql = 'insert into public.made values (2, 2)'\nexpect = { sqlstate = '23505' }",
            "it succeeded",
        ),
        (
            "other_code",
            "kind = 'sql'\nafter = 'made'\nsql = 'insert into public.made values (2, 9)'\nexpect = { sqlstate = '23505' }",
            "SQLSTATE 23503",
        ),
        (
            "other_value",
            "kind = 'sql'\nafter = 'made'\nsql = 'select 1'\nexpect = { metric = 'notes', value = 1 }",
            "notes is 2",
        ),
        (
            "other_words",
            "kind = 'sql'\nafter = 'made'\nsql = 'insert into public.made values (1, 2)'\nexpect = { sqlstate = '23505', text = 'SCAN BUSY' }",
            "SQLSTATE 23505",
        ),
        (
            "broken_setup",
            "kind = 'sql'\nafter = 'made'\nsetup = 'select nowhere.x'\nsql = 'insert into public.made values (1, 2)'\nexpect = { sqlstate = '42P01' }",
            "setup: SQLSTATE 42P01",
        ),
        (
            "early_success",
            "kind = 'sql'\nsql = 'select 1'\nexpect = { sqlstate = '42P01' }",
            "it succeeded",
        ),
        (
            "no_wait",
            "kind = 'two_sessions'\nafter = 'made'\nsql = 'select 1'\nsecond = 'select 1'\nexpect = { sqlstate = '55P03' }",
            "it succeeded",
        ),
        (
            "runs",
            "kind = 'engine'\nafter = 'made'\nverb = 'apply'\nexpect = { exit = 3, text = 'REFUSED' }",
            "exit 0: it ran to its end (",
        ),
        (
            "other_refusal",
            "kind = 'engine'\nverb = 'apply'\nparameters = { notes = 3 }\nexpect = { exit = 3, text = 'ABORT: notes' }",
            "exit 3: ABORT: parameter=3",
        ),
        (
            "other_exit",
            "kind = 'engine'\nverb = 'apply'\nparameters = { notes = 4 }\nexpect = { exit = 4, text = 'ABORT: parameter=4' }",
            "exit 3: ABORT: parameter=4",
        ),
        (
            "writes_and_fails",
            "kind = 'engine'\nverb = 'apply'\nsetup = 'alter table public.notes rename column id to number'\nexpect = { exit = 4, text = 'does not exist' }",
            "transactions were kept",
        ),
    ];
    for (name, lines, _) in cases {
        plan.push_str(&negative(name, lines));
    }
    plan.push_str(&negative(
        "later",
        "kind = 'engine'\nafter = 'seen'\nverb = 'apply'\nexpect = { exit = 3, text = 'is finished' }",
    ));
    plan.push_str(
        "\n[[drill]]\nname = \"breaks\"\nafter = \"made\"\nsql = \"insert into public.made values (1, 2)\"\n\
         \n[[drill]]\nname = \"does_nothing\"\nafter = \"made\"\nsql = \"select 1\"\n\
         expect = { query = \"select count(*) from public.made\", value = 2 }\n",
    );
    world.package("steps", &plan, &[MADE, SEEN]);
    let (code, report) = world.json("rehearse steps --from shop");
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &9.into()),
        "{}",
        report["failure"]
    );
    let negatives = outcomes(&report, "negatives");
    for (name, _, seen) in cases {
        let (outcome, what) = &negatives[name];
        assert_eq!(outcome, "wrong", "{name}: {what}");
        assert!(what.contains(seen), "{name}: {what}");
    }
    // Its copy has been written to, so it says nothing.
    let (outcome, why) = &negatives["later"];
    assert_eq!(outcome, "left_out");
    assert!(why.contains("negative `runs` wrote"), "{why}");
    let drills = outcomes(&report, "drills");
    assert_eq!(drills["breaks"].0, "wrong");
    assert!(drills["breaks"].1.contains("SQLSTATE 23505"), "{drills:?}");
    assert_eq!(drills["does_nothing"], ("wrong".into(), "it is 1".into()));
    let error = &report["error"];
    says(
        error,
        "message",
        &["negative `succeeds` did not end as it must"],
    );
    says(error, "expected", &["SQLSTATE 23505"]);
    says(error, "seen", &["it succeeded"]);
    says(
        error,
        "detail",
        &[
            "negative `other_code`: expected SQLSTATE 23505",
            "drill `breaks`",
        ],
    );
    world.nothing_is_left();
}

/// A negative whose keys do not fit its kind is an error of the plan.
#[test]
fn a_negative_that_cannot_be_tried_is_refused_with_its_place() {
    let world = World::new();
    world.write_package(
        "steps",
        &negative(
            "n",
            "kind = 'engine'\nsql = 'select 1'\nexpect = { exit = 3, text = 'x' }",
        ),
        &[MADE],
    );
    let error = world.error("package check packages/steps", 2, "input");
    says(&error, "message", &["negative `n` needs `verb`"]);
}
