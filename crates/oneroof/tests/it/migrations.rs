//! `migrations check`: what each migration does there, back and there again.

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::world::World;

/// Version, way there, way back, verdict, and the beginning of what must be said about it.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// A history in which most ways back are wrong, each in its own way.
#[rustfmt::skip]
const HISTORY: &[Case] = &[
    ("01", "create table a (id bigserial primary key, name text not null, kind text default 'x' check (kind in ('x', 'y')), last int);", "drop table a;", "restored", ""),
    ("02", "create table b (id bigint primary key, a_id bigint not null references a, note varchar(10)); create index b_note on b (note);", "drop table b;", "restored", ""),
    ("03", "alter table a add column email text not null default 'none';", "alter table a drop column email;", "restored", ""),
    ("04", "alter table a drop column kind;", "alter table a add column kind text default 'x' check (kind in ('x', 'y'));", "restored_in_another_order", "lost: the values of public.a.kind"),
    ("05", "alter table b add column must int not null;", "alter table b drop column must;", "restored", "the way there, on rows, fails"),
    ("06", "create index concurrently a_name on a (name);", "select 1;", "different", "index a_name is new"),
    ("07", "create type e as enum ('a', 'b'); alter table b add column e e;", "drop type e;", "failed", "cannot drop type e"),
    ("08", "create view v as select id, name from a; create function f() returns int language sql as 'select 1';", "drop view v;", "different", "function public.f() is new"),
    ("09", "alter table b alter column note type text;", "alter table b alter column note type varchar(9);", "different", "column note: type character varying(10) -> character varying(9)"),
    ("10", "delete from b; alter table b add column x int;", "alter table b drop column x;", "restored", "lost: 3 of 3 rows of public.b"),
    ("11", "create role oneroof_test_role;", "select 1;", "restored", "the second way there fails"),
    ("12", "begin; alter table b add constraint c check (must > 0); commit;", "begin; alter table b drop constraint c; commit;", "restored", ""),
    ("13", "create table c (id int primary key); alter table b add column c_id int references c; create index b_must on b (must);", "alter table b drop column c_id; drop table c; drop index b_must;", "restored", ""),
    ("14", "alter table b drop constraint b_a_id_fkey; drop index b_note;", "alter table b add constraint b_a_id_fkey foreign key (a_id) references a; create index b_note on b (note);", "restored_in_another_order", ""),
];

fn write(sandbox: &Sandbox, folder: &str, history: &[Case]) {
    for (version, up, down, _, _) in history {
        sandbox.write(&format!("{folder}/{version}_step.up.sql"), up);
        sandbox.write(&format!("{folder}/{version}_step.down.sql"), down);
    }
}

#[test]
fn every_broken_way_back_is_found_and_no_other() {
    let sandbox = Sandbox::new();
    write(&sandbox, "db", HISTORY);
    let outcome = sandbox.run(&[
        "migrations",
        "check",
        "db",
        "--json",
        "--markdown",
        "proof.md",
        "--junit",
        "proof.xml",
    ]);
    let report = outcome.exits(4).json();
    let proofs = report["migrations"].as_array().unwrap();
    assert_eq!(proofs.len(), HISTORY.len());
    for (proof, (version, _, _, verdict, finding)) in proofs.iter().zip(HISTORY) {
        assert_eq!(proof["verdict"], *verdict, "{version}: {proof}");
        assert_eq!(proof["second_up_refused"], true, "{version}");
        let undone = *verdict != "failed";
        assert_eq!(
            proof["second_down_nothing"],
            if undone {
                Value::Bool(true)
            } else {
                Value::Null
            },
            "{version}"
        );
        let is_sound = proof["data"]["lost"] == serde_json::json!([])
            && (proof["differences"] == serde_json::json!([])
                || proof["reordered"] == "constraints")
            && ["up_failure", "down_failure"]
                .iter()
                .all(|key| proof["data"][key].is_null() && proof[key].is_null())
            && proof["up_again"]["outcome"] == "same";
        assert_eq!(is_sound, finding.is_empty(), "{version}: {proof}");
    }
    let turned = serde_json::json!([
        {"words": "table public.b: the foreign keys are in another order: b_a_id_fkey, b_c_id_fkey -> b_c_id_fkey, b_a_id_fkey", "sql": null},
        {"words": "table public.b: the indexes are in another order: b_pkey, b_note, b_must -> b_pkey, b_must, b_note", "sql": null},
    ]);
    assert_eq!(proofs[13]["differences"], turned);
    let page = sandbox.read("proof.md");
    for (version, _, _, _, finding) in HISTORY {
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{version} step`")))
            .unwrap();
        assert!(line.contains(finding), "{version}: {line}");
    }
    for sql in [
        "drop index public.a_name;",
        "drop function public.f();",
        "alter table public.b alter column note type character varying(10);",
    ] {
        assert!(page.contains(sql), "{sql}\n{page}");
    }
    let junit = sandbox.read("proof.xml");
    assert!(
        junit.contains("tests=\"14\" failures=\"8\" skipped=\"0\""),
        "{junit}"
    );
    assert_eq!(report["counts"]["data_lost"], 2);
    // Nothing is left in a folder that is no project.
    assert!(!sandbox.project().join(".oneroof").exists());
}

#[test]
fn a_sound_history_passes_and_one_that_fails_stops_there() {
    let sandbox = Sandbox::new();
    let sound: Vec<Case> = HISTORY
        .iter()
        .copied()
        .filter(|case| case.4.is_empty())
        .take(3)
        .collect();
    write(&sandbox, "db", &sound);
    let outcome = sandbox.run(&["migrations", "check", "db"]).exits(0);
    assert!(
        outcome
            .stdout
            .contains("PROVED: 3 of 3 applied; way back: 3 restored"),
        "{outcome:#?}"
    );
    sandbox.write(
        "db/04_step.up.sql",
        "select 1;\nalter table nowhere add x int;\n",
    );
    sandbox.write("db/05_step.up.sql", "select 1;");
    let report = sandbox
        .run(&["migrations", "check", "db", "--json"])
        .exits(4)
        .json();
    let last = report["migrations"].as_array().unwrap().last().unwrap();
    assert_eq!(last["up_failure"]["line"], 2, "{last}");
    assert_eq!(last["up_failure"]["sqlstate"], "42P01");
    assert_eq!(
        (&report["counts"]["wanted"], &report["counts"]["applied"]),
        (&5.into(), &3.into())
    );
    // What must be there first is run first: a table, written as psql would read it.
    sandbox.write(
        "first.sql",
        "\\set name nowhere\ncreate table :name (a int);\n",
    );
    let _ = sandbox
        .run(&["migrations", "check", "db", "--before", "first.sql"])
        .exits(0);
}

#[test]
fn a_clone_of_a_production_is_proved_with_its_own_rows() {
    let world = World::new();
    world.production(
        "shop",
        "create table public.schema_migrations (version bigint primary key, dirty boolean not null);
         insert into public.schema_migrations values (3, false);
         create table public.a (id bigint primary key, name text, kind text, email text);
         insert into public.a select i, 'name', case when i = 77 then 'odd' end, 'x' from generate_series(1, 100) as i;",
    );
    let sandbox = &world.sandbox;
    write(sandbox, "db", HISTORY.get(..3).unwrap());
    sandbox.write(
        "db/04_step.up.sql",
        "alter table a add check (kind <> 'odd');",
    );
    sandbox.write(
        "db/04_step.down.sql",
        "alter table a drop constraint a_kind_check;",
    );
    let report = sandbox
        .run(&["migrations", "check", "db", "--from", "shop", "--json"])
        .exits(4)
        .json();
    assert_eq!(report["baseline"], "a clone of `shop`, 3 applied before");
    let proof = &report["migrations"][0];
    assert_eq!(proof["up_failure"]["sqlstate"], "23514", "{report}");
    assert_eq!(world.value("shop", "select count(*) from public.a"), "100");
}

/// Files that cannot be what they should: said with their place, and nothing is applied.
#[test]
fn bad_input_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(300);
    #[rustfmt::skip]
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("1_a.up.sql", "select 1"), ("01_b.up.sql", "select 1")], "is there twice"),
        (&[("1_a.down.sql", "select 1"), ("2_b.up.sql", "select 1")], "there is a way back of 1 and no way there"),
        (&[("V1__a.sql", "select 1"), ("2_b.up.sql", "select 1")], "more than one tool"),
        (&[("1_a.up.sql", "select 1;\n\\copy a from 'b'\n")], "1_a.up.sql:2"),
        (&[("1_a.up.sql", "select 1;\nselec 2;")], "1_a.up.sql:2"),
        (&[("1_a.up.sql", "select 1;\r\nbegin;\r\nselect 2;")], "`begin` without a `commit`"),
        (&[("1_a.sql", "-- +goose Up\nselect 1;"), ("2_b.sql", "select 1;")], "no line `-- +goose Up`"),
        (&[("V1__a.sql", "select ${x};")], "placeholder"),
        (&[("001_a.sql", "select 1;\n---- create above / drop below ----\n"), ("002_b.sql", "select 2"), ("003_c.sql", "select 3"), ("005_d.sql", "select 5")], "migration 4 is missing"),
        (&[("sqitch.plan", "a 2024\n"), ("deploy/a.sql", "\\copy x from y\n")], "psql command `\\copy`"),
        (&[("notes.txt", "x")], "no migrations were found"),
        (&[("1_a.up.sql", &long)], "1_a.up.sql:1"),
        (&[("1_a.up.sql", "\u{feff}select 1;\r\n\\echo done\r\n")], "1_a.up.sql:2"),
        (&[("1_a.up.sql", "\u{feff}select 1;\r\n\r\nselec 2;\r\n")], "1_a.up.sql:3"),
        (&[("1_a.sql", "select 1;"), ("atlas.sum", "h1:x=\n1_a.sql h1:y=\n")], "1_a.sql: it was edited after atlas.sum was written"),
        (&[("1_a.sql", "select 1;"), ("2_b.sql", "select 1;"), ("atlas.sum", "h1:x=\n1_a.sql h1:y=\n")], "2_b.sql: it is not in atlas.sum"),
        (&[("committed/000001.sql", "--! Previous: -\n--! Hash: sha1:00\n\nselect 1;\n")], "it was edited after it was committed"),
        (&[("V1__a.sql", "select 1"), ("V01__b.sql", "select 1")], "is there twice"),
        (&[("sqitch.plan", "a 2024\n"), ("deploy/a.sql", "select 1;\n\\i other.sql\n")], "deploy/a.sql:2"),
    ];
    for (number, (files, expected)) in cases.iter().enumerate() {
        let folder = format!("case{number}");
        for (path, text) in *files {
            sandbox.write(&format!("{folder}/{path}"), text);
        }
        let outcome = sandbox.run(&["migrations", "check", &folder]);
        assert!(
            matches!(outcome.code, Some(2 | 3)),
            "{files:?}: {outcome:#?}"
        );
        assert!(outcome.stderr.contains(expected), "{files:?}: {outcome:#?}");
    }
    sandbox.write("bytes/1_a.up.sql", "");
    let path = sandbox.project().join("bytes/1_a.up.sql");
    std::fs::write(path, b"select 1;\nselect '\xe4';\n").unwrap();
    let _ = sandbox
        .run(&["migrations", "check", "bytes"])
        .exits(2)
        .says(&["1_a.up.sql:2: it is not UTF-8"]);
    let _ = sandbox.run(&["migrations", "check", "nowhere"]).exits(2);
    sandbox.write("huge/1_a.up.sql", "");
    let huge = std::fs::File::create(sandbox.project().join("huge/1_a.up.sql")).unwrap();
    huge.set_len(65 * 1024 * 1024).unwrap();
    let _ = sandbox
        .run(&["migrations", "check", "huge"])
        .exits(2)
        .says(&["1_a.up.sql", "67108864 bytes", "SQL, not data"]);
    // A gap is the tool's to mind: said, and no reason to stop.
    for number in [1, 2, 3, 5] {
        sandbox.write(&format!("gap/{number}_a.up.sql"), "select 1;");
    }
    let outcome = sandbox.run(&["package", "import", "gap"]).exits(0);
    assert!(
        outcome
            .stdout
            .contains("5_a.up.sql: warning: migration 4 is missing"),
        "{outcome:#?}"
    );
}
