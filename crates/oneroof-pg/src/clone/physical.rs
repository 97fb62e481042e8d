//! The physical strategy: the files of the whole server by `pg_basebackup`, started on a socket of their own. Bytes,
//! bloat and indexes are those of the source. Before anybody but us can connect, the copy is renamed, marked, and has a
//! system identifier of its own, so that nothing takes it for its source; nothing of the source's archive, replication
//! or libraries goes on here.

use std::path::Path;
use std::time::Duration;

use super::control_file::set_system_identifier;
use super::error::{CloneError, database};
use super::fill::{Copied, Filled, Work, entry_of, oid_of, run, unregistered};
use super::logical::client;
use super::make::Parts;
use super::manifest;
use super::name::clone_name;
use super::options::{CloneOptions, CloneProgress};
use super::plan::Plan;
use super::rights::MissingRight;
use super::strategy::CloneStrategy;
use crate::catalog;
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::ephemeral::{Rules, ServerSite};
use crate::error::PgError;
use crate::programs::{self, Program, ProgramCall};

/// How often the folder is measured.
const MEASURE_EVERY: Duration = Duration::from_millis(500);
/// What `pg_basebackup` takes as a limit of its rate, in kilobytes a second.
const RATE_KB: std::ops::RangeInclusive<u64> = 32..=1_048_576;

/// What speaks for and against a copy of the files.
#[derive(Debug, Clone)]
pub(super) struct PhysicalFacts {
    pub(super) bytes: u64,
    role: String,
    may_copy: bool,
    senders: i32,
    tablespaces: Vec<String>,
    other_databases: Vec<String>,
    pub(super) unlogged_tables: i64,
}

/// A strategy, and why it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyChoice {
    /// The strategy.
    pub strategy: CloneStrategy,
    /// Why, a fragment.
    pub why: String,
}

/// The fastest strategy that the source allows. On a production that is always the logical one: a physical copy
/// must be asked for.
///
/// # Errors
/// What the server says.
pub async fn choose_strategy(
    session: &Session,
    is_production: bool,
) -> Result<StrategyChoice, PgError> {
    let logical = |why: String| StrategyChoice {
        strategy: CloneStrategy::Logical,
        why,
    };
    if is_production {
        return Ok(logical(
            "a physical copy would make a checkpoint and log on a production, and hold all its databases".to_owned(),
        ));
    }
    let facts = facts(session).await?;
    if let Some(why) = facts.obstacle() {
        return Ok(logical(why));
    }
    if !facts.may_copy {
        return Ok(logical(format!("role {} may not replicate", facts.role)));
    }
    if facts.unlogged_tables > 0 {
        return Ok(logical(
            "unlogged tables would be empty in a physical copy".to_owned(),
        ));
    }
    if !facts.other_databases.is_empty() {
        return Ok(logical(format!(
            "a physical copy would hold {} other database(s)",
            facts.other_databases.len()
        )));
    }
    Ok(StrategyChoice {
        strategy: CloneStrategy::Physical,
        why: "the server has no other database, and its files are copied faster than its rows"
            .to_owned(),
    })
}

/// Asks the source.
pub(super) async fn facts(session: &Session) -> Result<PhysicalFacts, PgError> {
    let rows = session.query(include_str!("physical.sql"), &[]).await?;
    let row = rows.first().ok_or_else(|| PgError::Client {
        detail: "the server says nothing about its files".to_owned(),
    })?;
    let bytes: Option<i64> = row.try_get("bytes")?;
    let tablespaces: Option<Vec<String>> = row.try_get("tablespaces")?;
    Ok(PhysicalFacts {
        bytes: bytes.unwrap_or_default().unsigned_abs(),
        role: row.try_get("role")?,
        may_copy: row
            .try_get::<_, Option<bool>>("may_copy")?
            .unwrap_or_default(),
        senders: row.try_get("senders")?,
        tablespaces: tablespaces.unwrap_or_default(),
        other_databases: row.try_get("other_databases")?,
        unlogged_tables: row.try_get("unlogged_tables")?,
    })
}

impl PhysicalFacts {
    /// Why it cannot be done at all.
    pub(super) fn obstacle(&self) -> Option<String> {
        if self.senders == 0 {
            return Some("the server gives its files to nobody (max_wal_senders = 0)".to_owned());
        }
        (!self.tablespaces.is_empty()).then(|| {
            format!(
                "the server has tablespaces elsewhere: {}",
                self.tablespaces.join(", ")
            )
        })
    }

    pub(super) fn missing_rights(&self) -> Vec<MissingRight> {
        if self.may_copy {
            return Vec::new();
        }
        vec![MissingRight {
            missing: "replication, which copies files".to_owned(),
            sql: format!("alter role {} replication", self.role),
        }]
    }

    fn differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        if !self.other_databases.is_empty() {
            differences.push(format!(
                "the copy holds the whole server; these databases are closed: {}",
                self.other_databases.join(", ")
            ));
        }
        if self.unlogged_tables > 0 {
            differences.push(format!(
                "{} unlogged table(s) are empty: they are in no copy of files",
                self.unlogged_tables
            ));
        }
        differences.push(
            "libraries that the source preloads are not loaded; a checkpoint and log were made there"
                .to_owned(),
        );
        differences
    }
}

/// Copies the files and makes a clone of them. On failure nothing is left.
pub(super) async fn make(
    plan: &Plan,
    source: &ConnInfo,
    options: &CloneOptions,
    progress: &mut (impl FnMut(CloneProgress) + Send),
) -> Result<(Work, Filled), CloneError> {
    let server = |error| CloneError::Server(Box::new(error));
    let mut config = plan.server_config(options);
    let superuser = config.superuser.clone();
    // What follows another server stays behind.
    let quiet = ("max_logical_replication_workers".to_owned(), "0".to_owned());
    config.settings.insert(0, quiet);
    let mut site = ServerSite::prepare(config).map_err(server)?;
    progress(CloneProgress::Server {
        id: site.entry().id.clone(),
    });
    let verifier = manifest::verifier(plan, options).await;
    let list = match &verifier {
        Some(_) => &[][..],
        None => &["--no-manifest"],
    };
    let (bytes, looks) = copy_files(plan, source, options, &site, list, progress).await?;
    let files = match verifier {
        Some(verifier) => Some(manifest::verify(plan, verifier, &site).await?),
        None => None,
    };
    site.take_over(Rules::Only(&superuser)).map_err(server)?;
    site.run().await.map_err(server)?;

    let name = options.database_name.clone().unwrap_or_else(|| {
        clone_name(
            &plan.identity.database_name,
            chrono::Utc::now(),
            &site.entry().id,
        )
    });
    settle(&site, &plan.identity.database_name, &name).await?;
    let admin = session(&site, "template1").await?;
    let database_oid = oid_of(&admin, &name).await?;
    // The registry is written with the identifier that the server will have.
    let identifier = new_identifier(&site.entry().id);
    let mut entry_server = site.entry().clone();
    entry_server.system_identifier = Some(identifier.to_string());
    let entry = entry_of(&entry_server, &name, database_oid, plan, options)?;
    catalog::write_mark(&admin, &name, &entry.mark())
        .await
        .map_err(database("mark the clone"))?;
    admin.close().await;

    site.halt().await.map_err(server)?;
    let data = site.data_folder();
    set_system_identifier(&data, identifier).map_err(CloneError::Identity)?;
    let reset = ProgramCall::new(client(Program::PgResetwal, &plan.binaries, options).await?)
        .arg("-D")
        .arg(&data)
        .in_folder(site.folder())
        .as_user(site.user().cloned());
    programs::run(reset)
        .await
        .map_err(|source| failed(plan, source))?;
    site.take_over(Rules::Everybody).map_err(server)?;
    site.run().await.map_err(server)?;

    let mut parts = Parts {
        clones: options.clones.clone(),
        registered: Some(entry.id.clone()),
        lifetime: options.lifetime,
        kept: false,
        server: None,
    };
    options.clones.write(&entry).map_err(CloneError::Registry)?;
    let admin = session(&site, "template1").await?;
    for row in admin
        .query(include_str!("physical_open.sql"), &[&name])
        .await
        .map_err(database("open the clone"))?
    {
        run(&admin, row.get(0), "open the clone").await?;
    }
    admin.close().await;
    let there = session(&site, &name).await?;
    let identity = catalog::identity(&there)
        .await
        .map_err(database("read the clone"))?;
    there.close().await;
    let server = site.entry().clone();
    parts.server = Some(site.finish());
    parts.keep(true).map_err(unregistered)?;
    let differences = plan.files.as_ref().map(PhysicalFacts::differences);
    Ok((
        Work { parts, server },
        Filled {
            entry,
            identity,
            copied: Copied {
                rows: None,
                files,
                bytes,
                transactions: looks,
                programs: 1,
                differences: differences.unwrap_or_default(),
            },
            settings_refused: Vec::new(),
        },
    ))
}

/// Runs `pg_basebackup` as long as the source bears it; gives the bytes of the folder, and how often it was looked at.
async fn copy_files(
    plan: &Plan,
    source: &ConnInfo,
    options: &CloneOptions,
    site: &ServerSite,
    list: &[&str],
    progress: &mut (impl FnMut(CloneProgress) + Send),
) -> Result<(u64, u64), CloneError> {
    let mut backup =
        ProgramCall::new(client(Program::PgBasebackup, &plan.binaries, options).await?)
            .with_children()
            .args(["--wal-method=stream", "--checkpoint=fast"])
            .args(["--no-sync", "--no-password"])
            .args(list)
            .arg("--pgdata")
            .arg(site.data_folder())
            .environment(source.program_environment())
            .environment([(
                "PGAPPNAME".to_owned(),
                format!("oneroof/clone/{}", options.run),
            )])
            .in_folder(site.folder())
            .as_user(site.user().cloned());
    if let Some(bytes) = options.rate_limit_bytes {
        let kilobytes = (bytes / 1024).clamp(*RATE_KB.start(), *RATE_KB.end());
        backup = backup.arg(format!("--max-rate={kilobytes}"));
    }
    let of = plan.files.as_ref().map_or(0, |files| files.bytes);
    let data = site.data_folder();
    let mut copying = std::pin::pin!(programs::run(backup));
    let mut tick = tokio::time::interval(MEASURE_EVERY);
    let mut looks = 0;
    loop {
        tokio::select! {
            ended = &mut copying => {
                ended.map_err(|source| failed(plan, source))?;
                break;
            }
            _ = tick.tick() => {
                let bytes = measured(&data).await;
                progress(CloneProgress::Copying { bytes, of });
                if options.limits.ask() {
                    options.limits.look_once(&plan.session, source).await?;
                    looks += 1;
                }
            }
        }
    }
    let bytes = measured(&data).await;
    progress(CloneProgress::Copying { bytes, of: bytes });
    Ok((bytes, looks))
}

pub(super) fn failed(plan: &Plan, source: programs::ProgramError) -> CloneError {
    CloneError::Copy {
        database: plan.identity.database_name.clone(),
        source,
    }
}

/// Bytes of all files below a folder, as far as they can be seen.
async fn measured(folder: &Path) -> u64 {
    let folder = folder.to_owned();
    let measuring = tokio::task::spawn_blocking(move || folder_bytes(&folder));
    measuring.await.unwrap_or_default()
}

fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => folder_bytes(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// Takes from the copied server what belongs to its source: passwords, subscriptions, the name, open databases.
async fn settle(site: &ServerSite, source_name: &str, name: &str) -> Result<(), CloneError> {
    let settling = "make a clone of the copied server";
    let inside = session(site, source_name).await?;
    for row in inside
        .query(include_str!("subscriptions.sql"), &[])
        .await
        .map_err(database(settling))?
    {
        run(&inside, row.get(0), settling).await?;
    }
    inside.close().await;
    let admin = session(site, "template1").await?;
    for row in admin
        .query(include_str!("physical_settle.sql"), &[&source_name, &name])
        .await
        .map_err(database(settling))?
    {
        run(&admin, row.get(0), settling).await?;
    }
    admin.close().await;
    Ok(())
}

async fn session(site: &ServerSite, database_name: &str) -> Result<Session, CloneError> {
    let conninfo = site
        .entry()
        .conninfo(database_name, &site.entry().superuser);
    connect(&conninfo, &SessionOptions::read_write("oneroof/clone"))
        .await
        .map_err(database("open the private server"))
}

/// An identifier made as PostgreSQL makes one, of the time and something that nobody else has.
pub(super) fn new_identifier(server_id: &str) -> u64 {
    let seconds = u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default();
    let own = u64::from_str_radix(server_id, 16).unwrap_or_default();
    (seconds << 32) | (own & u64::from(u32::MAX))
}
