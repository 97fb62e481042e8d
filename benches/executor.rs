//! The executor against `psql -f`: the same 1,000 small files, on the same private server, in one run.
//!
//! oneroof applies them as one group (one transaction, with limits, checks and a ledger entry for each
//! file); psql runs all of them in one call with `--single-transaction`. Both are timed as whole processes,
//! in turn, and the ratio of each pair is printed. Run: `cargo bench -p oneroof --bench executor`.
//! Needs PostgreSQL's programs, psql among them.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILES: usize = 1_000;
const PAIRS: usize = 5;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let server = runtime.block_on(oneroof_pg::testing::TestServer::shared());
    let production = runtime.block_on(server.database());
    let conninfo = production.conninfo().to_keyword_value();
    write_project(folder.path(), &conninfo)?;
    write_package(&folder.path().join("packages/nothing"), 0)?;
    write_package(&folder.path().join("packages/thousand"), FILES)?;
    let script = write_script(folder.path())?;
    for name in ["nothing", "thousand"] {
        run(
            folder.path(),
            &["package", "seal", &format!("packages/{name}")],
        )?;
    }

    // A kept clone is what `apply` may change without a gate; psql gets a database beside it.
    run(
        folder.path(),
        &["rehearse", "nothing", "--from", "production", "--keep"],
    )?;
    let listed = run(folder.path(), &["clone", "list", "--json"])?;
    let listed: serde_json::Value = serde_json::from_str(&listed)?;
    let clone = find_clone(&listed).ok_or("the kept clone is not listed")?;
    let id = clone["id"].as_str().ok_or("a clone without id")?.to_owned();
    let connection = clone["connection"]
        .as_str()
        .ok_or("a clone without connection")?
        .to_owned();
    let target = format!("clone:{id}");

    let mut ratios = Vec::new();
    println!("{FILES} files; whole processes; {PAIRS} pairs after one warm-up");
    println!(
        "{:>6} {:>12} {:>12} {:>8}",
        "pair", "oneroof", "psql", "ratio"
    );
    for pair in 0..=PAIRS {
        let ours = timed(|| {
            run(
                folder.path(),
                &[
                    "apply",
                    "thousand",
                    "--target",
                    &target,
                    "--execute",
                    "--quiet",
                ],
            )
        })?;
        run(
            folder.path(),
            &[
                "rollback",
                "thousand",
                "--target",
                &target,
                "--execute",
                "--quiet",
            ],
        )?;
        psql(&connection, &["--command", "create database peer"])?;
        let peer = with_database(&connection, "peer");
        let theirs = timed(|| {
            psql(
                &peer,
                &[
                    "--single-transaction",
                    "--file",
                    &script.display().to_string(),
                ],
            )
        })?;
        psql(&connection, &["--command", "drop database peer"])?;
        if pair == 0 {
            continue;
        }
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!(
            "{pair:>6} {:>10} ms {:>10} ms {ratio:>8.2}",
            ours.as_millis(),
            theirs.as_millis()
        );
        ratios.push(ratio);
    }
    run(folder.path(), &["clone", "drop", &id])?;
    ratios.sort_by(f64::total_cmp);
    println!(
        "ratio oneroof / psql: min {:.2}, median {:.2}, max {:.2} (one group, limits and ledger on)",
        ratios[0],
        ratios[ratios.len() / 2],
        ratios[ratios.len() - 1]
    );
    Ok(())
}

fn find_clone(listed: &serde_json::Value) -> Option<&serde_json::Value> {
    listed
        .as_array()
        .or_else(|| listed["clones"].as_array())?
        .first()
}

/// The same connection string with another database: the last word counts.
fn with_database(connection: &str, database: &str) -> String {
    format!("{connection} dbname={database}")
}

fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts the programs that it compares"
)]
fn command(program: &str) -> Command {
    Command::new(program)
}

fn run(project: &Path, arguments: &[&str]) -> Outcome<String> {
    let output = command(env!("CARGO_BIN_EXE_oneroof"))
        .current_dir(project)
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(format!(
            "oneroof {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn psql(connection: &str, arguments: &[&str]) -> Outcome<()> {
    let output = command("psql")
        .args([
            "--no-psqlrc",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--dbname",
            connection,
        ])
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(format!(
            "psql {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(())
}

fn write_project(folder: &Path, conninfo: &str) -> Outcome<()> {
    let text = format!(
        "format = 1\n[targets.production]\nread = \"{conninfo}\"\nclone = \"{conninfo}\"\napply = \"{conninfo}\"\n"
    );
    Ok(std::fs::write(folder.join("oneroof.toml"), text)?)
}

/// A statement as small releases have them: a table and its comment's worth of columns.
fn statement(number: usize) -> String {
    format!("create table public.bench_{number} (id bigint primary key, body text not null);\n")
}

fn write_package(folder: &Path, files: usize) -> Outcome<()> {
    std::fs::create_dir_all(folder.join("tiers"))?;
    std::fs::create_dir_all(folder.join("rollback"))?;
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut plan = format!("format = 1\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
    for number in 0..files {
        writeln!(
            plan,
            "[[tier]]\nid = \"t{number}\"\ngroup = \"all\"\nfile = \"tiers/{number:04}.sql\"\nrollback = \"rollback/{number:04}.sql\""
        )?;
        std::fs::write(
            folder.join(format!("tiers/{number:04}.sql")),
            statement(number),
        )?;
        std::fs::write(
            folder.join(format!("rollback/{number:04}.sql")),
            format!("drop table public.bench_{number};\n"),
        )?;
    }
    Ok(std::fs::write(folder.join("release.toml"), plan)?)
}

fn write_script(folder: &Path) -> Outcome<PathBuf> {
    let path = folder.join("all.sql");
    std::fs::write(&path, (0..FILES).map(statement).collect::<String>())?;
    Ok(path)
}
