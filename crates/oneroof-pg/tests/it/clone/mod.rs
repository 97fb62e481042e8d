//! Clones: faithful, marked, and gone without a trace.

mod every_strategy;
mod failures;
mod faithful;
mod freeze;
mod marked;
mod masks;
mod physical;
mod scope;

use std::path::Path;
use std::sync::Arc;

use oneroof_model::TargetClass;
use oneroof_pg::catalog::{self, DataDigest, DataOptions, Definition};
use oneroof_pg::clone::{
    CloneEntry, CloneError, CloneLimits, CloneOptions, CloneProgress, CloneRegistry, CloneStrategy,
    ColumnMask, CopiedRows, DatabaseClone, MarkVerdict, MaskRule, RolesOfServer, RowComparison,
    RowsOf, TemplateOptions, compare_rows, copy_from_template, make_clone, mark_verdict,
    remove_clone, role_differences, valid_mark,
};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::ephemeral::{Lifetime, Registry, SearchPlaces};
use oneroof_pg::install::{AdoptOptions, adopt};
use oneroof_pg::ledger::{self, EntryKind};
use oneroof_pg::testing::{SUPERUSER, TestDatabase, TestServer, server_folder, system_binaries};
use serde_json::json;

use crate::catalog::{MANY_KINDS, MANY_ROLES};
use crate::definition::every_kind;

/// A source server of its own, since roles belong to the server, and a project's `.oneroof` folder.
struct Project {
    folder: tempfile::TempDir,
    server: Arc<TestServer>,
}

impl Project {
    async fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: Arc::new(TestServer::start(system_binaries()).await),
        }
    }

    fn options(&self) -> CloneOptions {
        let servers = Registry::at(self.folder.path().join("servers"));
        let mut options = CloneOptions::new("production", servers, SearchPlaces::usual(None));
        options.binaries = Some(system_binaries().folder);
        options.temp_folder = server_folder();
        options.run = "run-1".to_owned();
        options
    }

    /// A project with a source.
    async fn with_source(sql: &str) -> (Self, TestDatabase) {
        let project = Self::new().await;
        let source = project.source(sql).await;
        (project, source)
    }

    /// Options of a clone that stays.
    fn kept(&self) -> CloneOptions {
        CloneOptions {
            lifetime: Lifetime::Kept,
            ..self.options()
        }
    }

    async fn source(&self, sql: &str) -> TestDatabase {
        let database = self.server.database().await;
        database.run(sql).await;
        database
    }

    /// Nothing of any clone is registered, and no file is left in the project.
    fn assert_empty(&self) {
        let options = self.options();
        assert!(options.servers.list().unwrap().is_empty());
        assert!(options.clones.list().unwrap().is_empty());
        assert_eq!(files(options.clones.folder()), 0);
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

async fn admin_of(clone: &DatabaseClone) -> Session {
    connect(
        &clone.superuser_conninfo(),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap()
}

async fn make(source: &TestDatabase, options: &CloneOptions) -> Result<DatabaseClone, CloneError> {
    make_clone(&source.conninfo(), options, |_| {}).await
}

/// A clone in the making, met when more than `bytes` are there.
async fn met_copying(
    source: &TestDatabase,
    options: &CloneOptions,
    bytes: u64,
) -> tokio::task::JoinHandle<Result<DatabaseClone, CloneError>> {
    let (sender, mut copying) = tokio::sync::mpsc::unbounded_channel();
    let (conninfo, options) = (source.conninfo(), options.clone());
    let task = tokio::spawn(async move {
        make_clone(&conninfo, &options, |step| {
            if matches!(step, CloneProgress::Copying { bytes: there, .. } if there > bytes) {
                let _ = sender.send(());
            }
        })
        .await
    });
    copying.recv().await.unwrap();
    task
}

async fn assert_faithful(source: &Session, clone: &Session) {
    let (one, two) = (
        catalog::definition(source).await.unwrap(),
        catalog::definition(clone).await.unwrap(),
    );
    assert_eq!(Definition::diff(&one, &two), Default::default());
    assert_eq!(one.digest(), two.digest());
    let all = DataOptions::default();
    let (one, two) = (
        catalog::data(source, &all).await.unwrap(),
        catalog::data(clone, &all).await.unwrap(),
    );
    assert_eq!(DataDigest::diff(&one, &two), Default::default());
    assert_eq!(one.digest(), two.digest());
    assert!(!one.tables.is_empty());
}
