//! Two runs on one target, and sessions of others that are in the way.

use oneroof_pg::programs::Program;
use oneroof_pg::testing::{self, SUPERUSER};

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
    // On the way and at the end, where both attempts are told.
    assert_eq!(
        outcome.stderr.matches(&format!("pid {pid}")).count(),
        3,
        "{outcome:#?}"
    );
    says(error, "detail", &["attempt 1: pid", "attempt 2: pid"]);
    says(error, "hint", &["tried 2 times", "it resumes"]);
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

#[test]
fn a_busy_table_stops_a_release_between_two_tiers_and_it_goes_on_later() {
    let world = World::new();
    world.scratch("lab", NOTES);
    world.sql("lab", "insert into public.notes values (1)");
    world.package(
        "busy",
        "",
        &[
            tier(
                "made",
                "create table public.made (id int);",
                "drop table public.made;",
            ),
            Tier {
                id: "column",
                plan: "lock_timeout = \"200ms\"\nlock_retries = 1",
                sql: "alter table public.notes add column text text;",
                undo: "alter table public.notes drop column text;",
            },
        ],
    );
    // Four clients, each of which holds the table for three seconds at a time.
    world.sandbox.write(
        "busy.pgbench",
        "begin;\nselect count(*) from public.notes;\n\\sleep 3 s\ncommit;\n",
    );
    let pgbench = Program::Pgbench
        .in_folder(&testing::system_binaries().folder)
        .unwrap();
    let connection = world.words("lab", SUPERUSER);
    let load = format!(
        "'{}' -n -c 4 -T 4 -f busy.pgbench -d \"{connection}\"",
        pgbench.display()
    );
    let (load, outcome) = std::thread::scope(|scope| {
        let load = scope.spawn(|| world.sandbox.bash(&load));
        world.wait_for(
            "lab",
            "select count(*) = 4 from pg_stat_activity where application_name = 'pgbench' and state like 'idle in transaction%'",
        );
        let outcome = world.run("apply busy --target lab --execute --json");
        (load.join().unwrap(), outcome)
    });
    let error = &outcome.json()["error"];
    assert_eq!(
        (outcome.code, &error["sqlstate"]),
        (Some(4), &"55P03".into()),
        "{outcome:#?}"
    );
    assert!(
        outcome.stderr.contains("application pgbench"),
        "{outcome:#?}"
    );
    assert_eq!(world.ledger("lab"), "adopted run_started tier_applied:made");
    // The load was held up, and nothing of it failed.
    let load = load.exits(0).stdout;
    assert!(
        load.contains("number of failed transactions: 0 (0.000%)"),
        "{load}"
    );
    let report = world.done("apply busy --target lab --execute");
    assert_eq!(report["resumed_after"], serde_json::json!(["made"]));
}
