//! A rollback takes nothing away that somebody else put on the release's objects.

use crate::world::{Tier, World, says, tier};

const NOTES: &str = "
    create table public.notes (id int primary key, text text not null);
    create function public.old() returns int language sql as 'select 1';
";

const MADE: Tier<'_> = tier(
    "made",
    "create table public.made (id int primary key, word text not null default 'x');
     create type public.mood as enum ('fine');
     create sequence public.numbers;
     create function public.twice(n int, t text default 'a') returns int language sql as 'select n * 2';
     create or replace function public.old() returns int language sql as 'select 2';",
    "create or replace function public.old() returns int language sql as 'select 1';
     drop function public.twice(int, text); drop sequence public.numbers; drop type public.mood; drop table public.made;",
);
const SEEN: Tier<'_> = tier(
    "seen",
    "create view public.seen as select id, word from public.made;
     create materialized view public.counted as select count(*) as n from public.made;
     create index made_by_word on public.made (word);
     grant select on public.made to app_guest;",
    "drop materialized view public.counted; drop view public.seen; drop index public.made_by_word;
     revoke select on public.made from app_guest;",
);

#[test]
fn each_change_of_somebody_else_is_named() {
    let world = World::new();
    world.scratch("lab", NOTES);
    world.sql("lab", "create role app_guest nologin");
    world.package("steps", "", &[MADE, SEEN]);
    let _ = world.done("apply steps --target lab --execute");

    let long = "select n * 3 -- ".to_owned() + &"long ".repeat(100);
    let cases = [
        (
            "alter table public.made add column theirs int",
            "alter table public.made drop column theirs",
            "table public.made: column theirs is new",
        ),
        (
            "create index theirs on public.made (id, word)",
            "drop index public.theirs",
            "table public.made: index theirs is new",
        ),
        (
            "comment on table public.made is 'theirs'",
            "comment on table public.made is null",
            "table public.made: now comment theirs",
        ),
        (
            "grant insert on public.made to app_guest",
            "revoke insert on public.made from app_guest",
            "table public.made: now grants app_guest insert",
        ),
        (
            "alter table public.made rename to theirs",
            "alter table public.theirs rename to made",
            "table public.made: name -> public.theirs",
        ),
        (
            "alter table public.made owner to app_guest",
            "alter table public.made owner to app_owner; grant select on public.made to app_guest",
            "table public.made: owner app_owner -> app_guest",
        ),
        (
            "create or replace view public.seen as select id, word, 1 as theirs from public.made",
            "drop view public.seen; create view public.seen as select id, word from public.made; alter view public.seen owner to app_owner",
            "view public.seen: column theirs is new",
        ),
        (
            "create or replace function public.twice(n int, t text default 'a') returns int language sql as 'select n + n'",
            "create or replace function public.twice(n int, t text default 'a') returns int language sql as 'select n * 2'",
            "function public.twice(integer,text)",
        ),
        (
            "create or replace function public.old() returns int language sql as 'select 3'",
            "create or replace function public.old() returns int language sql as 'select 2'",
            "function public.old()",
        ),
        (
            "alter sequence public.numbers increment 5",
            "alter sequence public.numbers increment 1",
            "sequence public.numbers: increment 1 -> 5",
        ),
        (
            "drop materialized view public.counted",
            "create materialized view public.counted as select count(*) as n from public.made; alter materialized view public.counted owner to app_owner",
            "materialized view public.counted is gone",
        ),
        (
            "alter type public.mood rename value 'fine' to 'theirs'",
            "alter type public.mood rename value 'theirs' to 'fine'",
            "type public.mood: enum ('fine') -> ('theirs')",
        ),
    ];
    let ledger = world.ledger("lab");
    for (change, put_back, told) in cases {
        world.sql("lab", change);
        for line in [
            "rollback steps --target lab",
            "rollback steps --target lab --execute",
        ] {
            let error = world.refused(line, "changed-since");
            says(&error, "reasons", &[told]);
            says(&error, "message", &["ROLLBACK REFUSED", "steps@1.0.0"]);
        }
        world.sql("lab", put_back);
    }
    // A body that is too long to be kept is named.
    world.sql(
        "lab",
        &format!("create or replace function public.twice(n int, t text default 'a') returns int language sql as '{long}'"),
    );
    let error = world.refused("rollback steps --target lab", "changed-since");
    says(
        &error,
        "reasons",
        &["function public.twice(integer,text) differs"],
    );
    world.sql(
        "lab",
        "create or replace function public.twice(n int, t text default 'a') returns int language sql as 'select n * 2'",
    );
    assert_eq!(world.ledger("lab"), ledger);

    // Only what is undone is asked about, and what is not of the release is nobody's business here.
    world.sql(
        "lab",
        "alter table public.notes add column theirs int; comment on sequence public.numbers is 'theirs'",
    );
    let _ = world.done("rollback steps --target lab --to made --execute");
    let error = world.refused("rollback steps --target lab --execute", "changed-since");
    says(
        &error,
        "reasons",
        &["sequence public.numbers: now comment theirs"],
    );
    world.sql("lab", "comment on sequence public.numbers is null");
    let _ = world.done("rollback steps --target lab --execute");
    assert_eq!(
        world.value(
            "lab",
            "select public.old() || coalesce(to_regclass('public.made')::text, '')"
        ),
        "1"
    );
}

/// The newest entry counts, and the later release goes first.
#[test]
fn a_later_release_is_no_stranger_but_goes_first() {
    let world = World::new();
    world.scratch("lab", "");
    world.package(
        "first",
        "",
        &[tier(
            "made",
            "create table public.made (id int);",
            "drop table public.made;",
        )],
    );
    world.package(
        "second",
        "",
        &[tier(
            "more",
            "alter table public.made add column more int;",
            "alter table public.made drop column more;",
        )],
    );
    let _ = world.done("apply first --target lab --execute");
    let _ = world.done("apply second --target lab --execute");
    for line in [
        "rollback first --target lab",
        "rollback first --target lab --execute",
    ] {
        let error = world.refused(line, "rollback-blocked");
        says(
            &error,
            "reasons",
            &["table public.made was changed by tier more of second@1.0.0"],
        );
        says(&error, "hint", &["roll back second@1.0.0 first"]);
    }
    let _ = world.done("rollback second --target lab --execute");
    let _ = world.done("rollback first --target lab --execute");
}

/// A rename changes how others read that nobody touched.
#[test]
fn what_a_later_tier_renames_is_read_otherwise_by_ours() {
    let world = World::new();
    world.scratch(
        "lab",
        "create schema app; create table app.notes (id int primary key);",
    );
    let tiers = [
        tier(
            "views",
            "create view app.seen as select id from app.notes;
             create table app.hangs (note int references app.notes);
             create function app.of(n app.notes) returns int language sql as 'select n.id';",
            "drop function app.of(app.notes); drop table app.hangs; drop view app.seen;",
        ),
        tier(
            "renames",
            "alter table app.notes rename column id to number; alter table app.notes rename to words;
             alter schema app rename to lexicon;",
            "alter schema lexicon rename to app; alter table app.words rename to notes;
             alter table app.notes rename column number to id;",
        ),
    ];
    world.package("steps", "", &tiers);
    let _ = world.done("apply steps --target lab --execute");
    world.sql("lab", "comment on view lexicon.seen is 'theirs'");
    let error = world.refused("rollback steps --target lab --execute", "changed-since");
    assert_eq!(
        error["reasons"],
        serde_json::json!(["view lexicon.seen: now comment theirs"]),
        "{error:#}"
    );
    world.sql("lab", "comment on view lexicon.seen is null");
    let _ = world.done("rollback steps --target lab --execute --to views");
    let _ = world.done("rollback steps --target lab --execute");
}
