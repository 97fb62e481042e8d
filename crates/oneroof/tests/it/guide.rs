//! The guides that can be followed are followed: their `sh` blocks run with the real binary, in order, and what
//! their `text` blocks show is printed by the block before.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use oneroof_pg::testing::SUPERUSER;

use crate::sandbox::binary;
use crate::world::World;

/// Three schemas of a film rental that nobody prepared: keys, an enum, partitions, views.
const RENTAL: &str = "
    create schema films;
    create type films.rating as enum ('G', 'PG', 'R');
    create table films.film (film_id int primary key, title text not null, rating films.rating default 'G');
    create table films.actor (actor_id int primary key, name text not null);
    create table films.film_actor (
        film_id int references films.film, actor_id int references films.actor, primary key (film_id, actor_id));
    create table films.category (category_id int primary key, name text not null unique);
    create view films.film_list as select f.title, f.rating from films.film f;
    create schema people;
    create table people.address (address_id int primary key, city text);
    create table people.customer (
        customer_id int generated always as identity primary key, address_id int references people.address, email text);
    create table people.staff (staff_id int primary key, address_id int references people.address);
    create schema rentals;
    create table rentals.inventory (inventory_id int primary key, film_id int references films.film);
    create table rentals.rental (
        rental_id bigserial primary key, inventory_id int references rentals.inventory,
        customer_id int references people.customer, rented_at timestamptz not null default now());
    create table rentals.payment (
        payment_id bigint generated always as identity, paid_at date not null, amount numeric(5, 2) not null,
        primary key (payment_id, paid_at)) partition by range (paid_at);
    create table rentals.payment_2025 partition of rentals.payment for values from ('2025-01-01') to ('2026-01-01');
    create table rentals.payment_2026 partition of rentals.payment for values from ('2026-01-01') to ('2027-01-01');
    create materialized view rentals.turnover as select sum(amount) as amount from rentals.payment;
    insert into films.film (film_id, title) select n, 'Film ' || n from generate_series(1, 200) n;
    insert into films.actor select n, 'Actor ' || n from generate_series(1, 40) n;
    insert into films.film_actor select n, 1 + n % 40 from generate_series(1, 200) n;
    insert into people.address select n, 'City ' || n from generate_series(1, 20) n;
    insert into people.customer (address_id) select 1 + n % 20 from generate_series(1, 50) n;
    insert into rentals.inventory select n, n from generate_series(1, 200) n;
    insert into rentals.rental (inventory_id, customer_id) select n, 1 + n % 50 from generate_series(1, 200) n;
    insert into rentals.payment (paid_at, amount) select date '2025-06-01' + n, 2.99 from generate_series(1, 400) n;
    refresh materialized view rentals.turnover;
";

/// A block of a page.
pub(crate) struct Block {
    /// `sh` or `text`.
    pub(crate) kind: String,
    pub(crate) line: usize,
    pub(crate) text: String,
}

pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in (1..).zip(page.lines()) {
        match line.strip_prefix("```") {
            Some(kind) if !open => {
                open = true;
                blocks.push(Block {
                    kind: kind.to_owned(),
                    line: number,
                    text: String::new(),
                });
            }
            Some(_) => open = false,
            None if open => {
                let block = blocks.last_mut().unwrap();
                let _ = writeln!(block.text, "{line}");
            }
            None => {}
        }
    }
    blocks
}

/// Is the line printed? `…` stands for anything.
pub(crate) fn is_printed(wanted: &str, output: &str) -> bool {
    output.lines().any(|line| {
        let mut rest = line;
        let mut parts = wanted.split('…').peekable();
        let mut first = true;
        while let Some(part) = parts.next() {
            let Some(place) = rest.find(part) else {
                return false;
            };
            if first && place != 0 {
                return false;
            }
            rest = &rest[place + part.len()..];
            first = false;
            if parts.peek().is_none() && !part.is_empty() && !rest.is_empty() {
                return false;
            }
        }
        true
    })
}

#[test]
fn any_database_can_be_brought_under_one_roof() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/any-database.md");
    let blocks = blocks(&fs::read_to_string(&page).unwrap());
    let world = World::without_roles();
    world.sql("postgres", "create database rental template template0");
    world.sql("rental", RENTAL);
    let before = world.value("rental", CONTENT);

    let sandbox = &world.sandbox;
    fs::remove_file(sandbox.project().join("oneroof.toml")).unwrap();
    let programs = sandbox.project().join("bin");
    fs::create_dir(&programs).unwrap();
    symlink(binary(), programs.join("oneroof")).unwrap();
    let connection = world.words("rental", SUPERUSER);
    let mut script = String::from("set -euo pipefail\n");
    for word in connection.split(' ') {
        if let Some((name, value)) = word.split_once('=')
            && ["host", "port", "user"].contains(&name)
        {
            let _ = writeln!(script, "export PG{}={value}", name.to_uppercase());
        }
    }
    let _ = writeln!(script, "export PATH={}:$PATH", programs.display());
    for block in blocks.iter().filter(|block| block.kind == "sh") {
        let _ = writeln!(
            script,
            "echo {0} > at\n{{\n{1}}} > out-{0} 2>&1",
            block.line, block.text
        );
    }
    sandbox.write("walk", &script);
    let outcome = sandbox.bash("bash walk");
    let at = sandbox.read("at");
    let at = at.trim();
    assert_eq!(
        outcome.code,
        Some(0),
        "block in line {at}: {}{}",
        std::fs::read_dir(sandbox.project())
            .unwrap()
            .filter_map(|e| {
                let n = e.unwrap().file_name().into_string().unwrap();
                n.starts_with("out-")
                    .then(|| format!("=== {n}\n{}", sandbox.read(&n)))
            })
            .collect::<String>(),
        outcome.stderr
    );

    let mut output = String::new();
    let mut shown = 0;
    for block in &blocks {
        if block.kind == "sh" {
            output = sandbox.read(&format!("out-{}", block.line));
        } else if block.kind == "text" {
            for line in block.text.lines() {
                assert!(
                    is_printed(line, &output),
                    "line {}: `{line}` is not printed:\n{output}",
                    block.line
                );
                shown += 1;
            }
        }
    }
    assert!(shown > 20, "{shown}");
    assert_eq!(world.value("rental", CONTENT), before);
    world.nothing_is_left();
}

/// Tables and rows of the application.
const CONTENT: &str = "select format('%s %s %s',
    (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('films', 'people', 'rentals', 'public')),
    (select count(*) from rentals.payment), (select count(*) from films.film_actor))";

#[test]
fn a_line_is_found_by_its_parts_in_order() {
    let output = "│ films │ GRP-FILMS │ 4 │\ndone: committed, and 2 rows read back\n0\n";
    for found in ["…films…4…", "done: committed, …", "…back", "0", "…"] {
        assert!(is_printed(found, output), "{found}");
    }
    for missing in ["films…", "…4…films…", "done", "…committed", "1"] {
        assert!(!is_printed(missing, output), "{missing}");
    }
}
