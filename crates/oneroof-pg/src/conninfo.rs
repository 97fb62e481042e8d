//! Where a database is and how to sign in, read the way libpq reads it.
//!
//! [`ConnInfo::parse`] takes a URL or `key=value` text and completes it from a service file, the
//! `PG*` environment, the password file and libpq's defaults. The process environment itself is
//! never read here: the binary hands it over as [`LibpqEnvironment`].

mod files;
mod keys;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::accounts;

/// A password; it never appears in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps the secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret text itself; for the protocol and for `PGPASSWORD` of a child only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("REDACTED")
    }
}

/// What libpq would find around it: environment variables, home folder, login name.
#[derive(Clone)]
pub struct LibpqEnvironment {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
    login_name: Option<String>,
    socket_folders: Vec<PathBuf>,
}

impl LibpqEnvironment {
    /// Takes the variables of a process. `HOME` gives the home folder, as in libpq; the login
    /// name comes from the operating system.
    pub fn from_vars(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables: BTreeMap<String, String> = variables.into_iter().collect();
        let account = accounts::effective();
        let home = variables
            .get("HOME")
            .filter(|home| !home.is_empty())
            .map(PathBuf::from)
            .or_else(|| account.as_ref().map(|account| account.home.clone()));
        Self {
            variables,
            home,
            login_name: account.map(|account| account.name),
            socket_folders: vec![PathBuf::from("/var/run/postgresql"), PathBuf::from("/tmp")],
        }
    }

    /// Nothing around: no variables, no home folder, no login name. For tests and for servers of
    /// our own.
    pub fn empty() -> Self {
        Self {
            variables: BTreeMap::new(),
            home: None,
            login_name: None,
            socket_folders: vec![PathBuf::from("/var/run/postgresql"), PathBuf::from("/tmp")],
        }
    }

    /// Replaces the home folder (`None`: no password file, no service file of the user's own).
    pub fn with_home(mut self, home: Option<PathBuf>) -> Self {
        self.home = home;
        self
    }

    /// Replaces the login name, which is the default user of the database.
    pub fn with_login_name(mut self, name: Option<String>) -> Self {
        self.login_name = name;
        self
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    fn in_home(&self, name: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(name))
    }
}

impl fmt::Debug for LibpqEnvironment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LibpqEnvironment")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// Why connection settings are not usable. No variant repeats a value that may be a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnInfoError {
    /// The text is neither a URL nor `key=value` words.
    #[error("read connection settings: {detail}")]
    Syntax {
        /// What is wrong.
        detail: String,
    },
    /// A key that libpq does not know.
    #[error("read connection settings: unknown setting `{key}`{}", Nearest(nearest.as_deref()))]
    UnknownKey {
        /// As it was written.
        key: String,
        /// The nearest known one, if any is near.
        nearest: Option<String>,
    },
    /// A value that the setting does not take.
    #[error("read connection settings: `{key}` must be {expected}")]
    Value {
        /// The setting.
        key: String,
        /// What it takes.
        expected: String,
    },
    /// A setting of libpq that would change what is checked, and that oneroof cannot honour.
    #[error(
        "read connection settings: `{key}` is not supported with this value, and ignoring it would be unsafe"
    )]
    Unsupported {
        /// The setting.
        key: String,
    },
    /// The service is in none of the files.
    #[error("find service `{name}` in {}", Places(searched))]
    ServiceMissing {
        /// The service that was asked for.
        name: String,
        /// The files that were read or looked for.
        searched: Vec<String>,
    },
    /// A line of a service file is wrong.
    #[error("read service file `{path}`, line {line}: {detail}")]
    ServiceFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// A file could not be read.
    #[error("read `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// Neither the settings nor the environment name a user, and the login name is not known.
    #[error("find out the database user: no `user`, no `PGUSER`, and this login has no name")]
    NoUser,
}

struct Nearest<'a>(Option<&'a str>);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(out, "; the nearest known one is `{nearest}`"),
            None => Ok(()),
        }
    }
}

struct Places<'a>(&'a [String]);

impl fmt::Display for Places<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("any service file (no home folder, no `PGSERVICEFILE`)");
        }
        out.write_str(&self.0.join(", "))
    }
}

/// How TLS is used: the values of libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Never.
    Disable,
    /// Only if the server refuses without. No certificate is checked, as in libpq.
    Allow,
    /// If the server can; without otherwise. No certificate is checked, as in libpq.
    Prefer,
    /// Always. **Stricter than libpq**: the chain and the host name are checked, as `VerifyFull`
    /// does, because encryption towards somebody unknown protects nothing.
    Require,
    /// Always; the certificate's chain is checked, its host name is not.
    VerifyCa,
    /// Always; chain and host name are checked.
    VerifyFull,
}

/// Which authority signs the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RootCertificates {
    /// The operating system's list.
    System,
    /// A PEM file.
    File(PathBuf),
}

/// Everything about TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    pub(crate) direct: bool,
    pub(crate) roots: RootCertificates,
    pub(crate) client_certificate: Option<(PathBuf, PathBuf)>,
    pub(crate) send_server_name: bool,
    pub(crate) only_tls13: bool,
}

/// `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerKind {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// TCP keepalives, in seconds and counts; `None` is our default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keepalives {
    pub(crate) on: bool,
    pub(crate) idle: Duration,
    pub(crate) interval: Duration,
    pub(crate) count: u32,
    pub(crate) user_timeout: Option<Duration>,
}

/// One place to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPlace {
    pub(crate) host: HostName,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

/// A name on the network, or a folder with a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostName {
    Tcp(String),
    Socket(PathBuf),
}

impl HostPlace {
    /// For messages: `db:5432` or `/run/postgresql:5432`.
    pub(crate) fn display(&self) -> String {
        match (&self.host, self.address) {
            (HostName::Tcp(name), Some(address)) if *name != address.to_string() => {
                format!("{name}[{address}]:{}", self.port)
            }
            (HostName::Tcp(name), _) if name.contains(':') => format!("[{name}]:{}", self.port),
            (HostName::Tcp(name), _) => format!("{name}:{}", self.port),
            (HostName::Socket(folder), _) => format!("{}:{}", folder.display(), self.port),
        }
    }

    fn host_text(&self) -> String {
        match &self.host {
            HostName::Tcp(name) => name.clone(),
            HostName::Socket(folder) => folder.display().to_string(),
        }
    }
}

/// Where a database is and how to sign in; complete, every default resolved.
///
/// Neither `Debug` nor [`ConnInfo::describe`] shows a password.
#[derive(Clone)]
pub struct ConnInfo {
    pub(crate) hosts: Vec<HostPlace>,
    pub(crate) dbname: String,
    pub(crate) user: String,
    password: Option<Password>,
    pass_entries: Vec<files::PassEntry>,
    passfile: Option<PathBuf>,
    default_socket_folder: PathBuf,
    pub(crate) tls: TlsSettings,
    pub(crate) channel_binding: ChannelBinding,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) keepalives: Keepalives,
    pub(crate) options: Option<String>,
    pub(crate) server_kind: ServerKind,
    pub(crate) random_host: bool,
    /// Settings as they were given, for the environment of programs; no password.
    given: BTreeMap<String, String>,
    warnings: Vec<String>,
}

/// `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}

impl ConnInfo {
    /// Reads a URL (`postgresql://…`) or `key=value` words, empty text included, and completes it:
    /// service, then `PG*` environment, then defaults, then the password file.
    ///
    /// # Errors
    /// Wrong syntax, an unknown key (the nearest known one is named), a value that makes no sense,
    /// a missing service, and settings that oneroof cannot honour and must not ignore.
    pub fn parse(text: &str, environment: &LibpqEnvironment) -> Result<Self, ConnInfoError> {
        let mut given: BTreeMap<String, String> = text::parse(text)?.into_iter().collect();
        let from_environment = |key: &str| {
            keys::variables()
                .find(|(name, _)| *name == key)
                .and_then(|(_, variable)| environment.variable(variable))
                .map(str::to_owned)
        };
        let asked = |key: &str, given: &BTreeMap<String, String>| {
            given
                .get(key)
                .cloned()
                .or_else(|| from_environment(key))
                .filter(|name| !name.is_empty())
        };
        if let Some(service) = asked("service", &given) {
            let file = asked("servicefile", &given);
            for (key, value) in files::service(&service, file.as_deref(), environment)? {
                given.entry(key).or_insert(value);
            }
        }
        for (key, variable) in keys::variables() {
            if let Some(value) = environment.variable(variable) {
                given
                    .entry(key.to_owned())
                    .or_insert_with(|| value.to_owned());
            }
        }
        given.remove("service");
        given.remove("servicefile");
        given.retain(|_, value| !value.is_empty());
        if given.remove("requiressl").is_some_and(|value| value == "1") {
            // The name that `sslmode=require` had before PostgreSQL 8.
            given
                .entry("sslmode".to_owned())
                .or_insert_with(|| "require".to_owned());
        }
        for (key, value) in &given {
            keys::check_supported(key, value)?;
        }
        Self::resolve(given, environment)
    }

    /// The settings of a server on a socket of our own: no password, no TLS, nothing from around.
    pub fn for_socket(folder: &Path, port: u16, user: &str, dbname: &str) -> Self {
        Self {
            hosts: vec![HostPlace {
                host: HostName::Socket(folder.to_owned()),
                address: None,
                port,
            }],
            dbname: dbname.to_owned(),
            user: user.to_owned(),
            password: None,
            pass_entries: Vec::new(),
            passfile: None,
            default_socket_folder: folder.to_owned(),
            tls: TlsSettings {
                mode: SslMode::Disable,
                direct: false,
                roots: RootCertificates::System,
                client_certificate: None,
                send_server_name: true,
                only_tls13: false,
            },
            channel_binding: ChannelBinding::Prefer,
            connect_timeout: None,
            keepalives: Keepalives::default(),
            options: None,
            server_kind: ServerKind::Any,
            random_host: false,
            given: BTreeMap::from([("sslmode".to_owned(), "disable".to_owned())]),
            warnings: Vec::new(),
        }
    }

    fn resolve(
        mut given: BTreeMap<String, String>,
        environment: &LibpqEnvironment,
    ) -> Result<Self, ConnInfoError> {
        let mut warnings = Vec::new();
        let reader = Reader(&given);
        let user = reader
            .text("user")
            .map(str::to_owned)
            .or_else(|| environment.login_name.clone())
            .ok_or(ConnInfoError::NoUser)?;
        let dbname = reader.text("dbname").unwrap_or(&user).to_owned();
        let hosts = hosts(&reader, environment)?;
        let tls = tls_settings(&reader, environment)?;
        let seconds = |key| -> Result<Option<Duration>, ConnInfoError> {
            Ok(reader.number(key)?.map(Duration::from_secs))
        };
        let standard = Keepalives::default();
        let keepalives = Keepalives {
            on: reader.number("keepalives")?.is_none_or(|on| on != 0),
            idle: seconds("keepalives_idle")?
                .filter(|d| !d.is_zero())
                .unwrap_or(standard.idle),
            interval: seconds("keepalives_interval")?
                .filter(|d| !d.is_zero())
                .unwrap_or(standard.interval),
            count: reader
                .number("keepalives_count")?
                .and_then(|count| u32::try_from(count).ok())
                .filter(|count| *count > 0)
                .unwrap_or(standard.count),
            user_timeout: reader
                .number("tcp_user_timeout")?
                .filter(|ms| *ms > 0)
                .map(Duration::from_millis),
        };
        let channel_binding = reader.word(
            "channel_binding",
            &[
                ("prefer", ChannelBinding::Prefer),
                ("disable", ChannelBinding::Disable),
                ("require", ChannelBinding::Require),
            ],
        )?;
        let server_kind = reader.word(
            "target_session_attrs",
            &[
                ("any", ServerKind::Any),
                ("read-write", ServerKind::ReadWrite),
                ("read-only", ServerKind::ReadOnly),
                ("primary", ServerKind::Primary),
                ("standby", ServerKind::Standby),
                ("prefer-standby", ServerKind::PreferStandby),
            ],
        )?;
        let random_host = reader.word(
            "load_balance_hosts",
            &[("disable", false), ("random", true)],
        )?;
        // A negative or zero value means "no limit" in libpq: then the limit is the caller's.
        let connect_timeout = match reader.text("connect_timeout").map(str::parse::<i64>) {
            None => None,
            Some(Ok(limit)) => u64::try_from(limit)
                .ok()
                .filter(|limit| *limit > 0)
                .map(|limit| Duration::from_secs(limit.max(2))),
            Some(Err(_)) => {
                return Err(reader.wrong("connect_timeout", "a whole number of seconds"));
            }
        };
        let options = reader.text("options").map(str::to_owned);
        let passfile = reader
            .text("passfile")
            .map(PathBuf::from)
            .or_else(|| environment.in_home(".pgpass"));
        let password = given.remove("password").map(Password::new);
        let pass_entries = match (&password, &passfile) {
            (None, Some(path)) => files::passfile(path, &mut warnings),
            _ => Vec::new(),
        };
        let default_socket_folder = environment
            .socket_folders
            .first()
            .cloned()
            .unwrap_or_else(|| PathBuf::from("/tmp"));
        Ok(Self {
            hosts,
            dbname,
            user,
            password,
            pass_entries,
            passfile,
            default_socket_folder,
            tls,
            channel_binding,
            connect_timeout,
            keepalives,
            options,
            server_kind,
            random_host,
            given,
            warnings,
        })
    }

    /// The same server and sign-in, another database.
    pub fn with_dbname(&self, dbname: &str) -> Self {
        Self {
            dbname: dbname.to_owned(),
            ..self.clone()
        }
    }

    /// The same server and database, another user. A password that was written in the settings
    /// belongs to the old user and is dropped; the password file is asked again.
    pub fn with_user(&self, user: &str) -> Self {
        let password = self.password.clone().filter(|_| user == self.user);
        Self {
            user: user.to_owned(),
            password,
            ..self.clone()
        }
    }

    /// The same, with a password.
    pub fn with_password(&self, password: Password) -> Self {
        Self {
            password: Some(password),
            ..self.clone()
        }
    }

    /// The same, with start-up options (`-c name=value`) behind those that are there: the last one
    /// wins.
    pub fn with_options(&self, options: &str) -> Self {
        let joined = match &self.options {
            Some(before) => format!("{before} {options}"),
            None => options.to_owned(),
        };
        Self {
            options: Some(joined),
            ..self.clone()
        }
    }

    /// Name of the database.
    pub fn dbname(&self) -> &str {
        &self.dbname
    }

    /// Name of the database user.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// `sslmode` as it was given, or `prefer`.
    pub fn ssl_mode(&self) -> SslMode {
        self.tls.mode
    }

    /// Hosts and ports, in the order in which they are tried: `db1:5432,db2:5433`.
    pub fn host_display(&self) -> String {
        self.hosts
            .iter()
            .map(HostPlace::display)
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The first host: a name, or the folder of a socket.
    pub fn host(&self) -> String {
        match self.hosts.first().map(|place| &place.host) {
            Some(HostName::Tcp(name)) => name.clone(),
            Some(HostName::Socket(folder)) => folder.display().to_string(),
            None => String::new(),
        }
    }

    /// The first host's port.
    pub fn port(&self) -> u16 {
        self.hosts.first().map_or(5432, |place| place.port)
    }

    /// One line for people and logs; never a password.
    pub fn describe(&self) -> String {
        format!(
            "database `{}` as `{}` on {}",
            self.dbname,
            self.user,
            self.host_display()
        )
    }

    /// What was found strange and is no error, for example a password file that others may read.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The password for one place: the written one, else the first fitting line of the file.
    pub(crate) fn password_at(&self, place: &HostPlace) -> Option<Password> {
        if self.password.is_some() {
            return self.password.clone();
        }
        let host = match &place.host {
            HostName::Socket(folder) if *folder == self.default_socket_folder => {
                "localhost".to_owned()
            }
            _ => place.host_text(),
        };
        let wanted = [&*host, &*place.port.to_string(), &*self.dbname, &*self.user];
        files::password_for(&self.pass_entries, wanted)
    }

    /// The environment with which a program of PostgreSQL reaches the same database as the same
    /// user: `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGPASSWORD` or `PGPASSFILE`,
    /// `PGSSLMODE` and the rest. Holds a password: for a child's environment only, never to print.
    pub fn program_environment(&self) -> Vec<(String, String)> {
        let joined = |text: fn(&HostPlace) -> String| {
            self.hosts.iter().map(text).collect::<Vec<_>>().join(",")
        };
        let mut variables = vec![
            ("PGHOST".to_owned(), joined(HostPlace::host_text)),
            ("PGPORT".to_owned(), joined(|place| place.port.to_string())),
            ("PGUSER".to_owned(), self.user.clone()),
            ("PGDATABASE".to_owned(), self.dbname.clone()),
            ("PGCLIENTENCODING".to_owned(), "UTF8".to_owned()),
        ];
        if self.hosts.iter().any(|place| place.address.is_some()) {
            let address = |place: &HostPlace| {
                place
                    .address
                    .map(|address| address.to_string())
                    .unwrap_or_default()
            };
            variables.push(("PGHOSTADDR".to_owned(), joined(address)));
        }
        if let Some(options) = &self.options {
            variables.push(("PGOPTIONS".to_owned(), options.clone()));
        }
        match (&self.password, &self.hosts[..]) {
            (Some(password), _) => {
                variables.push(("PGPASSWORD".to_owned(), password.expose().to_owned()));
            }
            (None, [place]) => {
                if let Some(password) = self.password_at(place) {
                    variables.push(("PGPASSWORD".to_owned(), password.expose().to_owned()));
                }
            }
            (None, _) => {
                if let Some(path) = &self.passfile {
                    variables.push(("PGPASSFILE".to_owned(), path.display().to_string()));
                }
            }
        }
        if let RootCertificates::File(path) = &self.tls.roots {
            variables.push(("PGSSLROOTCERT".to_owned(), path.display().to_string()));
        }
        if let Some((certificate, key)) = &self.tls.client_certificate {
            variables.push(("PGSSLCERT".to_owned(), certificate.display().to_string()));
            variables.push(("PGSSLKEY".to_owned(), key.display().to_string()));
        }
        for (key, variable) in keys::variables() {
            let ours = variables.iter().any(|(name, _)| name == variable);
            let without = [
                "application_name",
                "client_encoding",
                "options",
                "passfile",
                "password",
            ];
            if ours || without.contains(&key) || key == "hostaddr" {
                continue;
            }
            if let Some(value) = self.given.get(key) {
                variables.push((variable.to_owned(), value.clone()));
            }
        }
        variables
    }

    /// A URL for showing a command; without the password.
    pub fn to_uri_without_password(&self) -> String {
        let mut uri = format!("postgresql://{}@", encode(&self.user));
        for (index, place) in self.hosts.iter().enumerate() {
            let host = match &place.host {
                HostName::Tcp(name) if name.contains(':') => format!("[{name}]"),
                _ => encode(&place.host_text()),
            };
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(uri, "{comma}{host}:{}", place.port);
        }
        let _ = write!(uri, "/{}", encode(&self.dbname));
        for (index, (key, value)) in self.shown_extras().enumerate() {
            let sign = if index == 0 { '?' } else { '&' };
            let _ = write!(uri, "{sign}{key}={}", encode(value));
        }
        uri
    }

    /// `key=value` words for showing a command; without the password.
    pub fn to_keyword_value(&self) -> String {
        let joined = |text: fn(&HostPlace) -> String| {
            self.hosts.iter().map(text).collect::<Vec<_>>().join(",")
        };
        let host = joined(HostPlace::host_text);
        let port = joined(|place| place.port.to_string());
        let main = [
            ("host", &*host),
            ("port", &*port),
            ("dbname", &*self.dbname),
            ("user", &*self.user),
        ];
        main.into_iter()
            .chain(self.shown_extras())
            .map(|(key, value)| format!("{key}={}", quote(value)))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn shown_extras(&self) -> impl Iterator<Item = (&str, &str)> {
        let shown = [
            "hostaddr",
            "sslmode",
            "sslrootcert",
            "sslcert",
            "sslkey",
            "target_session_attrs",
        ];
        self.given
            .iter()
            .filter(move |(key, _)| shown.contains(&key.as_str()))
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl fmt::Debug for ConnInfo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ConnInfo")
            .field("hosts", &self.host_display())
            .field("dbname", &self.dbname)
            .field("user", &self.user)
            .field("password", &self.password)
            .field("sslmode", &self.tls.mode)
            .finish_non_exhaustive()
    }
}

impl Default for Keepalives {
    /// A dead peer is noticed after two minutes instead of the system's two hours.
    fn default() -> Self {
        Self {
            on: true,
            idle: Duration::from_secs(60),
            interval: Duration::from_secs(10),
            count: 6,
            user_timeout: None,
        }
    }
}

/// Typed reads of the settings.
struct Reader<'a>(&'a BTreeMap<String, String>);

impl<'a> Reader<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(String::as_str)
    }

    fn wrong(&self, key: &str, expected: impl Into<String>) -> ConnInfoError {
        ConnInfoError::Value {
            key: key.to_owned(),
            expected: expected.into(),
        }
    }

    fn number(&self, key: &str) -> Result<Option<u64>, ConnInfoError> {
        self.text(key)
            .map(|text| text.parse().map_err(|_| self.wrong(key, "a whole number")))
            .transpose()
    }

    /// One of a few words; the first is the default.
    fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<T, ConnInfoError> {
        let wanted = self.text(key).unwrap_or(words[0].0);
        words
            .iter()
            .find(|(word, _)| *word == wanted)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let list: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
                self.wrong(key, format!("one of {}", list.join(", ")))
            })
    }
}

fn hosts(
    reader: &Reader<'_>,
    environment: &LibpqEnvironment,
) -> Result<Vec<HostPlace>, ConnInfoError> {
    let list = |key| {
        reader
            .text(key)
            .map(|text| text.split(',').collect::<Vec<_>>())
    };
    let names = list("host");
    let addresses = list("hostaddr");
    let ports = list("port").unwrap_or_else(|| vec![""]);
    let count = addresses.as_ref().or(names.as_ref()).map_or(1, Vec::len);
    if names.as_ref().is_some_and(|names| names.len() != count) {
        return Err(reader.wrong("hostaddr", "a list as long as `host`"));
    }
    if ports.len() != 1 && ports.len() != count {
        return Err(reader.wrong("port", "one number, or a list as long as the list of hosts"));
    }
    let mut places = Vec::with_capacity(count);
    for index in 0..count {
        let port_text = ports.get(index).copied().unwrap_or(ports[0]).trim();
        let port = match port_text {
            "" => 5432,
            text => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                reader.wrong(
                    "port",
                    "a number from 1 to 65535 (in a URL, `/`, `@`, `:`, `?` and `#` of a password must be percent-encoded)",
                )
            })?,
        };
        let at = |list: &Option<Vec<&str>>| {
            list.as_ref()
                .map(|list| list[index].trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let address = at(&addresses)
            .map(|text| {
                text.parse()
                    .map_err(|_| reader.wrong("hostaddr", "a numeric address"))
            })
            .transpose()?;
        let host = match (at(&names), address) {
            (Some(name), _) if name.starts_with('/') => HostName::Socket(PathBuf::from(name)),
            (Some(name), _) if name.starts_with('@') => {
                return Err(reader.wrong(
                    "host",
                    "a name, an address or a folder (abstract sockets are not supported)",
                ));
            }
            (Some(name), _) => HostName::Tcp(name),
            (None, Some(address)) => HostName::Tcp(IpAddr::to_string(&address)),
            (None, None) => HostName::Socket(default_socket_folder(environment, port)),
        };
        places.push(HostPlace {
            host,
            address,
            port,
        });
    }
    Ok(places)
}

/// The first folder with a socket for this port, else the first folder that is there.
fn default_socket_folder(environment: &LibpqEnvironment, port: u16) -> PathBuf {
    let folders = &environment.socket_folders;
    folders
        .iter()
        .find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists())
        .or_else(|| folders.iter().find(|folder| folder.is_dir()))
        .or(folders.first())
        .cloned()
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

fn tls_settings(
    reader: &Reader<'_>,
    environment: &LibpqEnvironment,
) -> Result<TlsSettings, ConnInfoError> {
    let system_roots = reader.text("sslrootcert") == Some("system");
    let standard = if system_roots {
        SslMode::VerifyFull
    } else {
        SslMode::Prefer
    };
    let modes = [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Allow),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ];
    let mode = match reader.text("sslmode") {
        None => standard,
        Some(_) => reader.word("sslmode", &modes)?,
    };
    if system_roots && mode != SslMode::VerifyFull {
        return Err(reader.wrong("sslmode", "`verify-full` when `sslrootcert` is `system`"));
    }
    let direct = reader.word("sslnegotiation", &[("postgres", false), ("direct", true)])?;
    if direct && matches!(mode, SslMode::Disable | SslMode::Allow | SslMode::Prefer) {
        return Err(reader.wrong(
            "sslmode",
            "`require` or stricter when `sslnegotiation` is `direct`",
        ));
    }
    let in_folder = |name: &str| {
        environment
            .in_home(".postgresql")
            .map(|folder| folder.join(name))
            .filter(|path| path.is_file())
    };
    let roots = match reader.text("sslrootcert") {
        Some("system") => RootCertificates::System,
        Some(path) => RootCertificates::File(PathBuf::from(path)),
        None => in_folder("root.crt").map_or(RootCertificates::System, RootCertificates::File),
    };
    let path = |key: &str, standard: &str| {
        reader
            .text(key)
            .map(PathBuf::from)
            .or_else(|| in_folder(standard))
    };
    let client_certificate = match reader.text("sslcertmode") {
        Some("disable") => None,
        _ => path("sslcert", "postgresql.crt").zip(path("sslkey", "postgresql.key")),
    };
    if reader.text("sslcert").is_some() && client_certificate.is_none() {
        return Err(reader.wrong("sslkey", "given together with `sslcert`"));
    }
    let minimum = reader.word(
        "ssl_min_protocol_version",
        &[
            ("TLSv1.2", false),
            ("TLSv1", false),
            ("TLSv1.1", false),
            ("TLSv1.3", true),
        ],
    )?;
    let send_server_name = reader.word("sslsni", &[("1", true), ("0", false)])?;
    Ok(TlsSettings {
        mode,
        direct,
        roots,
        client_certificate,
        send_server_name,
        only_tls13: minimum,
    })
}

/// Percent-encodes everything but unreserved characters.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Quotes a value for `key=value` text where that is needed.
fn quote(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/,:@%+".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}
