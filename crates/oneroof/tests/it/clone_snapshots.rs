//! `clone snapshot`, `clone restore`, `--strategy snapshot`: what was put away comes back, or nothing does.

use serde_json::Value;

use crate::world::{World, says};

const FIXTURE: &str = "create table public.notes (id int primary key, text text);
    insert into public.notes select n, repeat('x', 1000) from generate_series(1, 20000) as n;";

fn shop() -> World {
    let world = World::new();
    world.production("shop", FIXTURE);
    world
}

fn text<'a>(report: &'a Value, member: &str) -> &'a str {
    report[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member}: {report}"))
}

fn count(world: &World, clone: &Value) -> String {
    world.value_at(
        text(clone, "connection"),
        "select count(*) from public.notes",
    )
}

/// Drops everything, and nothing may be left.
fn clear(world: &World) {
    let _ = world.done("clone prune --older-than 0s --golden --execute");
    for snapshot in world.done("clone snapshot list").as_array().unwrap() {
        let _ = world.done(&format!(
            "clone snapshot drop {}",
            snapshot["name"].as_str().unwrap()
        ));
    }
    assert_eq!(world.entries(".oneroof/snapshots"), Vec::<String>::new());
    world.nothing_is_left();
}

#[test]
fn a_golden_clone_is_put_away_and_comes_back() {
    let world = shop();
    let golden = world.done("clone create --from shop --golden");
    let taken = world.done("clone snapshot golden --name before-2.0");
    assert_eq!(taken["class"], "golden");
    assert_eq!(taken["clone"], golden["id"]);
    assert!(taken["files"].as_u64().unwrap() > 500, "{taken}");
    assert!(["plain", "reflink"].contains(&text(&taken, "method")));
    let error = world.error("clone snapshot golden --name before-2.0", 2, "input");
    says(&error, "message", &["before-2.0", "there is one"]);
    let error = world.error("clone snapshot golden --name ../x", 2, "input");
    says(&error, "message", &["../x"]);

    // A clone of it, in a server of its own, with rows as old as those of the golden clone.
    for line in [
        "clone create --from snapshot:before-2.0",
        "clone create --from golden --strategy snapshot",
    ] {
        let copy = world.done(line);
        assert_eq!(copy["strategy"], "snapshot");
        assert_eq!(copy["class"], "clone");
        assert_eq!(copy["data_at"], golden["data_at"]);
        assert_eq!(count(&world, &copy), "20000");
        let _ = world.done(&format!("clone drop {}", text(&copy, "id")));
    }

    // The production goes on, the golden clone is made anew, and the snapshot is still what it was.
    world.sql("shop", "delete from public.notes where id > 5");
    let fresh = world.done("clone refresh golden");
    let copy = world.done("clone create --from golden");
    assert_eq!(count(&world, &copy), "5");
    world.refused("clone restore before-2.0", "clone-in-use");
    let _ = world.done(&format!("clone drop {}", text(&copy, "id")));
    let restored = world.done("clone restore before-2.0");
    assert_eq!(restored["class"], "golden");
    assert_eq!(restored["replaced"], fresh["id"]);
    assert_eq!(restored["connection"], Value::Null);
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 1);
    let copy = world.done("clone create --from golden");
    assert_eq!(count(&world, &copy), "20000");
    let _ = world.done(&format!("clone drop {}", text(&copy, "id")));

    // Beside it, there are two.
    let beside = world.done("clone restore before-2.0 --beside");
    assert_eq!(beside["replaced"], Value::Null);
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 2);
    let error = world.error("clone create --from golden", 2, "input");
    says(&error, "hint", &["golden:ID"]);
    let shown = world.run("clone snapshot list").exits(0).stdout;
    assert!(shown.contains("before-2.0"), "{shown}");
    clear(&world);
    let error = world.error("clone restore before-2.0", 2, "input");
    says(&error, "hint", &["clone snapshot list"]);
}

#[test]
fn a_damaged_snapshot_is_refused_and_the_clone_stays() {
    let world = shop();
    let golden = world.done("clone create --from shop --golden");
    let _ = world.done("clone snapshot golden --name one");
    let _ = world
        .sandbox
        .bash("cd .oneroof/snapshots/one/data/global && printf x | dd of=pg_control bs=1 seek=100 conv=notrunc")
        .exits(0);
    let error = world.refused("clone restore one", "snapshot-broken");
    assert_eq!(
        error["reasons"].to_string(),
        r#"["file `global/pg_control` is not what was kept: its SHA-256 differs"]"#
    );
    let list = world.done("clone list");
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["id"], golden["id"]);
    clear(&world);
}

#[test]
fn a_snapshot_that_is_killed_leaves_no_half_and_no_harm() {
    let world = shop();
    let golden = world.done("clone create --from shop --golden");
    let killed = world.sandbox.bash(
        // A busy machine may let one run through to its end before we look: then it is tried again.
        "drafts() { ls -d .oneroof/snapshots/.draft-* > /dev/null 2>&1; }
         for attempt in $(seq 20); do
           $oneroof clone snapshot golden --name one & pid=$!
           until drafts || ! kill -0 $pid 2> /dev/null; do :; done
           kill -9 $pid; wait $pid
           if drafts; then break; fi
           $oneroof clone snapshot drop one
         done
         ls -A .oneroof/snapshots",
    );
    assert!(killed.stdout.contains(".draft-"), "{killed:#?}");
    assert!(!killed.stdout.contains("one\n"), "{killed:#?}");

    // Its server was stopped for the copy. Nothing takes it for a leftover; it runs again for who needs it.
    let list = world.done("clone list");
    assert_eq!(list[0]["id"], golden["id"]);
    assert_eq!(
        world.done("clone snapshot list").as_array().unwrap().len(),
        0
    );
    assert_eq!(world.entries(".oneroof/snapshots"), Vec::<String>::new());
    let copy = world.done("clone create --from golden");
    assert_eq!(count(&world, &copy), "20000");
    let _ = world.done(&format!("clone drop {}", text(&copy, "id")));
    let _ = world.done("clone snapshot golden --name one");

    // A restore that is killed leaves the old clone, and what it had begun is swept up.
    let killed = world.sandbox.bash(
        "before=$(ls .oneroof/servers | wc -l)
         $oneroof clone restore one & pid=$!
         until [ $(ls .oneroof/servers | wc -l) -gt $before ] || ! kill -0 $pid; do :; done
         kill -9 $pid; wait $pid",
    );
    assert_ne!(killed.code, Some(0), "{killed:#?}");
    let list = world.done("clone list");
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list[0]["id"], golden["id"]);
    let restored = world.done("clone restore one");
    assert_eq!(restored["replaced"], golden["id"]);
    clear(&world);
}
