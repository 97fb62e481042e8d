//! `package render`: what stops the scripts, what is put back, and what is not rendered.

use std::fs;
use std::path::PathBuf;

use oneroof_pg::catalog::{DataDigest, Definition};

use crate::render::{edit, last_line, open_gate, prints, render, repository, run};
use crate::sandbox::Sandbox;
use crate::world::{Tier, World, tier};

const MADE: Tier<'_> = Tier {
    id: "made",
    plan: "label = \"T1\"\ngroup = \"both\"\n  [tier.expect]\n  notes = \"entry\"",
    sql: "create table public.made (id int primary key, n int not null); create index made_n on public.made (n)",
    undo: "drop table public.made;",
};
const FILLED: Tier<'_> = Tier {
    id: "filled",
    plan: "label = \"T2\"\ngroup = \"both\"\nmarker = \"{made} of {entry.notes}\"\n  [tier.expect]\n  made = { from = 0, to = \"entry.notes\" }",
    sql: "insert into public.made\nselect id, id / case current_setting('oneroof.may') when 'never' then 0 else 1 end from public.notes\n-- no semicolon, and ' an open quote",
    undo: "delete from public.made;",
};
const SEEN: Tier<'_> = Tier {
    id: "seen",
    plan: "label = \"T3\"\n  [[tier.precondition]]\n  name = \"may\"\n  query = \"select current_setting('oneroof.may', true)\"\n  required = \"'yes'\"\n  message = \"T3 ABORT: it may not: {value}\"",
    sql: "create view public.seen as select $$'\\! :'gate$$::text as odd, n from public.made;",
    undo: "drop view public.seen;",
};
const METRICS: &str = "
[parameters.may]
type = \"text\"
default = \"yes\"
[[metric]]
name = \"notes\"
query = \"select count(*) from public.notes; -- all\"
[[metric]]
name = \"made\"
query = \"select count(*) from public.made\"
when_relation = \"public.made\"
[[rollback.precondition]]
name = \"nobody_counts\"
query = \"select count(*), string_agg(n::text, ', ') from public.made where n > 100\"
when_relation = \"public.made\"
required = 0
message = \"ROLLBACK REFUSED: {value} rows of others: {detail}\"
";
const NOTES: &str = "create table public.notes (id int primary key); insert into public.notes values (1), (2), (3);";

/// T1 and T2 are a group; T3 asks for a parameter.
fn three(world: &World) -> PathBuf {
    world.package("three", METRICS, &[MADE, FILLED, SEEN]);
    let scripts = render(world, "three", "--target lab");
    open_gate(&scripts);
    scripts
}

#[test]
fn a_failure_in_the_middle_is_rolled_back_and_the_way_back_skips_what_is_not_there() {
    let world = World::new();
    world.scratch("lab", NOTES);
    let scripts = three(&world);
    let before = world.state("lab", &[]);
    // The group is one script and one transaction.
    assert!(!scripts.join("filled.sql").exists());
    let all = scripts.join("99_run_all.sql");

    // The second tier of the group fails, so nothing of the first is kept.
    edit(
        &scripts,
        "set oneroof.\"may\" = 'yes'",
        "set oneroof.\"may\" = 'never'",
    );
    let stopped = run(&world, "lab", "app_apply", &all, "")
        .exits(3)
        .says(&["made.sql:", "division by zero"]);
    last_line(&stopped, "PREFLIGHT: done");
    same_digests(&before, &world.state("lab", &[]));

    edit(&scripts, "'never'", "'it''s \\no'");
    let stopped = run(&world, "lab", "app_apply", &all, "")
        .exits(3)
        .says(&["T3 ABORT: it may not: it's \\no"]);
    prints(&stopped, &["PREFLIGHT: done", "T1 made: done", "3 of 3"]);
    assert_eq!(
        world.value("lab", "select count(*) from public.made"),
        "3",
        "the group before it is committed"
    );
    // T3 alone in a session, and out of its order.
    let _ = run(&world, "lab", "app_apply", &scripts.join("seen.sql"), "")
        .exits(3)
        .says(&["T3 ABORT: no entry probe in this session", "99_run_all.sql"]);
    edit(&scripts, "'it''s \\no'", "'yes'");
    let _ = world
        .psql(
            "lab",
            "app_apply",
            &format!(
                "-f '{0}/00_preflight.sql' -f '{0}/seen.sql'",
                scripts.display()
            ),
        )
        .exits(3)
        .says(&["T3 ABORT: out of order: the script before it is made.sql, and the last one of this session is 00_preflight.sql"]);

    // Rows of somebody else stop the way back, whole and in steps; T3 does not stand and is left out.
    world.sql("lab", "insert into public.made values (777, 777)");
    for script in ["-f 98_rollback.sql", "-v tier=T2 -f per_tier_rollback.sql"] {
        let _ = world
            .psql(
                "lab",
                "app_apply",
                &script.replace("-f ", &format!("-f {}/", scripts.display())),
            )
            .exits(3)
            .says(&["ROLLBACK REFUSED: 1 rows of others: 777"]);
    }
    world.sql("lab", "delete from public.made where id = 777");
    let third = run(
        &world,
        "lab",
        "app_apply",
        &scripts.join("per_tier_rollback.sql"),
        "-v tier=seen",
    )
    .exits(0);
    last_line(&third, "T3 seen does not stand: nothing to roll back");
    last_line(
        &run(
            &world,
            "lab",
            "app_apply",
            &scripts.join("98_rollback.sql"),
            "",
        )
        .exits(0),
        "three@1.0.0 is rolled back",
    );
    same_digests(&before, &world.state("lab", &[]));
}

#[track_caller]
fn same_digests(left: &(Definition, DataDigest), right: &(Definition, DataDigest)) {
    assert_eq!(left.0.digest(), right.0.digest());
    assert_eq!(left.1.digest(), right.1.digest());
}

#[test]
fn somebody_else_at_work_stops_the_scripts() {
    let world = World::new();
    world.scratch("lab", NOTES);
    let scripts = three(&world);
    let other = world.session("lab");
    world.on(
        &other,
        "select pg_advisory_lock(hashtextextended('oneroof.release', 0))",
    );
    for script in ["99_run_all.sql", "98_rollback.sql"] {
        let _ = run(&world, "lab", "app_apply", &scripts.join(script), "")
            .exits(3)
            .says(&["ABORT: another release run holds this database"]);
    }
    world.on(&other, "select pg_advisory_unlock_all()");
    // An object of ours that somebody else made: some are there, and some are not.
    world.sql("lab", "create table public.made (id int)");
    let _ = run(
        &world,
        "lab",
        "app_apply",
        &scripts.join("98_rollback.sql"),
        "",
    )
    .exits(3)
    .says(&[
        "ROLLBACK REFUSED: of tier T1 made only 1 of 2 objects are there",
        "there: table `public.made`; gone: index `public.made_n` on `public.made`",
    ]);
    assert_eq!(world.value("lab", "select to_regclass('made')"), "made");
}

#[test]
fn scripts_hold_the_bytes_of_the_package_and_only_ours_are_written_over() {
    let sandbox = Sandbox::new();
    let package = repository().join("examples/add-column-backfill");
    let package = package.to_str().unwrap();
    let render = |out: &str| sandbox.run(&["package", "render", package, "--out", out]);
    let report = sandbox
        .run(&["package", "render", package, "--out", "scripts", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&report["database"], &report["gate_is_noted"]),
        (&"shop".into(), &true.into()),
        "{report}"
    );
    let _ = sandbox
        .bash("cd scripts && sha256sum -c SHA256SUMS")
        .exits(0);
    for name in ["10_column.sql", "20_backfill.sql"] {
        let own = fs::read_to_string(format!("{package}/tiers/{name}")).unwrap();
        let script = sandbox.read(&format!("scripts/{name}"));
        let sum = sandbox.bash(&format!("sha256sum < '{package}/tiers/{name}'"));
        let embedded = format!(
            "-- >>> tiers/{name}: the {} bytes below, SHA-256 {}\n{own}-- <<< tiers/{name}\n",
            own.len(),
            sum.stdout.split(' ').next().unwrap()
        );
        assert!(script.contains(&embedded), "{script}");
    }

    // The same again gives the same bytes; an edit is not lost; other files are not touched.
    let sums = sandbox.read("scripts/SHA256SUMS");
    let _ = render("scripts").exits(0);
    assert_eq!(sandbox.read("scripts/SHA256SUMS"), sums);
    open_gate(&sandbox.project().join("scripts"));
    let _ = render("scripts").exits(2).says(&[
        "edited since they were rendered: params.sql",
        "nothing was written",
    ]);
    assert!(sandbox.read("scripts/params.sql").contains("'READY'"));
    let _ = sandbox.bash("mkdir other && echo mine > other/99_run_all.sql");
    let _ = render("other")
        .exits(2)
        .says(&["it has files that were not rendered: 99_run_all.sql"]);
    assert_eq!(sandbox.read("other/99_run_all.sql"), "mine\n");
    let _ = sandbox.bash(&format!("cp -r '{package}' mine")).exits(0);
    let _ = sandbox
        .run(&["package", "render", "mine", "--out", "./mine/scripts"])
        .exits(2)
        .says(&["it is inside the package"]);
    assert!(!sandbox.project().join("mine/scripts").exists());
    let _ = sandbox.bash("rm -r scripts/* && echo > scripts/README.txt");
    let _ = render("scripts")
        .exits(2)
        .says(&["it has files that were not rendered: README.txt"]);
}

#[test]
fn what_scripts_cannot_do_is_refused_by_name() {
    let world = World::new();
    let render = |tiers: &[Tier<'_>], says: &str| {
        world.package("odd", "", tiers);
        let error = world.refused("package render odd --out scripts", "not-renderable");
        assert!(
            error["message"].as_str().unwrap().contains(says),
            "{error:#}"
        );
        assert!(!world.sandbox.project().join("scripts").exists());
    };
    render(
        &[tier("params", "select 1;", "select 1;")],
        "the script of tier params would be `params.sql`, which is the name of another script",
    );
    let _ = world
        .run("package render one-roof --out scripts")
        .exits(2)
        .says(&["resolve parameter `owner_matrix`"]);
    let _ = world
        .run("package render odd --out scripts --target nowhere")
        .exits(2)
        .says(&["find target `nowhere`"]);
}
