//! The only function that opens a connection, and the session that it gives.
//!
//! A session is one connection with a task that reads it, keeps the server's notices in order and
//! remembers why it ended. There is no pool and no reconnect: whoever holds a session knows that
//! every statement went over the same one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, NoTls, SimpleQueryMessage, Statement, config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::conninfo::{ChannelBinding, ConnInfo, HostName, HostPlace, ServerKind, SslMode};
use crate::error::{ConnectFailure, PgError, ServerError, severity_of, with_sources};
use crate::metered::{ByteMeter, Metered, Way};
use crate::tls;

/// Statements kept prepared in one session, where that was asked for.
const STATEMENTS_MAX: usize = 64;
/// Notices kept until somebody takes them; later ones are counted only.
const NOTICES_MAX: usize = 10_000;
/// Longest wait for a cancel request of a statement that was given up.
const CANCEL_LIMIT: Duration = Duration::from_secs(2);
/// How long a cancel request or a farewell may take.
const FAREWELL_LIMIT: Duration = Duration::from_secs(5);
/// How long to wait for the reason after a connection was seen to be gone.
const REASON_LIMIT: Duration = Duration::from_secs(1);

/// May the session write?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Every transaction starts read-only (`default_transaction_read_only`). A second fence, not
    /// the first one: a role without write rights is.
    ReadOnly,
    /// As the server decides.
    ReadWrite,
}

/// What a session is for, and its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOptions {
    /// `oneroof/<verb>/<run>`; the server cuts it to 63 bytes.
    pub application_name: String,
    /// May it write?
    pub access: Access,
    /// The server ends a statement after this many milliseconds; `None` leaves the server's own.
    pub statement_timeout_ms: Option<u64>,
    /// The server ends a wait for a lock after this many milliseconds.
    pub lock_timeout_ms: Option<u64>,
    /// Limit for opening the connection, sign-in included, for each host in milliseconds.
    /// `connect_timeout` in the connection settings wins.
    pub connect_timeout_ms: u64,
}

impl SessionOptions {
    /// Read-only, no statement or lock limit, 10 seconds to connect.
    pub fn read_only(application_name: impl Into<String>) -> Self {
        Self {
            application_name: application_name.into(),
            access: Access::ReadOnly,
            statement_timeout_ms: None,
            lock_timeout_ms: None,
            connect_timeout_ms: 10_000,
        }
    }

    /// The same, and may write.
    pub fn read_write(application_name: impl Into<String>) -> Self {
        Self {
            access: Access::ReadWrite,
            ..Self::read_only(application_name)
        }
    }
}

/// A message of the server beside the results: `raise notice`, warnings and the like.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Notice {
    /// `NOTICE`, `WARNING`, `INFO`, `LOG` or `DEBUG`, never translated.
    pub severity: String,
    /// Five characters.
    pub sqlstate: String,
    /// The text.
    pub message: String,
    /// The detail line, if any.
    pub detail: Option<String>,
    /// The hint, if any.
    pub hint: Option<String>,
}

/// What a statement of the simple protocol gave; all values are text as the server prints them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimpleOutcome {
    /// Column names; empty for a statement that gives no rows.
    pub columns: Vec<String>,
    /// One entry per row, one value per column, `None` for null.
    pub rows: Vec<Vec<Option<String>>>,
    /// The number in the command tag: rows returned, inserted, updated, deleted, copied.
    pub rows_affected: u64,
}

/// One open connection.
pub struct Session {
    client: Client,
    shared: Arc<Shared>,
    ended: watch::Receiver<bool>,
    task: JoinHandle<()>,
    cancel: CancelHandle,
    backend_pid: i32,
    server_version_num: u32,
    in_recovery: bool,
    tls: bool,
    server: String,
    /// Queries of ours that stay prepared, by their text; `None` prepares each anew.
    statements: Option<Mutex<HashMap<String, Statement>>>,
}

#[derive(Default)]
struct Shared {
    notices: Mutex<Vec<Notice>>,
    notices_left_out: Mutex<u64>,
    end: Mutex<Option<End>>,
}

#[derive(Clone)]
struct End {
    cause: Option<Box<ServerError>>,
    detail: String,
}

/// Asks the server to cancel what a session is doing, over a connection of its own.
#[derive(Clone)]
pub struct CancelHandle {
    token: tokio_postgres::CancelToken,
    tls: Option<MakeRustlsConnect>,
    /// How to get there, for a connection that was not opened by the client library itself.
    way: Option<Way>,
    server: String,
}

/// Cancels a statement whose answer nobody waits for any more (Ctrl-C): the server would run it to
/// its end, holding its locks. Blocks for some milliseconds, so that it is also done when the process
/// ends right after.
pub(crate) struct CancelOnDrop<'a>(Option<&'a CancelHandle>);

impl CancelOnDrop<'_> {
    /// The answer is there.
    pub(crate) fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        let Some(handle) = self.0.take().cloned() else {
            return;
        };
        // A runtime of its own: the present one may be ending.
        let cancelling = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                // If it cannot be sent, the server finds the closed connection after the statement.
                let _ = runtime
                    .block_on(async { tokio::time::timeout(CANCEL_LIMIT, handle.cancel()).await });
            }
        });
        let _ = cancelling.join();
    }
}

/// Opens a session: tries the hosts in order, with TLS as `sslmode` says, and sets application
/// name, access and limits as start-up options, so that they hold from the first statement on.
///
/// `sslmode` means what it means in libpq, with one difference on the safe side: `require` checks
/// the certificate's chain and host name, as `verify-full` does. `allow` and `prefer` check
/// nothing, as in libpq. On a socket there is no TLS.
///
/// # Errors
/// [`PgError::Connect`], whose reason tells an unreachable server from a wrong database name, a
/// wrong password, a missing role, a TLS fault or a server of the wrong kind. A refused sign-in is
/// not tried again on the next host.
pub async fn connect(conninfo: &ConnInfo, options: &SessionOptions) -> Result<Session, PgError> {
    connect_anywhere(conninfo, options, None).await
}

/// The same, and every byte that the session receives goes through `meter`.
pub(crate) async fn connect_metered(
    conninfo: &ConnInfo,
    options: &SessionOptions,
    meter: &Arc<ByteMeter>,
) -> Result<Session, PgError> {
    connect_anywhere(conninfo, options, Some(meter)).await
}

async fn connect_anywhere(
    conninfo: &ConnInfo,
    options: &SessionOptions,
    meter: Option<&Arc<ByteMeter>>,
) -> Result<Session, PgError> {
    let limit = conninfo
        .connect_timeout
        .unwrap_or(Duration::from_millis(options.connect_timeout_ms.max(1)));
    let kinds: &[ServerKind] = match conninfo.server_kind {
        ServerKind::PreferStandby => &[ServerKind::Standby, ServerKind::Any],
        ref kind => std::slice::from_ref(kind),
    };
    let places = in_order(conninfo);
    let mut tried: Vec<(String, Failed)> = Vec::new();
    for kind in kinds {
        tried.clear();
        for place in &places {
            let attempt = connect_place(conninfo, place, *kind, options, meter);
            let failed = match tokio::time::timeout(limit, attempt).await {
                Ok(Ok(session)) => return Ok(session),
                Ok(Err(failed)) => failed,
                Err(_) => {
                    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                    Failed {
                        reason: ConnectFailure::TimedOut(limit_ms),
                        source: None,
                    }
                }
            };
            let stop = !failed.lets_next_host_try();
            tried.push((place.display(), failed));
            if stop {
                break;
            }
        }
    }
    let Some((host, last)) = tried.pop() else {
        return Err(PgError::Connect {
            server: conninfo.describe(),
            reason: ConnectFailure::Settings("there is no host to try".to_owned()),
            source: None,
        });
    };
    let mut server = format!(
        "database `{}` as `{}` on {host}",
        conninfo.dbname, conninfo.user
    );
    for (host, failed) in &tried {
        server.push_str(&format!(" (before that {host}: {})", failed.reason));
    }
    Err(PgError::Connect {
        server,
        reason: last.reason,
        source: last.source,
    })
}

struct Failed {
    reason: ConnectFailure,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failed {
    fn lets_next_host_try(&self) -> bool {
        matches!(
            self.reason,
            ConnectFailure::Unreachable
                | ConnectFailure::TimedOut(_)
                | ConnectFailure::NotReady
                | ConnectFailure::WrongServerKind(_)
                | ConnectFailure::Protocol
        )
    }

    fn is_rejected_by_rules(&self) -> bool {
        self.source
            .as_ref()
            .and_then(|source| source.downcast_ref::<ServerError>())
            .is_some_and(|error| error.sqlstate == "28000")
    }
}

/// The hosts in the order of the list, or in random order (`load_balance_hosts`).
fn in_order(conninfo: &ConnInfo) -> Vec<HostPlace> {
    use std::hash::{BuildHasher as _, RandomState};
    let mut places = conninfo.hosts.clone();
    if conninfo.random_host {
        let state = RandomState::new();
        places.sort_by_cached_key(|place| state.hash_one(place.display()));
    }
    places
}

async fn connect_place(
    conninfo: &ConnInfo,
    place: &HostPlace,
    kind: ServerKind,
    options: &SessionOptions,
    meter: Option<&Arc<ByteMeter>>,
) -> Result<Session, Failed> {
    use config::SslMode::{Disable, Prefer, Require};
    let mode = match place.host {
        HostName::Socket(_) => SslMode::Disable,
        HostName::Tcp(_) => conninfo.tls.mode,
    };
    let open = |ssl_mode| open(conninfo, place, ssl_mode, options, meter);
    let session = match mode {
        SslMode::Disable => open(Disable).await?,
        SslMode::Allow => match open(Disable).await {
            Err(failed) if failed.is_rejected_by_rules() => open(Require).await?,
            other => other?,
        },
        SslMode::Prefer => match open(Prefer).await {
            Err(failed)
                if failed.is_rejected_by_rules()
                    || matches!(failed.reason, ConnectFailure::Tls(_)) =>
            {
                // Without TLS only if that works: else the first answer is the useful one.
                open(Disable).await.map_err(|_| failed)?
            }
            other => other?,
        },
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => open(Require).await?,
    };
    introduce(session, kind, options.access).await
}

/// Connects to one place in one way.
async fn open(
    conninfo: &ConnInfo,
    place: &HostPlace,
    ssl_mode: config::SslMode,
    options: &SessionOptions,
    meter: Option<&Arc<ByteMeter>>,
) -> Result<Session, Failed> {
    let settings = settings(conninfo, place, ssl_mode, options);
    let failed = |error| classify(error, conninfo);
    let server = format!(
        "database `{}` as `{}` on {}",
        conninfo.dbname,
        conninfo.user,
        place.display()
    );
    if let Some(meter) = meter {
        return open_metered(conninfo, place, &settings, server, meter).await;
    }
    if ssl_mode == config::SslMode::Disable {
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        let (client, connection) = settings.connect(NoTls).await.map_err(failed)?;
        return Ok(Session::new(client, connection, None, None, server));
    }
    let tls = tls::connector(&conninfo.tls).map_err(|detail| Failed {
        reason: ConnectFailure::Tls(detail),
        source: None,
    })?;
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    let (client, connection) = settings.connect(tls.clone()).await.map_err(failed)?;
    Ok(Session::new(client, connection, Some(tls), None, server))
}

/// The same over a stream of our own, which counts.
async fn open_metered(
    conninfo: &ConnInfo,
    place: &HostPlace,
    settings: &config::Config,
    server: String,
    meter: &Arc<ByteMeter>,
) -> Result<Session, Failed> {
    let failed = |error| classify(error, conninfo);
    let way = Way::new(place, conninfo.keepalives);
    let stream = way.go(Arc::clone(meter)).await.map_err(|error| Failed {
        reason: ConnectFailure::Unreachable,
        source: Some(error.into()),
    })?;
    if settings.get_ssl_mode() == config::SslMode::Disable {
        let (client, connection) = settings.connect_raw(stream, NoTls).await.map_err(failed)?;
        return Ok(Session::new(client, connection, None, Some(way), server));
    }
    let wrong = |detail: String| Failed {
        reason: ConnectFailure::Tls(detail),
        source: None,
    };
    let mut tls = tls::connector(&conninfo.tls).map_err(wrong)?;
    let connector = MakeTlsConnect::<Metered>::make_tls_connect(&mut tls, way.name())
        .map_err(|error| wrong(with_sources(&error)))?;
    let (client, connection) = settings
        .connect_raw(stream, connector)
        .await
        .map_err(failed)?;
    Ok(Session::new(
        client,
        connection,
        Some(tls),
        Some(way),
        server,
    ))
}

fn settings(
    conninfo: &ConnInfo,
    place: &HostPlace,
    ssl_mode: config::SslMode,
    options: &SessionOptions,
) -> config::Config {
    let mut settings = config::Config::new();
    match &place.host {
        HostName::Tcp(name) => settings.host(name.clone()),
        HostName::Socket(folder) => settings.host_path(folder),
    };
    if let Some(address) = place.address {
        settings.hostaddr(address);
    }
    settings
        .port(place.port)
        .user(&conninfo.user)
        .dbname(&conninfo.dbname)
        .application_name(&options.application_name)
        .ssl_mode(ssl_mode)
        .options(startup_options(conninfo.options.as_deref(), options))
        .keepalives(conninfo.keepalives.on)
        .keepalives_idle(conninfo.keepalives.idle)
        .keepalives_interval(conninfo.keepalives.interval)
        .keepalives_retries(conninfo.keepalives.count)
        .channel_binding(match conninfo.channel_binding {
            ChannelBinding::Disable => config::ChannelBinding::Disable,
            ChannelBinding::Prefer => config::ChannelBinding::Prefer,
            ChannelBinding::Require => config::ChannelBinding::Require,
        });
    if conninfo.tls.direct && ssl_mode != config::SslMode::Disable {
        settings.ssl_negotiation(config::SslNegotiation::Direct);
    }
    if let Some(limit) = conninfo.keepalives.user_timeout {
        settings.tcp_user_timeout(limit);
    }
    if let Some(password) = conninfo.password_at(place) {
        settings.password(password.expose());
    }
    settings
}

/// The user's options first, ours behind them: the server takes the last.
fn startup_options(given: Option<&str>, options: &SessionOptions) -> String {
    let mut text = given.map(|given| format!("{given} ")).unwrap_or_default();
    if options.access == Access::ReadOnly {
        text.push_str("-c default_transaction_read_only=on ");
    }
    for (name, limit) in [
        ("statement_timeout", options.statement_timeout_ms),
        ("lock_timeout", options.lock_timeout_ms),
    ] {
        if let Some(limit) = limit {
            text.push_str(&format!("-c {name}={limit} "));
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Asks the new session who it is, and checks that it is what was asked for.
async fn introduce(
    mut session: Session,
    kind: ServerKind,
    access: Access,
) -> Result<Session, Failed> {
    let sql = "select pg_catalog.pg_backend_pid()
                    , pg_catalog.pg_is_in_recovery()
                    , pg_catalog.current_setting('default_transaction_read_only')
                    , pg_catalog.current_setting('server_version_num')";
    let wrong = |detail: &str| Failed {
        reason: ConnectFailure::WrongServerKind(detail.to_owned()),
        source: None,
    };
    let outcome = session.simple(sql).await.map_err(|error| Failed {
        reason: ConnectFailure::Protocol,
        source: Some(error.into()),
    })?;
    let Some([Some(pid), Some(recovery), Some(read_only), Some(version)]) =
        outcome.rows.first().map(Vec::as_slice)
    else {
        return Err(wrong("it does not answer as PostgreSQL does"));
    };
    session.backend_pid = pid
        .parse()
        .map_err(|_| wrong("its backend has no process id"))?;
    session.server_version_num = version
        .parse()
        .map_err(|_| wrong("its version is not a number"))?;
    session.in_recovery = recovery == "t";
    let read_only = read_only == "on";
    if access == Access::ReadOnly && !read_only {
        // A pooler configured to drop start-up options would hand us a session that can write.
        return Err(wrong(
            "the start-up option `default_transaction_read_only` did not arrive (a pooling proxy in between drops it)",
        ));
    }
    let writes = !session.in_recovery && (access == Access::ReadOnly || !read_only);
    let fits = match kind {
        ServerKind::Any | ServerKind::PreferStandby => true,
        ServerKind::ReadWrite => writes,
        ServerKind::ReadOnly => !writes || (access == Access::ReadOnly && session.in_recovery),
        ServerKind::Primary => !session.in_recovery,
        ServerKind::Standby => session.in_recovery,
    };
    if !fits {
        let seen = match (session.in_recovery, read_only) {
            (true, _) => "it is a standby",
            (false, true) => "its sessions are read-only",
            (false, false) => "it is a primary that takes writes",
        };
        return Err(wrong(seen));
    }
    Ok(session)
}

/// Why the client library could not connect.
fn classify(error: tokio_postgres::Error, conninfo: &ConnInfo) -> Failed {
    if let Some(report) = error.as_db_error() {
        let report = ServerError::from(report);
        let reason = match report.sqlstate.as_str() {
            "3D000" => ConnectFailure::DatabaseMissing(conninfo.dbname.clone()),
            "28P01" => ConnectFailure::PasswordWrong,
            "28000" if is_about_role(&report.message) => {
                ConnectFailure::RoleMissing(conninfo.user.clone())
            }
            "28000" | "42501" | "55000" => ConnectFailure::NotPermitted,
            "53300" => ConnectFailure::TooManyConnections,
            "57P03" | "57P01" | "57P02" => ConnectFailure::NotReady,
            _ => ConnectFailure::Refused,
        };
        return Failed {
            reason,
            source: Some(Box::new(report)),
        };
    }
    // The library keeps its kinds to itself; its texts are stable within the pinned version.
    let text = error.to_string();
    let detail = with_sources(&error);
    let reason = if detail.contains("password missing") {
        ConnectFailure::PasswordMissing
    } else if text.starts_with("error connecting") {
        ConnectFailure::Unreachable
    } else if text.starts_with("error performing TLS") {
        return Failed {
            reason: ConnectFailure::Tls(detail),
            source: None,
        };
    } else if text.starts_with("authentication error") || text.starts_with("invalid configuration")
    {
        ConnectFailure::Settings(detail)
    } else {
        ConnectFailure::Protocol
    };
    let source = error.into_source();
    Failed { reason, source }
}

/// 28000 stands for several things and has no code of its own for a missing role. A server that
/// speaks another language gives [`ConnectFailure::NotPermitted`], with its own words as source.
fn is_about_role(message: &str) -> bool {
    message.starts_with("role \"")
        && (message.contains("does not exist") || message.contains("is not permitted to log in"))
}

impl Session {
    fn new<S, T>(
        client: Client,
        mut connection: tokio_postgres::Connection<S, T>,
        tls: Option<MakeRustlsConnect>,
        way: Option<Way>,
        server: String,
    ) -> Self
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::new(Shared::default());
        let (ended_sender, ended) = watch::channel(false);
        let task = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                let end = loop {
                    match std::future::poll_fn(|context| connection.poll_message(context)).await {
                        Some(Ok(AsyncMessage::Notice(notice))) => shared.keep(&notice),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => break End::from(&error),
                        None => {
                            break End {
                                cause: None,
                                detail: String::new(),
                            };
                        }
                    }
                };
                *lock(&shared.end) = Some(end);
                let _ = ended_sender.send(true);
            }
        });
        let cancel = CancelHandle {
            token: client.cancel_token(),
            tls: tls.clone(),
            way,
            server: server.clone(),
        };
        Self {
            client,
            shared,
            ended,
            task,
            cancel,
            backend_pid: 0,
            server_version_num: 0,
            in_recovery: false,
            tls: tls.is_some(),
            server,
            statements: None,
        }
    }

    /// Process id of the backend: what `pg_stat_activity.pid` shows.
    pub fn backend_pid(&self) -> i32 {
        self.backend_pid
    }

    /// Version of the server as a number, for example `150018` for 15.18.
    pub fn server_version_num(&self) -> u32 {
        self.server_version_num
    }

    /// Was the server a standby when the session was opened?
    pub fn is_in_recovery(&self) -> bool {
        self.in_recovery
    }

    /// Was TLS asked for on this connection? (With `prefer` the server may have declined.)
    pub fn tls_was_asked(&self) -> bool {
        self.tls
    }

    /// Database, user and host, for messages; never a password.
    pub fn describe(&self) -> &str {
        &self.server
    }

    /// Runs text by the simple protocol, as psql does: no parameters, values as text.
    ///
    /// Send one statement at a time, so that notices and counts belong to it; of several
    /// statements only the last one's columns, rows and count are given.
    ///
    /// # Errors
    /// [`PgError::Server`] with everything that the server said, or [`PgError::Lost`].
    pub async fn simple(&self, sql: &str) -> Result<SimpleOutcome, PgError> {
        self.forget_statements(sql);
        let mut running = CancelOnDrop(Some(&self.cancel));
        let answer = self.client.simple_query(sql).await;
        running.0 = None;
        let messages = match answer {
            Ok(messages) => messages,
            Err(error) => return Err(self.explain(error).await),
        };
        let mut outcome = SimpleOutcome::default();
        let mut fresh = true;
        for message in messages {
            if std::mem::take(&mut fresh) {
                outcome = SimpleOutcome::default();
            }
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    outcome.columns = columns
                        .iter()
                        .map(|column| column.name().to_owned())
                        .collect();
                }
                SimpleQueryMessage::Row(row) => {
                    let mut values = Vec::with_capacity(row.len());
                    for index in 0..row.len() {
                        values.push(row.try_get(index)?.map(str::to_owned));
                    }
                    outcome.rows.push(values);
                }
                SimpleQueryMessage::CommandComplete(count) => {
                    outcome.rows_affected = count;
                    fresh = true;
                }
                _ => {}
            }
        }
        Ok(outcome)
    }

    /// Runs one statement with parameters and gives its rows (binary values, typed reads).
    ///
    /// # Errors
    /// As [`Session::simple`]; [`PgError::Client`] if a parameter has the wrong type.
    pub async fn query(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, PgError> {
        let mut running = CancelOnDrop(Some(&self.cancel));
        let answer = match &self.statements {
            None => self.client.query(sql, params).await,
            Some(kept) => self.query_kept(kept, sql, params).await,
        };
        running.0 = None;
        match answer {
            Ok(rows) => Ok(rows),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// From now on every text that [`Session::query`] is given stays prepared, so that the next time takes one round
    /// trip. For sessions that run the same few queries again and again.
    pub fn keep_statements(&mut self) {
        self.statements = Some(Mutex::default());
    }

    /// Whoever says `deallocate` or `discard` may take our prepared statements away: they are made again.
    fn forget_statements(&self, sql: &str) {
        let Some(kept) = &self.statements else { return };
        let says = |word: &str| {
            let words = sql.as_bytes().windows(word.len());
            words
                .into_iter()
                .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        if says("deallocate") || says("discard") {
            lock(kept).clear();
        }
    }

    async fn query_kept(
        &self,
        kept: &Mutex<HashMap<String, Statement>>,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        let known = lock(kept).get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => {
                let statement = self.client.prepare(sql).await?;
                let mut kept = lock(kept);
                if kept.len() < STATEMENTS_MAX {
                    kept.insert(sql.to_owned(), statement.clone());
                }
                statement
            }
        };
        self.client.query(&statement, params).await
    }

    /// Runs one statement with parameters and gives the number of rows that it touched.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, PgError> {
        match self.client.execute(sql, params).await {
            Ok(count) => Ok(count),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// Lets the server parse and analyse a text without running it. The extended protocol takes
    /// one statement only, so success proves that it is one. Gives column names and type names
    /// (`int4`; types outside `pg_catalog` as `schema.name`); none for a statement without rows.
    ///
    /// # Errors
    /// [`PgError::Server`]: 42601 for several statements or wrong syntax, 42P01 and so on for
    /// names that do not exist.
    pub async fn prepare_check(&self, sql: &str) -> Result<Vec<(String, String)>, PgError> {
        let statement = match self.client.prepare(sql).await {
            Ok(statement) => statement,
            Err(error) => return Err(self.explain(error).await),
        };
        let columns = statement.columns().iter().map(|column| {
            let of = column.type_();
            let type_name = match of.schema() {
                "pg_catalog" => of.name().to_owned(),
                schema => format!("{schema}.{}", of.name()),
            };
            (column.name().to_owned(), type_name)
        });
        Ok(columns.collect())
    }

    /// Starts `COPY … TO STDOUT`; the stream gives the data in chunks, about one per row.
    ///
    /// Hand the stream's own errors to [`Session::explain`]. `statement_timeout` does not end a
    /// stalled copy: use a deadline and [`CancelHandle::cancel`].
    ///
    /// # Errors
    /// As [`Session::simple`].
    pub async fn copy_out(&self, sql: &str) -> Result<tokio_postgres::CopyOutStream, PgError> {
        match self.client.copy_out(sql).await {
            Ok(stream) => Ok(stream),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// Starts `COPY … FROM STDIN`. Call `finish` on the sink: dropping it makes the server abort.
    ///
    /// # Errors
    /// As [`Session::simple`].
    pub async fn copy_in(&self, sql: &str) -> Result<tokio_postgres::CopyInSink<Bytes>, PgError> {
        match self.client.copy_in(sql).await {
            Ok(sink) => Ok(sink),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// Turns an error of the client library into ours; if the connection is gone, with the reason
    /// that the server gave for it.
    pub async fn explain(&self, error: tokio_postgres::Error) -> PgError {
        match PgError::from(error) {
            PgError::Server(cause) if cause.ends_session() => PgError::Lost {
                server: self.server.clone(),
                cause: Some(cause),
                detail: String::new(),
            },
            PgError::Lost { detail, .. } => {
                let mut ended = self.ended.clone();
                let _ = tokio::time::timeout(REASON_LIMIT, ended.wait_for(|ended| *ended)).await;
                match lock(&self.shared.end).clone() {
                    Some(End {
                        cause: None,
                        detail: more,
                    }) if more.is_empty() => PgError::Lost {
                        server: self.server.clone(),
                        cause: None,
                        detail,
                    },
                    Some(End { cause, detail }) => PgError::Lost {
                        server: self.server.clone(),
                        cause,
                        detail,
                    },
                    None => PgError::Lost {
                        server: self.server.clone(),
                        cause: None,
                        detail,
                    },
                }
            }
            other => other,
        }
    }

    /// The notices since the last call, in the order in which the server sent them. After a
    /// statement has returned, its notices are all there.
    pub fn take_notices(&self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut *lock(&self.shared.notices));
        let left_out = std::mem::take(&mut *lock(&self.shared.notices_left_out));
        if left_out > 0 {
            notices.push(Notice {
                severity: "WARNING".to_owned(),
                sqlstate: "01000".to_owned(),
                message: format!("{left_out} more notices were not kept"),
                detail: None,
                hint: None,
            });
        }
        notices
    }

    /// The client library's own handle, for the parts of this crate that need more than [`Session::query`].
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Cancels what this session is doing when the value is dropped, unless it was said to be done: for what goes on
    /// after its statement has been answered, a stream of rows.
    pub(crate) fn cancel_on_drop(&self) -> CancelOnDrop<'_> {
        CancelOnDrop(Some(&self.cancel))
    }

    /// A handle that cancels what this session is doing; it can be used from another task.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.cancel.clone()
    }

    /// Is the connection gone?
    pub fn is_closed(&self) -> bool {
        self.client.is_closed() || *self.ended.borrow()
    }

    /// Says goodbye and waits, at most five seconds, until the connection is closed. Dropping a
    /// session also closes it, without the wait.
    pub async fn close(self) {
        let Self {
            client, mut task, ..
        } = self;
        drop(client);
        if tokio::time::timeout(FAREWELL_LIMIT, &mut task)
            .await
            .is_err()
        {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session")
            .field("server", &self.server)
            .field("backend_pid", &self.backend_pid)
            .finish_non_exhaustive()
    }
}

impl CancelHandle {
    /// Sends the request. The server answers nothing: the statement itself ends with 57014, or
    /// ends normally if it was faster.
    ///
    /// # Errors
    /// [`PgError::Connect`] if the request could not be sent (the session itself may be fine),
    /// [`PgError::Timeout`] after five seconds.
    pub async fn cancel(&self) -> Result<(), PgError> {
        let request = async {
            match (&self.way, &self.tls) {
                (Some(way), _) => self.cancel_on(way).await,
                (None, Some(tls)) => Ok(self.token.cancel_query(tls.clone()).await?),
                (None, None) => Ok(self.token.cancel_query(NoTls).await?),
            }
        };
        let action = || format!("send a cancel request to {}", self.server);
        match tokio::time::timeout(FAREWELL_LIMIT, request).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(PgError::Connect {
                server: format!("{} for a cancel request", self.server),
                reason: ConnectFailure::Unreachable,
                source: Some(error),
            }),
            Err(_) => Err(PgError::Timeout {
                action: action(),
                limit_ms: FAREWELL_LIMIT.as_secs() * 1000,
            }),
        }
    }
}

impl CancelHandle {
    /// Over a stream of our own.
    async fn cancel_on(&self, way: &Way) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let stream = way.go(Arc::default()).await?;
        match self.tls.clone() {
            None => self.token.cancel_query_raw(stream, NoTls).await?,
            Some(mut tls) => {
                let connector = MakeTlsConnect::<Metered>::make_tls_connect(&mut tls, way.name())?;
                self.token.cancel_query_raw(stream, connector).await?;
            }
        }
        Ok(())
    }
}

impl Shared {
    fn keep(&self, notice: &tokio_postgres::error::DbError) {
        let mut notices = lock(&self.notices);
        if notices.len() >= NOTICES_MAX {
            *lock(&self.notices_left_out) += 1;
            return;
        }
        notices.push(Notice {
            severity: severity_of(notice),
            sqlstate: notice.code().code().to_owned(),
            message: notice.message().to_owned(),
            detail: notice.detail().map(str::to_owned),
            hint: notice.hint().map(str::to_owned),
        });
    }
}

impl From<&tokio_postgres::Error> for End {
    fn from(error: &tokio_postgres::Error) -> Self {
        let cause = error
            .as_db_error()
            .map(|report| Box::new(ServerError::from(report)));
        Self {
            cause,
            detail: with_sources(error),
        }
    }
}

/// A poisoned lock holds plain data that is still whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
