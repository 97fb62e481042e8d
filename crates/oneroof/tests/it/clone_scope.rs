//! `--scope package:PKG`: the rows that a package can read, and no silence about the others.

use serde_json::Value;

use crate::world::{GENERATED, World, says, tier};

const SHOP: &str = "
    create table public.customers (id int primary key);
    insert into public.customers select generate_series(1, 10);
    create table public.orders (id int primary key, customer int references public.customers, amount int);
    insert into public.orders select g, g, g from generate_series(1, 10) g;
    create view public.open_orders as select * from public.orders;
    create table public.rates (rate int); insert into public.rates values (2);
    create function public.rated(amount int) returns int language plpgsql stable as
        $$ begin return amount * (select rate from public.rates); end $$;
    create table public.big (id int, text text);
    insert into public.big select g, repeat('x', 1000) from generate_series(1, 3000) g;";

fn shop() -> World {
    let world = World::new();
    world.production("shop", SHOP);
    world.package(
        "rating",
        "",
        &[tier(
            "rate",
            "create table public.rated_orders as select id, public.rated(amount) as rated from public.open_orders;",
            "drop table public.rated_orders;",
        )],
    );
    world
}

#[test]
fn a_clone_has_the_rows_that_a_package_can_read() {
    let world = shop();
    let made = world.done("clone create --from shop --scope package:rating");
    says(&made, "why", &["rows of some tables are left out"]);
    assert_eq!(made["left_out"].to_string(), r#"["public.big"]"#);
    let connection = made["connection"].as_str().unwrap();
    for table in ["customers", "orders", "rates"] {
        let query = format!("select count(*) > 0 from public.{table}");
        assert_eq!(world.value_at(connection, &query), "t", "{table}");
    }
    let outcome = world.sandbox.bash(&format!(
        "psql '{connection}' -c 'select count(*) from public.big'"
    ));
    assert_ne!(outcome.code, Some(0));
    assert!(
        outcome.stderr.contains("could not open file"),
        "{outcome:?}"
    );
    let list = world.done("clone list");
    assert_eq!(list[0]["left_out"].to_string(), r#"["public.big"]"#);
    let shown = world.run("clone list").exits(0).stdout;
    assert!(shown.contains("rows not copied: public.big"), "{shown}");
    let _ = world.done(&format!("clone drop {}", made["id"].as_str().unwrap()));
    let error = world.error("clone create --from shop --scope rating", 2, "input");
    says(&error, "hint", &["package:PKG"]);
    let _ = world.refused(
        "clone create --from shop --scope package:rating --strategy physical",
        "clone-impossible",
    );
    world.nothing_is_left();
}

#[test]
fn a_rehearsal_says_what_was_left_out_and_fails_by_name_where_it_is_needed() {
    let world = shop();
    let report = world.done("rehearse rating --from shop --scope package");
    assert_eq!(report["clone"]["left_out"].to_string(), r#"["public.big"]"#);
    assert_eq!(report["verdict"], "passed");
    let record = world.sandbox.read(&format!(
        "{}/report.md",
        report["evidence"].as_str().unwrap()
    ));
    assert!(
        record.contains("| rows not copied | public.big |"),
        "{record}"
    );
    let whole = world.done("rehearse rating --from shop");
    assert_eq!(whole["clone"]["left_out"], Value::Null);
    // Of both clones the rows that were copied are those that the source sent.
    for (report, tables) in [(&report, 1), (&whole, 0)] {
        let rows = &report["clone"]["rows"];
        assert_eq!(rows["differences"].to_string(), "[]");
        assert_eq!(rows["counted"].to_string(), "[]");
        assert!(rows["rows"].as_u64().unwrap() > 0, "{rows}");
        let of_whole = whole["clone"]["rows"]["tables"].as_u64().unwrap();
        assert_eq!(rows["tables"].as_u64().unwrap() + tables, of_whole);
        says(
            &report["steps"][2],
            "detail",
            &["are those that the source sent"],
        );
    }

    // What SQL puts together when it runs cannot be read before.
    world.package(
        "sly",
        "",
        &[tier(
            "sly",
            "do $$ declare found bigint; begin execute 'select count(*) from public.' || 'b' || 'ig' into found; end $$;\n\
             create table public.made (id int);",
            GENERATED,
        )],
    );
    let (code, report) = world.json("rehearse sly --from shop --scope package:sly");
    assert_eq!(code, 4, "{report:#}");
    let failure = &report["failure"];
    assert_eq!(failure["step"], 7, "{failure:#}");
    says(failure, "message", &["table public.big is needed"]);
    says(failure, "hint", &["without --scope"]);
    let _ = world.done("rehearse sly --from shop");
    world.nothing_is_left();
}
