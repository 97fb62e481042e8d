//! Rehearsals that run at once, are killed, or find no room: what is left afterwards.

use std::fmt::Write as _;
use std::fs;

use crate::world::{Tier, World, says, tier};

const FIXTURE: &str = "create table public.notes (id int primary key, text text);
    insert into public.notes select n, repeat('x', 100) from generate_series(1, 1000) as n;";

const ONE: Tier<'_> = tier(
    "one",
    "create table public.one (id int);",
    "drop table public.one;",
);

#[test]
fn two_rehearsals_at_once_both_pass() {
    let world = World::new();
    world.production("shop", FIXTURE);
    world.package("steps", "", &[ONE]);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| world.done("rehearse steps --from shop")))
            .collect();
        let mut clones = Vec::new();
        for run in runs {
            let report = run.join().unwrap();
            assert_eq!(report["verdict"], "passed", "{report}");
            clones.push(report["clone"]["database"].as_str().unwrap().to_owned());
        }
        assert_ne!(clones[0], clones[1]);
    });
    assert_eq!(world.entries("evidence").len(), 2);
    world.nothing_is_left();
}

#[test]
fn a_rehearsal_that_is_killed_is_swept_by_the_next_one() {
    let world = World::new();
    world.production("shop", FIXTURE);
    world.package(
        "steps",
        "",
        &[ONE, tier("slow", "select pg_sleep(600);", "select 1;")],
    );
    let killed = std::thread::scope(|scope| {
        let line = "echo $$ > pid; exec $oneroof rehearse steps --from shop";
        let run = scope.spawn(|| world.sandbox.bash(line));
        world.wait_until("the slow tier has begun", || {
            let evidence = world.sandbox.project().join("evidence");
            world.entries("evidence").iter().any(|folder| {
                let events = fs::read_to_string(evidence.join(folder).join("events.jsonl"));
                events.is_ok_and(|events| events.contains("\"slow\""))
            })
        });
        let _ = world.sandbox.bash("kill -9 $(cat pid)").exits(0);
        run.join().unwrap()
    });
    assert_eq!(killed.code, None, "{killed:#?}");
    let left = world.private_servers();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].exists());

    world.package("quick", "", &[ONE]);
    let _ = world.done("rehearse quick --from shop");
    assert!(!left[0].exists(), "{left:?}");
    assert_eq!(world.private_servers(), Vec::<std::path::PathBuf>::new());
    assert_eq!(world.done("clone list"), serde_json::json!([]));
}

/// The clone has a disk of its own that is too small: in a mount namespace, which is gone with the run
/// whatever happens. Where that is not allowed, a limit on the size of a file is the disk that is full.
#[test]
fn a_full_disk_ends_a_rehearsal_and_leaves_nothing() {
    let world = World::new();
    let mut fixture = FIXTURE.to_owned();
    let _ = write!(
        fixture,
        "insert into public.notes select n, repeat('x', 200) from generate_series(2000, 300000) as n;"
    );
    world.production("shop", &fixture);
    world.package("steps", "", &[ONE]);
    fs::create_dir(world.sandbox.project().join("small")).unwrap();
    world.configure("[postgres]\nfolder = \"small\"");
    let outcome = world
        .sandbox
        .bash(
            "if unshare --mount true 2> none; then
                 exec unshare --mount bash -c 'mount -t tmpfs -o size=110m,mode=755 none small && exec $oneroof rehearse steps --from shop --json'
             else
                 ulimit -f 24576; exec $oneroof rehearse steps --from shop --json
             fi",
        );
    let report = outcome.json();
    let error = &report["error"];
    assert_eq!(
        (outcome.code, &report["failure"]["step"]),
        (Some(4), &2.into()),
        "{outcome:#?}"
    );
    let text = error.to_string();
    assert!(
        [
            "No space left on device",
            "File too large",
            "could not extend file",
            "could not write"
        ]
        .iter()
        .any(|cause| text.contains(cause)),
        "{error:#}"
    );
    says(error, "hint", &["disk"]);
    world.nothing_is_left();
    assert_eq!(world.entries("small"), Vec::<String>::new());
    assert_eq!(
        world.value("shop", "select count(*) from public.notes"),
        "299001"
    );

    // A disk that is smaller than the source is seen before anything is made.
    let outcome = world.sandbox.bash(
        "unshare --mount true 2> none || exit 77
         exec unshare --mount bash -c 'mount -t tmpfs -o size=60m,mode=755 none small && exec $oneroof rehearse steps --from shop --json'",
    );
    if outcome.code != Some(77) {
        let report = outcome.json();
        says(&report["error"], "message", &["make room for", "are free"]);
        says(&report["error"], "hint", &["[postgres] folder"]);
        world.nothing_is_left();
    }

    // With room it passes.
    let config = world
        .sandbox
        .read("oneroof.toml")
        .replace("folder = \"small\"", "");
    world.sandbox.write("oneroof.toml", &config);
    let _ = world.done("rehearse steps --from shop");
}
