//! `oneroof ledger show | verify`: what tampering the database refuses, and what shows afterwards.

use serde_json::{Value, json};

use crate::world::{World, says, tier};

/// A world with target `books`, whose ledger tells of two releases, and the names of its copies.
fn books() -> World {
    let world = World::new();
    world.scratch(
        "books",
        "create schema app; create table app.base (id integer)",
    );
    for name in ["first", "second"] {
        let table = format!("create table app.{name} (id integer);");
        let drop = format!("drop table app.{name};");
        world.package(name, "", &[tier("structure", &table, &drop)]);
        let _ = world.done(&format!("apply {name} --target books --execute"));
    }
    world
}

/// A copy of `books` with its own target, and the hash of its newest entry.
fn copy(world: &World, name: &str) -> String {
    world.sql(
        "postgres",
        &format!("create database {name} template books owner app_owner"),
    );
    world.target(name, name, "app");
    world.value(
        name,
        "select hash from oneroof.entry order by seq desc limit 1",
    )
}

fn messages(report: &Value) -> Vec<String> {
    let faults = report["faults"].as_array().unwrap();
    let message = |fault: &Value| fault["message"].as_str().unwrap().to_owned();
    faults.iter().map(message).collect()
}

#[test]
fn the_entries_of_a_release_are_shown() {
    let world = books();
    let all = world.done("ledger show");
    assert_eq!(all["target"], "books", "the only target is meant");
    let kinds: Vec<&str> = all["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    let run = ["run_started", "tier_applied", "run_finished"];
    assert_eq!(kinds, [&["adopted"][..], &run, &run].concat());

    let digest = all["entries"][4]["package_digest"].as_str().unwrap();
    for release in ["second", "second@1.0.0", &digest[..12]] {
        let one = world.done(&format!("ledger show books --release {release}"));
        let seqs: Vec<u64> = one["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(seqs, [5, 6, 7], "{release}");
        assert_eq!(one["entries_in_all"], 7);
    }
    let text = world.run("ledger show books --last 2").exits(0).stdout;
    for part in [
        "tier_applied",
        "second@1.0.0",
        "structure",
        "app_apply",
        "2 of 7 entries of `books`",
    ] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    assert!(!text.contains("first@1.0.0"), "{text}");

    world.production("bare", "");
    let _ = world.refused("ledger show bare", "not-adopted");
    let _ = world.refused("ledger verify bare", "not-adopted");
    says(
        &world.error("ledger show", 2, "input"),
        "hint",
        &["bare", "books"],
    );
    let weak = world.words("books", "app_weak");
    world.sql("postgres", "create role app_weak login");
    world.configure(&format!("[targets.weak]\nread = \"{weak}\""));
    says(
        &world.refused("ledger verify weak", "right-missing"),
        "hint",
        &["grant usage on schema oneroof to app_weak"],
    );
}

/// What somebody does to the ledger, and what verify says about it without a hash from outside.
const TAMPERING: [(&str, &str, &[&str]); 8] = [
    (
        "an update",
        "update oneroof.entry set operator = 'me' where seq = 3",
        &["entry 3 was changed or forged: its hash is not the hash of its content; it says: tier_applied structure of first@1.0.0 by me"],
    ),
    (
        "an update with a fitting hash",
        "update oneroof.entry set body = body || '{\"m\": 1}' where seq = 3;
         update oneroof.entry as e set hash = oneroof.entry_hash(e) where seq = 3",
        &["entry 4 does not follow the one before it; it says: run_finished of first@1.0.0"],
    ),
    (
        "a delete",
        "delete from oneroof.entry where seq in (3, 4)",
        &["entries 3 to 4 are missing"],
    ),
    ("a truncate", "truncate oneroof.entry", &["the ledger is empty"]),
    (
        "a forged append",
        "insert into oneroof.entry
         select 8, now(), 'tier_applied', run_id, package_digest, params_digest, 'forged', null, body, 'app_apply', engine_version,
                hash, repeat('0', 64)
           from oneroof.entry where seq = 7",
        &["entry 8 was changed or forged: its hash is not the hash of its content; it says: tier_applied forged of second@1.0.0"],
    ),
    (
        "a reordered entry",
        "update oneroof.entry set seq = 100 where seq = 3;
         update oneroof.entry set seq = 3 where seq = 4;
         update oneroof.entry set seq = 4 where seq = 100;
         alter table oneroof.entry drop constraint entry_hash_is_unique;
         update oneroof.entry as e set hash = oneroof.entry_hash(e)",
        &[
            "entry 3 does not follow the one before it; it says: run_finished",
            "entry 4 does not follow the one before it; it says: tier_applied",
            "entry 5 does not follow the one before it; it says: run_started",
        ],
    ),
    ("a cut tail", "delete from oneroof.entry where seq > 5", &[]),
    (
        "a cut tail, written anew",
        "delete from oneroof.entry where seq > 6;
         select oneroof.append('run_finished', '{\"package\": \"second\", \"other\": true}')",
        &[],
    ),
];

#[test]
fn tampering_is_refused_to_the_apply_role_and_found_after_a_superuser() {
    let world = books();
    for (number, (what, tamper, expected)) in TAMPERING.into_iter().enumerate() {
        let name = format!("case_{number}");
        let head = copy(&world, &name);
        let apply = world.session_at(&world.words(&name, "app_apply"));
        let superuser = world.session(&name);
        let sqlstate = |session, sql: &str| {
            let outcome = world.block_on(oneroof_pg::connect::Session::simple(session, sql));
            let error = outcome.expect_err(sql);
            error.sqlstate().unwrap_or_default().to_owned()
        };
        // The apply role has no right to any of it, nor to switch the triggers off.
        let first = tamper.split(';').next().unwrap();
        assert_eq!(sqlstate(&apply, first), "42501", "{what}");
        for way_around in [
            "set session_replication_role = replica",
            "alter table oneroof.entry disable trigger all",
            "set role oneroof_ledger",
        ] {
            assert_eq!(sqlstate(&apply, way_around), "42501", "{way_around}");
        }
        // A superuser meets the triggers, also in replica mode; an insert no trigger can judge.
        if !first.starts_with("insert") {
            assert_eq!(sqlstate(&superuser, first), "OR001", "{what}");
            world.on(&superuser, "set session_replication_role = replica");
            assert_eq!(
                sqlstate(&superuser, first),
                "OR001",
                "{what} in replica mode"
            );
            world.on(&superuser, "reset session_replication_role");
        }
        assert_eq!(
            world.done(&format!("ledger verify {name} --expect {head}"))["entries"],
            7
        );

        // Who switches them off leaves a chain that does not fit. What the project has seen so far is
        // put away, so that this is what can be known without it.
        let _ = world
            .sandbox
            .bash("mv .oneroof/ledgers .oneroof/seen")
            .exits(0);
        world.on(
            &superuser,
            "begin; alter table oneroof.entry disable trigger all",
        );
        world.on(&superuser, tamper);
        world.on(
            &superuser,
            "alter table oneroof.entry enable always trigger entry_stays;
             alter table oneroof.entry enable always trigger entry_stays_whole; commit",
        );
        let (code, report) = world.json(&format!("ledger verify {name}"));
        let found = messages(&report);
        assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{what}: {found}");
        }
        assert_eq!(code, if expected.is_empty() { 0 } else { 4 }, "{what}");
        let _ = world
            .sandbox
            .bash("rm -rf .oneroof/ledgers && mv .oneroof/seen .oneroof/ledgers")
            .exits(0);

        // With what the project has seen, or with the hash that somebody kept, all of it shows.
        let cut = format!("with hash {head} is gone: the tail was cut off or replaced");
        let is_cut = what.starts_with("a cut") || what == "a truncate";
        for line in [
            format!("ledger verify {name}"),
            format!("ledger verify {name} --expect {head}"),
        ] {
            let error = world.error(&line, 4, "failed");
            assert_eq!(error["code"], "ledger-broken", "{what}");
            if is_cut {
                says(&error, "reasons", &[&cut]);
            }
        }
        world.block_on(apply.close());
        world.end(superuser);
    }
}

#[test]
fn a_whole_ledger_is_verified_and_its_head_is_kept() {
    let world = books();
    let first = world.done("ledger verify books");
    assert_eq!(
        (&first["whole"], &first["entries"]),
        (&true.into(), &7.into())
    );
    assert_eq!(first["known"], json!([]));
    let head = first["head"]["hash"].as_str().unwrap().to_owned();

    let _ = world.done("rollback second --target books --execute");
    let next = world.done("ledger verify books");
    assert_eq!(next["known"][0]["hash"], head.as_str(), "{next:#}");
    assert_eq!(next["known"][0]["seq"], 7);
    let more = next["entries"].as_u64().unwrap() - 7;
    assert!(more > 0);
    assert_eq!(next["unknown_entries"], more);
    assert_eq!(world.done("ledger verify books")["unknown_entries"], 0);

    let text = world
        .run(&format!("ledger verify books --expect {head}"))
        .exits(0)
        .stdout;
    assert!(
        text.contains(&format!("held against {head} (--expect)")),
        "{text}"
    );
    let other = "0".repeat(64);
    let outcome = world
        .run(&format!("ledger verify books --expect {other}"))
        .exits(4)
        .says(&[
            "exit 4 (failed: ledger-broken), see `oneroof explain ledger-broken`",
            &other,
        ]);
    assert!(outcome.stdout.contains("NOT WHOLE"), "{outcome:#?}");
    let _ = world
        .run("ledger verify books --expect 123")
        .exits(2)
        .says(&["64 hexadecimal digits"]);
}

#[test]
fn the_evidence_of_a_rehearsal_vouches_for_the_entries_it_saw() {
    let world = World::new();
    world.production("real", "create table public.notes (id int);");
    world.adopt("real");
    world.package(
        "small",
        "",
        &[tier(
            "one",
            "create table public.made (id int);",
            "drop table public.made;",
        )],
    );
    let report = world.done("rehearse small --from real");
    let seen = report["source"]["ledger_head"]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let verified = world.done("ledger verify real");
    assert_eq!(verified["known"][0]["hash"], seen.as_str(), "{verified:#}");

    // The project has forgotten what it saw, and the ledger was cut: the evidence tells.
    let _ = world.sandbox.bash("rm -r .oneroof/ledgers").exits(0);
    world.sql(
        "real",
        "alter table oneroof.entry disable trigger all; delete from oneroof.entry;
         alter table oneroof.entry enable always trigger entry_stays;
         alter table oneroof.entry enable always trigger entry_stays_whole",
    );
    let error = world.error("ledger verify real", 4, "failed");
    says(&error, "reasons", &[&seen]);
}
