//! A server with the roles of the reference production, and scratch databases on it to which packages are applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use oneroof_engine::SearchPlaces;
use oneroof_engine::adopt::{AdoptOptions, adopt};
use oneroof_engine::apply::{ApplyOptions, ApplyReport, apply};
use oneroof_engine::context::{Context, TargetDatabase};
use oneroof_engine::error::EngineError;
use oneroof_engine::rollback::{RollbackOptions, RollbackReport, rollback};
use oneroof_engine::store::package_files::OpenPackage;
use oneroof_pg::clone::{CloneRegistry, ScratchOptions, make_scratch};
use oneroof_pg::testing::{SUPERUSER, TestFolder, TestServer, server_folder, system_binaries};

use crate::database::Database;

/// Parameters of the reference production for both packages.
const REFERENCE: &str = "fixtures/reference.toml";
/// A real signature of the application: its gate is open.
pub(crate) const OPEN_GATE: &str =
    "insert into public.os_proposal_approvals (status, metadata) values ('signed', '{}')";

/// A server of its own, since roles belong to the server, and a project's folder.
pub(crate) struct World {
    folder: TestFolder,
    server: Arc<TestServer>,
}

/// A scratch database with its parameters: what the engine may change without a gate.
pub(crate) struct Target {
    context: Context,
    name: String,
    pub(crate) database: Database,
}

impl World {
    /// Starts the server and makes the roles.
    pub(crate) async fn new() -> World {
        let world = World {
            folder: TestFolder::new(),
            server: Arc::new(TestServer::start(system_binaries()).await),
        };
        let postgres = world.database("postgres");
        postgres.run(&file("fixtures/reference/10_roles.sql")).await;
        world
    }

    /// A database of the server, by name.
    pub(crate) fn database(&self, name: &str) -> Database {
        Database::new(Arc::clone(&self.server), name)
    }

    /// An adopted scratch database; `prepare` is run before, as superuser. `parameters` is a params file.
    pub(crate) async fn target(&self, name: &str, prepare: &str, parameters: &str) -> Target {
        let options = ScratchOptions {
            database: name.to_owned(),
            owner: "directus".to_owned(),
            source: name.to_owned(),
            server_id: self.server.server().id().to_owned(),
            clones: CloneRegistry::at(self.folder.path().join(".oneroof/clones")),
        };
        let admin = self.server.conninfo("postgres", SUPERUSER);
        make_scratch(&admin, &options).await.unwrap();
        let database = self.database(name);
        database.run(prepare).await;
        let role = |role: &str| Some(self.server.conninfo(name, role));
        let target = TargetDatabase {
            name: name.to_owned(),
            read: role("oneroof_read"),
            clone: role("oneroof_clone"),
            apply: role("oneroof_apply"),
            packages: packages(parameters),
            ..TargetDatabase::default()
        };
        let context = Context {
            root: self.folder.path().to_owned(),
            targets: BTreeMap::from([(name.to_owned(), target)]),
            search: SearchPlaces::usual(None),
            server_binaries: Some(system_binaries().folder),
            server_folder: Some(server_folder()),
            runner_key: None,
            operator: "tester".to_owned(),
            events: Arc::new(|_| {}),
        };
        let dba = AdoptOptions {
            execute: true,
            policy: None,
            enrol: None,
            dba: Some(self.server.conninfo(name, SUPERUSER)),
        };
        adopt(&context, name, &dba).await.unwrap();
        Target {
            context,
            name: name.to_owned(),
            database,
        }
    }

    /// The reference production (small) with the base, as a target; its gate is open.
    pub(crate) async fn reference(&self, name: &str) -> Target {
        let target = self.target(name, &application(), &file(REFERENCE)).await;
        target.apply("one-roof-base").await.unwrap();
        let database = &target.database;
        database
            .run(&file("fixtures/reference/40_after_base.sql"))
            .await;
        database.run(OPEN_GATE).await;
        target
    }

    /// The reference production with both packages.
    pub(crate) async fn governed(&self) -> Target {
        let target = self.reference("reference").await;
        target.apply("one-roof").await.unwrap();
        target
    }
}

impl Target {
    /// Changes the parameters; `toml` is a params file.
    pub(crate) fn set_parameters(&mut self, toml: &str) {
        let target = self.context.targets.get_mut(&self.name).unwrap();
        target.packages = packages(toml);
    }

    pub(crate) async fn apply(&self, package: &str) -> Result<ApplyReport, EngineError> {
        let package = OpenPackage::open(None, package).unwrap();
        let options = ApplyOptions {
            execute: true,
            ..ApplyOptions::default()
        };
        apply(&self.context, &package, &self.name, &options).await
    }

    pub(crate) async fn rollback(&self, package: &str) -> Result<RollbackReport, EngineError> {
        let package = OpenPackage::open(None, package).unwrap();
        let options = RollbackOptions {
            execute: true,
            ..RollbackOptions::default()
        };
        rollback(&self.context, &package, &self.name, &options).await
    }

    /// Applies, which must be refused; gives the code and everything the refusal says.
    #[track_caller]
    pub(crate) fn refusal<T>(outcome: Result<T, EngineError>) -> (&'static str, String) {
        match outcome {
            Err(EngineError::Refused(refusal)) => {
                let said = format!("{refusal:?}");
                (refusal.code.as_str(), said)
            }
            Err(other) => panic!("not a refusal: {other}"),
            Ok(_) => panic!("not refused"),
        }
    }
}

/// The application of the reference production, with the grants of a DBA.
pub(crate) fn application() -> String {
    let files = ["20_application.sql", "30_grants.sql"];
    files
        .map(|name| file(&format!("fixtures/reference/{name}")))
        .concat()
}

/// A file of package `one-roof`.
pub(crate) fn file(path: &str) -> String {
    let package = OpenPackage::open(None, "one-roof").unwrap();
    package.text(path).unwrap().to_owned()
}

/// `[packages.NAME]` of a params file.
fn packages(toml: &str) -> BTreeMap<String, toml::Table> {
    let file: toml::Table = toml.parse().unwrap();
    let tables = file["packages"].as_table().unwrap().iter();
    tables
        .map(|(name, values)| (name.clone(), values.as_table().unwrap().clone()))
        .collect()
}
