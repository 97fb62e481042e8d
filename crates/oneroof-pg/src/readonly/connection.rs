//! One connection of the channel: metered, with our own statements prepared, and proven at each begin.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::error::ReadonlyError;
use super::limits::Limits;
use crate::connect::{Session, SessionOptions, connect_metered};
use crate::conninfo::ConnInfo;
use crate::error::PgError;
use crate::metered::ByteMeter;

/// Opens the transaction of a turn.
const BEGIN: &str = "begin transaction isolation level repeatable read read only";
/// Closes it, and takes away what a session could keep.
const END: &str = include_str!("end.sql");
/// The search path is the only setting that belongs to a statement and not to the channel.
const SET_PATH: &str = "select pg_catalog.set_config('search_path', $1, true)";

/// Which state of the catalog a turn reads. Two turns with an equal state read the same catalog: they have the same
/// snapshot of the same server, so no transaction that wrote anything ended in between, and they search names in the same
/// schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogState {
    /// The schemas that names without one are searched in, in order.
    pub path: Vec<String>,
    snapshot: String,
    server_started: String,
}

/// An open connection that no foreign text has been left on.
pub(super) struct Connection {
    pub(super) session: Session,
    pub(super) meter: Arc<ByteMeter>,
    pub(super) set_path: Statement,
    limits: Statement,
    pin: Statement,
    /// When the session was there for sure, by the server's clock: its process started before.
    pub(super) seen_at: chrono::DateTime<chrono::Utc>,
}

impl Connection {
    pub(super) async fn open(
        conninfo: &ConnInfo,
        application_name: &str,
    ) -> Result<Self, ReadonlyError> {
        let meter = Arc::<ByteMeter>::default();
        let options = SessionOptions::read_only(application_name);
        let mut session = connect_metered(conninfo, &options, &meter).await?;
        // Facts of the catalog are asked for with the same few queries by each turn.
        session.keep_statements();
        let client = session.client();
        let now = "select pg_catalog.clock_timestamp()";
        let prepared = future::try_join4(
            client.prepare(SET_PATH),
            client.prepare(include_str!("limits.sql")),
            client.prepare(include_str!("pin.sql")),
            client.query_one(now, &[]),
        )
        .await;
        let (set_path, limits, pin, seen_at) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Err(session.explain(error).await.into()),
        };
        Ok(Self {
            set_path,
            limits,
            pin,
            meter,
            seen_at: seen_at.try_get(0).map_err(PgError::from)?,
            session,
        })
    }

    /// Opens the transaction of a turn, sets every limit in it, and proves what it is: one round trip.
    pub(super) async fn begin(
        &self,
        conninfo: &ConnInfo,
        limits: &Limits,
        application_name: &str,
        is_superuser_accepted: bool,
    ) -> Result<CatalogState, ReadonlyError> {
        let client = self.session.client();
        let values = [
            milliseconds(limits.statement),
            milliseconds(limits.lock),
            milliseconds(limits.idle),
            format!("{}kB", limits.work_mem_kb),
            "1s".to_owned(),
            application_name.to_owned(),
        ];
        let values: Vec<&(dyn ToSql + Sync)> = values
            .iter()
            .map(|value| value as &(dyn ToSql + Sync))
            .collect();
        let (begun, limited, pinned) = future::join3(
            client.batch_execute(BEGIN),
            client.query_one(&self.limits, &values),
            client.query_one(&self.pin, &[]),
        )
        .await;
        let row = match begun.and(limited).and(pinned) {
            Ok(row) => row,
            Err(error) => return Err(self.session.explain(error).await.into()),
        };
        let read = |index: usize| row.try_get::<_, String>(index).map_err(PgError::from);
        let pid: i32 = row.try_get(0).map_err(PgError::from)?;
        let version = self.session.server_version_num().to_string();
        let checks = [
            (
                pid == self.session.backend_pid(),
                "another server process answers: a proxy in between pools transactions",
            ),
            (
                read(1)? == conninfo.user() && read(2)? == conninfo.user(),
                "it acts for another role than the one that signed in",
            ),
            (
                !row.try_get(3).map_err(PgError::from)? || is_superuser_accepted,
                "its role is a superuser; `oneroof doctor` shows a right one",
            ),
            (read(4)? == "on", "its transaction is not READ ONLY"),
            (
                read(5)? == "repeatable read",
                "its transaction is not REPEATABLE READ",
            ),
            (read(6)? == "on", "standard_conforming_strings is off"),
            (read(7)? == "UTF8", "its client_encoding is not UTF8"),
            (
                read(8)? == version,
                "the server is another one than at sign-in",
            ),
            (
                read(9)? == conninfo.dbname(),
                "its database is another one than at sign-in",
            ),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            None => Ok(CatalogState {
                path: row.try_get(10).map_err(PgError::from)?,
                snapshot: read(11)?,
                server_started: read(12)?,
            }),
            Some((_, what)) => Err(ReadonlyError::Surprise {
                what: (*what).to_owned(),
            }),
        }
    }

    /// Rolls back and takes away whatever a session could keep.
    pub(super) async fn end(&self) -> Result<(), PgError> {
        match self.end_raw().await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.session.explain(error).await),
        }
    }

    /// The same as the client library says it, to be sent behind a statement without a wait.
    pub(super) async fn end_raw(&self) -> Result<(), tokio_postgres::Error> {
        self.session.client().batch_execute(END).await
    }
}

fn milliseconds(limit: Duration) -> String {
    format!("{}ms", limit.as_millis())
}
