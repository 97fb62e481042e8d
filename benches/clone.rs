//! Clones of the reference production against what people do today, each into a fresh private server with the same
//! settings for throw-away data, its start included. `logical` gathers statistics too, its peers do not. `physical`
//! stands beside `cp -r` of the same files, `template` beside the bare statement, `snapshot` and `restore` (with a SHA-256
//! of each file) beside `cp -r` of the kept clone's files. Growth: the same table once, twice and four times as long, less
//! what a clone of an empty database takes.
//!
//! Run: `cargo bench -p oneroof-pg --bench clone`. Needs PostgreSQL's programs; `pgcopydb` is measured where it is
//! installed. `ONEROOF_BENCH_SIZE` is `small`, `full` (218 MB) or `ballast` (1.2 GB, the default),
//! `ONEROOF_BENCH_ROUNDS` 5 by default.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use oneroof_model::TargetClass;
use oneroof_pg::clone::{
    CloneOptions, CloneStrategy, DatabaseClone, RestoreOptions, RolesOfServer, SnapshotStore,
    TakeOptions, TemplateOptions, copy_from_template, default_jobs, make_clone, remove_clone,
    restore_snapshot, take_snapshot,
};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::{
    EphemeralServer, Lifetime, Registry, SearchPlaces, ServerConfig, ServerKind,
};
use oneroof_pg::programs::{Program, ProgramCall, dump_into, run};
use oneroof_pg::testing::{self, SUPERUSER, TestDatabase, TestServer};

const APPLICATION: &str =
    include_str!("../packages/one-roof/fixtures/reference/20_application.sql");
const BALLAST: &str = include_str!("../packages/one-roof/fixtures/reference/50_ballast.sql");
/// Processes of the peers that can use several, and workers of ours.
const JOBS: usize = 2;
/// Rows of the table that grows, about 100 MB with its indexes.
const GROWTH_ROWS: u32 = 300_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(measure())
}

async fn measure() -> Outcome<()> {
    let size = setting("ONEROOF_BENCH_SIZE").unwrap_or_else(|| "ballast".to_owned());
    let rounds: usize = setting("ONEROOF_BENCH_ROUNDS").map_or(Ok(5), |text| text.parse())?;
    let server = source_server().await?;
    let source = filled(&server, &size).await?;
    let bench = Bench {
        folder: tempfile::tempdir()?,
        source,
    };
    println!(
        "{}, {rounds} rounds, {} processors, {JOBS} jobs",
        bench.described().await?,
        default_jobs()
    );

    let mut peers = vec![Peer::DumpPsql, Peer::DumpRestore];
    match pgcopydb() {
        Some(program) => peers.push(Peer::Pgcopydb(program)),
        None => println!("pgcopydb is not installed: not measured"),
    }
    let mut ours = Vec::new();
    let mut theirs: Vec<Vec<f64>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        ours.push(bench.clone(CloneStrategy::Logical).await?);
        for (peer, times) in peers.iter().zip(&mut theirs) {
            times.push(bench.peer(peer).await?);
        }
    }
    let logical = median(&ours);
    println!("{:>28} {logical:>8.2} s", "logical");
    for (peer, times) in peers.iter().zip(&theirs) {
        line(peer.name(), median(times), logical);
    }

    let (mut physical, mut files) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        physical.push(bench.clone(CloneStrategy::Physical).await?);
        files.push(bench.copied_files().await?);
    }
    let physical = median(&physical);
    println!("{:>28} {physical:>8.2} s", "physical");
    line("cp -r", median(&files), physical);

    let (mut template, mut bare) = (Vec::new(), Vec::new());
    let options = CloneOptions {
        lifetime: Lifetime::Kept,
        ..bench.options(CloneStrategy::Logical)
    };
    let kept = make_clone(&bench.source.conninfo(), &options, |_| {}).await?;
    for _ in 0..rounds {
        let begun = Instant::now();
        let copy = copy_from_template(&TemplateOptions {
            source: kept.entry().clone(),
            server: kept.server().clone(),
            clones: options.clones.clone(),
            application_name: "oneroof/bench".to_owned(),
            roles: RolesOfServer::Stay,
        })
        .await?;
        template.push(begun.elapsed().as_secs_f64());
        copy.remove().await?;
        let admin = session(&kept.server_conninfo("postgres")).await?;
        let begun = Instant::now();
        admin
            .simple(&format!(
                "create database bare template \"{}\" strategy file_copy",
                kept.database()
            ))
            .await?;
        bare.push(begun.elapsed().as_secs_f64());
        admin.simple("drop database bare").await?;
        admin.close().await;
    }
    let template = median(&template);
    println!("{:>28} {template:>8.2} s", "template");
    line("create database … template", median(&bare), template);
    bench.snapshots(&kept, rounds).await?;
    kept.remove().await?;
    bench.growth(&server, rounds).await
}

/// How long a peer takes, and how many times as long as we do.
fn line(name: &str, theirs: f64, ours: f64) {
    println!("{name:>28} {theirs:>8.2} s {:>8.2} x", theirs / ours);
}

enum Peer {
    DumpPsql,
    DumpRestore,
    Pgcopydb(PathBuf),
}

impl Peer {
    fn name(&self) -> &'static str {
        match self {
            Self::DumpPsql => "pg_dump | psql",
            Self::DumpRestore => "pg_dump -Fd -j | pg_restore -j",
            Self::Pgcopydb(_) => "pgcopydb clone",
        }
    }
}

struct Bench {
    folder: tempfile::TempDir,
    source: TestDatabase,
}

impl Bench {
    async fn described(&self) -> Outcome<String> {
        let session = self.source.session().await;
        let query = "select pg_size_pretty(pg_database_size(current_database())), current_setting('server_version')";
        let answer = session.simple(query).await?;
        session.close().await;
        let words: Vec<String> = answer.rows.into_iter().flatten().flatten().collect();
        Ok(words.join(", PostgreSQL "))
    }

    fn registry(&self) -> Registry {
        Registry::at(self.folder.path().join("servers"))
    }

    fn options(&self, strategy: CloneStrategy) -> CloneOptions {
        CloneOptions {
            strategy,
            jobs: JOBS,
            binaries: Some(testing::system_binaries().folder),
            ..CloneOptions::new("reference", self.registry(), SearchPlaces::usual(None))
        }
    }

    async fn clone(&self, strategy: CloneStrategy) -> Outcome<f64> {
        let options = self.options(strategy);
        let begun = Instant::now();
        let clone = make_clone(&self.source.conninfo(), &options, |_| {}).await?;
        let seconds = begun.elapsed().as_secs_f64();
        clone.remove().await?;
        Ok(seconds)
    }

    /// A server like those that clones live in, with an empty database.
    async fn target(&self) -> Outcome<(EphemeralServer, ConnInfo)> {
        let mut config = ServerConfig::new(testing::system_binaries(), self.registry());
        config.kind = ServerKind::Clone;
        let server = EphemeralServer::start(config).await?;
        let admin = session(&server.conninfo("postgres", "postgres")).await?;
        admin.simple("create role directus").await?;
        admin
            .simple(&format!("create role {SUPERUSER} superuser login"))
            .await?;
        admin
            .simple("create database copy template template0")
            .await?;
        admin.close().await;
        let conninfo = server.conninfo("copy", SUPERUSER);
        Ok((server, conninfo))
    }

    async fn peer(&self, peer: &Peer) -> Outcome<f64> {
        let source = self.source.conninfo();
        let jobs = format!("--jobs={JOBS}");
        let dump = || {
            call(Program::PgDump)
                .args(["--no-password"])
                .environment(source.program_environment())
        };
        let begun = Instant::now();
        let (server, target) = self.target().await?;
        match peer {
            Peer::DumpPsql => {
                let psql = call(Program::Psql)
                    .args(["-X", "-q", "-v", "ON_ERROR_STOP=1"])
                    .environment(target.program_environment());
                dump_into(dump(), psql, |_| {}).await?;
            }
            Peer::DumpRestore => {
                let folder = self.folder.path().join("dump");
                run(dump()
                    .args(["--format=directory", "--compress=0", &jobs, "--file"])
                    .arg(&folder))
                .await?;
                let restore = call(Program::PgRestore)
                    .args(["--exit-on-error", &jobs, "--dbname=copy"])
                    .arg(&folder)
                    .environment(target.program_environment());
                run(restore).await?;
                std::fs::remove_dir_all(&folder)?;
            }
            Peer::Pgcopydb(program) => {
                let folder = self.folder.path().join("pgcopydb");
                let jobs = JOBS.to_string();
                let copying = ProgramCall::new(program)
                    .args(["clone", "--table-jobs", &jobs, "--index-jobs", &jobs])
                    .args(["--source", &source.to_keyword_value()])
                    .args(["--target", &target.to_keyword_value(), "--dir"])
                    .arg(&folder)
                    .environment([("PGHOST".to_owned(), String::new())]);
                run(copying).await?;
                std::fs::remove_dir_all(&folder)?;
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        server.stop().await?;
        Ok(seconds)
    }

    /// A kept clone put away and taken out again.
    async fn snapshots(&self, kept: &DatabaseClone, rounds: usize) -> Outcome<()> {
        let options = self.options(CloneStrategy::Logical);
        let store = SnapshotStore::at(self.folder.path().join("snapshots"));
        let (mut taken, mut restored, mut files) = (Vec::new(), Vec::new(), Vec::new());
        let mut method = None;
        for _ in 0..rounds {
            let begun = Instant::now();
            let take = TakeOptions {
                clone: kept.entry().clone(),
                server: kept.server().clone(),
                clones: options.clones.clone(),
                servers: options.servers.clone(),
                store: store.clone(),
                name: "bench".to_owned(),
                operator: None,
            };
            method = Some(take_snapshot(&take, &Arc::default()).await?.method);
            taken.push(begun.elapsed().as_secs_f64());
            let begun = Instant::now();
            let restore = RestoreOptions {
                store: store.clone(),
                name: "bench".to_owned(),
                class: TargetClass::Clone,
                clones: options.clones.clone(),
                servers: options.servers.clone(),
                binaries: options.binaries.clone(),
                places: options.places.clone(),
                temp_folder: options.temp_folder.clone(),
                os_user: options.os_user.clone(),
                operator: None,
            };
            let clone = restore_snapshot(&restore, &Arc::default()).await?;
            restored.push(begun.elapsed().as_secs_f64());
            remove_clone(&clone.entry.id, &options.clones, &options.servers).await?;
            store.drop("bench")?;
            files.push(copied(&kept.server().folder.join("data")).await?);
        }
        let taken = median(&taken);
        println!("{:>28} {taken:>8.2} s", "snapshot");
        line("cp -r", median(&files), taken);
        let restored = median(&restored);
        println!("{:>28} {restored:>8.2} s", "restore");
        line("cp -r", median(&files), restored);
        if let Some(method) = method {
            println!("snapshots were made by {method}");
        }
        Ok(())
    }

    /// Does twice the data take twice the time?
    async fn growth(&self, server: &Arc<TestServer>, rounds: usize) -> Outcome<()> {
        let mut medians = Vec::new();
        for times in [0, 1, 2, 4] {
            let source = server.database().await;
            let session = source.session().await;
            session
                .simple(&format!(
                    "create table grown as
                     select g as id, md5(g::text) as key, repeat(md5(g::text), 6) as text
                       from generate_series(1, {times} * {GROWTH_ROWS}) as g;
                     alter table grown add primary key (id);
                     create index on grown (key)"
                ))
                .await?;
            session.simple("vacuum analyze grown").await?;
            session.close().await;
            let mut seconds = Vec::new();
            for _ in 0..rounds {
                let options = self.options(CloneStrategy::Logical);
                let begun = Instant::now();
                let clone = make_clone(&source.conninfo(), &options, |_| {}).await?;
                seconds.push(begun.elapsed().as_secs_f64());
                clone.remove().await?;
            }
            medians.push((times, median(&seconds)));
        }
        let empty = medians.first().map_or(0.0, |(_, seconds)| *seconds);
        let once = medians.get(1).map_or(1.0, |(_, seconds)| seconds - empty);
        for (times, seconds) in &medians {
            let ratio = (seconds - empty) / once;
            println!(
                "{:>26}x {seconds:>8.2} s {ratio:>8.2} x",
                format!("growth {times}")
            );
        }
        Ok(())
    }

    /// The files of the source's server, copied as they are.
    async fn copied_files(&self) -> Outcome<f64> {
        let session = self.source.session().await;
        session.simple("checkpoint").await?;
        session.close().await;
        copied(&self.source.server().server().data_folder()).await
    }
}

/// `cp -r` of a folder.
async fn copied(from: &Path) -> Outcome<f64> {
    let into = from.with_file_name("files");
    let begun = Instant::now();
    let copying = ProgramCall::new("/bin/cp").arg("-r").arg(from).arg(&into);
    run(copying).await?;
    let seconds = begun.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&into)?;
    Ok(seconds)
}

fn call(program: Program) -> ProgramCall {
    let binaries = testing::system_binaries();
    ProgramCall::new(binaries.folder.join(program.file_name()))
}

async fn session(conninfo: &ConnInfo) -> Outcome<oneroof_pg::connect::Session> {
    let options = oneroof_pg::connect::SessionOptions::read_write("oneroof/bench");
    Ok(oneroof_pg::connect::connect(conninfo, &options).await?)
}

/// A source that gives its files too.
async fn source_server() -> Outcome<Arc<TestServer>> {
    let mut config = ServerConfig::new(testing::system_binaries(), testing::registry());
    for (name, value) in [
        ("wal_level", "replica"),
        ("max_wal_senders", "4"),
        ("max_wal_size", "4GB"),
    ] {
        config.settings.push((name.to_owned(), value.to_owned()));
    }
    let server = Arc::new(TestServer::start_with(config).await);
    let rules = server.server().data_folder().join("pg_hba.conf");
    std::fs::write(rules, "local all all trust\nlocal replication all trust\n")?;
    let admin = server.admin().await;
    admin.simple("select pg_reload_conf()").await?;
    admin.simple("create role directus login").await?;
    admin.close().await;
    Ok(server)
}

async fn filled(server: &Arc<TestServer>, size: &str) -> Outcome<TestDatabase> {
    let (rows, ballast) = match size {
        "small" => ("small", "off"),
        "full" => ("full", "off"),
        "ballast" => ("full", "on"),
        other => return Err(format!("ONEROOF_BENCH_SIZE is `{other}`").into()),
    };
    let source = server.database().await;
    let session = source.session().await;
    session
        .simple(&format!(
            "alter database {} owner to directus",
            source.name()
        ))
        .await?;
    for text in [APPLICATION, BALLAST] {
        session.simple("begin").await?;
        session
            .simple(&format!(
                "set local oneroof.fixture_size = '{rows}'; set local oneroof.fixture_ballast = '{ballast}'"
            ))
            .await?;
        session.simple(text).await?;
        session.simple("commit").await?;
    }
    session.simple("vacuum").await?;
    session.close().await;
    Ok(source)
}

fn pgcopydb() -> Option<PathBuf> {
    ["/usr/bin/pgcopydb", "/usr/lib/postgresql/15/bin/pgcopydb"]
        .map(Path::new)
        .into_iter()
        .find(|path| path.is_file())
        .map(Path::to_owned)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark has no binary that reads it"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
