//! The logical strategy: definitions by `pg_dump` and `pg_restore`, rows by parallel streams from one snapshot, then
//! indexes and constraints in parallel. No file is written but the copy's own.
//!
//! What `pg_restore` alone would do one after the other is divided by the archive's table of contents; without one that
//! we understand it does everything after the rows itself.

use std::collections::HashMap;
use std::mem::take;
use std::sync::{Arc, PoisonError};

use super::archive::{Archive, Entry};
use super::bearing::CloneLimits;
use super::error::{CloneError, database};
use super::fill::{Copied, run};
use super::load::{Load, compresses_fast, loading};
use super::options::CloneOptions;
use super::queue::{Build, Queue};
use super::snapshot::{IndexFacts, Snapshot, Split, leave_out};
use super::stream::Flow;
use crate::catalog::Extension;
use crate::connect::Session;
use crate::conninfo::ConnInfo;
use crate::ephemeral::{ServerBinaries, find_client};
use crate::programs::{Program, ProgramCall, ProgramError, capture, dump_into, feed};

/// With fewer workers than this the parts of a table would only wait for each other.
const SPLIT_FROM_JOBS: usize = 3;

/// What a copy of rows does to kept results of queries.
const FILLED_ANEW: &str = "materialized views were filled anew, with what their queries give at the moment that was copied";

/// Copies everything: owners, grants, comments and large objects included; subscriptions and tablespaces not.
/// `progress` hears bytes so far, and about how many there will be.
pub(super) async fn copy(
    source: &ConnInfo,
    target: &ConnInfo,
    binaries: &ServerBinaries,
    options: &CloneOptions,
    mut progress: impl FnMut(u64, u64) + Send,
) -> Result<Copied, CloneError> {
    let programs = Programs::find(source, target, binaries, options).await?;
    let application_name = application_name(options);
    let snapshot = Snapshot::open(source, &application_name).await?;
    let dump = programs
        .dump(snapshot.id())
        .args(["--section=pre-data", "--section=post-data"]);
    let limits = options.limits;
    let captured = async { Ok(capture(dump, options.definitions_bytes_max).await) };
    let archive = match limits.during(&snapshot, captured).await? {
        Ok(Some(bytes)) => bytes,
        Ok(None) if !options.left_out.is_empty() => {
            return Err(CloneError::Client {
                major: binaries.major,
                detail: "its definitions are too many for a clone without the rows of some tables"
                    .to_owned(),
            });
        }
        Ok(None) => return programs.in_one_pipe(snapshot, limits, progress).await,
        Err(error) => return Err(programs.failed(error)),
    };
    let definitions_bytes = u64::try_from(archive.len()).unwrap_or(u64::MAX);
    let definitions = programs.restore("--section=pre-data", &archive);
    limits.during(&snapshot, definitions).await?;

    let mut parts = snapshot.tables(split(options), &options.masks).await?;
    leave_out(&mut parts, &options.left_out);
    let total = definitions_bytes + parts.iter().map(|part| part.bytes).sum::<u64>();
    let facts = snapshot.indexes().await?;
    let has_large_objects = snapshot.has_large_objects().await?;
    let has_filled_views = snapshot.has_filled_views().await?;
    if has_large_objects {
        let large_objects = programs.large_objects(snapshot.id());
        limits.during(&snapshot, large_objects).await?;
    }
    let session = loading(target, &application_name).await?;
    for statement in snapshot.sequences().await? {
        run(&session, &statement, "set the sequences of the clone").await?;
    }
    let ours = Ours::of(archive, &facts);

    let load = Load {
        door: Some(snapshot.door()),
        target: target.clone(),
        flow: Arc::new(Flow::new(options.rate_limit_bytes)),
        application_name,
        jobs: options.jobs,
        limits: options.limits,
        copied: options.tally_rows.then(Default::default),
    };
    let mut snapshot = Some(snapshot);
    let mut tell = |bytes| progress(definitions_bytes + bytes, total);
    let rows_and_indexes = Queue::new(parts, ours.indexes);
    let transactions = load.run(rows_and_indexes, &mut snapshot, &mut tell).await?;
    let foreign_keys = Queue::new(Vec::new(), ours.foreign_keys);
    let after = Load::without_rows(target, &load.application_name, options.jobs);
    after.run(foreign_keys, &mut None, &mut |_| {}).await?;
    programs.restore("--section=post-data", &ours.rest).await?;
    if let Some(archive) = &ours.event_triggers {
        programs.restore("--section=post-data", archive).await?;
    }

    let mut differences = Vec::new();
    if compresses_fast(&session)
        .await
        .map_err(database("read the clone"))?
    {
        differences.push("large values were compressed with lz4 as they were copied".to_owned());
    }
    if has_filled_views {
        differences.push(FILLED_ANEW.to_owned());
    }
    session.close().await;
    let bytes = definitions_bytes + load.flow.bytes();
    progress(bytes, bytes);
    let rows = load.copied.map(|copied| {
        let mut copied = copied.lock().unwrap_or_else(PoisonError::into_inner);
        take(&mut *copied)
    });
    Ok(Copied {
        rows,
        bytes,
        transactions,
        programs: 1 + u64::from(has_large_objects),
        differences,
        ..Copied::default()
    })
}

/// How tables are divided among the workers.
fn split(options: &CloneOptions) -> Split {
    let parts_max = if options.jobs < SPLIT_FROM_JOBS {
        1
    } else {
        2 * options.jobs
    };
    Split {
        parts_max: i64::try_from(parts_max).unwrap_or(i64::MAX),
        bytes_min: i64::try_from(options.split_bytes_min).unwrap_or(i64::MAX),
    }
}

/// What we make ourselves, and the archive of the rest.
struct Ours {
    indexes: Vec<Build>,
    foreign_keys: Vec<Build>,
    rest: Vec<u8>,
    event_triggers: Option<Vec<u8>>,
}

impl Ours {
    fn of(archive: Vec<u8>, facts: &HashMap<u32, IndexFacts>) -> Self {
        let archive = match Archive::read(archive) {
            Ok(archive) => archive,
            Err(rest) => {
                return Self {
                    indexes: Vec::new(),
                    foreign_keys: Vec::new(),
                    rest,
                    event_triggers: None,
                };
            }
        };
        let is_known = |entry: &Entry| facts.contains_key(&entry.oid);
        let indexes = archive.makeable(&[], |entry| {
            matches!(entry.kind.as_str(), "INDEX" | "CONSTRAINT") && is_known(entry)
        });
        let foreign_keys = archive.makeable(&indexes, |entry| {
            entry.kind == "FK CONSTRAINT" && is_known(entry)
        });
        let made: Vec<Entry> = indexes.iter().chain(&foreign_keys).cloned().collect();
        let builds = |entries: Vec<Entry>| {
            let build = |entry: Entry| {
                let facts = facts.get(&entry.oid)?;
                Some(Build {
                    tables: [Some(facts.table_oid), facts.other_table_oid]
                        .into_iter()
                        .flatten()
                        .collect(),
                    is_alone: entry.kind != "INDEX",
                    bytes: facts.bytes,
                    statements: entry.definition,
                })
            };
            entries.into_iter().filter_map(build).collect()
        };
        let (rest, event_triggers) = archive.without(&made);
        Self {
            rest,
            event_triggers,
            indexes: builds(indexes),
            foreign_keys: builds(foreign_keys),
        }
    }
}

/// The programs of PostgreSQL that read the source and fill the copy.
struct Programs {
    dump: ProgramCall,
    restore: ProgramCall,
    database: String,
}

impl Programs {
    async fn find(
        source: &ConnInfo,
        target: &ConnInfo,
        binaries: &ServerBinaries,
        options: &CloneOptions,
    ) -> Result<Self, CloneError> {
        let name = [("PGAPPNAME".to_owned(), application_name(options))];
        let from = source.with_options("-c default_transaction_read_only=on");
        let dump = ProgramCall::new(client(Program::PgDump, binaries, options).await?)
            .args(["--format=custom", "--compress=0", "--no-password"])
            .args([
                "--no-subscriptions",
                "--no-tablespaces",
                "--lock-wait-timeout=5000",
            ])
            .environment(from.program_environment())
            .environment(name.clone());
        let restore = ProgramCall::new(client(Program::PgRestore, binaries, options).await?)
            .args(["--exit-on-error", "--no-password", "--no-tablespaces"])
            .arg(format!("--dbname=dbname={}", quoted(target.dbname())))
            .environment(target.program_environment())
            .environment(name);
        Ok(Self {
            dump,
            restore,
            database: source.dbname().to_owned(),
        })
    }

    /// `pg_dump` at this snapshot.
    fn dump(&self, snapshot: &str) -> ProgramCall {
        self.dump.clone().arg(format!("--snapshot={snapshot}"))
    }

    async fn restore(&self, section: &str, archive: &[u8]) -> Result<(), CloneError> {
        let call = self.restore.clone().arg(section);
        match feed(call, archive).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Large objects, by a dump that leaves out all rows of tables.
    async fn large_objects(&self, snapshot: &str) -> Result<(), CloneError> {
        let dump =
            self.dump(snapshot)
                .args(["--section=data", "--blobs", "--exclude-table-data=*.*"]);
        let restore = self.restore.clone().arg("--section=data");
        match dump_into(dump, restore, |_| {}).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Everything through one pipe, one after the other: for a database with too many definitions to keep.
    async fn in_one_pipe(
        &self,
        snapshot: Snapshot,
        limits: CloneLimits,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Copied, CloneError> {
        let has_filled_views = snapshot.has_filled_views().await?;
        let dump = self.dump(snapshot.id());
        let piped = async {
            dump_into(dump, self.restore.clone(), |bytes| progress(bytes, 0))
                .await
                .map_err(|error| self.failed(error))
        };
        let outcome = limits.during(&snapshot, piped).await?;
        snapshot.end().await?;
        Ok(Copied {
            bytes: outcome.bytes,
            transactions: 1,
            programs: 2, // the first one was ended
            differences: has_filled_views
                .then(|| FILLED_ANEW.to_owned())
                .into_iter()
                .collect(),
            ..Copied::default()
        })
    }

    fn failed(&self, source: ProgramError) -> CloneError {
        CloneError::Copy {
            database: self.database.clone(),
            source,
        }
    }
}

pub(super) fn application_name(options: &CloneOptions) -> String {
    format!("oneroof/clone/{}", options.run)
}

/// Installs an extension in the source's version where the private server would take another one.
/// The schema must be there already: those that the dump makes itself cannot be used.
pub(super) async fn install_extension(
    session: &Session,
    extension: &Extension,
) -> Result<(), CloneError> {
    let installing = || database("install an extension in the source's version");
    let rows = session
        .query(
            include_str!("create_extension.sql"),
            &[&extension.name, &extension.version, &extension.schema],
        )
        .await
        .map_err(installing())?;
    for row in rows {
        let statement: String = row
            .try_get("create_extension")
            .map_err(crate::error::PgError::from)
            .map_err(installing())?;
        run(
            session,
            &statement,
            "install an extension in the source's version",
        )
        .await?;
    }
    Ok(())
}

/// The client program beside the server binaries, or another one that fits: never older than the
/// source, and since 17 not newer, because its `set transaction_timeout` fails on older servers.
pub(super) async fn client(
    program: Program,
    binaries: &ServerBinaries,
    options: &CloneOptions,
) -> Result<std::path::PathBuf, CloneError> {
    let beside = match program {
        Program::PgDump => binaries.pg_dump.clone(),
        Program::PgRestore => binaries.pg_restore.clone(),
        other => other.in_folder(&binaries.folder),
    };
    if let Some(beside) = beside {
        return Ok(beside);
    }
    let (major, places) = (binaries.major, options.places.clone());
    let found =
        tokio::task::spawn_blocking(move || find_client(program, major, None, &places)).await;
    let refused = |detail: String| CloneError::Client { major, detail };
    let path = found
        .map_err(|error| refused(error.to_string()))?
        .map_err(|error| refused(error.to_string()))?;
    let answer = crate::programs::answer_of(&path, "--version").unwrap_or_default();
    let client_major: u32 = answer
        .split_whitespace()
        .find_map(|word| word.split('.').next()?.parse().ok())
        .unwrap_or(0);
    if client_major >= 17 && major < 17 {
        return Err(refused(format!(
            "`{}` is of major {client_major}, whose output servers before 17 refuse",
            path.display()
        )));
    }
    Ok(path)
}

/// A value in a `key=value` connection string.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Gathers the statistics of the copy, several tables at the same time.
pub(super) async fn analyze(target: &ConnInfo, options: &CloneOptions) -> Result<(), CloneError> {
    let gathering = || database("gather statistics of the clone");
    let name = application_name(options);
    let session = loading(target, &name).await?;
    let mut builds = Vec::new();
    for row in session
        .query(include_str!("analyze.sql"), &[])
        .await
        .map_err(gathering())?
    {
        let read = |row: &tokio_postgres::Row| {
            let bytes: i64 = row.try_get("bytes")?;
            Ok(Build {
                tables: Vec::new(),
                is_alone: false,
                bytes: bytes.unsigned_abs(),
                statements: row.try_get("statement")?,
            })
        };
        builds.push(read(&row).map_err(|error: crate::error::PgError| gathering()(error))?);
    }
    session.close().await;
    let load = Load::without_rows(target, &name, options.jobs);
    let queue = Queue::new(Vec::new(), builds);
    load.run(queue, &mut None, &mut |_| {}).await?;
    Ok(())
}
