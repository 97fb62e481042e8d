//! Fixtures: productions that are made for rehearsing. They are built as scratch and handed over once
//! with [`seal`], which makes them productions.

use std::path::Path;

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::catalog;
use oneroof_pg::clone::{ScratchOptions, make_database, make_scratch};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::ServerEntry;
use oneroof_pg::install;
use serde::Serialize;

use crate::adopt::install_options;
use crate::apply::{ApplyOptions, apply};
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::statements::Script;
use crate::open;
use crate::store::package_files::OpenPackage;

/// How large the reference production is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FixtureSize {
    /// Some thousand rows.
    #[default]
    Small,
    /// The real counts: more than a million rows.
    Full,
}

impl FixtureSize {
    /// `small` or `full`
    pub fn as_str(self) -> &'static str {
        match self {
            FixtureSize::Small => "small",
            FixtureSize::Full => "full",
        }
    }
}

/// The database of the reference production.
pub(crate) const REFERENCE_DATABASE: &str = "directus";
/// Databases that stand beside it and stay empty.
const EMPTY_DATABASES: [&str; 2] = ["incomex_metadata", "workflow"];
/// Folder of the fixture's SQL in package `one-roof`.
const FOLDER: &str = "fixtures/reference";

/// What was sealed.
#[derive(Debug, Serialize)]
pub struct FixtureReport {
    /// The target's name.
    pub target: String,
    /// Its database, which is a production from now on.
    pub database: String,
}

/// Builds the reference production of package `one-roof` on an embedded server, as target `production` of the
/// context, and hands it over.
pub(crate) async fn build_reference(
    context: &Context,
    server: &ServerEntry,
    size: FixtureSize,
    one_roof: &OpenPackage,
    base: &OpenPackage,
) -> Result<(), EngineError> {
    let superuser = |database: &str| server.conninfo(database, &server.superuser);
    let settings = [
        ("fixture_size", size.as_str().to_owned()),
        ("fixture_as_of", crate::clock::today()),
    ];
    run_file(
        context,
        &superuser("postgres"),
        one_roof,
        "10_roles.sql",
        &settings,
    )
    .await?;
    let target = &open::target(context, "production")?;
    for database in EMPTY_DATABASES {
        make_database(&superuser("postgres"), database)
            .await
            .map_err(crate::rehearse::clone::clone_error)?;
    }
    make_scratch(
        &superuser("postgres"),
        &ScratchOptions {
            database: REFERENCE_DATABASE.into(),
            owner: "directus".into(),
            source: target.name.clone(),
            server_id: server.id.clone(),
            clones: open::clones(&context.root),
        },
    )
    .await
    .map_err(crate::rehearse::clone::clone_error)?;
    let database = superuser(REFERENCE_DATABASE);
    for file in ["20_application.sql", "30_grants.sql"] {
        run_file(context, &database, one_roof, file, &settings).await?;
    }
    let session = open_session(&database).await?;
    install::adopt(&session, &install_options(target))
        .await
        .map_err(EngineError::database("adopt the reference production"))?;
    session.close().await;
    apply(
        context,
        base,
        &target.name,
        &ApplyOptions {
            execute: true,
            ..ApplyOptions::default()
        },
    )
    .await?;
    run_file(context, &database, one_roof, "40_after_base.sql", &settings).await?;
    let session = open_session(&database).await?;
    session
        .simple("analyze")
        .await
        .map_err(EngineError::database("gather statistics"))?;
    session.close().await;
    seal(context, &target.name).await?;
    Ok(())
}

/// Hands a scratch database of an embedded server over: from now on it is a production.
pub async fn seal(context: &Context, target: &str) -> Result<FixtureReport, EngineError> {
    let target = &open::target(context, target)?;
    let apply = target
        .apply
        .as_ref()
        .ok_or_else(|| crate::source::role_missing(target, "apply"))?;
    let session = open_session(apply).await?;
    let class = open::class(&session, &open::clones(&context.root), &target.name).await?;
    let raw = catalog::mark(&session)
        .await
        .map_err(EngineError::database("read the mark"))?;
    let exists = oneroof_pg::ledger::exists(&session)
        .await
        .map_err(EngineError::database("look for the ledger"))?;
    session.close().await;
    let not_a_fixture =
        |why: String| EngineError::from(Refusal::new(RefusalCode::NotAFixture, why));
    if class != TargetClass::Scratch {
        return Err(not_a_fixture(format!(
            "target `{}` is a {class}; only a scratch database that oneroof made can be handed over",
            target.name
        )));
    }
    if !exists {
        return Err(Refusal::new(
            RefusalCode::NotAdopted,
            format!("target `{}` is not adopted", target.name),
        )
        .hint(format!("oneroof adopt {} --execute", target.name))
        .into());
    }
    let clones = open::clones(&context.root);
    let registered = clones
        .list()
        .map_err(|error| EngineError::other(error.to_string()))?;
    let entry = registered
        .into_iter()
        .find(|entry| raw.as_deref() == Some(entry.mark().as_str()))
        .ok_or_else(|| {
            not_a_fixture(format!(
                "target `{}` is not in this project's registry",
                target.name
            ))
        })?;
    let server = open::servers(&context.root)
        .find(&entry.server_id)
        .map_err(|error| {
            not_a_fixture(format!(
                "its server is not an embedded one of this project: {error}"
            ))
        })?;
    let admin = open_session(&server.conninfo("postgres", &server.superuser)).await?;
    catalog::remove_mark(&admin, &entry.database)
        .await
        .map_err(EngineError::database("remove the scratch mark"))?;
    admin.close().await;
    clones
        .forget(&entry.id)
        .map_err(|error| EngineError::other(error.to_string()))?;
    Ok(FixtureReport {
        target: target.name.clone(),
        database: entry.database,
    })
}

/// Runs a file of the fixture in one transaction.
async fn run_file(
    context: &Context,
    conninfo: &ConnInfo,
    package: &OpenPackage,
    file: &str,
    settings: &[(&str, String)],
) -> Result<(), EngineError> {
    let path = Path::new(FOLDER).join(file).display().to_string();
    run_script(context, conninfo, package, &path, settings).await
}

/// Runs a file of a package as it is, in one transaction with these settings `oneroof.<name>`.
pub(crate) async fn run_script(
    context: &Context,
    conninfo: &ConnInfo,
    package: &OpenPackage,
    path: &str,
    settings: &[(&str, String)],
) -> Result<(), EngineError> {
    let script = Script::parse(path, package.text(path)?)?;
    let session = open_session(conninfo).await?;
    crate::execute::release::begin(&session, "begin").await?;
    let settings = oneroof_pg::run::RunSettings {
        schema: Some("public".into()),
        values: settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        ..Default::default()
    };
    settings
        .apply(&session)
        .await
        .map_err(EngineError::database("set the fixture's settings"))?;
    script
        .run(context, &session, None)
        .await
        .map_err(|error| error.into_engine_error(None))?;
    session
        .simple("commit")
        .await
        .map_err(EngineError::database(format!("commit {path}")))?;
    session.close().await;
    Ok(())
}

async fn open_session(conninfo: &ConnInfo) -> Result<Session, EngineError> {
    connect(conninfo, &SessionOptions::read_write("oneroof/fixture"))
        .await
        .map_err(EngineError::database("open the embedded server"))
}
