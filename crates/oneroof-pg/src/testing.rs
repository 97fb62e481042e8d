//! For tests of this crate and of those above it: one server per test process, one private
//! database per test. Nothing is left when the last user is dropped; what a killed test leaves is
//! removed by the next one.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot have its server must fail loudly"
)]

mod folder;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::ephemeral::{
    EphemeralServer, Registry, SearchPlaces, ServerBinaries, ServerConfig, find,
};

pub use folder::{TestFolder, server_folder};

/// Superuser of test servers; another name than the account and the databases, so that a mix-up
/// shows.
pub const SUPERUSER: &str = "test_admin";

/// A server for tests.
#[derive(Debug)]
pub struct TestServer {
    server: EphemeralServer,
    databases: AtomicU32,
}

/// A database that only one test knows.
#[derive(Debug)]
pub struct TestDatabase {
    server: Arc<TestServer>,
    name: String,
}

impl TestServer {
    /// The server that all tests of this process share: of the system's PostgreSQL (15 in Debian
    /// 12). It ends when the last `Arc` is dropped.
    pub async fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<TestServer>> = Mutex::const_new(Weak::new());
        let mut shared = SHARED.lock().await;
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start(system_binaries()).await);
        *shared = Arc::downgrade(&server);
        server
    }

    /// A server of its own, for tests that touch roles or settings, or that need another major:
    /// 15 is the system's, others are installed by `scripts/npm-postgres/install`.
    pub async fn of_major(major: u32) -> Arc<Self> {
        Arc::new(Self::start(binaries_of(major)).await)
    }

    /// Starts a server of these binaries, after removing what killed tests left.
    pub async fn start(binaries: ServerBinaries) -> Self {
        let mut config = ServerConfig::new(binaries, registry());
        config.temp_folder = server_folder();
        Self::start_with(config).await
    }

    /// Starts a server of this configuration; superuser and registry are the tests' own.
    pub async fn start_with(mut config: ServerConfig) -> Self {
        config.superuser = SUPERUSER.to_owned();
        config.registry = registry();
        // Some tests kill their server. What is outside its folder then would stay behind.
        let memory = ("dynamic_shared_memory_type", "mmap");
        config
            .settings
            .push((memory.0.to_owned(), memory.1.to_owned()));
        let swept = config.registry.sweep().await.unwrap();
        assert!(
            swept.failed.is_empty(),
            "left-overs cannot be removed: {:?}",
            swept.failed
        );
        let server = EphemeralServer::start(config)
            .await
            .unwrap_or_else(|error| {
                panic!(
                    "a test server must start: {}",
                    crate::error::with_sources(&error)
                )
            });
        Self {
            server,
            databases: AtomicU32::new(700),
        }
    }

    /// The server itself.
    pub fn server(&self) -> &EphemeralServer {
        &self.server
    }

    /// How to reach a database of it.
    pub fn conninfo(&self, dbname: &str, user: &str) -> ConnInfo {
        self.server.conninfo(dbname, user)
    }

    /// A session of the superuser in the database `postgres`.
    pub async fn admin(&self) -> Session {
        self.session("postgres", SUPERUSER).await
    }

    /// A session that may write.
    pub async fn session(&self, dbname: &str, user: &str) -> Session {
        let options = SessionOptions::read_write("oneroof/test");
        connect(&self.conninfo(dbname, user), &options)
            .await
            .unwrap()
    }

    /// Makes an empty database that only the caller knows.
    pub async fn database(self: &Arc<Self>) -> TestDatabase {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let admin = self.admin().await;
        admin
            .simple(&format!("create database {name} template template0"))
            .await
            .unwrap();
        admin.close().await;
        TestDatabase {
            server: Arc::clone(self),
            name,
        }
    }
}

impl TestDatabase {
    /// Its name; the same again in every test process.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its server.
    pub fn server(&self) -> &Arc<TestServer> {
        &self.server
    }

    /// How to reach it as superuser.
    pub fn conninfo(&self) -> ConnInfo {
        self.server.conninfo(&self.name, SUPERUSER)
    }

    /// A session of the superuser that may write.
    pub async fn session(&self) -> Session {
        self.server.session(&self.name, SUPERUSER).await
    }

    /// Runs statements as superuser, one after the other in one text.
    pub async fn run(&self, sql: &str) {
        let session = self.session().await;
        session
            .simple(sql)
            .await
            .unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
        session.close().await;
    }
}

/// The registry of test servers of this account, so that a later run finds left-overs.
pub fn registry() -> Registry {
    let uid = rustix::process::geteuid().as_raw();
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    Registry::at(target.join(format!("oneroof-test-servers-{uid}")))
}

/// The server of the system: the newest one in Debian's folders.
pub fn system_binaries() -> ServerBinaries {
    find(None, None, &SearchPlaces::usual(None))
        .unwrap_or_else(|error| panic!("{error}; {}", error.hint))
}

/// A server of this major: the variable `ONEROOF_TEST_PG<major>` names its folder of binaries,
/// else the system's, else what `scripts/npm-postgres/install` has installed.
pub fn binaries_of(major: u32) -> ServerBinaries {
    let variable = format!("ONEROOF_TEST_PG{major}");
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no binary that reads it for them"
    )]
    let setting = std::env::var_os(&variable).map(PathBuf::from);
    let mut places = SearchPlaces::usual(None);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/npm-postgres");
    if let Ok(root) = root.canonicalize() {
        // `scripts/npm-postgres/install` says where they are if they could not be here.
        let root = match std::fs::read_to_string(root.join("place")) {
            Ok(place) => PathBuf::from(place.trim()),
            Err(_) => root,
        };
        places
            .more
            .push(root.join(format!("node_modules/pg{major}/native/bin")));
    }
    find(setting.as_deref(), Some(major), &places).unwrap_or_else(|error| {
        panic!("{error}. Run scripts/npm-postgres/install, or let {variable} name its folder of binaries. {}", error.hint)
    })
}
