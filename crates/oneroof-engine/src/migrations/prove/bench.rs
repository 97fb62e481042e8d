//! Where migrations are proved: a throw-away server, one database that only goes forward, and copies of it.

use oneroof_pg::clone::{
    DatabaseClone, copy_database, drop_copy, make_clone, make_database, open_copy,
};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::{EphemeralServer, Lifetime, ServerConfig};

use crate::context::Context;
use crate::demo::{server_binaries, server_error};
use crate::error::EngineError;
use crate::rehearse::clone::{clone_error, clone_options};
use crate::source::role_missing;
use crate::{open, run_id};

/// The database on a server of our own.
const DATABASE: &str = "migrations";
/// A statement of a migration may run so long.
const STATEMENT_LIMIT_MS: u64 = 300_000;

/// Who holds the database.
enum Host {
    Server(Box<EphemeralServer>),
    Clone(Box<DatabaseClone>),
}

/// The server with its database.
pub(super) struct Bench {
    host: Host,
    /// A session on another database of the server.
    server: Session,
    main: String,
    copies: usize,
}

impl Bench {
    /// Starts a server with an empty database, or with a clone of target `from`.
    pub(super) async fn start(context: &Context, from: Option<&str>) -> Result<Bench, EngineError> {
        let (host, main) = match from {
            None => {
                let config = ServerConfig::new(
                    server_binaries(context).await?,
                    open::servers(&context.root),
                );
                let mut config = ServerConfig {
                    lifetime: Lifetime::WithProcess,
                    ..config
                };
                if let Some(folder) = &context.server_folder {
                    config.temp_folder.clone_from(folder);
                }
                let server = EphemeralServer::start(config).await.map_err(server_error)?;
                let admin = server.conninfo("postgres", &server.entry().superuser);
                make_database(&admin, DATABASE).await.map_err(clone_error)?;
                (Host::Server(Box::new(server)), DATABASE.to_owned())
            }
            Some(from) => {
                let target = open::target(context, from)?;
                let reader = target.clone.as_ref().or(target.read.as_ref());
                let reader = reader.ok_or_else(|| role_missing(&target, "clone"))?;
                let run = run_id::new();
                let options =
                    clone_options(context, &target.name, &run, Lifetime::WithProcess).await?;
                let made = make_clone(reader, &options, |_| {})
                    .await
                    .map_err(clone_error)?;
                let main = made.database().to_owned();
                (Host::Clone(Box::new(made)), main)
            }
        };
        let server = open_session(&host.conninfo("postgres")).await?;
        Ok(Bench {
            host,
            server,
            main,
            copies: 0,
        })
    }

    /// The database that only goes forward.
    pub(super) fn main(&self) -> &str {
        &self.main
    }

    /// A superuser's session, whose questions stay prepared.
    pub(super) async fn session(&self, database: &str) -> Result<Session, EngineError> {
        let mut session = open_session(&self.host.conninfo(database)).await?;
        session.keep_statements();
        Ok(session)
    }

    /// Copies the database, which nobody may be on.
    pub(super) async fn copy(&mut self) -> Result<String, EngineError> {
        self.copies += 1;
        let name = format!("oneroof_proof_{}", self.copies);
        copy_database(&self.server, &self.main, &name)
            .await
            .map_err(clone_error)?;
        open_copy(&self.server, &name).await.map_err(clone_error)?;
        Ok(name)
    }

    /// Drops a copy.
    pub(super) async fn drop_copy(&self, name: &str) -> Result<(), EngineError> {
        drop_copy(&self.server, name).await.map_err(clone_error)
    }

    /// Stops the server; nothing is left.
    pub(super) async fn end(self) -> Result<(), EngineError> {
        self.server.close().await;
        let ended = match self.host {
            Host::Server(server) => server.stop().await,
            Host::Clone(made) => made.remove().await,
        };
        ended.map_err(|error| EngineError::other(error.to_string()))
    }
}

impl Host {
    fn conninfo(&self, database: &str) -> ConnInfo {
        match self {
            Host::Server(server) => server.conninfo(database, &server.entry().superuser),
            Host::Clone(made) => made.server_conninfo(database),
        }
    }
}

async fn open_session(conninfo: &ConnInfo) -> Result<Session, EngineError> {
    let mut options = SessionOptions::read_write("oneroof/migrations");
    options.statement_timeout_ms = Some(STATEMENT_LIMIT_MS);
    connect(conninfo, &options)
        .await
        .map_err(EngineError::database("open the throw-away database"))
}
