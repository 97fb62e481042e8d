//! The definition digest against `pg_dump --schema-only`: the same database of 1,000 tables with columns,
//! keys, indexes, foreign keys and comments, on the same private server, in one run, in turn.
//!
//! The digest is read by the library over an open connection, and by the whole process `oneroof
//! fingerprint`. Run: `cargo bench -p oneroof --bench definition`. Needs PostgreSQL's programs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use oneroof_pg::catalog;
use oneroof_pg::programs::Program;
use oneroof_pg::testing::{TestDatabase, TestServer, system_binaries};

const TABLES: usize = 1_000;
const PAIRS: usize = 5;
/// What DESIGN asks for.
const SECONDS_MAX: f64 = 2.0;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let server = runtime.block_on(TestServer::shared());
    let database = runtime.block_on(server.database());
    runtime.block_on(fill(&database))?;
    let session = runtime.block_on(database.session());
    let folder = tempfile::tempdir()?;
    let conninfo = database.conninfo().to_keyword_value();
    std::fs::write(
        folder.path().join("oneroof.toml"),
        format!("format = 1\n[targets.bench]\nread = \"{conninfo}\"\n"),
    )?;
    let pg_dump = Program::PgDump
        .in_folder(&system_binaries().folder)
        .ok_or("there is no pg_dump beside the server")?;

    println!("{TABLES} tables; {PAIRS} rounds after one warm-up");
    println!(
        "{:>6} {:>12} {:>14} {:>12} {:>16}",
        "round", "digest", "whole process", "pg_dump", "digest / pg_dump"
    );
    let mut rounds = Vec::new();
    let mut facts = 0;
    for round in 0..=PAIRS {
        let digest = timed(|| {
            let definition = runtime.block_on(catalog::definition(&session))?;
            facts = definition.rows().len();
            let _ = definition.digest();
            Ok(())
        })?;
        let process = timed(|| {
            run(command(Path::new(env!("CARGO_BIN_EXE_oneroof")))
                .current_dir(folder.path())
                .args(["fingerprint", "bench", "--quiet"]))
        })?;
        let dump = timed(|| {
            run(command(&pg_dump)
                .args(["--schema-only", "--no-password"])
                .envs(database.conninfo().program_environment()))
        })?;
        if round == 0 {
            continue;
        }
        let ratio = digest.as_secs_f64() / dump.as_secs_f64();
        println!(
            "{round:>6} {:>9.3} s {:>11} ms {:>9} ms {ratio:>16.2}",
            digest.as_secs_f64(),
            process.as_millis(),
            dump.as_millis()
        );
        rounds.push((digest.as_secs_f64(), ratio));
    }
    runtime.block_on(session.close());
    rounds.sort_by(|one, two| one.0.total_cmp(&two.0));
    let (median, ratio) = rounds[rounds.len() / 2];
    println!(
        "{facts} facts: definition digest {median:.3} s (median; at most {SECONDS_MAX} s is asked for), {ratio:.2} times pg_dump --schema-only"
    );
    Ok(())
}

/// 1,000 tables of 12 columns in 10 schemas, each with a primary key, two indexes, a check, a foreign key
/// to its neighbour, and comments.
async fn fill(database: &TestDatabase) -> Outcome<()> {
    let mut sql = String::new();
    for number in 0..TABLES {
        let schema = number % 10;
        if number < 10 {
            sql.push_str(&format!("create schema s{schema};\n"));
        }
        let columns: String = (1..=8)
            .map(|column| format!(", c{column} text not null default 'x'"))
            .collect();
        sql.push_str(&format!(
            "create table s{schema}.t{number} (
                 id bigint generated always as identity primary key, parent bigint, amount numeric(10,2), at timestamptz
                 {columns}, constraint amount_{number} check (amount > 0));
             create index t{number}_parent on s{schema}.t{number} (parent);
             create unique index t{number}_c1 on s{schema}.t{number} (lower(c1), c2);
             comment on table s{schema}.t{number} is 'table {number}';
             comment on column s{schema}.t{number}.amount is 'how much of {number}';\n"
        ));
        if number >= 10 {
            sql.push_str(&format!(
                "alter table s{schema}.t{number} add constraint parent_{number} foreign key (parent) references s{schema}.t{};\n",
                number - 10
            ));
        }
    }
    let session = database.session().await;
    session.simple(&sql).await?;
    session.simple("vacuum analyze").await?;
    session.close().await;
    Ok(())
}

fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts the programs that it compares"
)]
fn command(program: &Path) -> Command {
    Command::new(program)
}

fn run(command: &mut Command) -> Outcome<()> {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(())
}
