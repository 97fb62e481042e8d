//! `clone create --into`: a clone in the server of another target, and nothing else there is touched.

use std::path::Path;

use serde_json::Value;

use crate::proxy::Proxy;
use crate::world::{World, says};

const FIXTURE: &str = "create table public.notes (id int primary key, text text);
    insert into public.notes select n, repeat('x', 1000) from generate_series(1, 20000) as n;";

/// A project with a production, and a server for clones that somebody uses already.
fn shop_and_lab() -> (World, World) {
    let (shop, lab) = (World::new(), World::without_roles());
    shop.production("shop", FIXTURE);
    lab.sql(
        "postgres",
        "create role app_read login; create role anna login",
    );
    lab.sql("postgres", "create database theirs");
    lab.sql("theirs", "create table t as select 7 as v");
    shop.configure(&format!(
        "[targets.lab]\nmaintenance = \"{}\"",
        lab.words("postgres", oneroof_pg::testing::SUPERUSER)
    ));
    (shop, lab)
}

fn text<'a>(report: &'a Value, member: &str) -> &'a str {
    report[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member}: {report}"))
}

/// Databases and roles of a server that are not PostgreSQL's own.
fn inventory(lab: &World) -> String {
    lab.value(
        "postgres",
        "select (select string_agg(datname, ' ' order by datname) from pg_database where oid >= 16384)
             || ' / ' || (select string_agg(rolname, ' ' order by rolname) from pg_roles where oid >= 16384)",
    )
}

const BEFORE: &str = "theirs / anna app_read";

#[test]
fn a_clone_in_another_server_comes_and_goes_with_what_was_made_for_it() {
    let (shop, lab) = shop_and_lab();
    let made = shop.done("clone create --from shop --into lab --database shop_anna --jobs 2");
    assert_eq!(made["host"], "lab");
    assert_eq!(made["strategy"], "logical");
    assert!(text(&made, "why").contains("rows"), "{made}");
    says(&made, "differences", &["were there already", "app_read"]);
    let connection = text(&made, "connection");
    assert_eq!(
        shop.value_at(
            connection,
            "select count(*) || current_database() from public.notes"
        ),
        "20000shop_anna"
    );
    assert_eq!(
        inventory(&lab),
        "shop_anna theirs / anna app_apply app_clone app_owner app_read"
    );

    // It is a clone by its mark, and the same as its source.
    let id = text(&made, "id").to_owned();
    let here = shop.done(&format!("fingerprint clone:{id}"));
    let there = shop.done("fingerprint shop");
    assert_eq!(here["class"], "clone", "{here}");
    assert_eq!(here["digest"], there["digest"]);
    let list = shop.done("clone list");
    assert_eq!(list[0]["host"], "lab");
    assert!(list[0]["size_bytes"].as_u64().unwrap() > 10_000_000);
    let error = shop.refused(&format!("clone golden {id}"), "not-a-clone");
    says(&error, "message", &["lab"]);

    // A second one meets the roles of the first, and has them when that one is gone.
    let second = shop.done("clone create --from shop --into lab --strategy logical");
    let _ = shop.done(&format!("clone drop {id}"));
    let rest = inventory(&lab);
    assert!(
        rest.ends_with("theirs / anna app_apply app_clone app_owner app_read"),
        "{rest}"
    );
    let pruned = shop.done("clone prune --older-than 0s --execute");
    assert_eq!(pruned["old"][0]["id"], second["id"]);
    assert_eq!(inventory(&lab), BEFORE);
    assert_eq!(lab.value("theirs", "select v from t"), "7");
    shop.nothing_is_left();
}

#[test]
fn what_may_not_hold_a_clone_is_refused_and_nothing_of_others_is_dropped() {
    let (shop, lab) = shop_and_lab();
    let error = shop.refused(
        "clone create --from shop --into lab --database theirs",
        "clone-name-taken",
    );
    says(&error, "message", &["theirs"]);
    assert_eq!(lab.value("theirs", "select v from t"), "7");
    assert_eq!(inventory(&lab), BEFORE);

    for (name, connection, code, words) in [
        (
            "own",
            shop.words("postgres", oneroof_pg::testing::SUPERUSER),
            "clone-impossible",
            "the source's own server",
        ),
        (
            "weak",
            lab.words("postgres", "anna"),
            "clone-impossible",
            "anna is no superuser",
        ),
    ] {
        shop.configure(&format!("[targets.{name}]\nmaintenance = \"{connection}\""));
        let error = shop.refused(&format!("clone create --from shop --into {name}"), code);
        says(&error, "message", &[words]);
    }
    let error = shop.refused("clone create --from shop --into shop", "role-missing");
    says(&error, "hint", &["maintenance"]);
    let line = "clone create --from shop --into lab --strategy physical";
    says(&shop.error(line, 2, "input"), "message", &["logical"]);

    // A mark that somebody took away: the database is theirs from then on.
    let made = shop.done("clone create --from shop --into lab --database mine");
    lab.sql("postgres", "alter database mine reset oneroof.mark");
    let line = format!("clone drop {}", text(&made, "id"));
    let error = shop.error(&line, 2, "input");
    says(&error, "message", &["mine", "mark"]);
    assert_eq!(
        lab.value("mine", "select count(*) from public.notes"),
        "20000"
    );
    assert_eq!(
        shop.value(
            "postgres",
            "select count(*) from pg_database where datname like '%rehearsal%'"
        ),
        "0"
    );
}

#[test]
fn a_run_that_ends_in_the_middle_leaves_that_server_as_it_was() {
    let (shop, lab) = shop_and_lab();
    let copying = "select count(*) > 0 from pg_stat_activity where application_name like 'oneroof/clone%' and query like 'copy public.notes%'";
    let line = "clone create --from shop --into lab --rate-limit 1MB";
    let broken_off = |signal| shop.broken_off(line, "shop", copying, signal);
    let outcome = broken_off("INT");
    assert_eq!(outcome.code, Some(130), "{outcome:#?}");
    assert_eq!(inventory(&lab), BEFORE);
    shop.nothing_is_left();

    let _ = broken_off("KILL");
    assert_ne!(inventory(&lab), BEFORE);
    let list = shop.done("clone list");
    assert_eq!(list.as_array().unwrap().len(), 0, "{list}");
    assert_eq!(inventory(&lab), BEFORE);
    shop.nothing_is_left();
}

/// The rows of `notes` are on their way.
const COPYING: &str = "select count(*) > 0 from pg_stat_activity where application_name like 'oneroof/clone%' and query like 'copy public.notes%'";

#[test]
fn a_disk_that_is_full_in_that_server_is_named_and_its_database_is_removed() {
    let (shop, lab) = shop_and_lab();
    // None of its files may be larger than this, as on a disk with that much room for each: a file of the log is.
    let folder = lab.value("postgres", "show data_directory");
    let _ = lab
        .sandbox
        .bash(&format!(
            "if [ $(id -u) = 0 ]; then \
               as=\"setpriv --reuid=$(stat -c %u {folder}) --regid=$(stat -c %g {folder}) --clear-groups\"; \
             fi; \
             $as prlimit --pid $(head -n 1 {folder}/postmaster.pid) --fsize=18000000"
        ))
        .exits(0);
    let (code, report) = shop.json("clone create --from shop --into lab --jobs 1");
    let error = &report["error"];
    assert_eq!(code, 1, "{report:#}");
    says(
        error,
        "message",
        &[
            "in the server of target `lab` (it was removed again)",
            "public.notes",
            "could not extend file",
        ],
    );
    says(error, "hint", &["make room in the server of that target"]);
    assert_eq!(inventory(&lab), BEFORE);
    shop.nothing_is_left();
}

#[test]
fn a_database_that_cannot_be_removed_is_named() {
    let (shop, lab) = shop_and_lab();
    let (code, report) = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            shop.json("clone create --from shop --into lab --rate-limit 1MB --database half")
        });
        shop.wait_for("shop", COPYING);
        // Somebody takes it for their own, and ends what writes to it.
        lab.sql("postgres", "alter database half reset oneroof.mark");
        lab.sql(
            "postgres",
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'half'",
        );
        run.join().unwrap()
    });
    let error = &report["error"];
    assert_eq!(code, 1, "{report:#}");
    says(
        error,
        "message",
        &[
            "database `half`",
            "`lab`",
            "half-made, it is still there",
            "mark",
        ],
    );
    says(error, "hint", &["oneroof clone list"]);
    assert!(inventory(&lab).starts_with("half theirs"));
    // It is dropped by hand; then nothing of the clone is left.
    lab.sql("postgres", "drop database half");
    let _ = shop.done("clone list");
    assert_eq!(inventory(&lab), BEFORE);
    shop.nothing_is_left();
}

#[test]
fn room_in_that_server_is_checked_or_it_is_said_that_it_was_not() {
    let (shop, lab) = shop_and_lab();
    // It runs on this machine, so its disk is asked.
    let made = shop.done("clone create --from shop --into lab");
    assert_eq!(made["not_checked"], Value::Null, "{made}");
    let _ = shop.done(&format!("clone drop {}", text(&made, "id")));

    // Over the network nobody can.
    let words = lab.words("postgres", oneroof_pg::testing::SUPERUSER);
    let socket = words
        .split_whitespace()
        .find_map(|word| word.strip_prefix("host="))
        .unwrap();
    let proxy = Proxy::to(Path::new(socket.trim_matches('\'')).join(".s.PGSQL.5432"));
    shop.configure(&format!(
        "[targets.far]\nmaintenance = \"host=127.0.0.1 port={} dbname=postgres user={} sslmode=disable\"",
        proxy.port(),
        oneroof_pg::testing::SUPERUSER
    ));
    let outcome = shop.run("clone create --from shop --into far").exits(0);
    assert!(
        outcome
            .stdout
            .contains("\nnot checked: whether the server of target `far` has room for about "),
        "{outcome:#?}"
    );
    let list = shop.done("clone list");
    let _ = shop.done(&format!("clone drop {}", text(&list[0], "id")));
    let made = shop.done("clone create --from shop --into far");
    says(&made, "not_checked", &["over the network"]);
    let _ = shop.done(&format!("clone drop {}", text(&made, "id")));
    assert_eq!(inventory(&lab), BEFORE);
    shop.nothing_is_left();
}
