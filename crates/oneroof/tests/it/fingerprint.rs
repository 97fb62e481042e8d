//! `oneroof fingerprint` and `oneroof diff` on databases of one server, and on files.

use serde_json::Value;

use crate::world::{World, says, tier};

const SHOP: &str = "
    create schema sales;
    create table sales.orders (id bigint generated always as identity primary key, amount numeric(10,2) not null);
    comment on table sales.orders is 'what was bought';
    insert into sales.orders (amount) select i from generate_series(1, 200) as i;
    create table sales.lines (order_id bigint references sales.orders, text text);
    insert into sales.lines select i, 'line ' || i from generate_series(1, 100) as i;
    create index lines_by_order on sales.lines (order_id);
    create schema \"Odd Name\";
    create table \"Odd Name\".\"T.x\" (a integer);
    insert into \"Odd Name\".\"T.x\" values (1), (1), (2);
";

/// The words of the differences of a definition, in their order.
fn words(report: &Value) -> Vec<String> {
    let differences = report["definition"]["differences"].as_array().unwrap();
    let part = |difference: &Value, member: &str| difference[member].as_str().map(str::to_owned);
    differences
        .iter()
        .map(|difference| {
            let inner = &difference["difference"];
            let words = [
                part(difference, "object"),
                part(difference, "part"),
                part(inner, "what"),
                part(inner, "property"),
                part(inner, "before"),
                part(inner, "after"),
            ];
            words.into_iter().flatten().collect::<Vec<_>>().join(" | ")
        })
        .collect()
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().unwrap();
    items.iter().map(ToString::to_string).collect()
}

#[test]
fn two_databases_are_told_apart_object_by_object() {
    let world = World::new();
    world.production("shop", SHOP);
    world.production("copy", SHOP);

    let shop = world.done("fingerprint shop --data --order");
    let copy = world.done("fingerprint copy --data --order");
    assert_eq!(shop["definition"]["digest"], copy["definition"]["digest"]);
    assert_eq!(shop["data"]["digest"], copy["data"]["digest"]);
    assert_ne!(shop["definition"]["digest"], shop["data"]["digest"]);
    assert_eq!(shop["class"], "production");
    assert_eq!(shop["data"]["rows"], 303);
    let kinds = &shop["definition"]["kinds"];
    assert_eq!((&kinds["table"], &kinds["index"]), (&3.into(), &2.into()));
    let tables: Vec<String> = strings(&shop["data"]["tables"]);
    assert_eq!(tables.len(), 3, "{tables:?}");

    let same = world.done("diff shop copy --data --order");
    assert_eq!(same["same"], true);
    assert_eq!(same["data"]["verdict"], "same");
    assert_eq!(words(&same), Vec::<String>::new());

    // The same rows in another order are the same data.
    world.sql(
        "copy",
        "create table sales.turned as select * from \"Odd Name\".\"T.x\" order by a desc;
         truncate \"Odd Name\".\"T.x\"; insert into \"Odd Name\".\"T.x\" select * from sales.turned;
         drop table sales.turned",
    );
    let turned = world.done("diff shop copy --data --order");
    assert_eq!(turned["data"]["verdict"], "same_in_another_order");
    assert_eq!(turned["data"]["differences"][0]["what"], "reordered");
    assert_eq!(
        world.done("diff shop copy --data")["data"]["verdict"],
        "same"
    );

    world.sql(
        "copy",
        "alter table sales.orders alter amount type numeric(12,2);
         comment on table sales.orders is null;
         drop index sales.lines_by_order;
         create view sales.totals as select sum(amount) as total from sales.orders;
         delete from sales.lines where order_id > 95; insert into sales.lines values (1, 'fresh')",
    );
    let (code, report) = world.json("diff shop copy --data --rows");
    assert_eq!(code, 4, "{report:#}");
    assert_eq!(
        words(&report),
        [
            "table sales.lines | index lines_by_order | gone",
            "table sales.orders | no_longer | comment what was bought",
            "table sales.orders | column amount | changed | type numeric(10,2) | numeric(12,2)",
            "view sales.totals | new",
        ]
    );
    let lines = &report["data"]["differences"][0];
    assert_eq!(lines["table"], "sales.lines", "{report:#}");
    assert_eq!(
        (&lines["rows_one"], &lines["rows_two"]),
        (&100.into(), &96.into())
    );
    assert_eq!(lines["only"], serde_json::json!({"here": 5, "there": 1}));
    assert_eq!(report["error"]["kind"], "failed");
    says(
        &report["error"],
        "message",
        &["definition and data of `shop` and `copy` differ"],
    );

    let text = world.run("diff shop copy --data").exits(4);
    for line in [
        "definition differs, compared by words",
        "  table sales.orders: column amount: type numeric(10,2) -> numeric(12,2)",
        "  view sales.totals is new",
        "data different: 3 tables with 303 rows, and 3 with 299",
        "  table sales.lines: other rows, 100 -> 96",
    ] {
        assert!(text.stdout.contains(line), "`{line}` is not in {text:#?}");
    }

    // What is asked for one schema says nothing about another.
    let odd = world
        .sandbox
        .run(&[
            "diff", "shop", "copy", "--schema", "Odd Name", "--data", "--json",
        ])
        .exits(0)
        .json();
    assert_eq!(odd["data"]["tables"], serde_json::json!([1, 1]));
    says(
        &world.error("fingerprint shop --schema sale", 2, "input"),
        "hint",
        &["did you mean `sales`?"],
    );
}

#[test]
fn a_file_tells_which_objects_differ_and_holds_no_data() {
    let world = World::new();
    world.production("shop", SHOP);
    let _ = world.done("fingerprint shop --data --out before.json");
    let file = world.sandbox.read("before.json");
    assert!(!file.contains("what was bought") && !file.contains("line 7"));
    says(
        &world.error("fingerprint shop --out before.json", 2, "input"),
        "message",
        &["it is there already"],
    );

    let same = world.done("diff before.json shop --data");
    assert_eq!(same["definition"]["compared_by"], "digests");
    assert_eq!(
        same["definition"]["digests"][0],
        same["definition"]["digests"][1]
    );
    says(&same, "notes", &["is a file: it holds digests"]);

    world.sql(
        "shop",
        "alter table sales.orders alter amount drop not null; drop table sales.lines;
         comment on table sales.orders is 'another'; insert into sales.orders (amount) values (1)",
    );
    let (code, report) = world.json("diff before.json shop --data");
    assert_eq!(code, 4);
    assert_eq!(
        words(&report),
        [
            "index sales.lines_by_order | gone",
            "table sales.lines | gone",
            "table sales.orders | differs | comment",
            "table sales.orders | column amount | differs",
        ]
    );
    let changes: Vec<String> = strings(&report["data"]["differences"]);
    assert!(
        changes.len() == 2 && changes[0].contains("\"gone\"") && changes[1].contains("\"changed\""),
        "{changes:?}"
    );

    // Two files need no project and no server; schemas of a file limit what is compared.
    let _ = world.done("fingerprint shop --schema sales --out after.json");
    world.sandbox.write("elsewhere/nothing", "");
    let outcome = world
        .sandbox
        .bash("cp *.json elsewhere && mv oneroof.toml away.toml && cd elsewhere && $oneroof diff before.json after.json")
        .exits(4);
    assert!(outcome.stdout.contains("only schema sales"), "{outcome:#?}");
    assert!(
        outcome.stdout.contains("  table sales.lines is gone"),
        "{outcome:#?}"
    );
    let _ = world.sandbox.bash("mv away.toml oneroof.toml").exits(0);

    for (line, message, hint) in [
        (
            "diff before.json after.json --data",
            "was written without",
            "--data --out FILE",
        ),
        (
            "diff before.json shop --data --rows",
            "`before.json` is a file",
            "two databases",
        ),
        (
            "diff after.json shop --schema other",
            "it holds only sales",
            "anew",
        ),
        (
            "diff before.json shopp",
            "it is no target, no clone and no file",
            "`shop`",
        ),
        ("diff oneroof.toml shop", "as a fingerprint", "--out FILE"),
    ] {
        let error = world.error(line, 2, "input");
        says(&error, "message", &[message]);
        says(&error, "hint", &[hint]);
    }
}

#[test]
fn reading_is_refused_where_a_right_is_missing_and_changes_nothing() {
    let world = World::new();
    world.production(
        "shop",
        &format!("{SHOP} alter table sales.orders enable row level security;"),
    );
    // Nothing is granted to this one.
    world.sql("postgres", "create role app_weak login");
    let weak = world.words("shop", "app_weak");
    let read = world.words("shop", "app_read");
    world.configure(&format!(
        "[targets.weak]\nread = \"{weak}\"\n[targets.reader]\nread = \"{read}\""
    ));
    let strong = world.done("fingerprint shop --data");
    let definition = world.done("fingerprint weak");
    assert_eq!(
        definition["definition"]["digest"],
        strong["definition"]["digest"]
    );
    for target in ["weak", "reader"] {
        let error = world.refused(&format!("fingerprint {target} --data"), "right-missing");
        says(&error, "message", &["read the rows of ", target]);
        says(
            &error,
            "hint",
            &["grant pg_read_all_data to app_", "bypassrls"],
        );
    }
    // Nobody waits behind us for long where a table is locked; its definition cannot be printed either.
    let blocker = world.session("shop");
    world.on(
        &blocker,
        "begin; lock table sales.lines in access exclusive mode",
    );
    let error = world.json("fingerprint shop --data");
    assert_eq!(error.0, 1, "{error:?}");
    assert_eq!(error.1["error"]["sqlstate"], "55P03");
    says(&error.1["error"], "message", &["of `shop`"]);
    says(&error.1["error"], "hint", &["somebody holds a lock"]);
    world.end(blocker);
    assert_eq!(
        world.done("fingerprint shop --data")["data"]["digest"],
        strong["data"]["digest"]
    );
}

#[test]
fn a_golden_clone_is_compared_on_a_copy() {
    let world = World::new();
    world.production("shop", SHOP);
    world.package(
        "small",
        "",
        &[tier(
            "one",
            "create table sales.more (id integer primary key);",
            "drop table sales.more;",
        )],
    );
    let _ = world.done("rehearse small --from shop --keep");
    let id = world.done("clone list")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // A kept clone has the release on it.
    let (code, kept) = world.json(&format!("diff shop clone:{id}"));
    assert_eq!(
        (code, words(&kept)),
        (4, vec!["table sales.more | new".to_owned()])
    );
    let _ = world.done(&format!("rollback small --target clone:{id} --execute"));
    let kept = world.done(&format!("diff shop clone:{id} --data --order"));
    assert_eq!(kept["same"], true, "{kept:#}");
    let clone = world.done(&format!("fingerprint clone:{id} --data"));
    assert_eq!(clone["class"], "clone");
    let _ = world.done(&format!("clone golden {id}"));
    for word in ["golden".to_owned(), format!("clone:{id}")] {
        let golden = world.done(&format!("diff shop {word} --data --order"));
        assert_eq!(golden["same"], true, "{golden:#}");
        assert_eq!(
            golden["definition"]["digests"][1],
            clone["definition"]["digest"]
        );
    }
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 1);
    let _ = world.done(&format!("clone drop {id}"));
    world.nothing_is_left();
}
