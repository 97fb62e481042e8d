//! The executor against `psql -f` and Sqitch: the same 1,000 small files, on the same private server, in one run.
//!
//! oneroof applies them as one group (one transaction, with limits, checks, effects and a ledger entry for each
//! file), and as 1,000 tiers (a transaction each, its effects measured). psql runs all of them in one call with
//! `--single-transaction`; `sqitch deploy` runs 1,000 changes and keeps its registry, if Sqitch is there. All are
//! timed as whole processes, in turn, and the ratio of each pair is printed.
//!
//! The server's files lie in memory where the machine has such a file system: on some others, making a file takes
//! longer when many were removed a moment before, and that is most of what would be measured.
//!
//! Run: `cargo bench -p oneroof --bench executor`, or with `-- group`, `-- tiers`. Needs PostgreSQL's programs, psql
//! among them.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILES: usize = 1_000;
const PAIRS: usize = 5;
const ROUNDS: usize = 2;
/// The entry of libpq's service file.
const SERVICE: &str = "peer";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let bench = Bench::new()?;
    if is_wanted("group") {
        bench.group()?;
    }
    if is_wanted("tiers") {
        bench.tiers()?;
    }
    bench.end()
}

/// A project with its packages, and a kept clone: that is what `apply` may change without a gate. The others get
/// databases beside it.
struct Bench {
    folder: tempfile::TempDir,
    /// Where the private server's files lie.
    _memory: Option<tempfile::TempDir>,
    script: PathBuf,
    clone: String,
    connection: String,
    /// Its databases end with it.
    _production: oneroof_pg::testing::TestDatabase,
}

impl Bench {
    fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let memory = memory_folder()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let server = runtime.block_on(oneroof_pg::testing::TestServer::shared());
        let production = runtime.block_on(server.database());
        let conninfo = production.conninfo().to_keyword_value();
        write_project(
            folder.path(),
            &conninfo,
            memory.as_ref().map(tempfile::TempDir::path),
        )?;
        write_package(&folder.path().join("packages/nothing"), 0, Some("all"))?;
        write_package(&folder.path().join("packages/group"), FILES, Some("all"))?;
        write_package(&folder.path().join("packages/tiers"), FILES, None)?;
        let script = write_script(folder.path())?;
        for name in ["nothing", "group", "tiers"] {
            run(
                folder.path(),
                &["package", "seal", &format!("packages/{name}")],
            )?;
        }
        run(
            folder.path(),
            &["rehearse", "nothing", "--from", "production", "--keep"],
        )?;
        let listed = run(folder.path(), &["clone", "list", "--json"])?;
        let listed: serde_json::Value = serde_json::from_str(&listed)?;
        let clone = find_clone(&listed).ok_or("the kept clone is not listed")?;
        let text = |name: &str| clone[name].as_str().map(str::to_owned);
        Ok(Self {
            script,
            clone: text("id").ok_or("a clone without id")?,
            connection: text("connection").ok_or("a clone without connection")?,
            folder,
            _memory: memory,
            _production: production,
        })
    }

    fn end(self) -> Outcome<()> {
        run(self.folder.path(), &["clone", "drop", &self.clone])?;
        Ok(())
    }

    /// One transaction against one transaction.
    fn group(&self) -> Outcome<()> {
        let mut ratios = Vec::new();
        println!(
            "{FILES} files, one transaction; whole processes; {PAIRS} pairs after one warm-up"
        );
        println!(
            "{:>6} {:>12} {:>12} {:>8}",
            "pair", "oneroof", "psql", "ratio"
        );
        for pair in 0..=PAIRS {
            let ours = self.applied("group")?;
            let theirs = self.psql_alone()?;
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
        ratios.sort_by(f64::total_cmp);
        println!(
            "ratio oneroof / psql: min {:.2}, median {:.2}, max {:.2} (limits, effects and ledger on)",
            ratios[0],
            ratios[ratios.len() / 2],
            ratios[ratios.len() - 1]
        );
        Ok(())
    }

    /// A transaction for each file.
    fn tiers(&self) -> Outcome<()> {
        println!(
            "{FILES} tiers, each in a transaction of its own with its effects; whole processes, {ROUNDS} rounds"
        );
        for _ in 0..ROUNDS {
            let ours = self.applied("tiers")?;
            let theirs = self.psql_alone()?;
            let added = (ours.as_secs_f64() - theirs.as_secs_f64()) * 1e3 / FILES as f64;
            println!(
                "oneroof {} ms, psql {} ms: {added:.1} ms a tier above psql",
                ours.as_millis(),
                theirs.as_millis()
            );
            match self.sqitch()? {
                None => println!("sqitch: not here"),
                Some(theirs) => println!(
                    "sqitch {} ms: {:.1} times as long as oneroof",
                    theirs.as_millis(),
                    theirs.as_secs_f64() / ours.as_secs_f64()
                ),
            }
        }
        Ok(())
    }

    /// How long oneroof takes; what it did is undone.
    fn applied(&self, package: &str) -> Outcome<Duration> {
        let target = format!("clone:{}", self.clone);
        let verb = |verb: &str| {
            run(
                self.folder.path(),
                &[verb, package, "--target", &target, "--execute", "--quiet"],
            )
        };
        let took = timed(|| verb("apply"))?;
        verb("rollback")?;
        Ok(took)
    }

    /// Runs `work` on a fresh database beside the clone.
    fn beside<T>(&self, work: impl FnOnce(&str) -> Outcome<T>) -> Outcome<T> {
        psql(&self.connection, &["--command", "create database peer"])?;
        let value = work(&with_database(&self.connection, "peer"))?;
        psql(&self.connection, &["--command", "drop database peer"])?;
        Ok(value)
    }

    fn psql_alone(&self) -> Outcome<Duration> {
        let file = self.script.display().to_string();
        self.beside(|peer| timed(|| psql(peer, &["--single-transaction", "--file", &file])))
    }

    fn sqitch(&self) -> Outcome<Option<Duration>> {
        if command("sqitch").arg("--version").output().is_err() {
            return Ok(None);
        }
        let folder = write_sqitch(self.folder.path())?;
        self.beside(|peer| {
            let deploy = || -> Outcome<()> {
                let uri = format!("db:pg:?service={SERVICE}");
                let output = command("sqitch")
                    .args(["deploy", "--no-verify", &uri])
                    .env("PGSERVICEFILE", write_service(&folder, peer)?)
                    .env("SQITCH_FULLNAME", "Bench")
                    .env("SQITCH_EMAIL", "bench@example.org")
                    .current_dir(&folder)
                    .stdin(Stdio::null())
                    .output()?;
                match output.status.success() {
                    true => Ok(()),
                    false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
                }
            };
            timed(deploy).map(Some)
        })
    }
}

/// A folder in memory, where there is such a file system; the server's user must come in.
fn memory_folder() -> Outcome<Option<tempfile::TempDir>> {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(folder) = tempfile::tempdir_in("/dev/shm") else {
        return Ok(None);
    };
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777))?;
    Ok(Some(folder))
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

fn write_project(folder: &Path, conninfo: &str, memory: Option<&Path>) -> Outcome<()> {
    let place = memory.map_or_else(String::new, |memory| {
        format!("[postgres]\nfolder = \"{}\"\n", memory.display())
    });
    let text = format!(
        "format = 1\n{place}[targets.production]\nread = \"{conninfo}\"\nclone = \"{conninfo}\"\napply = \"{conninfo}\"\n"
    );
    Ok(std::fs::write(folder.join("oneroof.toml"), text)?)
}

/// A statement as small releases have them: a table and its comment's worth of columns.
fn statement(number: usize) -> String {
    format!("create table public.bench_{number} (id bigint primary key, body text not null);\n")
}

fn write_package(folder: &Path, files: usize, group: Option<&str>) -> Outcome<()> {
    std::fs::create_dir_all(folder.join("tiers"))?;
    std::fs::create_dir_all(folder.join("rollback"))?;
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut plan = format!("format = 1\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
    let group = group.map_or_else(String::new, |group| format!("group = \"{group}\"\n"));
    for number in 0..files {
        writeln!(
            plan,
            "[[tier]]\nid = \"t{number}\"\n{group}file = \"tiers/{number:04}.sql\"\nrollback = \"rollback/{number:04}.sql\""
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

/// The same files as Sqitch has them: a plan, and a script for each change, which commits by itself.
fn write_sqitch(project: &Path) -> Outcome<PathBuf> {
    let folder = project.join("sqitch");
    std::fs::create_dir_all(folder.join("deploy"))?;
    std::fs::write(folder.join("sqitch.conf"), "[core]\n\tengine = pg\n")?;
    let mut plan = String::from("%syntax-version=1.0.0\n%project=bench\n\n");
    for number in 0..FILES {
        writeln!(
            plan,
            "t{number} 2026-01-01T00:00:00Z Bench <bench@example.org> # {number}"
        )?;
        std::fs::write(
            folder.join(format!("deploy/t{number}.sql")),
            format!("begin;\n{}commit;\n", statement(number)),
        )?;
    }
    std::fs::write(folder.join("sqitch.plan"), plan)?;
    Ok(folder)
}

/// libpq's service file with one entry. Of a word that stands twice the last one counts.
fn write_service(folder: &Path, connection: &str) -> Outcome<PathBuf> {
    let words: std::collections::BTreeMap<&str, &str> = connection
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .collect();
    let mut text = format!("[{SERVICE}]\n");
    for (name, value) in words {
        writeln!(text, "{name}={value}")?;
    }
    let path = folder.join("service.conf");
    std::fs::write(&path, text)?;
    Ok(path)
}
