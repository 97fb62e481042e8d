//! `oneroof guard check`: by text, and against a real catalog.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use oneroof_pg::testing::{SUPERUSER, TestServer};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::world::World;

/// Statements and schemas that the tests of the guard share.
fn data(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../oneroof-sql/tests/data")
        .join(name);
    fs::read_to_string(path).unwrap()
}

/// A server with database `g` (the corpus's schema), and `h` (the same and the threats), as target of role guard_ro.
fn world() -> World {
    let world = World::without_roles();
    for database in ["g", "h"] {
        world.sql("postgres", &format!("create database {database}"));
        world.sql(database, &data("guard-setup.sql"));
    }
    world.sql("h", &data("guard-threats.sql"));
    world.sql(
        "postgres",
        "alter role guard_ro in database h set search_path = public, app, \"we\"\"ird schema\"",
    );
    for database in ["g", "h"] {
        configure(&world, database, database, "");
    }
    world
}

fn configure(world: &World, target: &str, database: &str, readonly: &str) {
    world.configure(&format!(
        "[targets.{target}]\nread = \"{}\"\n{readonly}",
        world.words(database, "guard_ro")
    ));
}

/// The answers about these statements, in order.
#[track_caller]
fn answers(sandbox: &Sandbox, statements: &[&str], target: Option<&str>) -> Vec<Value> {
    let lines: String = statements
        .iter()
        .enumerate()
        .map(|(id, sql)| format!("{}\n", json!({ "id": id, "sql": sql })))
        .collect();
    sandbox.write("statements.jsonl", &lines);
    let mut arguments = vec!["guard", "check", "--jsonl", "statements.jsonl"];
    if let Some(target) = target {
        arguments.extend(["--target", target]);
    }
    let answers: Vec<Value> = sandbox
        .run(&arguments)
        .exits(0)
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), statements.len());
    for (id, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], id);
    }
    answers
}

/// Each `rule | statement` (or `allow | statement`) must get that answer.
#[track_caller]
fn judged(sandbox: &Sandbox, cases: &str, target: &str) -> usize {
    let cases: Vec<(&str, &str)> = cases
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(|line| line.split_once(" | ").unwrap())
        .collect();
    let statements: Vec<&str> = cases.iter().map(|(_, sql)| *sql).collect();
    let mut wrong = Vec::new();
    for ((rule, sql), answer) in cases
        .iter()
        .zip(answers(sandbox, &statements, Some(target)))
    {
        let got = answer["rule"].as_str().unwrap_or("allow").to_owned();
        if got != *rule {
            wrong.push(format!(
                "{sql}\n  {got} and not {rule}: {}",
                answer["reason"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    cases.len()
}

#[test]
fn guard_check_says_what_where_why_and_what_instead() {
    let sandbox = Sandbox::new();
    let allowed = sandbox
        .run(&["guard", "check", "select lower('X') from orders"])
        .exits(0);
    assert!(allowed.stdout.starts_with("allowed"), "{allowed:?}");
    let refused = sandbox
        .run(&["guard", "check", "select 1,\n  pg_sleep(5)"])
        .exits(3);
    for part in [
        "refused: function `pg_sleep`",
        "(line 2, column 3)",
        "instead: ",
        "oneroof explain function-not-allowed",
    ] {
        assert!(refused.stdout.contains(part), "{part}: {refused:?}");
    }
    let report = sandbox
        .run(&["guard", "check", "select nextval('s')", "--json"])
        .exits(3)
        .json();
    assert_eq!(report["verdict"], "reject");
    assert_eq!(report["rule"], "function-not-allowed");
    assert_eq!(report["object"], "nextval");
    assert_eq!(
        report["place"],
        json!({ "line": 1, "column": 8, "offset": 7 })
    );
    let piped = sandbox
        .bash("printf 'select count(*) from t' | $oneroof guard check --json")
        .exits(0)
        .json();
    assert_eq!(piped["kind"], "select");
    assert_eq!(piped["relations"], json!(["t"]));
    let bytes = sandbox
        .bash(r"printf 'select \377' | $oneroof guard check --json")
        .exits(3)
        .json();
    assert_eq!(bytes["rule"], "not-utf8");
}

#[test]
fn a_line_that_cannot_be_read_gets_its_answer_and_the_run_goes_on() {
    let sandbox = Sandbox::new();
    let lines = [
        r#"{"id": 1, "sql": "select 1"}"#,
        "not json",
        "",
        r#"{"id": "two"}"#,
        r#"{"id": 3, "sql": 4}"#,
        r#"{"id": 4, "sql": "select 1", "sql": "drop table t"}"#,
        r#"["select 1"]"#,
        r#"{"sql": "drop table t"}"#,
        r#"{"id": {"a": [1]}, "sql": "select '\u0000'"}"#,
        r#"{"id": 5, "sql": "select '\ud800'"}"#,
        r#"{"id": 6, "sql": "select 2", "expect": "allow"}"#,
    ];
    sandbox.write("lines.jsonl", &lines.join("\n"));
    let out = sandbox
        .bash("$oneroof guard check --jsonl < lines.jsonl")
        .exits(0);
    let got: Vec<(Value, Value, Value)> = out
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|answer| {
            (
                answer["id"].clone(),
                answer["verdict"].clone(),
                answer["rule"].clone(),
            )
        })
        .collect();
    let reject = |id: Value, rule: &str| (id, json!("reject"), json!(rule));
    assert_eq!(
        got,
        [
            (json!(1), json!("allow"), Value::Null),
            reject(Value::Null, "input-line"),
            reject(Value::Null, "input-line"),
            reject(json!("two"), "input-line"),
            reject(json!(3), "input-line"),
            reject(json!(4), "input-line"),
            reject(Value::Null, "input-line"),
            reject(Value::Null, "statement-kind"),
            reject(json!({ "a": [1] }), "nul-byte"),
            reject(Value::Null, "input-line"),
            (json!(6), json!("allow"), Value::Null),
        ]
    );
}

#[test]
fn the_guard_judges_the_corpus_against_a_real_catalog() {
    let world = world();
    let corpus: Vec<Value> = data("guard-corpus.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let statements: Vec<&str> = corpus
        .iter()
        .map(|case| case["sql"].as_str().unwrap())
        .collect();
    for (case, answer) in corpus
        .iter()
        .zip(answers(&world.sandbox, &statements, Some("g")))
    {
        assert_eq!(answer["verdict"], case["expect"], "{case}\n{answer}");
    }
    assert_eq!(corpus.len(), 208);

    // Honest statements that this server knows are allowed; a newer syntax is refused by the server alone.
    let honest = data("guard-honest.sql");
    let honest: Vec<&str> = honest.lines().collect();
    let mut not_known = 0;
    for (sql, answer) in honest
        .iter()
        .zip(answers(&world.sandbox, &honest, Some("g")))
    {
        if answer["rule"] == "server-refused" {
            let too_new = sql.contains("json") || sql.contains("regexp_count");
            assert!(too_new, "{sql}\n{answer}");
            not_known += 1;
        } else {
            assert_eq!(answer["verdict"], "allow", "{sql}\n{answer}");
        }
    }
    assert!(not_known <= 5, "{not_known}");

    // No threat leads around the catalog, and each is refused by its rule.
    let count = judged(&world.sandbox, &data("guard-catalog.txt"), "h");
    assert!(count > 80, "{count}");
    // A statement runs as it was given where no name is ambiguous, and with schemas where one is.
    let rewritten = answers(
        &world.sandbox,
        &[
            "select upper(email) from customers",
            "select lower(email) from customers",
        ],
        Some("h"),
    );
    assert_eq!(rewritten[0]["rewritten"], true);
    assert_eq!(rewritten[1]["rewritten"], false);
    assert_eq!(rewritten[0]["relations"], json!(["public.customers"]));
}

#[test]
fn an_operator_can_list_functions_and_trust_extensions() {
    let world = world();
    world.sql(
        "h",
        "create extension citext; create extension pg_trgm;
         create table people (id int, name citext); grant select on people to guard_ro;
         set allow_system_table_mods = on;
         create function pg_catalog.initcap(int) returns text language sql as $$ select 'x' $$;
         create function pg_catalog.shown(text) returns text language sql as $$ select 'x' $$;",
    );
    let untrusted = "type-not-trusted | select name from people
type-not-trusted | select 'x'::citext
allow | select id from people
operator-not-allowed | select 'a' <<% 'b'
server-refused | select 'a' % 'b'::text
function-not-allowed | select similarity('a', 'b')
function-not-allowed | select initcap('x')
function-not-allowed | select pg_catalog.initcap(1)
function-not-allowed | select n.shown from notes n
allow | select shown from (select 1 as shown) s";
    let _ = judged(&world.sandbox, untrusted, "h");
    configure(
        &world,
        "trusting",
        "h",
        "[targets.trusting.readonly]\nfunctions = [\"public.net_price(int)\", \"app.priced(integer)\", \"app.pg_sleep(int)\", \"public.ok_pct(integer)\", \"public.grams_text(public.grams)\"]\nextensions = [\"citext\", \"pg_trgm\"]\n",
    );
    let cases = "allow | select app.priced(1)
allow | select priced(1)
allow | select app.priced(id), upper(name) from app.only_here
allow | select priced(id), upper(name) from only_here
function-not-allowed | select net_price(1)
function-not-allowed | select public.net_price('1'::text)
function-not-allowed | select public.net_price(1)
function-not-allowed | select pg_sleep(1)
allow | select app.pg_sleep(1)
function-not-allowed | select pg_catalog.pg_sleep(1)
dotted-call | select (1::float8).pg_sleep
function-not-allowed | select noisy('x')
function-not-allowed | select * from v_logged
allow | select 50::pct
allow | select rate from rates
allow | select lower(weight) from weighed
allow | select name from people where name = 'x'
allow | select similarity('a', 'b'), 'a' % 'b'::text, 'a' <<% 'b'
name-conflict | select upper(email), (select max(name) from people) from customers
allow | select lower(name) from people";
    let _ = judged(&world.sandbox, cases, "trusting");
    // With the other overload listed too, the name is no riddle any more.
    configure(
        &world,
        "both",
        "h",
        "[targets.both.readonly]\nfunctions = [\"public.net_price(int)\", \"public.net_price(text)\"]\n",
    );
    let _ = judged(
        &world.sandbox,
        "allow | select net_price(1), public.net_price('x'::text)",
        "both",
    );
    for (entry, message) in [
        (
            "functions = [\"app.gone(int)\"]",
            "there is no such function",
        ),
        ("functions = [\"priced(int)\"]", "written with its schema"),
        ("functions = [\"app.priced\"]", "written with its schema"),
        ("functions = [\"app.priced(in t)\"]", "syntax error"),
        (
            "functions = [\"pg_catalog.pg_sleep(double precision)\"]",
            "PostgreSQL's own",
        ),
        ("functions = [\"public.do_nothing()\"]", "a procedure"),
        ("extensions = [\"postgis\"]", "there is no such extension"),
    ] {
        let before = world.sandbox.read("oneroof.toml");
        configure(
            &world,
            "wrong",
            "h",
            &format!("[targets.wrong.readonly]\n{entry}\n"),
        );
        let line = world
            .sandbox
            .read("oneroof.toml")
            .lines()
            .position(|line| line == entry)
            .unwrap()
            + 1;
        let _ = world
            .sandbox
            .run(&["guard", "check", "select 1", "--target", "wrong"])
            .exits(2)
            .says(&[message, &format!("oneroof.toml:{line}")]);
        world.sandbox.write("oneroof.toml", &before);
    }
    world.configure("[targets.slip.readonly]\nfunction = []");
    let _ = world
        .sandbox
        .run(&["guard", "check", "select 1", "--target", "g"])
        .exits(2)
        .says(&["unknown field `function`", "did you mean `functions`?"]);
}

/// What psql itself asks for its backslash commands is honest, whatever its version asks.
#[test]
fn what_psql_asks_is_admitted() {
    let world = world();
    let commands = [
        "\\d",
        "\\dt+",
        "\\d+ orders",
        "\\d+ events",
        "\\d v_top",
        "\\d ticket_seq",
        "\\di+",
        "\\dv",
        "\\dm",
        "\\ds",
        "\\df public.*",
        "\\dn+",
        "\\dT+",
        "\\dD",
        "\\du",
        "\\l",
        "\\dp",
        "\\dx",
        "\\db",
        "\\dC",
        "\\do",
        "\\dy",
        "\\dF",
        "\\dFd",
        "\\dE",
        "\\det",
        "\\des",
        "\\dO",
        "\\drds",
        "\\ddp",
        "\\dc",
        "\\dL",
        "\\dA",
        "\\dP",
        "\\dRp",
        "\\dX",
        "\\da",
        "\\sf log_read",
        "\\sv v_top",
    ];
    let script: String = commands
        .iter()
        .map(|command| format!("{command}\n"))
        .collect();
    world.sandbox.write("commands.psql", &script);
    let shown = world
        .psql("g", SUPERUSER, "-E -q -A -t -f commands.psql")
        .exits(0)
        .stdout;
    let asked: Vec<&str> = shown
        .split("********* QUERY **********\n")
        .skip(1)
        .map(|rest| rest.split("\n**************************").next().unwrap())
        .collect();
    assert!(asked.len() > 45, "{}", asked.len());
    for target in [None, Some("g")] {
        for (sql, answer) in asked.iter().zip(answers(&world.sandbox, &asked, target)) {
            assert_eq!(answer["verdict"], "allow", "{sql}\n{answer}");
        }
    }
}

fn list(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .collect()
}

/// The reviewed lists know every function, operator and relation of every server that we support.
#[test]
fn the_lists_are_complete_for_every_major() {
    let functions = list(include_str!(
        "../../../oneroof-sql/src/guard/functions-allow.txt"
    ));
    let dotted = list(include_str!(
        "../../../oneroof-sql/src/guard/functions-dotted-refused.txt"
    ));
    let operators = list(include_str!(
        "../../../oneroof-sql/src/guard/operators-allow.txt"
    ));
    let relations = list(include_str!(
        "../../../oneroof-sql/src/guard/relations-allow.txt"
    ));
    // Reviewed: names of columns that change nothing as calls, and relations that hold secrets.
    let columns = BTreeSet::from(["path", "polygon", "xml"]);
    let secret = BTreeSet::from([
        "pg_authid",
        "pg_config",
        "pg_file_settings",
        "pg_hba_file_rules",
        "pg_ident_file_mappings",
        "pg_largeobject",
        "pg_shadow",
        "pg_stat_wal_receiver",
        "pg_statistic",
        "pg_statistic_ext_data",
        "pg_subscription",
        "pg_user_mapping",
        "pg_user_mappings",
    ]);
    // Reviewed one by one: VOLATILE, and changes nothing.
    let volatile = BTreeSet::from([
        "array_sample",
        "array_shuffle",
        "clock_timestamp",
        "current_query",
        "gen_random_uuid",
        "pg_blocking_pids",
        "pg_current_wal_flush_lsn",
        "pg_current_wal_insert_lsn",
        "pg_current_wal_lsn",
        "pg_database_size",
        "pg_indexes_size",
        "pg_is_in_recovery",
        "pg_is_wal_replay_paused",
        "pg_jit_available",
        "pg_last_wal_receive_lsn",
        "pg_last_wal_replay_lsn",
        "pg_last_xact_replay_timestamp",
        "pg_notification_queue_usage",
        "pg_partition_ancestors",
        "pg_partition_tree",
        "pg_relation_size",
        "pg_safe_snapshot_blocking_pids",
        "pg_sequence_last_value",
        "pg_table_size",
        "pg_tablespace_size",
        "pg_total_relation_size",
        "pg_xact_commit_timestamp",
        "pg_xact_status",
        "random",
        "random_normal",
        "timeofday",
        "timezone",
        "txid_status",
        "uuidv4",
        "uuidv7",
    ]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for major in [14, 15, 16, 17, 18] {
        let ask = |sql: &str| -> BTreeSet<String> {
            runtime.block_on(async {
                let server = TestServer::of_major(major).await;
                let session = server.admin().await;
                let outcome = session.simple(sql).await.unwrap();
                session.close().await;
                outcome
                    .rows
                    .into_iter()
                    .filter_map(|mut row| row.remove(0))
                    .collect()
            })
        };
        // One server per question is enough of a server: it starts in a tenth of a second.
        let seen = ask("select distinct 'dotted ' || proname from pg_proc
             where pronamespace = 'pg_catalog'::regnamespace and prokind <> 'p'
               and (pronargs - pronargdefaults <= 1 and pronargs >= 1 or provariadic <> 0)
             union select distinct 'volatile ' || proname from pg_proc
             where pronamespace = 'pg_catalog'::regnamespace and provolatile = 'v'
             union select distinct 'operator ' || oprname from pg_operator
             where oprnamespace = 'pg_catalog'::regnamespace
             union select 'relation ' || relname from pg_class
             where relnamespace = 'pg_catalog'::regnamespace and relkind in ('r', 'v')");
        assert!(seen.len() > 1_000, "{major}: {}", seen.len());
        for line in &seen {
            let (kind, name) = line.split_once(' ').unwrap();
            let known = match kind {
                "dotted" => {
                    functions.contains(name) || dotted.contains(name) || columns.contains(name)
                }
                "volatile" => !functions.contains(name) || volatile.contains(name),
                "operator" => operators.contains(name),
                _ => relations.contains(name) != secret.contains(name),
            };
            assert!(known, "PostgreSQL {major}: {line} is not reviewed");
        }
    }
}
