//! What can go wrong while talking to a PostgreSQL server, with everything that the server said.
//!
//! No value of this module ever holds a password: texts come from the server, from the operating
//! system and from [`ConnInfo::describe`](crate::conninfo::ConnInfo::describe).

use std::error::Error as _;
use std::fmt;

use tokio_postgres::error::{DbError, ErrorPosition};

/// A failure of a connection or of a statement.
///
/// `Display` is a fragment that fits after "failed to"; what the operating system or the TLS
/// library said is in `source()`; what to do next is in [`PgError::hint`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PgError {
    /// No session could be opened.
    #[error("connect to {server}: {reason}")]
    Connect {
        /// The server, the database and the user, safe to print.
        server: String,
        /// The stage at which it failed and why.
        reason: ConnectFailure,
        /// What the operating system, the TLS library or the client library said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The server answered with an error. The session stays usable unless
    /// [`PgError::is_connection_lost`] says otherwise.
    #[error("{0}")]
    Server(Box<ServerError>),
    /// The connection is gone: whether the running statement took effect is unknown.
    #[error("keep the connection to {server}: {}", LostCause(cause.as_deref(), detail))]
    Lost {
        /// The server, the database and the user, safe to print; empty when not known here.
        server: String,
        /// What the server said when it ended the session, if it said something.
        cause: Option<Box<ServerError>>,
        /// What the client library saw otherwise.
        detail: String,
    },
    /// A limit of ours ran out (the server's own `statement_timeout` is [`PgError::Server`]
    /// with SQLSTATE 57014).
    #[error("{action} within {limit_ms} ms")]
    Timeout {
        /// What should have happened, a fragment.
        action: String,
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// Reading or writing failed on our side of the connection.
    #[error("{action}")]
    Io {
        /// What should have happened, a fragment.
        action: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A value could not be converted, a parameter is missing, or a message made no sense.
    #[error("exchange values with the server: {detail}")]
    Client {
        /// What the client library said.
        detail: String,
    },
}

/// An error report of the server, complete.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ServerError {
    /// Five characters, for example `42P01`.
    pub sqlstate: String,
    /// `ERROR`, `FATAL` or `PANIC`, never translated.
    pub severity: String,
    /// The primary message, in the server's language.
    pub message: String,
    /// The detail line, if any.
    pub detail: Option<String>,
    /// The server's hint, if any.
    pub hint: Option<String>,
    /// Where in the statement that was sent, counted in characters from 1.
    pub position: Option<u32>,
    /// A statement that the server made itself (inside a function), with the position in it.
    pub internal_query: Option<(String, u32)>,
    /// The call stack of functions (`CONTEXT:` in psql), if any.
    pub context: Option<String>,
    /// The schema of the object that the error is about, if the server names it.
    pub schema: Option<String>,
    /// The table that the error is about, if the server names it.
    pub table: Option<String>,
    /// The column that the error is about, if the server names it.
    pub column: Option<String>,
    /// The constraint that was violated, if the server names it.
    pub constraint: Option<String>,
}

/// Why no session could be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// Nothing answers there: name not found, refused, no such socket, no route.
    Unreachable,
    /// No answer within the limit, in milliseconds, for each host.
    TimedOut(u64),
    /// The database does not exist (3D000); its name.
    DatabaseMissing(String),
    /// The role does not exist, or may not log in; its name.
    RoleMissing(String),
    /// The server wants a password and none is known.
    PasswordMissing,
    /// The server refused the password (28P01).
    PasswordWrong,
    /// The server's `pg_hba.conf`, or a missing right, keeps us out.
    NotPermitted,
    /// Too many connections (53300).
    TooManyConnections,
    /// The server starts up, shuts down or recovers (57P03).
    NotReady,
    /// The TLS handshake, or what it rests on, failed.
    Tls(String),
    /// The server is not of the wanted kind (`target_session_attrs`).
    WrongServerKind(String),
    /// The server answered with another error.
    Refused,
    /// The setting is understood by libpq but not by oneroof, or makes no sense.
    Settings(String),
    /// The peer closed the connection, or does not speak the protocol.
    Protocol,
}

impl PgError {
    /// The five characters of the server's error code, if a server said one.
    pub fn sqlstate(&self) -> Option<&str> {
        self.server_error().map(|error| error.sqlstate.as_str())
    }

    /// The report of the server, if one is the cause.
    pub fn server_error(&self) -> Option<&ServerError> {
        match self {
            Self::Server(error) => Some(error),
            Self::Lost { cause, .. } => cause.as_deref(),
            Self::Connect { source, .. } => source
                .as_ref()
                .and_then(|source| source.downcast_ref::<ServerError>()),
            Self::Timeout { .. } | Self::Io { .. } | Self::Client { .. } => None,
        }
    }

    /// Is the session gone? Then what the running statement did is not known.
    pub fn is_connection_lost(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::Io { .. } => true,
            Self::Server(error) => error.ends_session(),
            Self::Connect { .. } | Self::Timeout { .. } | Self::Client { .. } => false,
        }
    }

    /// What the user can do next, if we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Connect { reason, .. } => reason.hint(),
            _ => self.server_error().and_then(|error| error.hint.clone()),
        }
    }
}

impl ServerError {
    /// Did the server end the session with this report?
    pub fn ends_session(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
}

impl std::error::Error for ServerError {}

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: {} ({})",
            self.severity, self.message, self.sqlstate
        )?;
        if let Some(detail) = &self.detail {
            write!(out, "; detail: {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(out, "; hint: {hint}")?;
        }
        Ok(())
    }
}

impl From<&DbError> for ServerError {
    fn from(error: &DbError) -> Self {
        let (position, internal_query) = match error.position() {
            Some(ErrorPosition::Original(position)) => (Some(*position), None),
            Some(ErrorPosition::Internal { position, query }) => {
                (None, Some((query.clone(), *position)))
            }
            None => (None, None),
        };
        let owned = |value: Option<&str>| value.map(str::to_owned);
        Self {
            sqlstate: error.code().code().to_owned(),
            severity: severity_of(error),
            message: error.message().to_owned(),
            detail: owned(error.detail()),
            hint: owned(error.hint()),
            position,
            internal_query,
            context: owned(error.where_()),
            schema: owned(error.schema()),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
        }
    }
}

/// The severity in English, whatever `lc_messages` says.
pub(crate) fn severity_of(error: &DbError) -> String {
    error.parsed_severity().map_or_else(
        || error.severity().to_owned(),
        |severity| severity.to_string(),
    )
}

impl From<tokio_postgres::Error> for PgError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(report) = error.as_db_error() {
            return Self::Server(Box::new(report.into()));
        }
        let text = with_sources(&error);
        let from_the_system = error
            .source()
            .is_some_and(|source| source.is::<std::io::Error>());
        if error.is_closed() || (from_the_system && text.starts_with("error communicating")) {
            return Self::Lost {
                server: String::new(),
                cause: None,
                detail: text,
            };
        }
        Self::Client { detail: text }
    }
}

/// The text of an error and of everything below it, on one line.
pub(crate) fn with_sources(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        below = cause.source();
    }
    text
}

impl ConnectFailure {
    /// What the user can do next, if we know.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Unreachable => {
                "check host and port, and that the server runs and listens there".to_owned()
            }
            Self::TimedOut(_) => {
                "a firewall that drops packets looks like this; `connect_timeout` raises the limit"
                    .to_owned()
            }
            Self::DatabaseMissing(name) => format!(
                "`psql -l` lists the databases; names are case-sensitive here, so `{name}` must be written exactly so"
            ),
            Self::RoleMissing(_) => "check the user, or let a DBA create the role with `login`".to_owned(),
            Self::PasswordMissing => {
                "give it by `PGPASSFILE` or `~/.pgpass` (mode 0600), a service file, or `PGPASSWORD`; never on a command line"
                    .to_owned()
            }
            Self::PasswordWrong => {
                "check the password file first: its first matching line wins, and `PGPASSWORD` wins over it"
                    .to_owned()
            }
            Self::NotPermitted => {
                "a DBA must let this user, database and address in (`pg_hba.conf`, `grant connect`)".to_owned()
            }
            Self::Protocol => {
                "a server that is starting, stopping or crashing looks like this, and so does another program on that port"
                    .to_owned()
            }
            Self::TooManyConnections => "wait, or ask a DBA for a higher limit".to_owned(),
            Self::NotReady => "wait until the server accepts connections".to_owned(),
            Self::Tls(_) => {
                "`sslrootcert` names the authority's certificate; `require` checks chain and host name, as `verify-full` does"
                    .to_owned()
            }
            Self::WrongServerKind(_) => "check the list of hosts and `target_session_attrs`".to_owned(),
            Self::Refused | Self::Settings(_) => return None,
        };
        Some(text)
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => out.write_str("the server cannot be reached"),
            Self::TimedOut(limit_ms) => write!(out, "no answer within {limit_ms} ms"),
            Self::DatabaseMissing(name) => write!(out, "database `{name}` does not exist"),
            Self::RoleMissing(name) => {
                write!(out, "role `{name}` does not exist or may not log in")
            }
            Self::PasswordMissing => out.write_str("the server wants a password and none is known"),
            Self::PasswordWrong => out.write_str("the server refused the password"),
            Self::NotPermitted => out.write_str("the server does not let this user in"),
            Self::TooManyConnections => out.write_str("the server has no free connection"),
            Self::NotReady => out.write_str("the server is starting up or shutting down"),
            Self::Tls(detail) => write!(out, "TLS: {detail}"),
            Self::WrongServerKind(detail) => write!(out, "not the wanted kind of server: {detail}"),
            Self::Refused => out.write_str("the server refused"),
            Self::Settings(detail) => out.write_str(detail),
            Self::Protocol => {
                out.write_str("the peer closed the connection or is no PostgreSQL server")
            }
        }
    }
}

struct LostCause<'a>(Option<&'a ServerError>, &'a str);

impl fmt::Display for LostCause<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(cause) => write!(out, "{cause}"),
            None if self.1.is_empty() => out.write_str("connection closed"),
            None => out.write_str(self.1),
        }
    }
}
