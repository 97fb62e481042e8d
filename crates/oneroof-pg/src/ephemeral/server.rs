//! One throw-away server: made, started, stopped, removed.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::folder::{ServerFolder, new_id};
use super::postmaster::{ORDERLY_LIMIT, Postmaster};
use super::registry::{Registry, RegistryError, ServerEntry};
use super::{ServerBinaries, folder};
use crate::accounts;
use crate::child::{self, Belongs, Bond};
use crate::connect::{SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::PgError;
use crate::programs::{self, OsUser, Program, ProgramCall, ProgramError};

/// How long a start may take; crash recovery of a kept server needs the most.
const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// How often `Drop` tries to remove the folder.
const DROP_ATTEMPTS: u32 = 40;
/// A database that every cluster has; somebody may have dropped `postgres`.
const FIRST_DATABASE: &str = "template1";
/// Lines of the log that an error shows.
const LOG_TAIL_LINES: usize = 20;

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerKind {
    /// Holds a demo, a fixture or a test.
    Embedded,
    /// Holds a copy of a target.
    Clone,
}

/// How long a server lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// As long as the value and the process, however the process ends.
    WithProcess,
    /// Until it is stopped or removed; it outlives the process.
    Kept,
}

/// Where collation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocaleProvider {
    /// The operating system's C library.
    Libc,
    /// The ICU library (15 and newer).
    Icu,
    /// PostgreSQL itself (17 and newer).
    Builtin,
}

/// Locale of the cluster's template databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterLocale {
    /// Where collation comes from.
    pub provider: LocaleProvider,
    /// `lc_collate` of the C library, for example `C` or `de_DE.UTF-8`.
    pub collate: String,
    /// `lc_ctype` of the C library.
    pub ctype: String,
    /// Name for ICU or the built-in provider, for example `de-DE` or `C.UTF-8`.
    pub provider_locale: Option<String>,
}

impl Default for ClusterLocale {
    /// `C` of the C library: everywhere the same.
    fn default() -> Self {
        Self {
            provider: LocaleProvider::Libc,
            collate: "C".to_owned(),
            ctype: "C".to_owned(),
            provider_locale: None,
        }
    }
}

/// What to start.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// What it is for.
    pub kind: ServerKind,
    /// Its programs.
    pub binaries: ServerBinaries,
    /// Name of its superuser.
    pub superuser: String,
    /// Encoding of the template databases.
    pub encoding: String,
    /// Locale of the template databases.
    pub locale: ClusterLocale,
    /// Listens on 127.0.0.1 on this port too, for roles with a password (SCRAM). On the private
    /// socket everybody who can enter the folder is trusted, on TCP nobody is.
    pub tcp: Option<u16>,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// Where it is registered (`.oneroof/servers`).
    pub registry: Registry,
    /// In which folder its own folder is made. Short: a socket's path has 107 bytes at most.
    pub temp_folder: PathBuf,
    /// Account under which it runs if we are root, which PostgreSQL refuses to be.
    pub os_user: String,
    /// Further settings for `postgresql.conf`; they win over ours.
    pub settings: Vec<(String, String)>,
}

impl ServerConfig {
    /// An embedded server that ends with the process: superuser `postgres`, UTF8, locale `C`, no
    /// TCP, in `/tmp`, as account `postgres`.
    pub fn new(binaries: ServerBinaries, registry: Registry) -> Self {
        Self {
            kind: ServerKind::Embedded,
            binaries,
            superuser: "postgres".to_owned(),
            encoding: "UTF8".to_owned(),
            locale: ClusterLocale::default(),
            tcp: None,
            lifetime: Lifetime::WithProcess,
            registry,
            temp_folder: PathBuf::from("/tmp"),
            os_user: "postgres".to_owned(),
            settings: Vec::new(),
        }
    }
}

/// Why a server did not start. What had been made was removed again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerStartError {
    /// The socket's path would be too long for the kernel.
    #[error("make a socket in `{}`: its path would have {bytes} bytes, 107 are possible; choose a shorter folder", folder.display())]
    SocketPath {
        /// The folder for temporary folders.
        folder: PathBuf,
        /// Length of the path.
        bytes: usize,
    },
    /// We are root, PostgreSQL refuses root, and the other account does not exist.
    #[error(
        "run PostgreSQL as `{name}`: there is no such account, and PostgreSQL refuses to run as root; create it (`useradd --system {name}`) or name another one"
    )]
    NoAccount {
        /// The account.
        name: String,
    },
    /// The provider is not in this major.
    #[error(
        "use the locale provider `{provider}` with PostgreSQL {major}: it needs {needs} or newer"
    )]
    LocaleProvider {
        /// As initdb calls it.
        provider: &'static str,
        /// The server's major.
        major: u32,
        /// The first major that has it.
        needs: u32,
    },
    /// The operating system does not have the locale.
    #[error(
        "make a cluster with locale `{locale}`: this system does not have it (Debian: add it to `/etc/locale.gen` and run `locale-gen`)"
    )]
    LocaleMissing {
        /// The locale.
        locale: String,
        /// What initdb said.
        #[source]
        source: ProgramError,
    },
    /// We are root, and the account that servers run as cannot enter the folder of the binaries.
    #[error(
        "run `{}` as `{user}`: that account may not; PostgreSQL refuses to run as root, so put the server binaries into a folder that `{user}` can enter (not below `/root`)",
        program.display()
    )]
    OutOfReach {
        /// The program.
        program: PathBuf,
        /// The account.
        user: String,
    },
    /// `initdb` failed.
    #[error("make a cluster")]
    Initdb(#[source] ProgramError),
    /// The server ended, or did not accept connections in time.
    #[error("start the server: {detail}{}", log_text(log))]
    Start {
        /// What happened.
        detail: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// The server runs and does not let us in.
    #[error("sign in to the new server")]
    SignIn(#[source] Box<PgError>),
    /// A file or folder could not be made.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What should have happened to it.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The registry could not be written.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

fn log_text(log: &[String]) -> String {
    let mut text = String::new();
    for line in log {
        let _ = write!(text, "\n  {line}");
    }
    text
}

/// A running throw-away server.
///
/// With [`Lifetime::WithProcess`] dropping it stops the server and removes its folder and entry;
/// this blocks for some 50 milliseconds, 20 seconds at the very most. [`EphemeralServer::stop`]
/// does not block.
#[derive(Debug)]
pub struct EphemeralServer {
    entry: ServerEntry,
    registry: Registry,
    folder: ServerFolder,
    child: Option<Child>,
    lifetime: Lifetime,
    /// Still to be removed by `Drop`.
    armed: bool,
}

impl EphemeralServer {
    /// Makes a cluster in a folder of its own, starts it with settings for throw-away data (no
    /// fsync: a crash of the machine loses it), and waits until it accepts connections.
    ///
    /// # Errors
    /// [`ServerStartError`]. A failed or dropped start leaves nothing behind.
    pub async fn start(config: ServerConfig) -> Result<Self, ServerStartError> {
        let is_kept = config.lifetime == Lifetime::Kept;
        let mut server = Self::start_for_now(config).await?;
        if is_kept {
            server.register_kept(true)?;
        }
        Ok(server)
    }

    /// The same for a server that only becomes what it is for: even one that is to be kept is swept up if we are
    /// killed before [`EphemeralServer::register_kept`].
    ///
    /// # Errors
    /// As [`EphemeralServer::start`].
    pub(crate) async fn start_for_now(config: ServerConfig) -> Result<Self, ServerStartError> {
        check_locale(&config)?;
        let mut site = ServerSite::prepare(config)?;
        let server = &site.server;
        initdb(&site.config, &server.folder, site.user.as_ref()).await?;
        configure(&site.config, &server.folder, Rules::Everybody)?;
        site.run().await?;
        Ok(site.finish())
    }

    /// Its id in the registry.
    pub fn id(&self) -> &str {
        &self.entry.id
    }

    /// Its entry in the registry.
    pub fn entry(&self) -> &ServerEntry {
        &self.entry
    }

    /// Process id of its postmaster.
    pub fn pid(&self) -> Option<u32> {
        self.entry.pid
    }

    /// Its folder: `data`, `socket`, `log`.
    pub fn folder(&self) -> &Path {
        &self.folder.root
    }

    /// Its data folder.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.data()
    }

    /// How to reach a database of it, by its private socket, without a password.
    pub fn conninfo(&self, dbname: &str, user: &str) -> ConnInfo {
        self.entry.conninfo(dbname, user)
    }

    /// Is its postmaster there? Asks the operating system, not the entry.
    pub fn is_running(&self) -> bool {
        Postmaster::of(&self.folder.data()).is_some()
    }

    /// The last lines of its log.
    pub fn log_tail(&self, lines: usize) -> Vec<String> {
        self.folder.log_tail(lines)
    }

    /// Is it removed when this value is dropped? At first [`Lifetime::WithProcess`] is and
    /// [`Lifetime::Kept`] is not. A server that was started as kept can so wait for its verdict.
    pub fn remove_on_drop(&mut self, remove: bool) {
        self.lifetime = if remove {
            Lifetime::WithProcess
        } else {
            Lifetime::Kept
        };
    }

    /// Says in the registry whether it may outlive us.
    ///
    /// # Errors
    /// The entry cannot be written.
    pub fn register_kept(&mut self, kept: bool) -> Result<(), RegistryError> {
        self.entry.kept = kept;
        self.registry.write(&self.entry)
    }

    /// Stops it, orderly at first, and removes its folder and entry.
    ///
    /// # Errors
    /// [`RegistryError`] if it does not end or something cannot be removed.
    pub async fn stop(mut self) -> Result<(), RegistryError> {
        self.armed = false;
        let mut child = self.child.take();
        let (registry, entry) = (self.registry.clone(), self.entry.clone());
        let done = tokio::task::spawn_blocking(move || {
            if let Some(child) = &mut child {
                end(child, true);
            }
            registry.remove_now(&entry, true).map(|_| ())
        });
        match done.await {
            Ok(result) => result,
            Err(error) => Err(RegistryError::Io {
                action: "stop",
                path: self.folder.root.clone(),
                source: io::Error::other(error),
            }),
        }
    }

    /// Registers it and makes its folder; from here on `Drop` cleans up.
    fn prepare(config: &ServerConfig, user: Option<&OsUser>) -> Result<Self, ServerStartError> {
        let temp =
            fs::canonicalize(&config.temp_folder).map_err(|source| ServerStartError::Io {
                action: "use",
                path: config.temp_folder.clone(),
                source,
            })?;
        let folder = ServerFolder::planned(&temp, &new_id());
        let port = config.tcp.unwrap_or(5432);
        if let Some(bytes) = folder.socket_path_too_long(port) {
            return Err(ServerStartError::SocketPath {
                folder: temp,
                bytes,
            });
        }
        let mut entry = Registry::draft(&folder, config.kind, &config.binaries);
        entry.port = port;
        entry.superuser.clone_from(&config.superuser);
        config.registry.write(&entry)?;
        let server = Self {
            entry,
            registry: config.registry.clone(),
            folder,
            child: None,
            lifetime: Lifetime::WithProcess, // until it runs, whatever was asked for
            armed: true,
        };
        server
            .folder
            .make(user)
            .map_err(|source| ServerStartError::Io {
                action: "make",
                path: server.folder.root.clone(),
                source,
            })?;
        Ok(server)
    }

    fn launch(
        &mut self,
        config: &ServerConfig,
        user: Option<OsUser>,
    ) -> Result<(), ServerStartError> {
        let path = self.folder.log_file();
        let failed = |action, path: &Path, source| ServerStartError::Io {
            action,
            path: path.to_owned(),
            source,
        };
        let log = open_log(&path).map_err(|source| failed("make", &path, source))?;
        let errors = log
            .try_clone()
            .map_err(|source| failed("make", &path, source))?;
        let program = config.binaries.folder.join(Program::Postgres.file_name());
        let call = ProgramCall::new(&program)
            .arg("-D")
            .arg(self.folder.data())
            .in_folder(&self.folder.root)
            .as_user(user);
        let mut command = call.command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors));
        let bond = match config.lifetime {
            Lifetime::WithProcess => Bond::DiesWithUs(Signal::QUIT),
            Lifetime::Kept => Bond::OutlivesUs,
        };
        child::prepare(&mut command, Belongs::OwnSession, bond);
        let started = child::spawn(command).map_err(|source| failed("start", &program, source))?;
        self.child = Some(started);
        Ok(())
    }

    /// Waits until it lets us in; gives the system identifier.
    async fn wait_until_it_accepts(&mut self) -> Result<String, ServerStartError> {
        let conninfo = self.conninfo(FIRST_DATABASE, &self.entry.superuser);
        let options = SessionOptions::read_only("oneroof/start");
        let until = Instant::now() + START_LIMIT;
        loop {
            let ended = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().ok().flatten());
            if let Some(status) = ended {
                return Err(ServerStartError::Start {
                    detail: format!("it ended ({})", programs::Exit::from(status)),
                    log: self.folder.log_tail(LOG_TAIL_LINES),
                });
            }
            // The socket is there before the server answers: no need to knock earlier.
            let socket = self
                .folder
                .socket()
                .join(format!(".s.PGSQL.{}", self.entry.port));
            if socket.exists() {
                match connect(&conninfo, &options).await {
                    Ok(session) => {
                        let sql = "select system_identifier from pg_catalog.pg_control_system()";
                        let answer = session.simple(sql).await;
                        session.close().await;
                        let answer =
                            answer.map_err(|error| ServerStartError::SignIn(Box::new(error)))?;
                        let value = answer.rows.into_iter().flatten().flatten().next();
                        return Ok(value.unwrap_or_default());
                    }
                    Err(error) if is_not_ready(&error) && Instant::now() < until => {}
                    Err(error) => return Err(ServerStartError::SignIn(Box::new(error))),
                }
            }
            if Instant::now() >= until {
                return Err(ServerStartError::Start {
                    detail: format!(
                        "it does not accept connections after {} s",
                        START_LIMIT.as_secs()
                    ),
                    log: self.folder.log_tail(LOG_TAIL_LINES),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// A server on its way: its folder is made and registered, and what is in its data folder is the caller's. Dropped, it
/// is removed.
#[derive(Debug)]
pub(crate) struct ServerSite {
    server: EphemeralServer,
    config: ServerConfig,
    user: Option<OsUser>,
}

impl ServerSite {
    /// Makes and registers an empty folder.
    pub(crate) fn prepare(config: ServerConfig) -> Result<Self, ServerStartError> {
        let user = if accounts::is_root() {
            let name = config.os_user.clone();
            Some(OsUser::named(&name).ok_or(ServerStartError::NoAccount { name })?)
        } else {
            None
        };
        let server = EphemeralServer::prepare(&config, user.as_ref())?;
        Ok(Self {
            server,
            config,
            user,
        })
    }

    /// Its data folder.
    pub(crate) fn data_folder(&self) -> PathBuf {
        self.server.folder.data()
    }

    /// Its folder, which programs that fill it may run in.
    pub(crate) fn folder(&self) -> &Path {
        &self.server.folder.root
    }

    /// The account that its files belong to, if it is another one than ours.
    pub(crate) fn user(&self) -> Option<&OsUser> {
        self.user.as_ref()
    }

    /// Its entry in the registry.
    pub(crate) fn entry(&self) -> &ServerEntry {
        &self.server.entry
    }

    /// Replaces the settings and access rules of a copied data folder by ours: nothing of its source must go on here,
    /// neither its archive nor its replication nor its libraries.
    pub(crate) fn take_over(&self, rules: Rules<'_>) -> Result<(), ServerStartError> {
        let data = self.server.folder.data();
        for name in ["standby.signal", "recovery.signal", "postmaster.pid"] {
            match fs::remove_file(data.join(name)) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(ServerStartError::Io {
                        action: "remove",
                        path: data.join(name),
                        source,
                    });
                }
                _ => {}
            }
        }
        for name in [
            "postgresql.conf",
            "postgresql.auto.conf",
            "pg_hba.conf",
            "pg_ident.conf",
        ] {
            let path = data.join(name);
            let failed = |source| ServerStartError::Io {
                action: "write",
                path: path.clone(),
                source,
            };
            // Made anew, and not through a link that leads elsewhere.
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(source));
                }
                _ => {}
            }
            let made = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path);
            made.map_err(failed)?;
            if let Some(user) = &self.user {
                let (uid, gid) = user.ids();
                std::os::unix::fs::chown(&path, Some(uid), Some(gid)).map_err(failed)?;
            }
        }
        configure(&self.config, &self.server.folder, rules)
    }

    /// Settings and access rules of a data folder that was a private server of ours before: its settings stay as far as
    /// they are not about the place.
    pub(crate) fn move_in(&self, rules: Rules<'_>) -> Result<(), ServerStartError> {
        configure(&self.config, &self.server.folder, rules)
    }

    /// Other access rules; they count when the server reads its files again.
    pub(crate) fn admit(&self, rules: Rules<'_>) -> Result<(), ServerStartError> {
        write_rules(&self.config, &self.server.folder, rules)
    }

    /// Starts the server and waits until it accepts connections.
    pub(crate) async fn run(&mut self) -> Result<(), ServerStartError> {
        let server = &mut self.server;
        server.launch(&self.config, self.user.clone())?;
        let identifier = server.wait_until_it_accepts().await?;
        server.entry.pid = server.child.as_ref().map(Child::id);
        server.entry.system_identifier = Some(identifier);
        server.registry.write(&server.entry)?;
        Ok(())
    }

    /// Stops the server in good order; its folder stays.
    pub(crate) async fn halt(&mut self) -> Result<(), ServerStartError> {
        let Some(mut child) = self.server.child.take() else {
            return Ok(());
        };
        let ended = tokio::task::spawn_blocking(move || {
            end(&mut child, true);
            child.try_wait()
        })
        .await;
        match ended {
            Ok(Ok(Some(status))) if status.success() => Ok(()),
            _ => Err(ServerStartError::Start {
                detail: "it did not end in good order before its second start".to_owned(),
                log: self.server.folder.log_tail(LOG_TAIL_LINES),
            }),
        }
    }

    /// The server, which from now on lives as long as it was configured to.
    pub(crate) fn finish(mut self) -> EphemeralServer {
        self.server.lifetime = self.config.lifetime;
        self.server
    }
}

/// Who may sign in by the private socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules<'a> {
    /// Everybody who can enter the folder, under every name.
    Everybody,
    /// The same people under this name alone.
    Only(&'a str),
}

impl Drop for EphemeralServer {
    fn drop(&mut self) {
        if !self.armed || self.lifetime == Lifetime::Kept {
            return;
        }
        if let Some(child) = &mut self.child {
            end(child, false); // the data go with it: no reason for an orderly end
        }
        // An `initdb` of a dropped start was told to end and may still write for a moment. What
        // cannot be removed here is found by a sweep after this process has ended.
        for _ in 0..DROP_ATTEMPTS {
            if self.registry.remove_now(&self.entry, false).is_ok() {
                return;
            }
            std::thread::sleep(5 * POLL);
        }
    }
}

fn is_not_ready(error: &PgError) -> bool {
    use crate::error::ConnectFailure::{NotReady, Protocol, TimedOut, Unreachable};
    matches!(
        error,
        PgError::Connect {
            reason: NotReady | Protocol | Unreachable | TimedOut(_),
            ..
        }
    )
}

/// Ends a postmaster that is our child, and waits for it. Blocks, within limits.
fn end(child: &mut Child, orderly: bool) {
    let at_once = [
        (Signal::QUIT, Duration::from_secs(5)),
        (Signal::KILL, Duration::from_secs(5)),
    ];
    let first = orderly.then_some((Signal::INT, ORDERLY_LIMIT));
    for (signal, limit) in first.into_iter().chain(at_once) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        child::signal(child.id(), signal);
        let until = Instant::now() + limit;
        while Instant::now() < until {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL);
        }
    }
}

fn open_log(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

fn check_locale(config: &ServerConfig) -> Result<(), ServerStartError> {
    let (provider, needs) = match config.locale.provider {
        LocaleProvider::Libc => return Ok(()),
        LocaleProvider::Icu => ("icu", 15),
        LocaleProvider::Builtin => ("builtin", 17),
    };
    let major = config.binaries.major;
    if major < needs {
        return Err(ServerStartError::LocaleProvider {
            provider,
            major,
            needs,
        });
    }
    Ok(())
}

async fn initdb(
    config: &ServerConfig,
    folder: &ServerFolder,
    user: Option<&OsUser>,
) -> Result<(), ServerStartError> {
    let locale = &config.locale;
    let mut call = ProgramCall::new(config.binaries.folder.join(Program::Initdb.file_name()))
        .args(["--no-sync", "--no-instructions", "--auth=trust"])
        .arg(format!("--username={}", config.superuser))
        .arg(format!("--encoding={}", config.encoding))
        .arg("--locale=C") // messages, numbers, money, time
        .arg(format!("--lc-collate={}", locale.collate))
        .arg(format!("--lc-ctype={}", locale.ctype))
        .arg("--pgdata")
        .arg(folder.data())
        .in_folder(&folder.root)
        .as_user(user.cloned());
    let name = locale.provider_locale.clone();
    match (locale.provider, name) {
        (LocaleProvider::Libc, _) if config.binaries.major < 15 => {}
        (LocaleProvider::Libc, _) => call = call.arg("--locale-provider=libc"),
        (LocaleProvider::Icu, name) => {
            call = call.arg("--locale-provider=icu");
            call = call.args(name.map(|name| format!("--icu-locale={name}")));
        }
        (LocaleProvider::Builtin, name) => {
            call = call.arg("--locale-provider=builtin");
            call = call.args(name.map(|name| format!("--builtin-locale={name}")));
        }
    }
    match programs::run(call).await {
        Ok(_) => Ok(()),
        Err(source) if says_locale(&source) => {
            let names = [
                Some(&locale.collate),
                Some(&locale.ctype),
                locale.provider_locale.as_ref(),
            ];
            let locale = names
                .into_iter()
                .flatten()
                .find(|name| *name != "C")
                .cloned();
            Err(ServerStartError::LocaleMissing {
                locale: locale.unwrap_or_default(),
                source,
            })
        }
        Err(ProgramError::Start { program, source })
            if source.kind() == io::ErrorKind::PermissionDenied && user.is_some() =>
        {
            Err(ServerStartError::OutOfReach {
                program,
                user: user.map(|user| user.name().to_owned()).unwrap_or_default(),
            })
        }
        Err(source) => Err(ServerStartError::Initdb(source)),
    }
}

fn says_locale(error: &ProgramError) -> bool {
    let ProgramError::Failed { stderr_tail, .. } = error else {
        return false;
    };
    stderr_tail.iter().any(|line| {
        line.contains("invalid locale") || line.contains("could not open collator for locale")
    })
}

/// Writes settings and access rules.
fn configure(
    config: &ServerConfig,
    folder: &folder::ServerFolder,
    rules: Rules<'_>,
) -> Result<(), ServerStartError> {
    write_file(
        folder,
        "postgresql.conf",
        &settings_text(config, folder),
        true,
    )?;
    write_rules(config, folder, rules)
}

fn write_rules(
    config: &ServerConfig,
    folder: &folder::ServerFolder,
    rules: Rules<'_>,
) -> Result<(), ServerStartError> {
    let mut rules = match rules {
        Rules::Everybody => "local all all trust\n".to_owned(),
        Rules::Only(name) => format!("local all \"{}\" trust\n", name.replace('"', "\"\"")),
    };
    if config.tcp.is_some() {
        rules.push_str("host all all 127.0.0.1/32 scram-sha-256\n");
    }
    write_file(folder, "pg_hba.conf", &rules, false)
}

/// Writes one of the server's own files, or adds to it.
fn write_file(
    folder: &folder::ServerFolder,
    name: &str,
    text: &str,
    keep: bool,
) -> Result<(), ServerStartError> {
    let path = folder.data().join(name);
    let opened = OpenOptions::new()
        .write(true)
        .append(keep)
        .truncate(!keep)
        .open(&path);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| ServerStartError::Io {
            action: "write",
            path,
            source,
        })
}

/// Settings for data that nobody will miss.
fn settings_text(config: &ServerConfig, folder: &ServerFolder) -> String {
    let socket = folder.socket().display().to_string();
    let port = config.tcp.unwrap_or(5432).to_string();
    let listen = if config.tcp.is_some() {
        "127.0.0.1"
    } else {
        ""
    };
    let ours = [
        ("listen_addresses", listen),
        ("port", &port),
        ("unix_socket_directories", &socket),
        ("unix_socket_permissions", "0700"),
        ("max_connections", "100"),
        ("max_locks_per_transaction", "256"), // a restore in one transaction holds many
        ("shared_buffers", "128MB"),
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("wal_level", "minimal"),
        ("max_wal_senders", "0"),
        ("max_wal_size", "1GB"),
        ("checkpoint_timeout", "30min"),
        ("autovacuum", "on"), // without it estimates are never made
        ("jit", "off"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("log_line_prefix", "%m [%p] %a "),
        ("password_encryption", "scram-sha-256"),
    ];
    let mut text = "\n# Written by oneroof: the data of this server are disposable.\n".to_owned();
    let given = config
        .settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in ours.into_iter().chain(given) {
        let quoted = value.replace('\\', "\\\\").replace('\'', "''");
        let _ = writeln!(text, "{name} = '{quoted}'");
    }
    text
}
