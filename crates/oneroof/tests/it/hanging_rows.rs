//! Rows of somebody else that refer to the release's rows are not taken away with them.

use crate::world::{GENERATED, Tier, World, says};

const NOTES: &str = "
    create schema app;
    create table app.notes (id int, part text, text text, primary key (id, part));
    create table app.gone (id int primary key, note int, part text, foreign key (note, part) references app.notes on delete cascade);
    create table app.nulls (note int, part text, foreign key (note, part) references app.notes on delete set null);
    create table app.stays (note int, part text, foreign key (note, part) references app.notes);
";
const ROWS: &str = "  [[tier.rows]]\n  table = \"app.notes\"\n  where = \"text = 'ours'\"\n  [[tier.rows]]\n  table = \"app.gone\"\n  where = \"id < 0\"";

#[test]
fn rows_that_refer_to_ours_stop_a_rollback() {
    let world = World::new();
    world.scratch("lab", NOTES);
    let generated = Tier {
        id: "rows",
        plan: ROWS,
        sql: "insert into app.notes values (1, 'a', 'ours'), (2, 'b', 'ours'); insert into app.gone values (-1, 1, 'a');",
        undo: GENERATED,
    };
    let file = Tier {
        undo: "delete from app.stays; delete from app.gone where id < 0; delete from app.notes where text = 'ours';",
        ..generated
    };
    world.package("generated", "", &[generated]);
    world.package("file", "", &[file]);
    for name in ["generated", "file"] {
        let _ = world.done(&format!("apply {name} --target lab --execute"));
        let line = format!("rollback {name} --target lab --execute");
        let ledger = world.ledger("lab");
        let cases = [
            (
                "insert into app.gone values (7, 2, 'b'), (8, 2, 'b')",
                "delete from app.gone where id > 0",
                "2 rows of app.gone refer to row [\"2\", \"b\"] of app.notes, and would be deleted with it (gone_note_part_fkey)",
            ),
            (
                "insert into app.nulls values (1, 'a')",
                "delete from app.nulls",
                "1 rows of app.nulls refer to row [\"1\", \"a\"] of app.notes, and would be set to null with it",
            ),
        ];
        for (theirs, put_back, told) in cases {
            world.sql("lab", theirs);
            let error = world.refused(&line, "rollback-blocked");
            assert!(
                error["reasons"][0].as_str().unwrap().contains(told),
                "{error:#}"
            );
            world.sql("lab", put_back);
        }
        world.sql("lab", "insert into app.stays values (2, 'b')");
        if name == "generated" {
            let error = world.refused(&line, "rollback-blocked");
            says(
                &error,
                "message",
                &["1 rows of app.stays refer to row", "and stay there"],
            );
            world.sql("lab", "delete from app.stays");
        }
        assert_eq!(world.ledger("lab"), ledger);
        let _ = world.done(&line);
        assert_eq!(
            world.value(
                "lab",
                "select count(*) || ' ' || (select count(*) from app.gone) from app.notes"
            ),
            "0 0"
        );
    }
}

/// What an export reads is on disk before the first statement that could take it away.
#[test]
fn exports_are_saved_before_anything_is_undone() {
    let world = World::new();
    world.scratch("lab", "create schema app;");
    let export = "
        [[export]]
        name = \"trail\"
        query = \"select id, word from app.trail order by id\"
        when_relation = [\"app.trail\"]
    ";
    let tier = Tier {
        id: "trail",
        plan: "",
        sql: "create table app.trail (id int primary key, word text);",
        undo: "drop table app.trail;",
    };
    world.package("kept", export, &[tier]);
    let _ = world.done("apply kept --target lab --execute");
    world.sql(
        "lab",
        "insert into app.trail values (1, 'a'), (2, 'b'); create view app.theirs as select * from app.trail;",
    );
    let saved = || -> Vec<String> {
        let runs = world.entries("runs").into_iter();
        let files = runs.map(|run| format!("runs/{run}/exports/trail.json"));
        files
            .filter(|file| world.sandbox.project().join(file).exists())
            .collect()
    };
    assert_eq!(saved(), Vec::<String>::new());
    let _ = world.refused("rollback kept --target lab --execute", "rollback-blocked");
    assert_eq!(saved().len(), 1);
    world.sql("lab", "drop view app.theirs");
    let report = world.done("rollback kept --target lab --execute");
    assert_eq!(report["exports"]["trail"][1]["word"], "b", "{report:#}");
    assert_eq!(saved().len(), 2);
    for file in saved() {
        let rows: serde_json::Value = serde_json::from_str(&world.sandbox.read(&file)).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 2, "{file}");
    }
    let again = world.done("rollback kept --target lab --execute");
    assert_eq!(again["nothing_to_do"], true);
}
