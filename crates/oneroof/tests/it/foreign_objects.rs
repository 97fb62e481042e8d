//! A release does not take somebody else's object of the same name for its own.

use crate::world::{GENERATED, Tier, World, says, tier};

const NOTES: &str = "
    create schema app;
    create table app.notes (id int primary key, text text not null);
    create function app.old() returns int language sql as 'select 1';
    create view app.shown as select id from app.notes;
";

#[test]
fn what_is_there_already_is_named_with_its_owner() {
    let world = World::new();
    world.scratch("lab", NOTES);
    world.sql("lab", "create role app_stranger nologin");
    let cases: [(&str, Tier<'_>, &str, &str, &str); 6] = [
        (
            "plain",
            tier(
                "made",
                "create table app.made (id int);",
                "drop table app.made;",
            ),
            "create table app.made (other text)",
            "drop table app.made",
            "table app.made",
        ),
        (
            "lenient",
            tier(
                "made",
                "create table if not exists app.made (id int);",
                "drop table app.made;",
            ),
            "create table app.made (id int)",
            "drop table app.made",
            "table app.made",
        ),
        (
            "replaced",
            tier(
                "made",
                "create or replace view app.seen as select 1 as id;",
                GENERATED,
            ),
            "create view app.seen as select 2 as id",
            "drop view app.seen",
            "view app.seen",
        ),
        (
            "home",
            tier("made", "create schema if not exists theirs;", GENERATED),
            "create schema theirs",
            "drop schema theirs",
            "schema theirs",
        ),
        (
            "typed",
            tier("made", "create type app.mood as enum ('a');", GENERATED),
            "create type app.mood as enum ('b')",
            "drop type app.mood",
            "type app.mood",
        ),
        (
            "other-kind",
            tier("made", "create sequence app.made;", GENERATED),
            "create table app.made (id int)",
            "drop table app.made",
            "table app.made",
        ),
    ];
    for (name, tier, theirs, put_back, told) in cases {
        world.package(name, "", &[tier]);
        world.sql("lab", theirs);
        world.sql("lab", &format!("alter {told} owner to app_stranger"));
        let ledger = world.ledger("lab");
        for execute in ["", " --execute"] {
            let line = format!("apply {name} --target lab{execute}");
            let error = world.refused(&line, "foreign-object");
            says(&error, "message", &[told]);
            says(
                &error,
                "reasons",
                &[&format!(
                    "{told} belongs to app_stranger; tier made creates it"
                )],
            );
        }
        assert_eq!(world.ledger("lab"), ledger);
        world.sql("lab", put_back);
        // Without it the release goes through, and back again.
        let _ = world.done(&format!("apply {name} --target lab --execute"));
        let _ = world.done(&format!("rollback {name} --target lab --execute"));
    }
}

/// What is replaced on purpose, or taken away first, is no stranger's.
#[test]
fn what_is_replaced_on_purpose_is_no_fault() {
    let world = World::new();
    world.scratch("lab", NOTES);
    let replaces = tier(
        "replaces",
        "create or replace function app.old() returns int language sql as 'select 2';
         create or replace view app.shown as select id, text from app.notes;",
        "create or replace function app.old() returns int language sql as 'select 1';
         drop view app.shown; create view app.shown as select id from app.notes;",
    );
    let moves = tier(
        "moves",
        "alter table app.notes rename to notes_before; create table app.notes (id int);",
        "drop table app.notes; alter table app.notes_before rename to notes;",
    );
    let again = tier(
        "again",
        "create or replace view app.late as select 1 as n; create or replace view app.late as select 1 as n, 2 as m;",
        "drop view app.late;",
    );
    world.package("meant", "", &[replaces, moves, again]);
    let _ = world.done("apply meant --target lab");
    let _ = world.done("apply meant --target lab --execute");
    let _ = world.done("rollback meant --target lab --execute");
}

/// What was rehearsed is compared with what is there.
#[test]
fn the_rehearsed_shape_is_compared_with_what_is_there() {
    let world = World::new();
    world.production("shop", NOTES);
    world.package(
        "steps",
        "",
        &[tier(
            "made",
            "create table if not exists app.made (id int primary key, word text, gone date);
             create or replace function app.twice(n int) returns int language sql as 'select n * 2';",
            GENERATED,
        )],
    );
    let report = world.done("rehearse steps --from shop");
    let evidence = report["evidence"].as_str().unwrap();
    world.scratch("lab", NOTES);
    world.sql(
        "lab",
        "set role app_owner; create table app.made (id int primary key, word int, more text);
         create function app.twice(n int) returns int language sql as 'select n * 3';",
    );
    for execute in ["", " --execute"] {
        let line = format!("apply steps --target lab --evidence {evidence}{execute}");
        let error = world.refused(&line, "foreign-object");
        says(&error, "message", &["2 objects"]);
        says(
            &error,
            "reasons",
            &[
                "table app.made belongs to app_owner",
                "table app.made: column gone is gone",
                "table app.made: column more is new",
                "table app.made: column word differs",
                "function app.twice(integer) differs",
            ],
        );
    }
    // Without the evidence the name alone decides, and a function is not found by its name.
    let error = world.refused("apply steps --target lab", "foreign-object");
    says(&error, "message", &["1 object already", "table app.made"]);
    world.sql("lab", "drop table app.made; drop function app.twice(int)");
    let _ = world.done(&format!(
        "apply steps --target lab --evidence {evidence} --execute"
    ));
    world.nothing_is_left();
}
