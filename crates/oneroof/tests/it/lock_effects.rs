//! What the tiers of a rehearsal lock on objects that existed before, and for how long.

use serde_json::{Value, json};

use crate::world::{Tier, World, says, tier};

const SHOP: &str = "
    create table public.customer (id int primary key, name text not null);
    create table public.\"Order\" (id int primary key, customer int not null, total numeric);
    create table public.old (id int);
    create view public.names as select name from public.customer;
    create sequence public.number;
    insert into public.customer select i, 'c' || i from generate_series(1, 100) as i;
    insert into public.\"Order\" select i, i, 1 from generate_series(1, 100) as i;
";

/// Object, mode, what waits, and where it was taken.
fn locks(tier: &Value) -> Vec<Value> {
    let locks = tier["locks"]
        .as_array()
        .unwrap_or_else(|| panic!("{tier:#}"));
    locks
        .iter()
        .map(|lock| {
            let at = lock["line"].as_u64().unwrap_or(0);
            json!([lock["object"], lock["mode"], lock["blocks"], at])
        })
        .collect()
}

#[test]
fn every_lock_on_an_earlier_object_is_in_the_record() {
    let world = World::new();
    world.production("shop", SHOP);
    let all = json!(["reads", "row_locks", "writes", "maintenance", "ddl"]);
    let writes = json!(["writes", "maintenance", "ddl"]);
    let ddl = json!(["ddl"]);
    world.package(
        "locks",
        "",
        &[
            tier(
                "column",
                "comment on table public.old is 'old';\nalter table public.\"Order\" add column note text;",
                "alter table public.\"Order\" drop column note; comment on table public.old is null;",
            ),
            tier(
                "index",
                "create index order_customer on public.\"Order\" (customer);\n\
                 update public.customer set name = upper(name) where id = 1;",
                "drop index public.order_customer; update public.customer set name = 'c1' where id = 1;",
            ),
            tier(
                "key",
                "alter table public.\"Order\" add constraint order_of foreign key (customer)\n\
                 references public.customer (id) not valid;",
                "alter table public.\"Order\" drop constraint order_of;",
            ),
            tier(
                "dropped",
                "drop table public.old;\nalter sequence public.number increment by 2;",
                "create table public.old (id int); comment on table public.old is 'old'; alter sequence public.number increment by 1;",
            ),
            // All of it is new: whatever it locks, nobody waits.
            tier(
                "own",
                "create table public.made (id int primary key);\n\
                 create index on public.made (id);\nalter table public.made add column x int;\n\
                 create view public.seen as select x from public.made;\n\
                 create temporary table passing (id int) on commit drop;\ndrop view public.seen;",
                "drop table public.made;",
            ),
            // The index is dropped with its table's lock; a view is locked like a table.
            tier(
                "view",
                "create or replace view public.names as select name, id from public.customer;\n\
                 drop index public.order_customer;",
                "drop view public.names; create view public.names as select name from public.customer;
                 create index order_customer on public.\"Order\" (customer);",
            ),
        ],
    );
    let report = world.done("rehearse locks --from shop");
    let tiers = report["tiers"].as_array().unwrap();
    let order = "public.\"Order\"";
    let expected = [
        json!([
            [order, "access_exclusive", all, 2],
            [
                "public.old",
                "share_update_exclusive",
                ["maintenance", "ddl"],
                1
            ],
        ]),
        json!([
            [order, "share", writes, 1],
            ["public.customer", "row_exclusive", ddl, 2],
            ["public.customer_pkey", "row_exclusive", ddl, 2],
        ]),
        json!([
            [order, "share_row_exclusive", writes, 1],
            [order, "access_share", ddl, 1],
            ["public.customer", "share_row_exclusive", writes, 1],
            ["public.customer", "access_share", ddl, 1],
        ]),
        json!([
            ["public.number", "share_row_exclusive", writes, 2],
            ["public.number", "row_exclusive", ddl, 2],
            ["public.old", "access_exclusive", all, 1],
        ]),
        json!([]),
        json!([
            [order, "access_exclusive", all, 2],
            ["public.customer", "access_share", ddl, 1],
            ["public.names", "access_exclusive", all, 1],
            ["public.order_customer", "access_exclusive", all, 2],
        ]),
    ];
    for (tier, expected) in tiers.iter().zip(expected) {
        assert_eq!(json!(locks(tier)), expected, "{tier:#}");
    }
    assert_eq!(tiers.len(), 6);
    assert_eq!(tiers[0]["locks"][0]["kind"], "table");
    assert_eq!(tiers[3]["locks"][0]["kind"], "sequence");

    // For people: only what makes an application wait.
    let evidence = report["evidence"].as_str().unwrap();
    let text = world.sandbox.read(&format!("{evidence}/report.md"));
    let section = text
        .split("### Locks on objects that existed before their tier")
        .nth(1)
        .unwrap();
    let rows: Vec<&str> = section
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), 9, "{section}");
    assert!(
        rows[0].starts_with("|  column | public.\"Order\" | ACCESS EXCLUSIVE |")
            && rows[0].contains("| reads, writes, DDL | tiers/column.sql:2 alter table"),
        "{section}"
    );
    let outcome = world
        .run("rehearse locks --from shop --through column")
        .exits(0);
    assert!(
        outcome
            .stdout
            .contains("locks on objects that existed before:")
            && outcome.stdout.contains("ACCESS EXCLUSIVE")
            && !outcome.stdout.contains("SHARE UPDATE EXCLUSIVE"),
        "{outcome:#?}"
    );
    world.nothing_is_left();
}

#[test]
fn a_group_holds_its_locks_until_the_last_tier_is_done() {
    let world = World::new();
    world.production("shop", SHOP);
    let one = Tier {
        plan: "group = \"both\"",
        ..tier(
            "one",
            "create table public.made (id int);\nalter table public.customer add column note text;",
            "alter table public.customer drop column note; drop table public.made;",
        )
    };
    let two = Tier {
        plan: "group = \"both\"\nlock_budget_ms = 300",
        ..tier(
            "two",
            "select pg_sleep(0.4);\nalter table public.made add column x int;\n\
             insert into public.made (id) values (1);",
            "delete from public.made;",
        )
    };
    world.package("grouped", "", &[one, two]);
    let report = world.done("rehearse grouped --from shop");
    let tiers = &report["tiers"];
    assert_eq!(locks(&tiers[0]).len(), 1, "{tiers:#}");
    assert!(
        tiers[0]["locks"][0]["held_ms"].as_u64().unwrap() >= 400,
        "{tiers:#}"
    );
    // The table that its sibling made is nobody else's yet.
    assert_eq!(tiers[1]["locks"], json!([]));
}

#[test]
fn constraints_that_speak_at_the_end_take_locks_too() {
    let world = World::new();
    world.production(
        "shop",
        &format!(
            "{SHOP} alter table public.\"Order\" add foreign key (customer) references public.customer (id)
             deferrable initially deferred;"
        ),
    );
    world.package(
        "late",
        "",
        &[tier(
            "late",
            "update public.\"Order\" set customer = 2 where id = 1;",
            "update public.\"Order\" set customer = 1 where id = 1;",
        )],
    );
    let report = world.done("rehearse late --from shop");
    let found = locks(&report["tiers"][0]);
    assert!(
        found.contains(&json!(["public.customer", "row_share", ["ddl"], 0])),
        "{found:#?}"
    );
}

#[test]
fn a_tier_over_its_lock_budget_fails_the_rehearsal() {
    let world = World::new();
    world.production("shop", SHOP);
    let slow = tier(
        "slow",
        "select 1;\ncreate index order_customer on public.\"Order\" (customer);\n\nselect pg_sleep(0.3);",
        "drop index public.order_customer;",
    );
    let with = |name: &str, plan: &str| {
        world.package(name, "", &[Tier { plan, ..slow }]);
    };
    with("over", "lock_budget_ms = 250");
    let (code, report) = world.json("rehearse over --from shop");
    let error = &report["error"];
    assert_eq!(
        (code, &report["failure"]["step"], &error["line"]),
        (4, &7.into(), &2.into()),
        "{error:#}"
    );
    says(
        error,
        "message",
        &[
            "tier slow held SHARE on table `public.\"Order\"` for ",
            "over its lock budget of 250 ms",
            "taken at tiers/slow.sql:2",
        ],
    );
    says(error, "statement", &["create index order_customer"]);
    says(error, "hint", &["held until the tier commits"]);
    assert_eq!(error["file"], "tiers/slow.sql");
    assert!(report["tiers"][0]["locks"][0]["held_ms"].as_u64().unwrap() >= 300);

    with("within", "lock_budget_ms = 60000");
    let _ = world.done("rehearse within --from shop");
    // Writers do not wait for a reader, however long it takes.
    let reads = Tier {
        plan: "lock_budget_ms = 1",
        ..tier(
            "reads",
            "select count(*) from public.customer;\nselect pg_sleep(0.1);\n\
             update public.customer set name = 'x' where id = 1;\nselect pg_sleep(0.1);",
            "update public.customer set name = 'c1' where id = 1;",
        )
    };
    world.package("reads", "", &[reads]);
    let _ = world.done("rehearse reads --from shop");
    world.write_package(
        "zero",
        "",
        &[Tier {
            plan: "lock_budget_ms = 0",
            ..slow
        }],
    );
    let outcome = world.run("package check packages/zero");
    let _ = outcome.says(&["`lock_budget_ms` is a positive number of milliseconds, not 0"]);
    world.nothing_is_left();
}

#[test]
fn an_apply_does_not_look_at_its_locks() {
    let world = World::new();
    world.scratch("lab", SHOP);
    world.package(
        "plain",
        "",
        &[tier(
            "column",
            "alter table public.customer add column note text;",
            "alter table public.customer drop column note;",
        )],
    );
    let report = world.done("apply plain --target lab --execute");
    assert_eq!(report["tiers"][0]["locks"], Value::Null, "{report:#}");
}
