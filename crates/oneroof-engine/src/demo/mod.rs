//! `demo`: the whole story on embedded servers, ending with every figure beside what was seen.

pub mod clean;
pub mod figures;
mod golden;
mod people;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oneroof_model::Value;
use oneroof_model::posture::ItemName;
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::{EphemeralServer, Lifetime, ServerBinaries, ServerConfig, find};
use serde::Serialize;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::fixture::{self, FixtureSize, REFERENCE_DATABASE};
use crate::rehearse::report::{ConnectionReport, Observed, RehearsalReport, Verdict};
use crate::rehearse::{RehearseOptions, clone, rehearse};
use crate::store::package_files::OpenPackage;
use crate::{clock, open, parameters, run_id};
use figures::Figure;

/// What `demo` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// How large the reference production is.
    pub size: FixtureSize,
    /// Leave production and a clone with the release applied.
    pub keep: bool,
}

/// What `demo` saw.
#[derive(Debug, Serialize)]
pub struct DemoReport {
    /// Did everything pass, and every figure come out?
    pub verdict: Verdict,
    /// `small` or `full`
    pub size: FixtureSize,
    /// Expected beside seen.
    pub figures: FigureCount,
    /// The project folder of this demo: its evidence, and with `--keep` its oneroof.toml.
    pub project: PathBuf,
    /// How to connect to the production, if kept.
    pub production: Option<KeptProduction>,
    /// How to connect to the clone with the release applied, if kept.
    pub clone: Option<KeptClone>,
    /// The rehearsal.
    pub rehearsal: RehearsalReport,
}

/// How many figures came out.
#[derive(Debug, Serialize)]
pub struct FigureCount {
    /// All of them.
    pub total: usize,
    /// Those that came out.
    pub reproduced: usize,
    /// Those that did not.
    pub missed: Vec<CheckedFigure>,
    /// All of them, one by one.
    pub checked: Vec<CheckedFigure>,
}

/// One figure beside what was seen.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedFigure {
    /// Its name.
    pub id: String,
    /// Where it is stated.
    pub section: String,
    /// The moment.
    pub stage: String,
    /// What must come out.
    pub expected: Value,
    /// What came out.
    pub seen: Option<Value>,
    /// Why nothing came out.
    pub error: Option<String>,
}

/// A production that was kept.
#[derive(Debug, Serialize)]
pub struct KeptProduction {
    /// As the superuser of its server.
    pub connection: ConnectionReport,
    /// As the target's read role.
    pub read: ConnectionReport,
    /// Id of its server.
    pub server: String,
}

/// A clone that was kept.
#[derive(Debug, Serialize)]
pub struct KeptClone {
    /// Its id.
    pub id: String,
    /// As the superuser of its server.
    pub connection: ConnectionReport,
}

/// Runs the demo. `around` gives server binaries, events and the operator; its folder gets a project
/// `.oneroof/demo-<id>/` of its own.
pub async fn demo(around: &Context, options: &DemoOptions) -> Result<DemoReport, EngineError> {
    let one_roof = OpenPackage::open(None, "one-roof")?;
    let base = OpenPackage::open(None, "one-roof-base")?;
    let figures = figures::read(&one_roof)?;
    let project = around
        .root
        .join(".oneroof")
        .join(format!("demo-{}", run_id::new()));
    std::fs::create_dir_all(&project).map_err(EngineError::file(format!(
        "make the demo's folder `{}`",
        project.display()
    )))?;
    let _folder = DemoFolder(project.clone());
    // Dropped after everything below: a demo that does not come to its report leaves no folder.
    let mut unfinished = RemovedOnDrop(Some(project.clone()));
    let servers = open::servers(&project);
    let binaries = server_binaries(around).await?;
    let mut config = ServerConfig::new(binaries, servers);
    config.lifetime = if options.keep {
        Lifetime::Kept
    } else {
        Lifetime::WithProcess
    };
    if let Some(folder) = &around.server_folder {
        config.temp_folder.clone_from(folder);
    }
    let mut server = EphemeralServer::start(config).await.map_err(server_error)?;
    server.remove_on_drop(true);
    let target = production(&server, &one_roof)?;
    let context = Context {
        root: project.clone(),
        targets: BTreeMap::from([(target.name.clone(), target.clone())]),
        ..around.clone()
    };
    fixture::build_reference(&context, server.entry(), options.size, &one_roof, &base).await?;
    let context = match options.keep {
        true => {
            let dba = server.conninfo(REFERENCE_DATABASE, &server.entry().superuser);
            people::settle(context, &dba).await?
        }
        false => context,
    };
    let rehearse_options = RehearseOptions {
        figures: figures.clone(),
        ..RehearseOptions::default()
    };
    let rehearsal = rehearse(&context, &one_roof, "production", &rehearse_options).await?;
    let mut observations = rehearsal.observations.clone();
    let mut kept_clone = None;
    if rehearsal.verdict == Verdict::Passed {
        golden::observe(&context, &one_roof, &figures, &mut observations).await?;
        if options.keep {
            kept_clone = keep_clone(&context, &one_roof).await?;
            people::say_yes(&context, &one_roof).await?;
        }
    }
    let figures = count(&figures, &observations, options.size);
    let verdict = match rehearsal.verdict {
        Verdict::Passed if figures.missed.is_empty() && figures.total > 0 => Verdict::Passed,
        _ => Verdict::Failed,
    };
    let mut production = None;
    if options.keep {
        write_project(around, &project, &target, context.runner_key.as_deref())?;
        server.remove_on_drop(false);
        production = Some(KeptProduction {
            connection: clone::connection(
                &server.conninfo(REFERENCE_DATABASE, &server.entry().superuser),
            ),
            read: clone::connection(&server.conninfo(REFERENCE_DATABASE, "oneroof_read")),
            server: server.id().to_owned(),
        });
    } else {
        server
            .stop()
            .await
            .map_err(|error| EngineError::other(error.to_string()))?;
    }
    unfinished.0 = None;
    Ok(DemoReport {
        verdict,
        size: options.size,
        figures,
        project,
        production,
        clone: kept_clone,
        rehearsal,
    })
}

/// A folder that is removed unless it is taken out of here.
struct RemovedOnDrop(Option<PathBuf>);

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take() {
            // Why the demo ended is what the user hears about.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The folder of a demo. One that ends before it has evidence or is kept leaves nothing.
struct DemoFolder(PathBuf);

impl Drop for DemoFolder {
    fn drop(&mut self) {
        let has = |name: &str| {
            std::fs::read_dir(self.0.join(name)).is_ok_and(|mut entries| entries.next().is_some())
        };
        if !has("evidence") && !self.0.join("oneroof.toml").exists() {
            // What a server of a killed demo still holds stays for the next sweep.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Server binaries of any major, or a refusal with the install command.
pub(crate) async fn server_binaries(context: &Context) -> Result<ServerBinaries, EngineError> {
    let (setting, places) = (context.server_binaries.clone(), context.search.clone());
    tokio::task::spawn_blocking(move || find(setting.as_deref(), None, &places))
        .await
        .map_err(|error| EngineError::other(error.to_string()))?
        .map_err(|error| {
            oneroof_model::Refusal::new(
                oneroof_model::RefusalCode::ServerBinariesMissing,
                error.to_string(),
            )
            .hint(error.hint.clone())
            .into()
        })
}

pub(crate) fn server_error(error: oneroof_pg::ephemeral::ServerStartError) -> EngineError {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    EngineError::other(message)
}

/// Target `production` on the embedded server, with the parameters of the reference.
fn production(
    server: &EphemeralServer,
    one_roof: &OpenPackage,
) -> Result<TargetDatabase, EngineError> {
    let file = "fixtures/reference.toml";
    let mut packages = BTreeMap::new();
    for name in ["one-roof-base", "one-roof"] {
        packages.insert(
            name.to_owned(),
            parameters::read_text(file, one_roof.text(file)?, name)?,
        );
    }
    let role = |role: &str| -> Option<ConnInfo> { Some(server.conninfo(REFERENCE_DATABASE, role)) };
    Ok(TargetDatabase {
        name: "production".into(),
        read: role("oneroof_read"),
        clone: role("oneroof_clone"),
        apply: role("oneroof_apply"),
        packages,
        ..TargetDatabase::default()
    })
}

/// A second clone on which the release stays applied, to look at.
async fn keep_clone(
    context: &Context,
    one_roof: &OpenPackage,
) -> Result<Option<KeptClone>, EngineError> {
    let options = RehearseOptions {
        keep: true,
        ..RehearseOptions::default()
    };
    let kept = rehearse(context, one_roof, "production", &options).await?;
    Ok(kept.clone.and_then(|clone| {
        Some(KeptClone {
            id: clone.id,
            connection: clone.connection?,
        })
    }))
}

/// Writes oneroof.toml, so that every verb works in the demo's folder.
fn write_project(
    around: &Context,
    project: &Path,
    target: &TargetDatabase,
    runner_key: Option<&Path>,
) -> Result<(), EngineError> {
    let mut table = toml::Table::new();
    let connection = |role: &Option<ConnInfo>| role.as_ref().map(ConnInfo::to_keyword_value);
    for (name, role) in [
        ("read", &target.read),
        ("clone", &target.clone),
        ("apply", &target.apply),
    ] {
        table.extend(connection(role).map(|text| (name.to_owned(), toml::Value::String(text))));
    }
    let packages = target
        .packages
        .iter()
        .map(|(name, values)| (name.clone(), toml::Value::Table(values.clone())));
    table.insert("packages".into(), toml::Value::Table(packages.collect()));
    // The reference is as PostgreSQL makes databases: PUBLIC has TEMP on it.
    let accept = toml::Value::Array(vec![ItemName::TempRight.as_str().into()]);
    let readonly = toml::Table::from_iter([("accept".to_owned(), accept)]);
    table.insert("readonly".into(), toml::Value::Table(readonly));
    let targets = toml::Table::from_iter([(target.name.clone(), toml::Value::Table(table))]);
    let mut file = toml::Table::from_iter([
        ("format".to_owned(), toml::Value::Integer(1)),
        ("targets".to_owned(), toml::Value::Table(targets)),
    ]);
    if let Some(key) = runner_key {
        let key = toml::Value::String(key.display().to_string());
        let runner = toml::Table::from_iter([("key".to_owned(), key)]);
        file.insert("runner".into(), toml::Value::Table(runner));
    }
    let folders = [
        ("binaries", &around.server_binaries),
        ("folder", &around.server_folder),
    ];
    let mut postgres = toml::Table::new();
    for (name, folder) in folders {
        let text = folder.as_ref().map(|folder| folder.display().to_string());
        postgres.extend(text.map(|text| (name.to_owned(), toml::Value::String(text))));
    }
    if !postgres.is_empty() {
        file.insert("postgres".into(), toml::Value::Table(postgres));
    }
    let text = toml::to_string(&file).map_err(|error| EngineError::other(error.to_string()))?;
    let text = format!(
        "# Written by `oneroof demo --keep` at {}.\n{text}",
        clock::now()
    );
    let path = project.join("oneroof.toml");
    std::fs::write(&path, text).map_err(EngineError::file(format!("write `{}`", path.display())))
}

fn count(
    figures: &[Figure],
    observations: &BTreeMap<String, Observed>,
    size: FixtureSize,
) -> FigureCount {
    let checked: Vec<CheckedFigure> = figures
        .iter()
        .filter_map(|figure| {
            let expected = figure.expected(size.as_str())?;
            let observed = observations.get(&figure.id);
            Some(CheckedFigure {
                id: figure.id.clone(),
                section: figure.section.to_string(),
                stage: figure.stage.clone(),
                expected,
                seen: observed.and_then(|observed| observed.value.clone()),
                error: match observed {
                    Some(observed) => observed.error.clone(),
                    None => Some("its stage was not reached".into()),
                },
            })
        })
        .collect();
    let missed: Vec<CheckedFigure> = checked
        .iter()
        .filter(|figure| figure.seen.as_ref() != Some(&figure.expected))
        .cloned()
        .collect();
    FigureCount {
        total: checked.len(),
        reproduced: checked.len() - missed.len(),
        missed,
        checked,
    }
}
