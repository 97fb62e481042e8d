//! Making a clone, whatever the strategy: the private server, its roles, the marked database, and
//! the promise that a failure leaves nothing.

use std::path::PathBuf;
use std::time::Instant;

use chrono::{SecondsFormat, Utc};
use oneroof_model::TargetClass;
use serde::Serialize;

use super::logical;
use super::name::clone_name;
use super::registry::{CloneEntry, CloneFacts, CloneRegistry, CloneRegistryError};
use super::rights::{MissingRight, missing_rights};
use super::snapshot::end_reading;
use super::strategy::CloneStrategy;
use crate::catalog::{
    self, Extension, MissingExtension, RoleStatement, RoleStatementKind, TargetIdentity,
};
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::ephemeral::{
    BinariesError, ClusterLocale, EphemeralServer, Lifetime, LocaleProvider, Registry,
    RegistryError, SearchPlaces, ServerBinaries, ServerConfig, ServerEntry, ServerKind,
    ServerStartError, find,
};
use crate::error::PgError;
use crate::programs::ProgramError;

/// How a clone is made and where it is kept.
#[derive(Debug, Clone)]
pub struct CloneOptions {
    /// How it is copied.
    pub strategy: CloneStrategy,
    /// Clone, golden or scratch; goes into the mark.
    pub class: TargetClass,
    /// Name of the source target, for the mark and the registry.
    pub source_name: String,
    /// Id of the run, for `application_name`.
    pub run: String,
    /// Name of the new database; by default [`clone_name`].
    pub database_name: Option<String>,
    /// Does the clone end with the value and the process, or is it kept?
    pub lifetime: Lifetime,
    /// Registry of servers (`.oneroof/servers`).
    pub servers: Registry,
    /// Registry of clones (`.oneroof/clones`).
    pub clones: CloneRegistry,
    /// Folder of server binaries, if configured.
    pub binaries: Option<PathBuf>,
    /// Where to look for binaries otherwise.
    pub places: SearchPlaces,
    /// In which folder the server's folder is made; short.
    pub temp_folder: PathBuf,
    /// Account under which the server runs if we are root.
    pub os_user: String,
    /// Further server settings.
    pub settings: Vec<(String, String)>,
    /// How many workers copy at the same time.
    pub jobs: usize,
    /// Bytes a second that are read from the source at most.
    pub rate_limit_bytes: Option<u64>,
    /// Bytes of a table's smallest part, if there are workers enough to divide tables.
    pub split_bytes_min: u64,
}

/// Workers by default, whatever the machine has.
const JOBS_MAX: usize = 8;
/// Below this a part of a table is not worth its session.
const SPLIT_BYTES_MIN: u64 = 128 * 1024 * 1024;

/// One worker for each processor, but no more than a source can be asked to bear unasked.
pub fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(JOBS_MAX))
}

impl CloneOptions {
    /// A disposable logical clone that ends with the process; its server in `/tmp`, as account
    /// `postgres` if we are root; registered in `clones` beside the registry of servers.
    pub fn new(source_name: impl Into<String>, servers: Registry, places: SearchPlaces) -> Self {
        Self {
            strategy: CloneStrategy::default(),
            class: TargetClass::Clone,
            source_name: source_name.into(),
            run: "manual".to_owned(),
            database_name: None,
            lifetime: Lifetime::WithProcess,
            clones: CloneRegistry::beside(&servers),
            servers,
            binaries: None,
            places,
            temp_folder: PathBuf::from("/tmp"),
            os_user: "postgres".to_owned(),
            settings: Vec::new(),
            jobs: default_jobs(),
            rate_limit_bytes: None,
            split_bytes_min: SPLIT_BYTES_MIN,
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloneProgress {
    /// The source was read: size of the database on disk.
    Source {
        /// In bytes.
        size_bytes: u64,
    },
    /// The private server runs and has the source's roles.
    Server {
        /// Its id.
        id: String,
    },
    /// Bytes of definitions and rows so far.
    Copying {
        /// In bytes.
        bytes: u64,
        /// About how many there will be, from the size on disk; 0 if that is not known.
        of: u64,
    },
    /// The data is there; statistics are gathered.
    Analyzing,
}

/// What was done, for the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CloneReport {
    /// How it was copied.
    pub strategy: CloneStrategy,
    /// Identity of the source.
    pub source: TargetIdentity,
    /// Identity of the clone.
    pub clone: TargetIdentity,
    /// Bytes of definitions and rows.
    pub bytes: u64,
    /// Duration in milliseconds.
    pub elapsed_ms: u64,
    /// Transactions of ours on the source, those of `pg_dump` apart: read-only, rolled back, and
    /// asked before that whether they got a transaction id.
    pub source_transactions: u64,
    /// Programs that read the source, forced read-only.
    pub source_programs: u64,
    /// Roles that were made.
    pub roles: u64,
    /// Settings of roles or of the database that the clone's server did not take, and why.
    pub settings_refused: Vec<String>,
    /// What leads out of the clone: foreign servers and the like.
    pub doors: Vec<String>,
    /// Other differences between the servers, for example the minor version.
    pub differences: Vec<String>,
}

/// A clone and its server. With [`Lifetime::WithProcess`] dropping it removes both.
#[derive(Debug)]
pub struct DatabaseClone {
    parts: Parts,
    server: ServerEntry,
    entry: CloneEntry,
    report: CloneReport,
}

/// Why no clone was made. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloneError {
    /// The source or the clone's server said no.
    #[error("{action}")]
    Database {
        /// What should have happened.
        action: String,
        /// What the server said.
        #[source]
        source: Box<PgError>,
    },
    /// The clone role may not read everything.
    #[error("read all of `{database}` as `{role}`: {} right(s) are missing, first {}", missing.len(), missing.first().map(ToString::to_string).unwrap_or_default())]
    Rights {
        /// The source database.
        database: String,
        /// The role.
        role: String,
        /// What is missing, with the SQL that gives it.
        missing: Vec<MissingRight>,
    },
    /// No binaries of the source's major.
    #[error("clone a PostgreSQL {major} server with binaries of the same major")]
    Binaries {
        /// The source's major.
        major: u32,
        /// What was looked for and where.
        #[source]
        source: Box<BinariesError>,
    },
    /// `pg_dump` or `pg_restore` does not fit the server.
    #[error("copy a PostgreSQL {major} database: {detail}")]
    Client {
        /// The source's major.
        major: u32,
        /// What is wrong.
        detail: String,
    },
    /// The private server did not start; a missing locale is here, with its install line.
    #[error("start a private server for the clone")]
    Server(#[source] Box<ServerStartError>),
    /// Extensions that the private server cannot have in the same version.
    #[error("install extensions like the source's: {}", extension_list(missing))]
    Extensions {
        /// What is missing.
        missing: Vec<MissingExtension>,
    },
    /// The name of the new database is taken.
    #[error("create database `{name}`: the name is taken")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// `pg_dump` or `pg_restore` failed.
    #[error("copy database `{database}`")]
    Copy {
        /// The source database.
        database: String,
        /// What the program said.
        #[source]
        source: ProgramError,
    },
    /// A table could not be copied.
    #[error("copy table `{table}`: {side}")]
    Table {
        /// The table.
        table: String,
        /// Which half of it failed.
        side: &'static str,
        /// What the server said.
        #[source]
        source: Box<PgError>,
    },
    /// An index or a constraint could not be made on the copy.
    #[error("make on the clone: {statement}")]
    Build {
        /// How its statement begins.
        statement: String,
        /// What the server said.
        #[source]
        source: Box<PgError>,
    },
    /// Somebody is connected to a clone that must be alone for a moment.
    #[error("use clone database `{name}`: others are connected to it: {}", sessions.join(", "))]
    InUse {
        /// The database.
        name: String,
        /// Who, in words.
        sessions: Vec<String>,
    },
    /// The clone could not be registered.
    #[error("register the clone")]
    Registry(#[source] CloneRegistryError),
}

impl CloneError {
    /// What to do next, if we know.
    pub fn hint(&self) -> Option<String> {
        if is_disk_full(self) {
            return Some(
                "a clone takes as much disk as its source; make room, or name a folder on a larger disk: [postgres] folder in oneroof.toml"
                    .to_owned(),
            );
        }
        match self {
            Self::Database { source, .. }
            | Self::Table { source, .. }
            | Self::Build { source, .. } => source.hint(),
            Self::Rights { missing, .. } => {
                let statements: Vec<&str> =
                    missing.iter().map(|right| right.sql.as_str()).collect();
                Some(format!("a DBA runs: {};", statements.join("; ")))
            }
            Self::Binaries { source, .. } => Some(source.hint.clone()),
            Self::Extensions { .. } => Some(
                "install the packages of these extensions in the same version on this machine"
                    .to_owned(),
            ),
            Self::InUse { .. } => Some("end these sessions, then try again".to_owned()),
            Self::NameTaken { .. } => Some("choose another name, or drop the old clone".to_owned()),
            Self::Client { .. } => Some(
                "install the client programs of the source's major beside its server binaries"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// SQLSTATE of a full disk.
const DISK_FULL: &str = "53100";

/// Did the clone's server, or a program on this machine, run out of disk? Programs say so in words.
fn is_disk_full(error: &CloneError) -> bool {
    if let CloneError::Database { source, .. }
    | CloneError::Table { source, .. }
    | CloneError::Build { source, .. } = error
        && source.sqlstate() == Some(DISK_FULL)
    {
        return true;
    }
    let text = crate::error::with_sources(error);
    [
        "No space left on device",
        "could not extend file",
        "File too large",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn extension_list(missing: &[MissingExtension]) -> String {
    let texts: Vec<String> = missing
        .iter()
        .map(|missing| {
            let versions = if missing.available.is_empty() {
                "not available here".to_owned()
            } else {
                format!("available here: {}", missing.available.join(", "))
            };
            format!(
                "`{}` {} ({versions})",
                missing.extension.name, missing.extension.version
            )
        })
        .collect();
    texts.join("; ")
}

/// Copies the database that `source` names into a private server and marks the copy.
///
/// `source` is the clone role's connection: it needs select on everything (what is missing is named
/// with its SQL). Its transactions there are read-only. The clone carries the source's roles without
/// passwords, so that everything that happens to it happens under the same names and rights.
///
/// # Errors
/// [`CloneError`]. On failure, or when the future is dropped, nothing is left.
pub async fn make_clone(
    source: &ConnInfo,
    options: &CloneOptions,
    mut progress: impl FnMut(CloneProgress) + Send,
) -> Result<DatabaseClone, CloneError> {
    let started = Instant::now();
    let plan = Plan::read(source, options).await?;
    progress(CloneProgress::Source {
        size_bytes: plan.size_bytes,
    });

    let mut work = Work::start(&plan, options).await?;
    let result = work.fill(&plan, source, options, &mut progress).await;
    let filled = match result {
        Ok(done) => done,
        Err(error) => {
            work.parts.remove().await;
            return Err(error);
        }
    };
    let mut differences = plan.differences(&filled.identity);
    differences.extend(filled.copied.differences);
    Ok(DatabaseClone {
        server: work.server,
        entry: filled.entry,
        report: CloneReport {
            strategy: options.strategy,
            clone: filled.identity,
            bytes: filled.copied.bytes,
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            source_transactions: SOURCE_TRANSACTIONS + filled.copied.transactions,
            source_programs: filled.copied.programs,
            roles: plan.count_of(RoleStatementKind::Role),
            settings_refused: filled.settings_refused,
            doors: plan.doors,
            differences,
            source: plan.identity,
        },
        parts: work.parts,
    })
}

impl DatabaseClone {
    /// Its id: `clone:<id>` as a target.
    pub fn id(&self) -> &str {
        &self.entry.id
    }

    /// Name of the database.
    pub fn database(&self) -> &str {
        &self.entry.database
    }

    /// Its entry in the registry of clones.
    pub fn entry(&self) -> &CloneEntry {
        &self.entry
    }

    /// What was done.
    pub fn report(&self) -> &CloneReport {
        &self.report
    }

    /// How to reach it as the server's superuser.
    pub fn superuser_conninfo(&self) -> ConnInfo {
        self.conninfo(&self.server.superuser)
    }

    /// How to reach it as any login role of the source; no password is asked on the private socket.
    pub fn conninfo(&self, role: &str) -> ConnInfo {
        self.server.conninfo(&self.entry.database, role)
    }

    /// How to reach another database of its server as the superuser, `postgres` for example.
    pub fn server_conninfo(&self, database: &str) -> ConnInfo {
        self.superuser_conninfo().with_dbname(database)
    }

    /// Entry of the server that holds it, in the registry of servers.
    pub fn server(&self) -> &ServerEntry {
        &self.server
    }

    /// Does it stay when this value is dropped? Only a clone made with [`Lifetime::Kept`] can.
    pub fn set_kept(&mut self, kept: bool) {
        self.parts.kept = kept && self.parts.lifetime == Lifetime::Kept;
    }

    /// Removes the clone: its server with everything in it, and its entry.
    ///
    /// # Errors
    /// [`RegistryError`] if the server does not end or something cannot be removed.
    pub async fn remove(mut self) -> Result<(), RegistryError> {
        self.parts.registered = Some(self.entry.id.clone());
        self.parts.forget();
        match self.parts.server.take() {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }
}

/// What exists of a clone. Removed when dropped, unless it is finished and to be kept.
#[derive(Debug)]
struct Parts {
    server: Option<EphemeralServer>,
    clones: CloneRegistry,
    registered: Option<String>,
    lifetime: Lifetime,
    /// Does it stay when dropped?
    kept: bool,
}

impl Parts {
    async fn remove(mut self) {
        self.forget();
        if let Some(server) = self.server.take() {
            // What made the clone fail is what the caller hears about; a sweep finds the rest.
            let _ = server.stop().await;
        }
    }

    fn forget(&mut self) {
        if let Some(id) = self.registered.take() {
            let _ = self.clones.forget(&id);
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        self.forget();
        if let Some(mut server) = self.server.take() {
            // Blocking, so that nothing is left when the process ends right after (Ctrl-C).
            server.remove_on_drop(true);
        }
    }
}

/// What is known about the source before anything is made.
struct Plan {
    identity: TargetIdentity,
    size_bytes: u64,
    roles: Vec<RoleStatement>,
    extensions: Vec<Extension>,
    doors: Vec<String>,
    binaries: ServerBinaries,
    session: Session,
}

impl Plan {
    async fn read(source: &ConnInfo, options: &CloneOptions) -> Result<Self, CloneError> {
        let session_options = SessionOptions {
            lock_timeout_ms: Some(5_000),
            ..SessionOptions::read_only(format!("oneroof/clone/{}", options.run))
        };
        let session = connect(source, &session_options)
            .await
            .map_err(database("open the source"))?;
        let reading = || database("read the source");
        session
            .simple("begin transaction isolation level repeatable read read only")
            .await
            .map_err(reading())?;

        let missing = missing_rights(&session).await.map_err(reading())?;
        if !missing.is_empty() {
            return Err(CloneError::Rights {
                database: source.dbname().to_owned(),
                role: source.user().to_owned(),
                missing,
            });
        }
        let identity = catalog::identity(&session).await.map_err(reading())?;
        let facts = catalog::database(&session).await.map_err(reading())?;
        let mut doors = Vec::new();
        for row in session
            .query(include_str!("doors.sql"), &[])
            .await
            .map_err(reading())?
        {
            doors.push(
                row.try_get("door")
                    .map_err(PgError::from)
                    .map_err(reading())?,
            );
        }

        let major = identity.major;
        let (setting, places) = (options.binaries.clone(), options.places.clone());
        // Looking for binaries starts `pg_config` and blocks for some milliseconds.
        let binaries =
            tokio::task::spawn_blocking(move || find(setting.as_deref(), Some(major), &places))
                .await
                .map_err(|error| CloneError::Client {
                    major,
                    detail: error.to_string(),
                })?
                .map_err(|source| CloneError::Binaries {
                    major,
                    source: Box::new(source),
                })?;
        let roles = catalog::roles(&session).await.map_err(reading())?;
        let extensions = catalog::extensions(&session).await.map_err(reading())?;
        end_reading(&session).await?;
        Ok(Self {
            roles,
            extensions,
            size_bytes: facts.size_bytes,
            identity,
            doors,
            binaries,
            session,
        })
    }

    fn count_of(&self, kind: RoleStatementKind) -> u64 {
        let count = self.roles.iter().filter(|role| role.kind == kind).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn differences(&self, clone: &TargetIdentity) -> Vec<String> {
        let mut differences = Vec::new();
        if self.identity.server_version != clone.server_version {
            differences.push(format!(
                "server version: {} there, {} here",
                self.identity.server_version, clone.server_version
            ));
        }
        differences.push("timings lack the source's bloat: the copy is freshly written".to_owned());
        differences
    }

    fn server_config(&self, options: &CloneOptions) -> ServerConfig {
        let mut config = ServerConfig::new(self.binaries.clone(), options.servers.clone());
        config.kind = ServerKind::Clone;
        config.superuser = self.identity.bootstrap_superuser.clone();
        config.encoding = self.identity.encoding.clone();
        config.locale = ClusterLocale {
            provider: match self.identity.locale_provider.as_str() {
                "i" => LocaleProvider::Icu,
                "b" => LocaleProvider::Builtin,
                _ => LocaleProvider::Libc,
            },
            collate: self.identity.collate.clone(),
            ctype: self.identity.ctype.clone(),
            provider_locale: self.identity.locale.clone(),
        };
        config.lifetime = options.lifetime;
        config.temp_folder = options.temp_folder.clone();
        config.os_user = options.os_user.clone();
        config.settings = options.settings.clone();
        config
    }
}

/// Transactions of ours that [`make_clone`] takes on the source before it copies, each ended by [`end_reading`].
const SOURCE_TRANSACTIONS: u64 = 2;

/// Nobody else works on the private server while the copy is loaded.
const QUIET: [&str; 2] = [
    "alter system set autovacuum = off",
    "select pg_catalog.pg_reload_conf()",
];
/// From then on it is a server like others.
const LIVELY: [&str; 2] = [
    "alter system reset autovacuum",
    "select pg_catalog.pg_reload_conf()",
];

/// What came out of it.
struct Filled {
    entry: CloneEntry,
    identity: TargetIdentity,
    copied: logical::Copied,
    settings_refused: Vec<String>,
}

/// A clone in the making.
struct Work {
    parts: Parts,
    server: ServerEntry,
}

impl Work {
    async fn start(plan: &Plan, options: &CloneOptions) -> Result<Self, CloneError> {
        let server = EphemeralServer::start(plan.server_config(options))
            .await
            .map_err(|source| CloneError::Server(Box::new(source)))?;
        Ok(Self {
            server: server.entry().clone(),
            parts: Parts {
                server: Some(server),
                clones: options.clones.clone(),
                registered: None,
                lifetime: options.lifetime,
                kept: false,
            },
        })
    }

    async fn fill(
        &mut self,
        plan: &Plan,
        source: &ConnInfo,
        options: &CloneOptions,
        progress: &mut (impl FnMut(CloneProgress) + Send),
    ) -> Result<Filled, CloneError> {
        let now = Utc::now();
        let name = options
            .database_name
            .clone()
            .unwrap_or_else(|| clone_name(&plan.identity.database_name, now, &self.server.id));
        let admin = self.session("postgres").await?;
        for statement in QUIET {
            run(&admin, statement, "prepare the private server").await?;
        }
        let mut settings_refused = copy_roles(&admin, &plan.roles).await?;
        progress(CloneProgress::Server {
            id: self.server.id.clone(),
        });

        let names: Vec<String> = plan
            .extensions
            .iter()
            .map(|extension| extension.name.clone())
            .collect();
        let available = catalog::extensions_available(&admin, &names)
            .await
            .map_err(database("read the extensions of the private server"))?;
        let missing = catalog::missing_extensions(&plan.extensions, &available);
        if !missing.is_empty() {
            return Err(CloneError::Extensions { missing });
        }

        // Closed until it is marked: nobody ever sees a copy that is not known as one.
        let reading = || database("read the source");
        plan.session
            .simple("begin transaction isolation level repeatable read read only")
            .await
            .map_err(reading())?;
        let statements = catalog::database_statements(&plan.session, &name)
            .await
            .map_err(reading())?;
        end_reading(&plan.session).await?;
        create(&admin, &statements.create, &name).await?;
        let entry = CloneEntry::new(CloneFacts {
            id: self.server.id.clone(),
            class: options.class,
            server_id: self.server.id.clone(),
            database: name.clone(),
            database_oid: oid_of(&admin, &name).await?,
            system_identifier: self.server.system_identifier.clone().unwrap_or_default(),
            source: options.source_name.clone(),
            source_identity: plan.identity.digest(),
            created_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        })
        .map_err(|source| {
            CloneError::Registry(CloneRegistryError::Io {
                action: "read",
                path: PathBuf::from("/dev/urandom"),
                source,
            })
        })?;
        catalog::write_mark(&admin, &name, &entry.mark())
            .await
            .map_err(database("mark the clone"))?;
        self.parts.registered = Some(entry.id.clone());
        self.parts
            .clones
            .write(&entry)
            .map_err(CloneError::Registry)?;
        run(&admin, &statements.open, "open the clone").await?;

        let session = self.session(&name).await?;
        for extension in &plan.extensions {
            let is_default = available.iter().any(|known| {
                known.name == extension.name
                    && known.version == extension.version
                    && known.is_default
            });
            if !is_default {
                logical::install_extension(&session, extension).await?;
            }
        }
        let target = self.server.conninfo(&name, &self.server.superuser);
        let copied = match options.strategy {
            CloneStrategy::Logical => {
                logical::copy(source, &target, &plan.binaries, options, |bytes, of| {
                    progress(CloneProgress::Copying { bytes, of });
                })
                .await?
            }
        };
        progress(CloneProgress::Analyzing);
        logical::analyze(&target, options).await?;

        for statement in LIVELY {
            run(&admin, statement, "set up the private server").await?;
        }
        // Last, since a setting of the database could disturb the copy.
        for statement in &statements.settings {
            settings_refused.extend(try_setting(&admin, statement).await?);
        }
        for statement in &statements.acl {
            run(&admin, statement, "grant rights on the clone").await?;
        }
        let identity = catalog::identity(&session)
            .await
            .map_err(database("read the clone"))?;
        session.close().await;
        admin.close().await;
        self.parts.kept = options.lifetime == Lifetime::Kept;
        Ok(Filled {
            entry,
            identity,
            copied,
            settings_refused,
        })
    }

    async fn session(&self, database_name: &str) -> Result<Session, CloneError> {
        let conninfo = self.server.conninfo(database_name, &self.server.superuser);
        connect(&conninfo, &SessionOptions::read_write("oneroof/clone"))
            .await
            .map_err(database("open the private server"))
    }
}

/// Makes the source's roles; gives the settings that were refused.
async fn copy_roles(admin: &Session, roles: &[RoleStatement]) -> Result<Vec<String>, CloneError> {
    let mut refused = Vec::new();
    for role in roles {
        match role.kind {
            RoleStatementKind::Setting => {
                refused.extend(try_setting(admin, &role.statement).await?);
            }
            RoleStatementKind::Role
            | RoleStatementKind::Comment
            | RoleStatementKind::Membership => {
                run(admin, &role.statement, "copy the source's roles").await?;
            }
        }
    }
    Ok(refused)
}

/// A setting that this server does not know or take is a difference, not a failure.
async fn try_setting(admin: &Session, statement: &str) -> Result<Option<String>, CloneError> {
    match admin.simple(statement).await {
        Ok(_) => Ok(None),
        Err(PgError::Server(error)) => Ok(Some(format!("{statement}: {}", error.message))),
        Err(error) => Err(database("copy the source's settings")(error)),
    }
}

pub(super) async fn create(admin: &Session, statement: &str, name: &str) -> Result<(), CloneError> {
    match admin.simple(statement).await {
        Ok(_) => Ok(()),
        Err(error) if error.sqlstate() == Some("42P04") => Err(CloneError::NameTaken {
            name: name.to_owned(),
        }),
        Err(error) => Err(database("create the clone")(error)),
    }
}

pub(super) async fn oid_of(admin: &Session, name: &str) -> Result<u32, CloneError> {
    let reading = || database("read the clone");
    let rows = admin
        .query(include_str!("database_oid.sql"), &[&name])
        .await
        .map_err(reading())?;
    match rows.first() {
        Some(row) => row.try_get("oid").map_err(PgError::from).map_err(reading()),
        None => Err(reading()(PgError::Client {
            detail: format!("database `{name}` is not listed"),
        })),
    }
}

pub(super) async fn run(
    session: &Session,
    statement: &str,
    action: &'static str,
) -> Result<(), CloneError> {
    match session.simple(statement).await {
        Ok(_) => Ok(()),
        Err(error) => Err(database(action)(error)),
    }
}

pub(super) fn database(action: &'static str) -> impl Fn(PgError) -> CloneError {
    move |source| CloneError::Database {
        action: action.to_owned(),
        source: Box::new(source),
    }
}
