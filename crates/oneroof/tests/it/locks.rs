//! Two runs on one target, and sessions of others that are in the way.

use crate::sandbox::Outcome;
use crate::world::{Tier, World, says, tier};

const NOTES: &str = "create table public.notes (id int primary key);
    create table public.pace (is_slow bool not null);
    insert into public.pace values (true);";

/// Sleeps for ten minutes while table `pace` says so.
const SLOW: Tier<'_> = tier(
    "slow",
    "create table public.slow (id int);
     do $$ begin perform pg_sleep(case when is_slow then 600 else 0 end) from public.pace; end $$;",
    "drop table public.slow;",
);

#[test]
fn the_loser_of_a_race_is_told_who_holds_the_target() {
    let world = World::new();
    world.scratch("lab", NOTES);
    world.package("slow", "", &[SLOW]);
    world.package(
        "other",
        "",
        &[tier(
            "made",
            "create table public.made (id int);",
            "drop table public.made;",
        )],
    );
    let first = std::thread::scope(|scope| {
        let first = scope.spawn(|| world.run("apply slow --target lab --execute --json"));
        world.wait_for_sleeper("lab");
        let ledger = world.ledger("lab");
        let holder = world.value(
            "lab",
            "select pid from pg_locks where locktype = 'advisory' and granted and database =
                (select oid from pg_database where datname = current_database()) order by pid limit 1",
        );
        for line in [
            "apply slow --target lab --execute",
            "apply other --target lab --execute",
            "rollback slow --target lab --execute",
        ] {
            let error = world.refused(line, "target-locked");
            says(
                &error,
                "message",
                &["oneroof/apply/", "app_apply", " since 20", "pid "],
            );
            says(&error, "hint", &["wait until it is done"]);
        }
        let error = world.refused("apply other --target lab --execute", "target-locked");
        let pids: Vec<&str> = error["message"]
            .as_str()
            .unwrap()
            .split(|c: char| !c.is_ascii_digit())
            .collect();
        assert!(
            pids.contains(&holder.as_str()),
            "{holder} is not in {error:#}"
        );
        // A dry run only looks, and needs no lock.
        let _ = world.done("apply other --target lab");
        assert_eq!(world.ledger("lab"), ledger);
        world.wake_sleeper("lab");
        first.join().unwrap()
    });
    // The sleeping statement was cancelled: the tier failed, the lock is free.
    assert_eq!(first.code, Some(4), "{first:#?}");
    let _ = world.done("apply other --target lab --execute");
}

#[test]
fn a_lock_that_is_not_to_be_had_is_waited_for_and_its_holder_named() {
    let world = World::new();
    world.scratch("lab", NOTES);
    let wants = Tier {
        id: "column",
        plan: "lock_timeout = \"500ms\"\nlock_retries = 20",
        sql: "alter table public.notes add column text text;",
        undo: "alter table public.notes drop column text;",
    };
    world.package("patient", "", &[wants]);
    world.package(
        "hasty",
        "",
        &[Tier {
            plan: "lock_timeout = \"500ms\"\nlock_retries = 1",
            ..wants
        }],
    );
    let blocker = world.session("lab");
    world.on(&blocker, "begin; lock table public.notes in share mode");
    let pid = blocker.backend_pid().to_string();

    // All tries are used up: a clean stop, nothing kept.
    let ledger = world.ledger("lab");
    let outcome = world.run("apply hasty --target lab --execute --json");
    let error = &outcome.json()["error"];
    assert_eq!(
        (outcome.code, &error["sqlstate"]),
        (Some(4), &"55P03".into()),
        "{outcome:#?}"
    );
    assert_eq!(
        outcome.stderr.matches(&format!("pid {pid}")).count(),
        1,
        "{outcome:#?}"
    );
    assert_eq!(
        world.ledger("lab"),
        format!("{ledger} run_started").trim_start()
    );

    // The blocker goes while the next run rests.
    let outcome: Outcome = std::thread::scope(|scope| {
        let patient = scope.spawn(|| {
            world
                .sandbox
                .bash("$oneroof apply patient --target lab --execute --json 2> talk")
        });
        world.wait_until("the blocker is named", || {
            let talk = std::fs::read_to_string(world.sandbox.project().join("talk"));
            talk.is_ok_and(|talk| talk.contains(&format!("pid {pid}")))
        });
        world.on(&blocker, "rollback");
        patient.join().unwrap()
    });
    let report = outcome.exits(0).json();
    assert!(
        report["tiers"][0]["attempts"].as_u64().unwrap() > 1,
        "{report}"
    );
    let talk = world.sandbox.read("talk");
    assert!(talk.contains("test_admin"), "{talk}");
    assert_eq!(
        world.value("lab", "select count(*) from pg_attribute where attrelid = 'public.notes'::regclass and attname = 'text'"),
        "1"
    );
}
