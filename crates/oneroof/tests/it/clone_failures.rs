//! What happens to a clone in the middle: a signal, a full disk, programs of another major. It is told, the source is
//! let go, and nothing is left.

use oneroof_pg::testing;

use crate::sandbox::Outcome;
use crate::world::{World, says};

/// About 32 MB.
const FIXTURE: &str = "create table public.notes (id int primary key, text text);
    insert into public.notes select n, (select string_agg(md5(n || '.' || i), '') from generate_series(1, 30) i)
      from generate_series(1, 30000) as n;";

/// Rows are on their way.
const ROWS: &str = "select count(*) > 0 from pg_stat_activity where application_name like 'oneroof/clone%' and query like 'copy public.notes%'";
/// Files are on their way.
const FILES: &str =
    "select coalesce(max(backup_streamed), 0) > 1000000 from pg_stat_progress_basebackup";

/// Nobody of ours is on the source, and nothing is left here.
fn is_as_before(world: &World) {
    world.wait_for(
        "shop",
        "select count(*) = 0 from pg_stat_activity where application_name like 'oneroof/clone%' or backend_type = 'walsender'",
    );
    world.nothing_is_left();
}

fn is_interrupted(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(130), "{outcome:#?}");
    assert!(
        outcome.stderr.contains("interrupted, cleaning up"),
        "{outcome:#?}"
    );
}

/// A signal in the middle, then `kill -9` in the middle, then a clone that is left alone.
fn check_signals(line: &str, moment: &str) {
    let world = World::that_replicates(15);
    world.production("shop", FIXTURE);
    let slow = format!("{line} --rate-limit 2MB");
    is_interrupted(&world.broken_off(&slow, "shop", moment, "INT"));
    is_as_before(&world);

    let killed = world.broken_off(&slow, "shop", moment, "KILL");
    assert_eq!(killed.code, None, "{killed:#?}");
    let list = world.done("clone list");
    assert_eq!(list.as_array().unwrap().len(), 0, "{list}");
    is_as_before(&world);

    let made = world.done(line);
    let count = "select count(*) from public.notes";
    assert_eq!(
        world.value_at(made["connection"].as_str().unwrap(), count),
        "30000"
    );
    let _ = world.done(&format!("clone drop {}", made["id"].as_str().unwrap()));
    is_as_before(&world);
}

#[test]
fn a_logical_clone_that_is_broken_off_leaves_nothing_and_is_made_again() {
    check_signals("clone create --from shop", ROWS);
}

#[test]
fn a_physical_clone_that_is_broken_off_leaves_nothing_and_is_made_again() {
    check_signals("clone create --from shop --strategy physical", FILES);
}

/// Runs this where little room is: on a disk of its own if we may mount one, else with files of limited size.
fn with_little_room(world: &World, line: &str) -> Outcome {
    let script = format!(
        "folder=$(mktemp -d /tmp/orXXXX) && chmod 755 $folder && trap 'rmdir $folder' EXIT
         sed -i \"s|^format = 1|format = 1\\n[postgres]\\nfolder = '$folder'|\" oneroof.toml
         if unshare -m mount -t tmpfs tmpfs $folder 2> /dev/null; then
            unshare -m bash -c \"mount -t tmpfs -o size=56m,mode=1777 tmpfs $folder && exec $oneroof {line}\"
         else
            chmod 1777 $folder; (ulimit -f 20000; exec $oneroof {line})
         fi"
    );
    world.sandbox.bash(&script)
}

#[test]
fn a_disk_that_is_full_in_the_middle_is_named() {
    let world = World::new();
    world.production("shop", FIXTURE);
    let outcome = with_little_room(&world, "clone create --from shop --jobs 2 --json");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let error = &outcome.json()["error"];
    let text = error["message"].as_str().unwrap();
    assert!(
        ["No space left on device", "File too large"]
            .iter()
            .any(|words| text.contains(words)),
        "{error:#}"
    );
    says(error, "message", &["public.notes"]);
    says(error, "hint", &["make room", "[postgres] folder"]);
    is_as_before(&world);
}

#[test]
fn binaries_of_another_major_copy_no_files() {
    let world = World::that_replicates(16);
    world.production("shop", "create table public.t (id int)");
    let binaries = testing::binaries_of(15).folder;
    world.configure(&format!(
        "[postgres]\nbinaries = \"{}\"",
        binaries.display()
    ));
    for strategy in ["physical", "logical"] {
        let line = format!("clone create --from shop --strategy {strategy}");
        let error = world.refused(&line, "server-binaries-missing");
        says(&error, "message", &["PostgreSQL 16"]);
        says(&error, "reasons", &["15"]);
        is_as_before(&world);
    }
}
