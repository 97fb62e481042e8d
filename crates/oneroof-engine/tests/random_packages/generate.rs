//! Writes a random package: tiers of statements over a small shop, each with the one that undoes it.

use std::fmt::Write as _;

/// A package in files.
pub(crate) struct RandomPackage {
    pub(crate) plan: String,
    /// Path and text.
    pub(crate) files: Vec<(String, String)>,
}

/// SplitMix64, so that a seed gives the same package everywhere (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What a package has made so far.
#[derive(Default)]
struct Made {
    tables: Vec<u64>,
    paid_is_renamed: bool,
    paid_is_replaced: bool,
    has_policy: bool,
    code_has_default: bool,
    code_is_commented: bool,
    is_inserted: bool,
    name_is_indexed: bool,
}

/// The package of a seed.
pub(crate) fn generate(seed: u64) -> RandomPackage {
    let mut dice = Dice(seed);
    let mut made = Made::default();
    let mut plan = String::from(
        "format = 1\n\n[package]\nname = \"random\"\nversion = \"1.0.0\"\nsummary = \"random\"\n\
         postgres = \">=14, <19\"\nrun_as = \"app_owner\"\n\n",
    );
    let mut files = Vec::new();
    let tiers = 1 + dice.throw(4);
    let grouped = dice.throw(3) == 0;
    let mut number = seed * 1000;
    for tier in 1..=tiers {
        made.is_inserted = false;
        let (mut sql, mut undo) = (String::new(), Vec::new());
        for _ in 0..=dice.throw(5) {
            number += 1;
            let (forward, backward) = act(&mut dice, &mut made, number);
            let _ = writeln!(sql, "{forward}");
            undo.push(backward);
        }
        undo.reverse();
        let _ = writeln!(
            plan,
            "[[tier]]\nid = \"t{tier}\"\nfile = \"tiers/t{tier}.sql\"\nsummary = \"t{tier}\"\nrollback = \"rollback/t{tier}.sql\""
        );
        if grouped && tier <= 2 {
            plan.push_str("group = \"g\"\n");
        }
        if made.is_inserted {
            let _ = writeln!(
                plan,
                "  [[tier.rows]]\n  table = \"shop.customer\"\n  where = \"made_by = 't{tier}'\""
            );
            sql = sql.replace("{tier}", &format!("t{tier}"));
            for line in &mut undo {
                *line = line.replace("{tier}", &format!("t{tier}"));
            }
        }
        plan.push('\n');
        files.push((format!("tiers/t{tier}.sql"), sql));
        files.push((format!("rollback/t{tier}.sql"), undo.join("\n") + "\n"));
    }
    RandomPackage { plan, files }
}

/// Once for a package: the second throw of the same makes a sequence instead.
fn once(is_done: &mut bool, n: u64, forward: &str, backward: &str) -> (String, String) {
    if std::mem::replace(is_done, true) {
        return (
            format!("create sequence shop.s{n} start {};", n % 100 + 1),
            format!("drop sequence shop.s{n};"),
        );
    }
    (forward.to_owned(), backward.to_owned())
}

/// One statement and what undoes it; `n` is its own number.
fn act(dice: &mut Dice, made: &mut Made, n: u64) -> (String, String) {
    let base = ["shop.customer", "shop.orders"][usize::try_from(dice.throw(2)).unwrap()];
    match dice.throw(24) {
        0 | 1 => {
            made.tables.push(n);
            (
                format!(
                    "create table shop.t{n} (id int generated always as identity primary key, other int references {base}, a text default 'x{n}', b numeric({}, 2) check (b >= 0));",
                    4 + dice.throw(5)
                ),
                format!("drop table shop.t{n};"),
            )
        }
        2 => (
            format!("create index i{n} on shop.orders (amount, note);"),
            format!("drop index shop.i{n};"),
        ),
        3 => (
            format!("alter table {base} add column c{n} int default {n} not null;"),
            format!("alter table {base} drop column c{n};"),
        ),
        4 => (
            format!("alter table shop.orders add constraint k{n} check (amount > -{n}) not valid;"),
            format!("alter table shop.orders drop constraint k{n};"),
        ),
        5 => (
            format!("create view shop.v{n} as select id, {n} as n from {base};"),
            format!("drop view shop.v{n};"),
        ),
        6 => (
            format!(
                "create function shop.f{n}(x int) returns int language sql immutable as 'select x + {n}';"
            ),
            format!("drop function shop.f{n}(int);"),
        ),
        7 => (
            format!("comment on column shop.orders.amount is 'n {n}';"),
            "comment on column shop.orders.amount is 'what it costs';".to_owned(),
        ),
        8 => (
            format!("create type shop.e{n} as enum ('a', 'b{n}');"),
            format!("drop type shop.e{n};"),
        ),
        9 => (
            format!("create domain shop.d{n} as int check (value < {n});"),
            format!("drop domain shop.d{n};"),
        ),
        10 => (
            format!(
                "create materialized view shop.m{n} as select state, count(*) as n from shop.orders group by state;"
            ),
            format!("drop materialized view shop.m{n};"),
        ),
        11 => (
            format!(
                "grant select on {base} to app_read; alter table {base} alter column id set statistics {};",
                n % 100 + 1
            ),
            format!(
                "alter table {base} alter column id set statistics -1; revoke select on {base} from app_read;"
            ),
        ),
        12 => once(
            &mut made.code_has_default,
            n,
            "alter table shop.customer alter column code set default 'none';",
            "alter table shop.customer alter column code drop default;",
        ),
        13 => once(
            &mut made.paid_is_renamed,
            n,
            "alter view shop.paid rename to settled;",
            "alter view shop.settled rename to paid;",
        ),
        14 if !made.paid_is_renamed => once(
            &mut made.paid_is_replaced,
            n,
            "create or replace view shop.paid as select id, note from shop.orders where state = 'paid' and amount > 1;",
            "create or replace view shop.paid as select id, note from shop.orders where state = 'paid';",
        ),
        15 => once(
            &mut made.has_policy,
            n,
            "alter table shop.customer enable row level security; create policy own on shop.customer using (id > 0) with check (true);",
            "drop policy own on shop.customer; alter table shop.customer disable row level security;",
        ),
        16 => (
            format!(
                "create function shop.g{n}() returns trigger language plpgsql as 'begin return new; end'; \
                 create trigger g{n} before insert or update on shop.orders for each row execute function shop.g{n}();"
            ),
            format!("drop trigger g{n} on shop.orders; drop function shop.g{n}();"),
        ),
        17 => once(
            &mut made.code_is_commented,
            n,
            "comment on table shop.customer is 'people'; alter table shop.customer set (fillfactor = 80);",
            "alter table shop.customer reset (fillfactor); comment on table shop.customer is null;",
        ),
        18 => once(
            &mut made.is_inserted,
            n,
            &format!(
                "insert into shop.customer (name, made_by) select 'n' || x, '{{tier}}' from generate_series(1, {}) as x;",
                1 + n % 7
            ),
            "delete from shop.customer where made_by = '{tier}';",
        ),
        19 => {
            let id = 1 + n % 50;
            (
                format!("update shop.orders set note = 'n{n}' where id = {id};"),
                format!("update shop.orders set note = null where id = {id};"),
            )
        }
        20 => once(
            &mut made.name_is_indexed,
            n,
            "alter table shop.customer add constraint name_once unique (name, id); alter table shop.customer alter column name set not null;",
            "alter table shop.customer alter column name drop not null; alter table shop.customer drop constraint name_once;",
        ),
        21 => (
            format!(
                "do $$ begin begin create table shop.never{n} (a int); insert into shop.never{n} values (1); raise exception 'no'; exception when others then null; end; \
                 create table shop.kept{n} (a int); begin comment on table shop.kept{n} is 'in a sub-transaction'; exception when others then null; end; end $$;"
            ),
            format!("drop table shop.kept{n};"),
        ),
        22 | 23 if !made.tables.is_empty() => {
            let place = usize::try_from(dice.throw(made.tables.len() as u64)).unwrap();
            let table = made.tables[place];
            match dice.throw(3) {
                0 => (
                    format!(
                        "insert into shop.t{table} (a, b) select 'r', x from generate_series(1, {}) as x;",
                        1 + n % 9
                    ),
                    String::new(),
                ),
                1 => (
                    format!(
                        "insert into shop.t{table} (b) values (1); update shop.t{table} set a = 'u'; truncate shop.t{table};"
                    ),
                    String::new(),
                ),
                _ => (
                    format!(
                        "create index on shop.t{table} (a); alter table shop.t{table} alter column b type numeric(12, 3);"
                    ),
                    String::new(),
                ),
            }
        }
        _ => once(&mut true, n, "", ""),
    }
}
