//! `clone create`, `list`, `prune`, `refresh`: clones that are kept, by every strategy.

use serde_json::Value;

use crate::world::{World, says};

const FIXTURE: &str = "create table public.notes (id int primary key, text text);
    insert into public.notes select n, repeat('x', 100) from generate_series(1, 1000) as n;";

fn shop() -> World {
    let world = World::new();
    world.production("shop", FIXTURE);
    world
}

fn text<'a>(report: &'a Value, member: &str) -> &'a str {
    report[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member}: {report}"))
}

#[test]
fn a_clone_is_made_listed_and_pruned() {
    let world = shop();
    let made = world.done("clone create --from shop --jobs 2 --rate-limit 1GB");
    assert_eq!(made["class"], "clone");
    assert_eq!(made["strategy"], "logical");
    assert!(text(&made, "why").contains("production"), "{made}");
    assert!(made["bytes"].as_u64().unwrap() > 100_000);
    assert!(made["source_transactions"].as_u64().unwrap() >= 3);
    let connection = text(&made, "connection");
    assert_eq!(
        world.value_at(connection, "select count(*) from public.notes"),
        "1000"
    );

    // The list knows how large and how old it is, how it was made and by whom.
    let list = world.done("clone list");
    let listed = &list[0];
    assert_eq!(listed["id"], made["id"]);
    assert_eq!(listed["strategy"], "logical");
    assert!(listed["size_bytes"].as_u64().unwrap() > 1_000_000);
    assert!(listed["age_seconds"].as_u64().unwrap() < 600);
    assert!(!text(listed, "operator").is_empty());
    let shown = world.run("clone list").exits(0).stdout;
    assert!(shown.contains("logical"), "{shown}");

    // A copy of it, inside its server, and the clone goes with everything in it.
    let id = text(&made, "id").to_owned();
    let copy = world.done(&format!("clone create --from clone:{id}"));
    assert_eq!(copy["strategy"], "template");
    says(&copy, "why", &["is a kept clone", "blocks"]);
    assert_eq!(
        world.value_at(
            text(&copy, "connection"),
            "select count(*) from public.notes"
        ),
        "1000"
    );
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 2);
    world.refused(&format!("clone refresh {id}"), "clone-in-use");

    let young = world.done("clone prune --older-than 1h --execute");
    assert_eq!(young["old"].as_array().unwrap().len(), 0);
    let shown = world.done("clone prune --older-than 0s");
    assert_eq!(shown["old"].as_array().unwrap().len(), 2);
    assert_eq!(shown["dropped"], false);
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 2);
    let pruned = world.done("clone prune --older-than 0s --execute");
    assert_eq!(pruned["dropped"], true);
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 0);
    world.nothing_is_left();
}

#[test]
fn a_golden_clone_is_made_at_once_and_made_anew() {
    let world = shop();
    let golden = world.done("clone create --from shop --golden");
    assert_eq!(golden["class"], "golden");
    assert_eq!(golden["connection"], Value::Null);
    let copy = world.done("clone create --from golden");
    assert_eq!(copy["strategy"], "template");
    assert!(
        copy["duration_ms"].as_u64().unwrap() < 30_000,
        "a copy inside the server: {copy}"
    );
    let _ = world.done(&format!("clone drop {}", text(&copy, "id")));

    world.sql("shop", "insert into public.notes values (2000, 'new')");
    let fresh = world.done("clone refresh golden");
    assert_eq!(fresh["class"], "golden");
    assert_eq!(fresh["replaced"], golden["id"]);
    assert_ne!(fresh["id"], golden["id"]);
    let copy = world.done("clone create --from golden");
    assert_eq!(
        world.value_at(
            text(&copy, "connection"),
            "select count(*) from public.notes"
        ),
        "1001"
    );
    let left = world.done("clone prune --older-than 0s --execute");
    assert_eq!(left["kept"], 1, "golden clones stay: {left}");
    let _ = world.done("clone prune --older-than 0s --golden --execute");
    world.nothing_is_left();
}

#[test]
fn what_cannot_be_cloned_is_refused_with_a_way_out() {
    let world = shop();
    // The server of the tests gives its files to nobody.
    let error = world.refused(
        "clone create --from shop --strategy physical",
        "clone-impossible",
    );
    says(&error, "message", &["max_wal_senders"]);
    says(&error, "hint", &["--strategy logical"]);
    let error = world.error("clone create --from shop --strategy template", 2, "input");
    says(&error, "hint", &["--from golden"]);
    let _ = world.error("clone create --from nowhere", 2, "input");
    let _ = world
        .run("clone create --from shop --rate-limit fast")
        .exits(2);
    let _ = world.run("clone prune --older-than soon").exits(2);

    // Everything that is missing is named at once, before anything is copied.
    world.sql(
        "shop",
        "create table public.secret (id int); revoke pg_read_all_data from app_clone",
    );
    let error = world.refused("clone create --from shop", "right-missing");
    let reasons = error["reasons"].to_string();
    for table in ["public.notes", "public.secret"] {
        assert!(
            reasons.contains(&format!("select on table {table}")),
            "{error}"
        );
    }
    world.nothing_is_left();
}

#[test]
fn a_source_is_spared_as_oneroof_toml_says() {
    let world = shop();
    world.configure("[targets.shop.clone_limits]\nmax_transaction_age = \"1s\"");
    let holder = world.session("shop");
    world.on(&holder, "begin; select from public.notes");
    // What a role does not see is no sign that all is well.
    let error = world.refused("clone create --from shop", "right-missing");
    says(&error, "reasons", &["grant pg_read_all_stats to app_clone"]);
    world.sql("shop", "grant pg_read_all_stats to app_clone");
    world.wait_for(
        "shop",
        "select max(now() - xact_start) > '1.5s' from pg_stat_activity where pid <> pg_backend_pid()",
    );
    let error = world.refused("clone create --from shop", "clone-impossible");
    says(
        &error,
        "message",
        &["1 are allowed", "pid ", "application `oneroof/test`"],
    );
    world.nothing_is_left();
    // The option replaces it.
    let made = world.done("clone create --from shop --max-transaction-age 1h");
    let _ = world.done(&format!("clone drop {}", text(&made, "id")));
    world.on(&holder, "rollback");
    world.end(holder);
    world.nothing_is_left();
}

#[test]
fn columns_are_masked_in_every_clone_of_a_target() {
    let world = shop();
    world.sql(
        "shop",
        "create table public.customer (id int primary key, email text, phone text, surname text);
         insert into public.customer values (1, 'a@b.c', '+84 123', 'Ann');
         grant select on public.customer to app_clone",
    );
    let warned = world.done("clone create --from shop");
    assert_eq!(
        warned["unmasked"].to_string(),
        r#"["public.customer.email","public.customer.phone","public.customer.surname"]"#
    );
    let _ = world.done(&format!("clone drop {}", text(&warned, "id")));

    let config = world.sandbox.read("oneroof.toml");
    world.configure(
        "[targets.shop.mask]\n\"public.customer.email\" = \"email\"\n\"public.customer.surname\" = { fixed = \"nobody\" }",
    );
    let masked = world.done("clone create --from shop");
    says(&masked, "why", &["columns are masked"]);
    assert_eq!(
        world.value_at(
            text(&masked, "connection"),
            "select concat_ws(' ', regexp_replace(email, '^[0-9a-f]{12}@', '@'), surname, phone) from public.customer"
        ),
        "@example.invalid nobody +84 123"
    );
    assert_eq!(
        masked["unmasked"].to_string(),
        r#"["public.customer.phone"]"#
    );
    let _ = world.done(&format!("clone drop {}", text(&masked, "id")));

    world.sandbox.write("oneroof.toml", &config);
    world.configure("[targets.shop.mask]\n\"public.customer.id\" = \"null\"");
    let error = world.refused("clone create --from shop", "clone-impossible");
    says(&error, "message", &["public.customer.id", "cannot be null"]);
    world.sandbox.write("oneroof.toml", &config);
    world.configure("[targets.shop.mask]\n\"public.customer.id\" = \"blur\"");
    let error = world.error("clone list", 2, "input");
    says(&error, "message", &["blur"]);
    world.nothing_is_left();
}
