//! `oneroof query`: one statement through the whole channel, and what the audit keeps of it.

use serde_json::{Value, json};

use crate::sandbox::Outcome;
use crate::world::{World, says};

const TABLES: &str = "
    create table public.orders (id int primary key, note text, total numeric(10,2));
    insert into public.orders values (1, 'first', 10.50), (2, null, 2), (3, '', 300);
    create view public.big as select * from public.orders where total > 5;
    create function public.writes() returns int language sql as 'insert into public.orders values (4) returning 1';
    create view public.trap as select public.writes();
";

fn shop() -> World {
    let world = World::new();
    world.production("shop", TABLES);
    world
}

fn query(world: &World, arguments: &[&str]) -> Outcome {
    let mut all = vec!["query", "--target", "shop"];
    all.extend_from_slice(arguments);
    world.sandbox.run(&all)
}

/// Lines of the audit, oldest first.
fn audit(world: &World) -> Vec<Value> {
    let text = world.sandbox.read("runs/queries.jsonl");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// No session of a query is left, and no row has been written.
fn nothing_is_left(world: &World) {
    world.wait_for(
        "shop",
        "select count(*) = 0 from pg_stat_activity where application_name like 'oneroof/query/%'",
    );
    assert_eq!(
        world.value("shop", "select count(*) from public.orders"),
        "3"
    );
}

#[test]
fn rows_are_shown_in_every_form() {
    let world = shop();
    let sql = "select id, note, total from orders order by id";
    let table = query(&world, &[sql]).exits(0);
    assert_eq!(
        table.stdout,
        "\
┌────┬───────┬────────┐
│ id ┆ note  ┆ total  │
╞════╪═══════╪════════╡
│  1 ┆ first ┆  10.50 │
│  2 ┆ ∅     ┆   2.00 │
│  3 ┆       ┆ 300.00 │
└────┴───────┴────────┘
"
    );
    assert!(table.stderr.starts_with("3 rows in "), "{table:#?}");
    let csv = query(&world, &[sql, "--csv"]).exits(0).stdout;
    assert_eq!(
        csv,
        "id,note,total\n1,first,10.50\n2,,2.00\n3,\"\",300.00\n"
    );
    let lines = query(&world, &[sql, "--jsonl"]).exits(0).stdout;
    assert_eq!(
        lines.lines().nth(1).unwrap(),
        r#"{"id":"2","note":null,"total":"2.00"}"#
    );
    let expanded = query(&world, &[sql, "-x"]).exits(0).stdout;
    assert!(
        expanded.starts_with("-[ row 1 ]-\nid    | 1\nnote  | first\n"),
        "{expanded}"
    );
    let report = query(&world, &[sql, "--json"]).exits(0).json();
    assert_eq!(report["rows"][1], json!(["2", null, "2.00"]));
    assert_eq!(
        report["columns"][2],
        json!({"name": "total", "type": "numeric"})
    );
    assert_eq!(report["truncated"], false);

    // From a file, from stdin, with parameters, by a view, as a plan.
    world.sandbox.write("q.sql", "select count(*) from big;\n");
    assert_eq!(
        query(&world, &["--file", "q.sql", "--csv"]).exits(0).stdout,
        "count\n2\n"
    );
    let piped = world
        .sandbox
        .bash("echo 'table orders' | $oneroof query --target shop --csv")
        .exits(0);
    assert_eq!(piped.stdout.lines().count(), 4);
    let by_value = query(
        &world,
        &[
            "select note from orders where id = $1 or note = $2 order by id",
            "--param",
            "3",
            "--param",
            "first",
            "--csv",
        ],
    );
    assert_eq!(by_value.exits(0).stdout, "note\nfirst\n\"\"\n");
    let plan = query(
        &world,
        &["explain (costs off) select * from orders", "--csv"],
    )
    .exits(0);
    assert!(plan.stdout.contains("Seq Scan on orders"), "{plan:#?}");
    nothing_is_left(&world);
}

#[test]
fn what_is_left_out_is_said_even_when_nobody_wants_to_hear() {
    let world = shop();
    let many = query(
        &world,
        &[
            "select g from generate_series(1, 501) g",
            "--csv",
            "--quiet",
        ],
    )
    .exits(0)
    .says(&["truncated: there are more than these 500 rows"]);
    assert_eq!(many.stdout.lines().count(), 501);
    world.sql("shop", "create table public.large as select repeat('x', 9000000) as value; grant select on public.large to app_read");
    let report = query(&world, &["select value from large", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&report["truncated"], &report["truncated_by"]),
        (&json!(true), &json!("bytes"))
    );
    assert_eq!(report["rows"], json!([]));
    nothing_is_left(&world);
}

#[test]
fn a_refusal_names_the_rule_the_place_and_what_to_do() {
    let world = shop();
    let outcome = query(&world, &["select id,\n  pg_sleep(1) from orders"]).exits(3);
    let outcome = outcome.says(&[
        "refused: ",
        "pg_sleep",
        "at: line 2, column 3",
        "  pg_sleep(1) from orders\n               ^",
        "hint: ",
        "exit 3 (refused: function-not-allowed), see `oneroof explain function-not-allowed`",
    ]);
    assert_eq!(outcome.stdout, "");
    for (sql, rule) in [
        ("delete from orders", "data-change"),
        ("select 1; select 2", "one-statement"),
        ("select * from trap", "function-not-allowed"),
        ("select writes()", "function-not-allowed"),
        ("select * from nowhere", "relation-unknown"),
        ("select * from pg_authid", "relation-not-allowed"),
        ("select note from orders where id = $1", "parameter"),
        ("", "one-statement"),
    ] {
        let error = &query(&world, &[sql, "--json"]).exits(3).json()["error"];
        assert_eq!(error["code"], rule, "{sql}: {error:#}");
        assert!(error["hint"].is_string(), "{sql}: {error:#}");
    }
    nothing_is_left(&world);
}

#[test]
fn what_the_server_says_has_its_place() {
    let world = shop();
    let outcome = query(&world, &["select\n note + 1 from orders"]).exits(4);
    let _ = outcome.says(&[
        "operator does not exist",
        "at: line 2, column 7",
        " note + 1 from orders\n                   ^",
        "SQLSTATE: 42883",
    ]);
    let division = query(&world, &["select 1 / (id - 1) from orders"]).exits(4);
    let _ = division.says(&["division by zero", "SQLSTATE: 22012"]);
    let value = query(
        &world,
        &["select * from orders where id = $1", "--param", "one"],
    )
    .exits(4);
    let _ = value.says(&["invalid input syntax for type integer"]);
    let long = query(
        &world,
        &["select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"],
    )
    .exits(4);
    let _ = long.says(&["SQLSTATE: 57014", "5 seconds"]);
    nothing_is_left(&world);
}

#[test]
fn what_is_not_served_is_refused_with_its_code() {
    let world = shop();
    let _ = world.refused("query table --target clone:abc", "database-not-served");
    world.sql("postgres", "alter role app_read superuser");
    let error = query(&world, &["select 1", "--json"]).exits(3).json();
    assert_eq!(error["error"]["code"], "role-dangerous", "{error:#}");
    says(&error["error"], "hint", &["oneroof doctor shop"]);
    world.configure("[targets.shop.readonly]\naccept = [\"superuser\"]");
    assert_eq!(
        query(&world, &["select 1 as x", "--csv"]).exits(0).stdout,
        "x\n1\n"
    );
    // Not even a superuser writes.
    let _ = query(&world, &["select writes()"]).exits(3);
    nothing_is_left(&world);
}

#[test]
fn functions_that_the_operator_lists_are_admitted() {
    let world = shop();
    world.sql(
        "shop",
        "create function public.twice(int) returns int language sql immutable as 'select 2 * $1'",
    );
    let _ = query(&world, &["select public.twice(21)"]).exits(3);
    world.configure("[targets.shop.readonly]\nfunctions = [\"public.twice(integer)\"]");
    assert_eq!(
        query(&world, &["select public.twice(21) as x", "--csv"])
            .exits(0)
            .stdout,
        "x\n42\n"
    );
    nothing_is_left(&world);
}

#[test]
fn the_audit_has_a_line_before_and_after_each_statement() {
    let world = shop();
    let _ = query(
        &world,
        &["select id from orders where id < $1", "--param", "3"],
    )
    .exits(0);
    let _ = query(&world, &["drop table orders"]).exits(3);
    let _ = query(&world, &["select 1 / 0"]).exits(4);
    let lines = audit(&world);
    let phases: Vec<&str> = lines
        .iter()
        .map(|line| line["phase"].as_str().unwrap())
        .collect();
    assert_eq!(
        phases,
        [
            "intent", "outcome", "intent", "outcome", "intent", "outcome"
        ]
    );
    for pair in lines.chunks(2) {
        assert_eq!(pair[0]["id"], pair[1]["id"]);
        for line in pair {
            assert_eq!(
                (&line["target"], &line["database"], &line["role"]),
                (&json!("shop"), &json!("shop"), &json!("app_read"))
            );
            assert!(
                line["principal"]
                    .as_str()
                    .is_some_and(|name| !name.is_empty())
            );
            assert!(line["at"].as_str().unwrap().ends_with('Z'));
        }
        assert_eq!(pair[0]["sha256"].as_str().unwrap().len(), 64);
    }
    assert_eq!(lines[0]["sql"], "select id from orders where id < $1");
    assert_eq!(lines[0]["parameters"], json!(["3"]));
    assert_eq!(
        (&lines[1]["verdict"], &lines[1]["rows"]),
        (&json!("allow"), &json!(2))
    );
    assert_eq!(
        (&lines[3]["verdict"], &lines[3]["rule"]),
        (&json!("reject"), &json!("statement-kind"))
    );
    assert_eq!(
        (&lines[5]["verdict"], &lines[5]["sqlstate"]),
        (&json!("error"), &json!("22012"))
    );

    // Without the line before, nothing runs.
    let folder = world.sandbox.project().join("runs");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let _ = query(&world, &["select 1"])
        .exits(1)
        .says(&["the audit of queries", "nothing is executed without it"]);
}

/// `oneroof query` is killed in the middle: the server ends what it did, and the next one works.
#[test]
fn a_killed_query_leaves_no_session() {
    let world = shop();
    let started = std::time::Instant::now();
    let _ = world.sandbox.bash(
        "$oneroof query 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b' --target shop & pid=$!; sleep 1; kill -9 $pid; wait $pid",
    );
    nothing_is_left(&world);
    assert!(
        started.elapsed().as_secs() < 5,
        "the server found out by its own limit only"
    );
    assert_eq!(
        query(&world, &["select 1 as x", "--csv"]).exits(0).stdout,
        "x\n1\n"
    );
}

#[test]
fn a_text_of_brackets_is_refused_and_the_next_one_is_served() {
    let world = shop();
    let nested = format!("select {}1{}", "(".repeat(32_000), ")".repeat(32_000));
    let casts = format!("select 1{}", "::int".repeat(13_000));
    let long = format!("select '{}'", "x".repeat(70_000));
    for sql in [nested, casts, long] {
        world.sandbox.write("question.sql", &sql);
        let file = world.sandbox.project().join("question.sql");
        let outcome = query(&world, &["--file", &file.display().to_string(), "--json"]);
        assert_eq!(outcome.code, Some(3), "{:.300}", outcome.stdout);
        let _ = query(&world, &["select 1"]).exits(0);
    }
    nothing_is_left(&world);
}

#[test]
fn objects_that_bear_the_names_of_built_in_ones_do_not_run() {
    let world = shop();
    // Owned by somebody who could have planted them; each would write a row.
    world.sql(
        "shop",
        "create function public.round(double precision, int) returns numeric language sql as
             'insert into public.orders values (77); select 1.0';
         create function public.never(int, text) returns boolean language sql as
             'insert into public.orders values (78); select true';
         create operator public.= (leftarg = int, rightarg = text, function = public.never);
         create function public.secret(public.orders) returns int language sql as
             'insert into public.orders values (79) returning 1';",
    );
    let rounded = query(
        &world,
        &["select round(2.5::double precision, 1)", "--json"],
    );
    assert_ne!(rounded.code, Some(0), "{rounded:#?}");
    let compared = query(&world, &["select 1 = '1'::text", "--json"]);
    assert_ne!(compared.code, Some(0), "{compared:#?}");
    let attribute = query(&world, &["select o.secret from orders o", "--json"]);
    assert_ne!(attribute.code, Some(0), "{attribute:#?}");
    // What is honest still runs, under the built-in functions alone.
    let honest = query(
        &world,
        &["select round(total, 0) from orders where id = 1", "--json"],
    );
    assert_eq!(honest.exits(0).json()["rows"][0][0], "11");
    nothing_is_left(&world);
}
