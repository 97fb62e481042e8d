//! Tiers without a rollback file: undone from the ledger, proven by the rehearsal, or refused with the reason.

use crate::world::{GENERATED, Tier, World, says, tier};

const NOTES: &str = "
    create schema app;
    create table app.notes (id int, part text, text text not null, primary key (id, part));
    insert into app.notes values (1, 'a', 'old');
";

/// Objects of many kinds, some of which need each other, or a name that must be quoted.
const STRUCTURE: Tier<'_> = tier(
    "structure",
    r#"
    create schema "Odd one";
    create type "Odd one"."Mood" as enum ('fine', 'so so');
    create domain "Odd one".posint as int check (value > 0);
    create type "Odd one".span as range (subtype = int);
    create type "Odd one".pair as (a int, b text);
    create sequence app.numbers;
    create function app.next(n int, t text default 'x') returns bigint language sql as $$ select nextval('app.numbers') + n $$;
    create procedure app.work() language sql as 'select 1';
    create aggregate app.total (int) (sfunc = int4pl, stype = int, initcond = '0');
    create function app.touch() returns trigger language plpgsql as 'begin return new; end';
    create table "Odd one"."a.b" (
        id bigint primary key default app.next(1), serial serial, mood "Odd one"."Mood", n "Odd one".posint,
        other int generated always as identity
    );
    create table app.left_one (id int primary key, other int);
    create table app.right_one (id int primary key, other int references app.left_one);
    alter table app.left_one add foreign key (other) references app.right_one;
    create table app.log (at date, line text) partition by range (at);
    create table app.log_now partition of app.log for values from ('2026-01-01') to ('2027-01-01');
    create trigger touch before update on "Odd one"."a.b" for each row execute function app.touch();
    create view app.seen as select id, mood from "Odd one"."a.b";
    create view app.seen_twice as select * from app.seen;
    create materialized view app.counted as select count(*) as n from app.seen;
    create index on app.counted (n);
    create function app.far(m "Odd one"."Mood") returns int language sql as 'select 1';
    create function app.of(r app.seen) returns bigint language sql as 'select r.id';
    create statistics app.stats on id, other from app.left_one;
    create policy own on app.left_one using (true);
    comment on view app.seen is 'seen';
    insert into app.left_one values (1, null);
    "#,
    GENERATED,
);
const ROWS: Tier<'_> = Tier {
    id: "rows",
    plan: "  [[tier.rows]]\n  table = \"app.notes\"\n  where = \"text = 'new'\"",
    sql: "insert into app.notes select n, 'it''s \"' || n, 'new' from generate_series(1, 3) as n;",
    undo: GENERATED,
};

#[test]
fn what_a_tier_made_is_dropped_without_a_file() {
    let world = World::new();
    world.production("shop", NOTES);
    world.package("steps", "", &[STRUCTURE, ROWS]);
    let report = world.done("rehearse steps --from shop");
    assert_eq!(
        report["baseline"]["definition_before"],
        report["baseline"]["definition_after"]
    );
    assert_eq!(report["rollback_by_tier"].as_array().unwrap().len(), 2);

    world.scratch("lab", NOTES);
    let before = world.state("lab", &[]);
    let _ = world.done("apply steps --target lab --execute");
    let report = world.done("rollback steps --target lab --execute");
    let rows = &report["tiers"][0];
    assert_eq!(rows["file"], "generated from the ledger", "{report:#}");
    says(rows, "generated", &["delete from app.notes"]);
    let drops = report["tiers"][1]["generated"].to_string();
    assert!(
        drops.contains("drop table app.left_one, app.right_one")
            || drops.contains("drop table app.right_one, app.left_one"),
        "{drops}"
    );
    assert!(!drops.to_lowercase().contains("cascade"), "{drops}");
    let after = world.state("lab", &[]);
    assert_eq!(before.0.digest(), after.0.digest());
    assert_eq!(
        world.value("lab", "select string_agg(text, ' ') from app.notes"),
        "old"
    );
    world.nothing_is_left();
}

/// A group is undone as one.
#[test]
fn a_group_is_undone_as_a_whole() {
    let world = World::new();
    world.scratch("lab", NOTES);
    let group = "group = \"both\"";
    let tables = Tier {
        plan: group,
        ..tier("tables", "create table app.made (id int);", GENERATED)
    };
    let views = Tier {
        plan: group,
        ..tier(
            "views",
            "create view app.seen as select id from app.made;",
            GENERATED,
        )
    };
    world.package("grouped", "", &[tables, views]);
    let _ = world.done("apply grouped --target lab --execute");
    let error = world.refused(
        "rollback grouped --target lab --to tables --execute",
        "rollback-blocked",
    );
    says(
        &error,
        "message",
        &["tier views is generated", "tier tables cannot stay"],
    );
    let _ = world.done("rollback grouped --target lab --execute");
    assert_eq!(
        world.value("lab", "select coalesce(to_regclass('app.made')::text, '-')"),
        "-"
    );

    // One file in the group, and nothing is generated for the others.
    let file = Tier {
        undo: "drop table app.made;",
        ..tables
    };
    world.write_package("mixed", "", &[file, views]);
    let (code, report) = world.json("package check packages/mixed");
    assert_ne!(code, 0, "{report:#}");
    assert!(
        report
            .to_string()
            .contains("tier `tables` of its group says itself"),
        "{report:#}"
    );
}

/// Somebody's work on these objects is never taken away.
#[test]
fn what_hangs_on_a_generated_rollback_stops_it() {
    let world = World::new();
    world.scratch("lab", NOTES);
    world.package(
        "steps",
        "",
        &[tier(
            "made",
            "create table app.made (id int primary key);
             create table app.log (at date) partition by range (at);",
            GENERATED,
        )],
    );
    let _ = world.done("apply steps --target lab --execute");
    let ledger = world.ledger("lab");
    let cases = [
        (
            "create view app.theirs as select id from app.made",
            "drop view app.theirs",
            "view app.theirs depends on table app.made",
        ),
        (
            "create table app.theirs (id int references app.made)",
            "drop table app.theirs",
            "app.theirs",
        ),
        (
            "create table app.theirs partition of app.log for values from ('2026-01-01') to ('2027-01-01')",
            "drop table app.theirs",
            "table app.theirs hangs on table app.log",
        ),
        (
            "create sequence app.theirs; alter sequence app.theirs owner to app_owner; alter sequence app.theirs owned by app.made.id",
            "drop sequence app.theirs",
            "sequence app.theirs hangs on table app.made",
        ),
        (
            "create statistics app.theirs on id, (id * 2) from app.made",
            "drop statistics app.theirs",
            "app.theirs hangs on table app.made",
        ),
        (
            "create publication theirs for table app.made",
            "drop publication theirs",
            "in publication theirs hangs on table app.made",
        ),
    ];
    for (theirs, put_back, told) in cases {
        world.sql("lab", theirs);
        let error = world.refused("rollback steps --target lab --execute", "rollback-blocked");
        says(&error, "reasons", &[told]);
        world.sql("lab", put_back);
    }
    assert_eq!(world.ledger("lab"), ledger);
    let _ = world.done("rollback steps --target lab --execute");
}

/// What cannot be generated is found in the text, or else by the rehearsal.
#[test]
fn what_has_no_way_back_is_said_before_a_production_sees_it() {
    let world = World::new();
    world.production("shop", NOTES);
    world.write_package(
        "plain",
        "",
        &[tier(
            "more",
            "alter table app.notes add column more int;",
            GENERATED,
        )],
    );
    let (code, report) = world.json("package check packages/plain");
    assert_ne!(code, 0, "{report:#}");
    let report = report.to_string();
    for part in [
        "no-way-back",
        "tier `more`",
        "none can be generated",
        "app.notes",
        "tiers/more.sql:1:1",
    ] {
        assert!(report.contains(part), "`{part}` is not in {report}");
    }

    world.package(
        "dynamic",
        "",
        &[tier(
            "more",
            "do $$ begin execute 'alter table app.' || 'notes add column more int'; end $$;",
            GENERATED,
        )],
    );
    let (code, report) = world.json("rehearse dynamic --from shop");
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &12.into()),
        "{report:#}"
    );
    says(
        &report["error"],
        "message",
        &["no rollback can be generated for tier more: it altered table app.notes"],
    );
    world.nothing_is_left();
}
