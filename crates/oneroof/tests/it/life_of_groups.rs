//! Schemas come, go, and change their group after the release: `inventory_groups` of governance.toml, followed by
//! `sync`, in a database that was nobody's reference.

use serde_json::Value;

use crate::world::World;

const FILMS: &str = "
    create schema films;
    create schema rentals;
    create table films.film (film_id int primary key);
    create table films.actor (actor_id int primary key);
    create table rentals.payment (payment_id int primary key);";

const SYNC: &str = "sync --target films --execute";

/// A scratch database under one roof, with what `init --governance` proposes.
fn governed() -> World {
    let world = World::new();
    world.scratch("films", FILMS);
    let report = world.done("init --governance --inventory catalog --target films");
    for line in report["dba"].as_array().unwrap() {
        world.sql("films", line.as_str().unwrap());
    }
    edit(
        &world,
        "# ratified_approval = ",
        "ratified_approval = \"DECISION-1\" # ",
    );
    let _ = world.done("apply one-roof-base --target films --execute");
    let _ = world.done("apply one-roof --target films --execute");
    assert_eq!(figures(&world), "18 cells, 0 gaps, 3 placed, 0 wrong");
    world
}

/// Replaces a piece of governance.toml, which must be there.
#[track_caller]
fn edit(world: &World, from: &str, to: &str) {
    let text = world.sandbox.read("governance.toml");
    assert!(text.contains(from), "`{from}` is not in {text}");
    world
        .sandbox
        .write("governance.toml", &text.replacen(from, to, 1));
}

fn figures(world: &World) -> String {
    world.value(
        "films",
        "select format('%s cells, %s gaps, %s placed, %s wrong',
             (select required_cells from v_axis_coverage_summary where axis_code = 'responsibility'),
             (select count(*) from v_object_owner_gap),
             (select count(*) from axis_assignment where axis_code = 'containment' and status = 'active'),
             (select count(*) from v_axis_missing_assignment))",
    )
}

/// Syncs; a second sync has nothing to do, and every invariant of the release holds.
#[track_caller]
fn synced(world: &World) -> Value {
    let done = world.done(SYNC);
    assert_eq!(done["outcome"], "done", "{done:#}");
    let again = world.done(SYNC);
    assert_eq!(again["change"], Value::Null, "{again:#}");
    let _ = world.run("verify one-roof --target films").exits(0);
    done
}

#[test]
fn a_schema_that_gets_another_group_takes_its_tables_along() {
    let world = governed();
    edit(&world, "\"GRP-FILMS\"", "\"GRP-MEDIA\"");
    let _ = synced(&world);
    assert_eq!(figures(&world), "18 cells, 0 gaps, 3 placed, 0 wrong");
    assert_eq!(
        world.value(
            "films",
            "select string_agg(format('%s %s r%s %s', value_code, status, revision, superseded_by is not null), '; ' order by revision)
             from axis_assignment where axis_code = 'containment' and object_ref = 'films.film'"
        ),
        "GRP-FILMS superseded r1 t; GRP-MEDIA active r2 f"
    );
    assert_eq!(
        world.value(
            "films",
            "select string_agg(distinct source_anchor_ref, ',') from v_object_effective_owner where object_ref like 'films.%'"
        ),
        "GRP-MEDIA"
    );
    // Nobody is in the old group any more: it has ended with its anchors, and its rows are all there.
    assert_eq!(
        world.value(
            "films",
            "select concat_ws(' ', (select status from axis_value where value_code = 'GRP-FILMS'),
                 (select string_agg(distinct lifecycle_status, ',') from governance_object_ownership where object_ref = 'GRP-FILMS'),
                 (select count(*) from governance_object_ownership where object_ref = 'GRP-FILMS'))"
        ),
        "retired revoked 6"
    );
}

#[test]
fn a_schema_comes_under_the_roof_and_leaves_it_again() {
    let world = governed();
    world.sql(
        "films",
        "create schema music authorization app_owner;
         create table music.album (album_id int primary key);
         alter table music.album owner to app_owner;
         grant usage on schema music to one_roof_owner, one_roof_reader",
    );
    // Its tables are nobody's business until people list the schema.
    assert_eq!(figures(&world), "18 cells, 0 gaps, 3 placed, 0 wrong");
    let entry = "{ container = \"music\", group = \"GRP-MUSIC\", governed = true },";
    edit(
        &world,
        "{ container = \"films\"",
        &format!("{entry}\n    {{ container = \"films\""),
    );
    let _ = synced(&world);
    assert_eq!(figures(&world), "24 cells, 0 gaps, 4 placed, 0 wrong");

    // What is only absent stays, and is noted.
    edit(&world, entry, "");
    let absent = world.done(SYNC);
    assert_eq!(absent["change"], Value::Null, "{absent:#}");
    let notes = absent["notes"].to_string();
    assert!(
        notes.contains("container music is in the target"),
        "{notes}"
    );
    assert_eq!(figures(&world), "24 cells, 0 gaps, 4 placed, 0 wrong");

    let text = world.sandbox.read("governance.toml");
    let retired = format!("{text}\n[[retire]]\ncontainer = \"music\"\n");
    world.sandbox.write("governance.toml", &retired);
    let _ = synced(&world);
    assert_eq!(figures(&world), "18 cells, 0 gaps, 3 placed, 0 wrong");
    assert_eq!(
        world.value(
            "films",
            "select concat_ws(' ', (select status from axis_value where value_code = 'GRP-MUSIC'),
                 (select status from axis_assignment where object_ref = 'music.album'),
                 (select string_agg(distinct lifecycle_status, ',') from governance_object_ownership where object_ref = 'GRP-MUSIC'))"
        ),
        "retired retired revoked"
    );
}
