//! The connection or the server goes in the middle of a tier: nothing of it is kept, and the next run
//! goes on where this one ended.

use crate::world::{Tier, World, says, tier};

const FIXTURE: &str = "create table public.pace (is_slow bool not null);
    insert into public.pace values (true);";

const ONE: Tier<'_> = tier(
    "one",
    "create table public.one (id int);",
    "drop table public.one;",
);

/// Sleeps for ten minutes while table `pace` says so.
const SLOW: Tier<'_> = tier(
    "slow",
    "create table public.slow (id int);
do $$ begin perform pg_sleep(case when is_slow then 600 else 0 end) from public.pace; end $$;",
    "drop table public.slow;",
);

const MADE: &str = "select concat_ws(' ', to_regclass('public.one'), to_regclass('public.slow'))";

#[test]
fn an_ended_session_loses_its_tier_only() {
    let world = World::new();
    check(&world, |world| world.terminate_sleeper("lab"));
}

#[test]
fn a_crashed_server_loses_the_running_tier_only() {
    let world = World::new();
    // A killed session makes the server throw all others out and recover, as after a crash.
    check(&world, |world| world.kill_sleeper("lab"));
}

#[track_caller]
fn check(world: &World, break_it: impl FnOnce(&World)) {
    world.scratch("lab", FIXTURE);
    // Servers for tests keep nothing safe; a production's does.
    world.sql("lab", "alter database lab set synchronous_commit = on");
    world.package("steps", "", &[ONE, SLOW]);
    let outcome = std::thread::scope(|scope| {
        let run = scope.spawn(|| world.run("apply steps --target lab --execute --json"));
        world.wait_for_sleeper("lab");
        break_it(world);
        run.join().unwrap()
    });
    let error = outcome.json()["error"].clone();
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert_eq!(error["kind"], "error", "{error:#}");
    says(&error, "message", &["tiers/slow.sql:2"]);
    says(&error, "hint", &["run the verb again to resume"]);
    world.wait_until_it_answers("lab");
    assert_eq!(world.value("lab", MADE), "one");
    let ledger = world.ledger("lab");
    assert!(ledger.ends_with("run_started tier_applied:one"), "{ledger}");

    world.sql("lab", "update public.pace set is_slow = false");
    let report = world.done("apply steps --target lab --execute");
    assert_eq!(
        report["resumed_after"],
        serde_json::json!(["one"]),
        "{report}"
    );
    assert_eq!(world.value("lab", MADE), "one slow");
    let _ = world.done("rollback steps --target lab --execute");
    assert_eq!(world.value("lab", MADE), "");
}

#[test]
fn ctrl_c_rolls_the_running_tier_back() {
    let world = World::new();
    world.scratch("lab", FIXTURE);
    world.package("steps", "", &[ONE, SLOW]);
    let outcome = std::thread::scope(|scope| {
        let line = "echo $$ > pid; exec $oneroof apply steps --target lab --execute --json";
        let run = scope.spawn(|| world.sandbox.bash(line));
        world.wait_for_sleeper("lab");
        let _ = world.sandbox.bash("kill -INT $(cat pid)").exits(0);
        run.join().unwrap()
    });
    assert_eq!(outcome.exits(130).json()["error"]["kind"], "interrupted");
    // The server ends the tier too, instead of sleeping on with its locks.
    world.wait_for(
        "lab",
        "select count(*) = 0 from pg_stat_activity where application_name like 'oneroof/apply/%'",
    );
    assert_eq!(world.value("lab", MADE), "one");
    world.sql("lab", "update public.pace set is_slow = false");
    let _ = world.done("apply steps --target lab --execute");
    assert_eq!(world.value("lab", MADE), "one slow");
}

#[test]
fn a_server_that_is_gone_says_so_for_every_verb() {
    let world = World::new();
    world.production("shop", "create table public.notes (id int);");
    world.package("steps", "", &[ONE]);
    world.kill_server();
    for line in [
        "probe steps --target shop",
        "verify steps --target shop",
        "apply steps --target shop",
        "apply steps --target shop --execute",
        "rollback steps --target shop --execute",
        "rehearse steps --from shop",
    ] {
        let error = world.error(line, 1, "error");
        says(&error, "message", &["open target `shop`"]);
    }
    world.nothing_is_left();
}
