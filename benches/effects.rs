//! What measuring the effects of a tier costs on a database with 1,000 tables: the same transaction with and
//! without it, each on a connection of its own, in turn. The target is 10 ms a tier. A run opens the connection of
//! the next tier and makes it ready while the present one works; `cold` is what it costs without that.
//!
//! Run: `cargo bench -p oneroof --bench effects`. Needs PostgreSQL's programs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::time::Instant;

use oneroof_pg::testing::TestServer;
use oneroof_pg::{effects, install};

const TABLES: usize = 1_000;
const ROUNDS: usize = 30;

/// What a tier does, and its statements.
const TIERS: [(&str, &str); 4] = [
    (
        "one row",
        "insert into area.t1 (other, name) values (1, 'x')",
    ),
    (
        "a table",
        "create table area.fresh (id int primary key, t1 int references area.t1, name text not null)",
    ),
    (
        "a column",
        "alter table area.t1 add column more text; comment on column area.t1.more is 'more'",
    ),
    (
        "a view and a function",
        "create view area.v as select id from area.t1; create function area.f() returns int language sql as 'select 1'",
    ),
];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = TestServer::shared().await;
        let database = server.database().await;
        let session = database.session().await;
        session
            .simple(&format!(
                "create schema area;
                 do $$ begin for n in 1..{TABLES} loop execute format(
                   'create table area.t%s (id int generated always as identity primary key, other int, name text not null default %L,
                    made_at timestamptz not null default now(), check (other > 0)); create index on area.t%s (name);
                    comment on table area.t%s is %L', n, 'a', n, n, 'a table'); end loop; end $$;
                 analyze"
            ))
            .await?;
        // What an alteration would break for other releases is asked of the ledger.
        install::adopt(&session, &install::AdoptOptions::production()).await?;
        // As the session of the run lock.
        let mut watcher = database.session().await;
        watcher.keep_statements();
        println!("{TABLES} tables, {ROUNDS} rounds");
        println!("{:>22} {:>12} {:>12} {:>12} {:>8} {:>12}", "tier", "alone", "measured", "added", "ratio", "added cold");
        for (name, statements) in TIERS {
            let (mut alone, mut measured, mut added) = (Vec::new(), Vec::new(), Vec::new());
            let mut added_cold = Vec::new();
            for _ in 0..ROUNDS {
                for (with, is_warm) in [(false, true), (true, true), (true, false)] {
                    let mut session = database.session().await;
                    if is_warm {
                        session.keep_statements();
                        effects::warm(&session).await?;
                    }
                    let begun = Instant::now();
                    session.simple("begin").await?;
                    session.simple(statements).await?;
                    let before = begun.elapsed().as_secs_f64() * 1e3;
                    if with {
                        let _ = effects::measure_for_ledger(&session, &watcher).await?;
                        let after = begun.elapsed().as_secs_f64() * 1e3;
                        if is_warm {
                            measured.push(after);
                            added.push(after - before);
                        } else {
                            added_cold.push(after - before);
                        }
                    } else {
                        alone.push(before);
                    }
                    session.simple("rollback").await?;
                    session.close().await;
                }
            }
            let (alone, measured, added) = (median(alone), median(measured), median(added));
            println!(
                "{name:>22} {alone:>9.1} ms {measured:>9.1} ms {added:>9.1} ms {:>8.1} {:>9.1} ms",
                measured / alone,
                median(added_cold)
            );
        }
        session.close().await;
        watcher.close().await;
        Ok(())
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
