//! `--record-history`: what another tool finds after a release of its migrations, in its own words; and where it keeps it.

use oneroof_model::{atlas_checksums, atlas_total, graphile_checksum};

use crate::import::write;
use crate::sandbox::Sandbox;
use crate::world::World;

/// Tables, written for tools that only go forward: the ledger undoes them.
fn write_forward(sandbox: &Sandbox, tool: &str) {
    let texts = [
        "create table ticket (id bigint primary key, mail text);\n",
        "create table note (id bigint primary key);\ncreate table sign (id bigint primary key);\n",
        "create table mark (id bigint primary key);\n",
    ];
    let file = |path: &str, text: &str| sandbox.write(&format!("{tool}/{path}"), text);
    match tool {
        "refinery" => {
            sandbox.write(
                "refinery/Cargo.toml",
                "[dependencies]\nrefinery = \"0.9\"\n",
            );
            for (number, text) in texts.iter().enumerate() {
                file(&format!("V{}__step_{number}.sql", number + 1), text);
            }
        }
        "atlas" => {
            let names = ["1_ticket.sql", "2_note.sql", "3_mail.sql"];
            let list: Vec<(&str, &str)> = names.into_iter().zip(texts).collect();
            let sums = atlas_checksums(&list)
                .into_iter()
                .map(Option::unwrap_or_default);
            let sums: Vec<String> = sums.collect();
            let lines: Vec<(&str, &str)> = names
                .into_iter()
                .zip(sums.iter().map(String::as_str))
                .collect();
            let mut sum = format!("h1:{}\n", atlas_total(&lines));
            for ((name, text), (_, hash)) in list.iter().zip(&lines) {
                file(name, text);
                sum.push_str(&format!("{name} h1:{hash}\n"));
            }
            file("atlas.sum", &sum);
        }
        "graphile-migrate" => {
            let mut previous: Option<String> = None;
            for (number, text) in texts.iter().enumerate() {
                let hash = graphile_checksum(text, previous.as_deref());
                file(
                    &format!("committed/00000{}-step.sql", number + 1),
                    &format!(
                        "--! Previous: {}\n--! Hash: {hash}\n\n{text}",
                        previous.as_deref().unwrap_or("-")
                    ),
                );
                previous = Some(hash);
            }
        }
        other => panic!("{other}"),
    }
}

/// What is looked up there after the release: a question, and the answer.
type Look = (&'static str, &'static str, &'static str);

const LOOKS: &[Look] = &[
    (
        "golang-migrate",
        "select version::text || dirty from schema_migrations",
        "3false",
    ),
    (
        "sqlx",
        "select string_agg(version || description, ',' order by version) from _sqlx_migrations",
        "1ticket,2mail,3mail index",
    ),
    (
        "diesel",
        "select max(version) from __diesel_schema_migrations",
        "20240103000000",
    ),
    (
        "flyway",
        "select string_agg(installed_rank || script || success, ',' order by installed_rank) from flyway_schema_history",
        "1V1__ticket.sqltrue,2V2__mail.sqltrue,3V3__mail_index.sqltrue",
    ),
    (
        "goose",
        "select string_agg(version_id || '', ',' order by id) from goose_db_version",
        "0,1,2,3",
    ),
    (
        "dbmate",
        "select max(version) from schema_migrations",
        "20240103",
    ),
    ("tern", "select version from public.schema_version", "3"),
    (
        "sqitch",
        "select string_agg(e.event || e.change || c.change_id, ',' order by c.committed_at) from sqitch.changes as c join sqitch.events as e using (change_id, committed_at)",
        // The ids are those that Sqitch itself gives for this plan.
        "deployticket3b987e18c1880399de3b4f0fbf9716db6550681d,deploymaile69b742933bec19a83ba7dd38968b6d026cf320a,deploymail_index2f6564730cfaaafcd33062c415e6f8bca73fd29d",
    ),
    (
        "atlas",
        "select string_agg(version || description || applied || total || type, ',' order by version) from atlas_schema_revisions.atlas_schema_revisions",
        "1ticket112,2note222,3mail112",
    ),
    (
        "refinery",
        "select string_agg(version || name, ',' order by version) from refinery_schema_history",
        "1step_0,2step_1,3step_2",
    ),
    (
        "graphile-migrate",
        "select string_agg(filename || (previous_hash is null), ',' order by filename) from graphile_migrate.migrations",
        "000001.sqltrue,000002.sqlfalse,000003.sqlfalse",
    ),
];

/// A release and its rollback with records, for one tool after the other in databases of one server.
fn recorded_and_forgotten(looks: &[Look]) {
    let world = World::new();
    let sandbox = &world.sandbox;
    for (tool, question, answer) in looks {
        let target = tool.replace('-', "_");
        world.scratch(&target, "");
        world.sql(
            &target,
            "grant all on schema public to app_owner, app_apply;
             do $$ begin execute format('grant create on database %I to app_owner, app_apply', current_database()); end $$",
        );
        let forward = ["atlas", "refinery", "graphile-migrate"].contains(tool);
        match forward {
            true => write_forward(sandbox, tool),
            false => write(sandbox, tool),
        }
        let package = format!("packages/of-{tool}");
        let import = |into: &str, more: &str| {
            let line = format!("package import {tool} --from {tool} --into {into} --json{more}");
            world.run(&line)
        };
        let _ = import(&package, " --record-history").exits(0);
        let _ = sandbox.run(&["package", "check", &package]).exits(0);
        let _ = sandbox.run(&["package", "seal", &package]).exits(0);
        let line = format!("apply {package} --target {target} --execute");
        let _ = world.run(&line).exits(0);
        assert_eq!(world.value(&target, question), *answer, "{tool}");
        let pending = format!(" --pending-on {target}");
        let _ = import("packages/more", &pending)
            .exits(2)
            .says(&["all of its 3 migrations were applied"]);
        let line = format!("rollback {package} --target {target} --execute");
        let _ = world.run(&line).exits(0);
        let more = format!("packages/more-{tool}");
        let report = import(&more, &pending).exits(0).json();
        assert_eq!(
            (&report["migrations"], &report["applied"]),
            (&3.into(), &0.into()),
            "{tool}"
        );
        // Nobody rests on the records: they are gone with what they told of.
        let left = "select string_agg(c.oid::regclass::text, ',') from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
            where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'oneroof') and c.relkind = 'r'";
        assert_eq!(world.value(&target, left), "", "{tool}");
    }
}

#[test]
fn pairs_leave_the_records_of_their_tools() {
    recorded_and_forgotten(&LOOKS[..4]);
}

#[test]
fn single_files_leave_the_records_of_their_tools() {
    recorded_and_forgotten(&LOOKS[4..8]);
}

#[test]
fn forward_only_ones_leave_the_records_of_their_tools() {
    recorded_and_forgotten(&LOOKS[8..]);
}

#[test]
fn a_rehearsal_writes_the_records_and_takes_them_back() {
    let world = World::new();
    world.production("shop", "");
    world.sql("shop", "grant all on schema public to app_owner");
    world.sql("shop", "grant create on database shop to app_owner");
    let sandbox = &world.sandbox;
    for tool in ["golang-migrate", "sqitch"] {
        write(sandbox, tool);
        let line = format!("rehearse ./{tool} --from shop --record-history --json");
        let report = world.run(&line).exits(0).json();
        assert_eq!(report["verdict"], "passed", "{tool}: {report}");
        assert_eq!(report["tiers"][0]["tier"], "history", "{tool}");
    }
    write_forward(sandbox, "atlas");
    let line = "rehearse ./atlas --from shop --record-history --json";
    let report = world.run(line).exits(0).json();
    assert_eq!(report["verdict"], "passed", "{report}");
}

/// Found in the table that was named, on the command line or in the tool's own settings; and written there.
#[test]
fn records_in_another_table_are_found_and_written() {
    let world = World::new();
    world.scratch(
        "shop",
        "create schema ops;
         create table ops.\"Done\" (version bigint primary key, dirty boolean not null);
         insert into ops.\"Done\" values (1, false);
         create table ops.versions (version int4 not null);
         insert into ops.versions values (2);
         create table public.ticket (id bigint primary key, title text not null);",
    );
    world.sql(
        "shop",
        "grant all on schema public, ops to app_owner, app_apply; grant select, insert, delete on ops.\"Done\" to app_apply;",
    );
    let sandbox = &world.sandbox;
    write(sandbox, "golang-migrate");
    let table = "--history-table ops.\"Done\"";
    let line = format!("apply golang-migrate --target shop --record-history {table}");
    let _ = world
        .run(&line)
        .exits(0)
        .says(&["1 applied on `shop` by its records in `ops.\"Done\"`, 2 pending"]);
    let _ = world.run(&format!("{line} --execute")).exits(0);
    assert_eq!(world.value("shop", "select version from ops.\"Done\""), "3");
    // Without the name it is not there, and everything would be pending; our ledger knows better.
    let _ = world
        .run("apply golang-migrate --target shop")
        .exits(0)
        .says(&["2 applied on `shop` by our ledger, 1 pending"]);
    let line = format!("package import golang-migrate --pending-on shop {table}");
    let _ = world
        .run(&line)
        .exits(2)
        .says(&["all of its 3 migrations were applied"]);
    write(sandbox, "tern");
    sandbox.write(
        "tern/tern.conf",
        "[database]\nversion_table = ops.versions\n",
    );
    let report = world
        .run("package import tern --pending-on shop --record-history --json")
        .exits(0)
        .json();
    assert_eq!(report["applied"], 2, "{report}");
    let plan = sandbox.read("packages/tern-003/release.toml");
    assert!(plan.contains("record_history = true"), "{plan}");
    let _ = world
        .run("package import tern --pending-on shop --history-table a.b.c")
        .exits(2)
        .says(&["read `a.b.c` as the name of a table"]);
    let _ = world
        .run("package import golang-migrate --pending-on shop --history-table ops.versions")
        .says(&["`ops.versions`"]);
}

#[test]
fn records_that_only_the_tool_can_write_are_refused_with_what_is_missing() {
    let sandbox = Sandbox::with_config("format = 1\n");
    sandbox.write("moves/deploy/a.sql", "select 1;\n");
    for (plan, missing) in [
        (
            "%project=p\n\na 2024\n",
            "sqitch.plan:3 does not say when `a` was planned",
        ),
        (
            "a 2024-01-01T00:00:00Z A <a@example.org>\n",
            "no line `%project=NAME`",
        ),
        (
            "%project=p\n%uri=mailto:x\n\na 2024-01-01T00:00:00Z A <a@example.org>\n",
            "%uri=mailto:x",
        ),
    ] {
        sandbox.write("moves/sqitch.plan", plan);
        let _ = sandbox
            .run(&["package", "import", "moves", "--record-history"])
            .exits(2)
            .says(&["write the records of sqitch", missing]);
    }
}
