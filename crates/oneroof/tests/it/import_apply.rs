//! A bare folder of migrations, applied as it is: what is pending, on a scratch database and through the gate of a
//! production, gone on with after a fault, and undone.

use crate::gated::Gated;
use crate::import::write;
use crate::world::World;

#[test]
fn what_is_pending_is_applied_and_what_stands_is_undone() {
    let world = World::new();
    world.scratch("shop", "");
    world.sql("shop", "grant all on schema public to app_owner, app_apply");
    let sandbox = &world.sandbox;
    write(sandbox, "golang-migrate");
    let apply = "apply ./golang-migrate --target shop --record-history";
    let shown = world.done(apply);
    assert_eq!(shown["executed"], false);
    assert_eq!(shown["planned"].as_array().unwrap().len(), 5, "{shown}");
    assert_eq!(
        world.value(
            "shop",
            "select count(*) from pg_class where relname = 'ticket'"
        ),
        "0"
    );
    let _ = world.done(&format!("{apply} --execute"));
    let version = "select max(version) from schema_migrations";
    assert_eq!(world.value("shop", version), "3");
    let _ = world.refused(&format!("{apply} --execute"), "release-finished");
    let _ = world.done("verify ./golang-migrate --target shop --record-history");

    // The next one is a release of its own.
    sandbox.write(
        "golang-migrate/000004_more.up.sql",
        "create table more (id int primary key);\n",
    );
    sandbox.write("golang-migrate/000004_more.down.sql", "drop table more;\n");
    let report = world.done(&format!("{apply} --execute"));
    assert_eq!(report["package"], "golang-migrate-000004@1.0.0", "{report}");
    assert_eq!(report["tiers"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(world.value("shop", version), "4");

    // Back, the newest first.
    let back = "rollback ./golang-migrate --target shop --record-history --execute";
    let _ = world.done(back);
    assert_eq!(world.value("shop", version), "3");
    let _ = world.done(back);
    assert_eq!(
        world.value(
            "shop",
            "select to_regclass('ticket') is null and to_regclass('schema_migrations') is null"
        ),
        "t"
    );
}

#[test]
fn our_ledger_knows_what_the_tool_was_not_told() {
    let world = World::new();
    world.scratch("shop", "");
    world.sql("shop", "grant all on schema public to app_owner, app_apply");
    let sandbox = &world.sandbox;
    write(sandbox, "goose");
    let apply = "apply ./goose --target shop --execute";
    let _ = world.done(apply);
    sandbox.write(
        "goose/00004_more.sql",
        "-- +goose Up\ncreate table more (id int primary key);\n",
    );
    let _ = world
        .run("apply ./goose --target shop")
        .exits(0)
        .says(&["3 applied on `shop` by our ledger, 1 pending"]);
    let _ = world.done(apply);
    let _ = world.refused(apply, "release-finished");
}

/// A migration that fails leaves those before it; the same folder goes on from there.
#[test]
fn a_release_of_a_folder_that_was_cut_goes_on() {
    let world = World::new();
    world.scratch("shop", "");
    world.sql("shop", "grant all on schema public to app_owner, app_apply");
    let sandbox = &world.sandbox;
    sandbox.write("moves/1_a.sql", "create table a (id int primary key);\n");
    sandbox.write(
        "moves/2_b.sql",
        "create table b (id int references missing);\n",
    );
    sandbox.write("moves/3_c.sql", "create table c (id int primary key);\n");
    let apply = "apply ./moves --target shop --execute --record-history";
    let error = world.error(apply, 4, "failed");
    assert_eq!(
        (&error["file"], &error["line"]),
        (&"moves/2_b.sql".into(), &1.into())
    );
    let versions = "select string_agg(version::text, ',' order by version) from _sqlx_migrations";
    assert_eq!(world.value("shop", versions), "1");
    world.sql(
        "shop",
        "set role app_owner; create table missing (id int primary key)",
    );
    let report = world.done(apply);
    assert_eq!(report["package"], "moves-3@1.0.0");
    assert_eq!(
        report["resumed_after"].as_array().unwrap().len(),
        2,
        "{report}"
    );
    assert_eq!(world.value("shop", versions), "1,2,3");
    let _ = world.done("rollback ./moves --target shop --execute --record-history");
    assert_eq!(world.value("shop", "select to_regclass('a') is null"), "t");
}

#[test]
fn a_production_is_changed_only_by_what_was_rehearsed_and_approved() {
    let mut gated = Gated::new();
    let sandbox = &gated.world.sandbox;
    sandbox.write(
        "moves/1_paid.up.sql",
        "alter table orders add column payer text;\n",
    );
    sandbox.write(
        "moves/1_paid.down.sql",
        "alter table orders drop column payer;\n",
    );
    let policy = gated.policy("").replace("\"paying\"", "\"moves-1\"");
    sandbox.write("policy.toml", &policy);
    gated.adopt();
    let _ = gated
        .world
        .refused("apply ./moves --target shop --execute", "gate-closed");
    gated.evidence = gated.rehearse("./moves");
    for who in ["ada", "bob"] {
        let line = format!(
            "approve ./moves --target shop --decision approve --reason reviewed --key {who}"
        );
        let _ = gated.world.done(&line);
    }
    let _ = gated.world.run("gate ./moves --target shop").exits(0);
    // Another byte is another release.
    let sandbox = &gated.world.sandbox;
    sandbox.write(
        "moves/1_paid.up.sql",
        "alter table orders add column payer text; \n",
    );
    let _ = gated.world.run("gate ./moves --target shop").exits(10);
    sandbox.write(
        "moves/1_paid.up.sql",
        "alter table orders add column payer text;\n",
    );
    let report = gated.world.done("apply ./moves --target shop --execute");
    assert_eq!(report["class"], "production", "{report}");
    let columns = "select count(*) from pg_attribute where attrelid = 'orders'::regclass and attname = 'payer'";
    assert_eq!(gated.world.value("shop", columns), "1");
    let _ = gated.world.done("verify ./moves --target shop");
    // The approval of an apply is one for its rollback, while it lasts.
    let _ = gated.world.done("rollback ./moves --target shop --execute");
    assert_eq!(gated.world.value("shop", columns), "0");
}
