//! `package render`: the real psql runs the scripts, and they reach the state that the engine reaches.

use std::fs;
use std::path::{Path, PathBuf};

use oneroof_pg::catalog::{DataDigest, Definition};

use crate::sandbox::{Outcome, Sandbox};
use crate::world::World;

const COMPLETE: &str = "ROLLOUT COMPLETE — ALL TIERS PASSED";

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Writes the scripts of a package into `scripts/<name>` of the project.
pub(crate) fn render(world: &World, package: &str, more: &str) -> PathBuf {
    let name = Path::new(package).file_name().unwrap().to_string_lossy();
    let out = format!("scripts/{name}");
    let _ = world.done(format!("package render {package} --out {out} {more}").trim_end());
    world.sandbox.project().join(out)
}

/// What a person does to params.sql.
pub(crate) fn edit(scripts: &Path, from: &str, to: &str) {
    let path = scripts.join("params.sql");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "`{from}` is not in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

pub(crate) fn open_gate(scripts: &Path) {
    edit(
        scripts,
        "set oneroof.gate = 'CLOSED'",
        "set oneroof.gate = 'READY'",
    );
}

/// psql on one script; `before` are further options.
pub(crate) fn run(
    world: &World,
    database: &str,
    role: &str,
    script: &Path,
    before: &str,
) -> Outcome {
    world.psql(
        database,
        role,
        &format!("{before} -f '{}'", script.display()),
    )
}

#[track_caller]
pub(crate) fn last_line(outcome: &Outcome, line: &str) {
    assert_eq!(outcome.stdout.lines().last(), Some(line), "{outcome:#?}");
}

#[track_caller]
pub(crate) fn prints(outcome: &Outcome, lines: &[&str]) {
    let mut printed = outcome.stdout.lines();
    for line in lines {
        assert!(
            printed.any(|other| other == *line),
            "`{line}` is not there, or not in this order: {outcome:#?}"
        );
    }
}

#[track_caller]
fn same(left: &(Definition, DataDigest), right: &(Definition, DataDigest)) {
    let definitions = Definition::diff(&left.0, &right.0);
    assert!(definitions.is_empty(), "{definitions:#?}");
    assert_eq!(left.0.digest(), right.0.digest());
    let data = DataDigest::diff(&left.1, &right.1);
    assert!(data.is_empty(), "{data:#?}");
    assert!(left.1.tables.len() > 1, "{:#?}", left.1);
}

/// The columns that say when something happened, and those that hold such a time in JSON.
fn volatile(world: &World, database: &str) -> Vec<String> {
    let columns = world.value(
        database,
        "select string_agg(format('%I.%I.%I', n.nspname, c.relname, a.attname), ',')
         from pg_attribute as a
         join pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
         join pg_namespace as n on n.oid = c.relnamespace and n.nspname = 'public'
         where a.attnum > 0 and not a.attisdropped
           and (a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype) or a.attname = 'provenance')",
    );
    columns.split(',').map(str::to_owned).collect()
}

/// One of the two reference databases, with everything that stands before the base.
fn reference(world: &World, name: &str) {
    world.make_scratch(name, "directus");
    for file in ["20_application.sql", "30_grants.sql"] {
        fixture(world, name, file);
    }
    world.target(name, name, "oneroof");
    world.adopt(name);
}

fn fixture(world: &World, database: &str, file: &str) {
    let path = repository()
        .join("packages/one-roof/fixtures/reference")
        .join(file);
    world.sql(
        database,
        &format!(
            "begin; set local oneroof.fixture_size = 'small'; set local oneroof.fixture_as_of = '2026-11-21';
             set local search_path = public, pg_temp; {}; commit",
            fs::read_to_string(path).unwrap()
        ),
    );
}

const SIMULATED: &str = "insert into public.os_proposal_approvals (status, metadata) values ('simulated', '{\"simulated\": true}')";

#[test]
fn the_reference_release_reaches_the_same_state_both_ways() {
    let world = World::without_roles();
    fixture(&world, "postgres", "10_roles.sql");
    reference(&world, "plain");
    reference(&world, "twin");
    let params = repository().join("packages/one-roof/fixtures/reference.toml");
    let params = format!("--params {}", params.display());
    let apply = "oneroof_apply";

    // The base, whose SQL has no gate.
    let base = render(&world, "one-roof-base", &format!("{params} --target plain"));
    let all = base.join("99_run_all.sql");
    let _ = run(&world, "plain", apply, &all, "")
        .exits(3)
        .says(&["PREFLIGHT ABORT: gate closed, oneroof.gate=CLOSED"]);
    open_gate(&base);
    let done = run(&world, "plain", apply, &all, "").exits(0);
    prints(&done, &["gap=210 conflict=0", "BASE VERIFY PASS"]);
    last_line(&done, COMPLETE);
    let engine = |package: &str| {
        let _ = world.done(&format!("apply {package} --target twin --execute {params}"));
    };
    engine("one-roof-base");
    for name in ["plain", "twin"] {
        fixture(&world, name, "40_after_base.sql");
    }

    // The release. The gate is a row of the application.
    let release = render(&world, "one-roof", &format!("{params} --target plain"));
    let all = release.join("99_run_all.sql");
    let nothing = volatile(&world, "plain");
    let baseline = world.state("plain", &[]);
    let _ = run(&world, "plain", apply, &all, "")
        .exits(3)
        .says(&["ERROR:  PREFLIGHT ABORT: gate closed, ospa=0"]);
    same(&baseline, &world.state("plain", &[]));
    let _ = run(&world, "twin", apply, &all, "")
        .exits(3)
        .says(&["PREFLIGHT ABORT: wrong database: twin, expected plain"]);
    for name in ["plain", "twin"] {
        world.sql(name, SIMULATED);
    }
    let baseline = world.state("plain", &[]);
    let done = run(&world, "plain", apply, &all, "").exits(0);
    prints(
        &done,
        &[
            "T0 PREFLIGHT PASS: ospa=1 gap=210 own=0 conflict=0 emit=0 axis=absent prereqs=present",
            "11 tables + 31 views + 1 function",
            "required=210 generalized gap=210 == canonical=210 (zero drift)",
            "new=30 gap=0 conflict=0",
            "required=35 gap=0",
            "divergent=0 projection_gap=0",
            "scan_id=1 critical=0",
            "gap=0 conflict=0 containment=0 divergent=0 projection=0 critical=0 fail-closed",
            "TIER 8 VERIFY PASS",
        ],
    );
    last_line(&done, COMPLETE);
    assert_eq!(done.stderr, "", "{done:#?}");
    engine("one-roof");
    let volatile = [nothing, volatile(&world, "plain")].concat();
    same(
        &world.state("plain", &volatile),
        &world.state("twin", &volatile),
    );

    // What may be asked afterwards changes nothing.
    let after = world.state("plain", &[]);
    let _ = run(&world, "plain", apply, &all, "").exits(3).says(&[
        "00_preflight.sql:",
        "ERROR:  PREFLIGHT ABORT: axis substrate already present (6 tables)",
    ]);
    for (script, last) in [
        ("90_verify.sql", "TIER 8 VERIFY PASS"),
        ("ui_read_contract.sql", "UI READ CONTRACT PASS"),
        ("revalidate.sql", "REVALIDATION PASS"),
    ] {
        last_line(
            &run(&world, "plain", apply, &release.join(script), "").exits(0),
            last,
        );
    }
    let probe = run(
        &world,
        "plain",
        apply,
        &release.join("baseline_probe.sql"),
        "",
    )
    .exits(0);
    assert!(
        probe
            .stdout
            .contains(" open_drift                     | 14 "),
        "{probe:#?}"
    );
    let exports = run(&world, "plain", apply, &release.join("97_export.sql"), "").exits(0);
    let anchors = exports
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["export"] == "anchors")
        .count();
    assert_eq!(anchors, 30, "{exports:#?}");
    same(&after, &world.state("plain", &[]));

    // A changed invariant is named, with all the others that broke.
    world.sql(
        "plain",
        "begin; update public.event_type_registry set active = true where event_domain = 'governance'; commit",
    );
    let _ = run(&world, "plain", apply, &release.join("90_verify.sql"), "")
        .exits(3)
        .says(&["1 invariant does not hold: emittable=14, expected 0"]);
    world.sql(
        "plain",
        "update public.event_type_registry set active = false where event_domain = 'governance'",
    );

    let contract = release.join("ui_read_contract.sql");
    world.sql(
        "plain",
        "alter view public.v_ui_lane rename column objects to things",
    );
    let _ = run(&world, "plain", apply, &contract, "")
        .exits(3)
        .says(&["UI READ CONTRACT BROKEN: 1 view(s) differ: v_ui_lane: lane text, things bigint"]);
    world.sql(
        "plain",
        "alter view public.v_ui_lane rename column things to objects",
    );

    // The way back: single steps in their order, then the rest, then nothing.
    let single = release.join("per_tier_rollback.sql");
    let _ = run(&world, "plain", apply, &single, "-v tier=T5")
        .exits(3)
        .says(&["ROLLBACK REFUSED: T6 is not rolled back: 1 baseline scan(s)"]);
    let _ = run(&world, "plain", apply, &single, "-v tier=T9")
        .exits(3)
        .says(&[
            "ROLLBACK REFUSED: no tier is called \"T9\"",
            "T6, T5, T4, T3, T2, T1",
        ]);
    last_line(
        &run(&world, "plain", apply, &single, "-v tier=T6").exits(0),
        "T6 scanner_baseline: rolled back",
    );
    let back = release.join("98_rollback.sql");
    last_line(
        &run(&world, "plain", apply, &back, "").exits(0),
        "ownership=0 gap=210 axis=absent",
    );
    same(&baseline, &world.state("plain", &[]));
    last_line(
        &run(&world, "plain", apply, &back, "").exits(0),
        "nothing of one-roof@1.0.0 stands: nothing to roll back",
    );
    let _ = run(&world, "plain", apply, &base.join("98_rollback.sql"), "")
        .exits(3)
        .says(&["ROLLBACK REFUSED: 1000 row(s) in event_outbox"]);
}

/// Two databases from one fixture: psql takes the one, the engine the other.
fn example(folder: &str, database: &str, parts: (&str, &str, &str)) {
    let (owner, first, undone) = parts;
    let package = repository().join("examples").join(folder);
    let package = package.display().to_string();
    // Fewer rows than the example has: nothing here depends on their number.
    let sql = fs::read_to_string(format!("{package}/fixtures/production.sql"))
        .unwrap()
        .replace("generate_series(1, 100000)", "generate_series(1, 5000)");
    let world = World::without_roles();
    // Roles belong to the server: the first run makes them, so the scratch can have its owner.
    world.sql("postgres", "create database plain template template0");
    world.sql("plain", &sql);
    world.make_scratch(database, owner);
    world.sql(database, &sql);
    world.target(database, database, database);
    world.adopt(database);
    world.sql(
        "postgres",
        &format!("alter database plain owner to {owner}"),
    );
    let role = format!("{database}_apply");

    let scripts = render(&world, &package, &format!("--target {database}"));
    let all = scripts.join("99_run_all.sql");
    let baseline = world.state("plain", &[]);
    open_gate(&scripts);
    let _ = run(&world, "plain", &role, &all, "")
        .exits(3)
        .says(&[&format!(
            "PREFLIGHT ABORT: wrong database: plain, expected {database}"
        )]);
    edit(
        &scripts,
        &format!("set oneroof.expected_database = '{database}'"),
        "set oneroof.expected_database = 'plain'",
    );
    let _ = run(&world, "plain", &role, &all, "")
        .exits(3)
        .says(&["plain is not the one that the scripts were rendered for (oid "]);
    let oid = world.value(
        database,
        "select oid from pg_database where datname = current_database()",
    );
    edit(
        &scripts,
        &format!("database_oid = '{oid}'"),
        "database_oid = ''",
    );
    same(&baseline, &world.state("plain", &[]));

    last_line(&run(&world, "plain", &role, &all, "").exits(0), COMPLETE);
    let _ = world.done(&format!("apply {package} --target {database} --execute"));
    same(&world.state("plain", &[]), &world.state(database, &[]));
    let _ = run(&world, "plain", &role, &all, "")
        .exits(3)
        .says(&[first]);
    let back = scripts.join("98_rollback.sql");
    last_line(&run(&world, "plain", &role, &back, "").exits(0), undone);
    same(&baseline, &world.state("plain", &[]));
    let again = run(&world, "plain", &role, &back, "").exits(0);
    assert!(again.stdout.contains("nothing to roll back"), "{again:#?}");
}

#[test]
fn a_backfill_reaches_the_same_state_both_ways() {
    example(
        "add-column-backfill",
        "shop",
        (
            "shop_owner",
            "ABORT: public.orders has a column currency already",
            "ROLLED BACK: constraint absent",
        ),
    );
}

#[test]
fn a_schema_of_reports_reaches_the_same_state_both_ways() {
    example(
        "reporting-schema",
        "sales",
        (
            "sales_owner",
            "ABORT: there is a schema reporting already",
            "reporting-schema@1.0.0 is rolled back",
        ),
    );
}

/// Eight tiers are rendered, T0 to T6 and T8. Each that may change something checks the database first; the last one
/// only reads, so it also runs on other clones.
#[test]
fn of_the_eight_scripts_the_seven_that_change_something_guard_their_database() {
    let sandbox = Sandbox::with_config("format = 1\n");
    let parameters = repository().join("packages/one-roof/fixtures/reference.toml");
    let parameters = parameters.display().to_string();
    let _ = sandbox
        .run(&[
            "package",
            "render",
            "one-roof",
            "--out",
            "out",
            "--params",
            &parameters,
        ])
        .exits(0);
    let mut tiers = Vec::new();
    let mut guarded = Vec::new();
    for entry in fs::read_dir(sandbox.project().join("out")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (number, _) = name.split_once('_').unwrap_or_default();
        let is_tier = number.parse::<u8>().is_ok_and(|number| number % 10 == 0);
        if is_tier {
            let text = fs::read_to_string(&path).unwrap();
            if text.contains("if current_database() is distinct from") {
                guarded.push(number.to_owned());
            }
            tiers.push(number.to_owned());
        }
    }
    tiers.sort();
    guarded.sort();
    assert_eq!(tiers, ["00", "10", "20", "30", "40", "50", "60", "90"]);
    assert_eq!(guarded, tiers[..7]);
}
