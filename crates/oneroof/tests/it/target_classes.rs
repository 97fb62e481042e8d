//! What may be changed where: the class of a database is a fact in the database, and a mark is
//! believed only where it was made.

use crate::world::{World, says, tier};

const NOTES: &str = "create table public.notes (id int primary key);";

#[test]
fn a_production_is_not_changed_whatever_it_says_of_itself() {
    let world = World::new();
    world.production("shop", NOTES);
    world.scratch("lab", NOTES);
    world.package(
        "steps",
        "",
        &[tier(
            "one",
            "create table public.one (id int);",
            "drop table public.one;",
        )],
    );
    let one = "select coalesce(to_regclass('public.one')::text, 'nothing')";
    let apply = "apply steps --target shop --execute";
    let rollback = "rollback steps --target shop --execute";

    for line in ["apply steps --target shop", apply, rollback] {
        let error = world.refused(line, "not-adopted");
        says(&error, "hint", &["oneroof adopt shop"]);
    }
    // Adopted without a policy: nobody can open its gate. Where nothing stands, a rollback has nothing to ask for.
    world.adopt("shop");
    let error = world.refused(apply, "gate-closed");
    says(&error, "reasons", &["policy_missing"]);
    assert_eq!(world.done(rollback)["nothing_to_do"], true);

    // A mark that somebody invented, one that was copied from a scratch database, and words.
    let real = world.value(
        "lab",
        "select split_part(unnest(setconfig), '=', 2) from pg_db_role_setting where setrole = 0 and setdatabase =
            (select oid from pg_database where datname = current_database())",
    );
    assert!(real.contains("\"scratch\""), "{real}");
    let own_oid = world.value("shop", "select oid from pg_database where datname = 'shop'");
    let lab_oid = world.value("shop", "select oid from pg_database where datname = 'lab'");
    let marks = [
        (real.clone(), "OID"),
        (real.replace(&lab_oid, &own_oid), "the database with OID"),
        (
            format!(
                "{{\"class\":\"clone\",\"id\":\"x\",\"source\":\"shop\",\"database_oid\":{own_oid},\"digest\":\"sha256:0\"}}"
            ),
            "no clone `x` is registered",
        ),
        ("clone".to_owned(), "no mark of ours"),
        (
            format!(
                "{{\"class\":\"production\",\"id\":\"x\",\"source\":\"shop\",\"database_oid\":{own_oid},\"digest\":\"\"}}"
            ),
            "no mark makes a production",
        ),
    ];
    for (mark, why) in marks {
        world.sql(
            "postgres",
            &format!("alter database shop set oneroof.mark = '{mark}'"),
        );
        for line in [
            "apply steps --target shop",
            apply,
            rollback,
            "fixture seal shop",
        ] {
            let error = world.refused(line, "mark-not-valid");
            says(&error, "message", &["`shop`", why]);
            says(&error, "hint", &["reset oneroof.mark"]);
        }
    }
    // Set for one role only, or in the session, it is no mark at all.
    world.sql(
        "postgres",
        &format!("alter database shop reset oneroof.mark; alter role app_apply in database shop set oneroof.mark = '{real}'"),
    );
    let _ = world.refused(apply, "gate-closed");
    assert_eq!(world.value("shop", one), "nothing");

    // The same scratch database is a production for everybody who did not make it.
    std::fs::rename(
        world.sandbox.project().join(".oneroof/clones"),
        world.sandbox.project().join("clones-of-somebody-else"),
    )
    .unwrap();
    let _ = world.refused("apply steps --target lab --execute", "mark-not-valid");
    assert_eq!(world.value("lab", one), "nothing");
}

#[test]
fn a_package_for_another_database_is_refused() {
    let world = World::new();
    world.production("shop", NOTES);
    world.scratch("lab", NOTES);
    world.package(
        "steps",
        "database = \"elsewhere\"",
        &[tier(
            "one",
            "create table public.one (id int);",
            "drop table public.one;",
        )],
    );
    for line in [
        "apply steps --target lab",
        "apply steps --target lab --execute",
        "rollback steps --target lab --execute",
        "apply steps --target shop --execute",
    ] {
        let error = world.refused(line, "wrong-database");
        says(&error, "message", &["may only run on `elsewhere`"]);
    }
    let (exit, report) = world.json("rehearse steps --from shop");
    assert_eq!(report["error"]["code"], "wrong-database", "{report}");
    // A rehearsal that began and was refused on the way has failed; step 1, before anything is copied.
    assert_eq!(
        (exit, &report["failure"]["step"]),
        (4, &1.into()),
        "{report}"
    );
    world.nothing_is_left();
}

#[test]
fn a_kept_clone_of_a_rehearsal_is_a_target_until_it_is_dropped() {
    let world = World::new();
    world.production("shop", NOTES);
    world.package(
        "steps",
        "database = \"shop\"",
        &[
            tier("one", "create table public.one (id int);", "drop table public.one;"),
            tier(
                "two",
                "do $$ begin raise notice 'two begins'; raise warning 'two is careful'; end $$;\ncreate view public.two as select id from public.one;",
                "drop view public.two;",
            ),
        ],
    );
    let outcome = world
        .run("rehearse steps --from shop --keep --json")
        .exits(0);
    // What a tier says is shown, and kept.
    let outcome = outcome.says(&["two begins", "two is careful"]);
    let report = outcome.json();
    let events = world.sandbox.read(&format!(
        "{}/events.jsonl",
        report["evidence"].as_str().unwrap()
    ));
    for text in ["two begins", "two is careful"] {
        assert!(
            events
                .lines()
                .any(|line| line.contains(text) && line.contains("\"two\"")),
            "{events}"
        );
    }
    let id = report["clone"]["id"].as_str().unwrap();
    let connection = report["clone"]["connection"].as_str().unwrap();
    let made = "select concat_ws(' ', to_regclass('public.one'), to_regclass('public.two'))";
    assert_eq!(world.value_at(connection, made), "one two");
    assert_eq!(world.value("shop", made), "");

    let clone = format!("clone:{id}");
    let _ = world.refused(
        &format!("apply steps --target {clone} --execute"),
        "release-finished",
    );
    let _ = world.done(&format!("verify steps --target {clone}"));
    let _ = world.done(&format!("probe steps --target {clone}"));
    let _ = world.done(&format!("rollback steps --target {clone} --execute"));
    assert_eq!(world.value_at(connection, made), "");
    let plan = world.done(&format!("apply steps --target {clone}"));
    assert_eq!(
        (&plan["class"], &plan["target"]),
        (&"clone".into(), &clone.as_str().into())
    );
    let _ = world.done(&format!(
        "apply steps --target {clone} --through one --execute"
    ));
    assert_eq!(world.value_at(connection, made), "one");
    let whole = format!("apply steps --target {clone} --execute");
    let _ = world.refused(&whole, "release-finished");
    let _ = world.done(&format!("rollback steps --target {clone} --execute"));
    let _ = world.done(&whole);
    assert_eq!(world.value_at(connection, made), "one two");

    let _ = world.done(&format!("clone drop {id}"));
    let _ = world.error(&format!("apply steps --target {clone}"), 2, "input");
    world.nothing_is_left();
    assert_eq!(world.value("shop", made), "");
}
