//! A folder of migrations, read and understood, and what it gives to a package.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oneroof_model::package::Migrations;
use oneroof_model::{Diagnostic, MigrationTool, Refusal, RefusalCode, ReleasePlan};
use oneroof_sql::migrations::{self, Detected, History, Migration, MigrationFile, MigrationSet};

use super::plan::{PlanOptions, plan_text};
use crate::check;
use crate::error::EngineError;
use crate::store::migration_files;
use crate::store::package_files::OpenPackage;

/// A folder of migrations.
#[derive(Debug, Clone)]
pub struct OpenedMigrations {
    /// Where it is.
    pub folder: PathBuf,
    /// What it was taken for, unless that was said.
    pub detected: Option<Detected>,
    /// What is in it.
    pub set: MigrationSet,
    files: Vec<MigrationFile>,
}

/// What the plan of a package names of the folder.
pub(crate) struct Readied {
    /// By name: the texts as they run.
    pub(crate) texts: BTreeMap<String, String>,
    /// By name: the bytes as they are, for the manifest.
    pub(crate) originals: BTreeMap<String, Vec<u8>>,
}

impl OpenedMigrations {
    /// Reads `folder` as `tool` would; without one, finds out which.
    ///
    /// # Errors
    /// A folder that cannot be read, or that is of no tool that is known.
    pub fn open(folder: &Path, tool: Option<MigrationTool>) -> Result<Self, EngineError> {
        let files = migration_files::read(folder)?;
        let detected = match tool {
            Some(_) => None,
            None => {
                let detected = migrations::detect(&files, &migration_files::around(folder));
                Some(detected.map_err(|why| {
                    EngineError::input(
                        format!("find `release.toml` or migrations in `{}`: {why}", folder.display()),
                        "a package is a folder with a release.toml (`oneroof package new FOLDER` makes one); `--from TOOL` of `oneroof package import` says whose migrations these are".to_owned(),
                    )
                })?)
            }
        };
        let tool = tool.or(detected.as_ref().map(|detected| detected.tool));
        let tool = tool.unwrap_or(MigrationTool::GolangMigrate);
        Ok(OpenedMigrations {
            folder: folder.to_owned(),
            detected,
            set: migrations::read(tool, &files),
            files,
        })
    }

    /// `golang-migrate (by `1_a.up.sql`): 12 migrations, 10 with a way back`
    pub fn sentence(&self) -> String {
        let count = self.set.migrations.len();
        let back = self
            .set
            .migrations
            .iter()
            .filter(|one| one.down.is_some())
            .count();
        let by = match &self.detected {
            None => String::new(),
            Some(detected) if detected.also.is_empty() => format!(" (by {})", detected.because),
            Some(detected) => {
                let also: Vec<&str> = detected.also.iter().map(|tool| tool.as_str()).collect();
                format!(
                    " (by {}; {} looks the same)",
                    detected.because,
                    also.join(" or ")
                )
            }
        };
        format!(
            "`{}` has {} of {}{by}, {back} with a way back",
            self.folder.display(),
            check::counted(count, "migration"),
            self.set.tool
        )
    }

    /// Refuses files that cannot be what they should.
    pub(crate) fn require_sound(&self) -> Result<(), EngineError> {
        let errors: Vec<&Diagnostic> = self.set.errors().collect();
        if errors.is_empty() {
            return Ok(());
        }
        let hint = errors.iter().find_map(|error| error.hint.clone());
        let refusal = Refusal::new(
            RefusalCode::PackageInvalid,
            format!(
                "the migrations in `{}` have {}",
                self.folder.display(),
                check::counted(errors.len(), "error")
            ),
        )
        .reasons(errors.iter().map(|error| check::one_line(error)).collect());
        Err(refusal.hint(hint.unwrap_or_default()).into())
    }

    /// What `plan` names of the folder, as it runs and as it is.
    pub(crate) fn ready(&self, plan: &ReleasePlan, section: &Migrations) -> Readied {
        let mount = format!("{}/", section.mount());
        let mut readied = Readied {
            texts: BTreeMap::new(),
            originals: BTreeMap::new(),
        };
        let history = History::of(&self.set, section.history_table.as_ref());
        let mut original = |path: &str| {
            if let Some(file) = self.files.iter().find(|file| file.path == path) {
                let bytes = file.text.clone().into_bytes();
                readied.originals.insert(format!("{mount}{path}"), bytes);
            }
        };
        for other in &self.set.others {
            original(other);
        }
        let tiers = plan
            .tiers
            .iter()
            .flat_map(|tier| std::iter::once(&tier.file).chain(&tier.rollback));
        let drills = plan.drills.iter().filter_map(|drill| drill.file.as_ref());
        for name in tiers.chain(drills) {
            let Some((place, (migration, script))) = name
                .strip_prefix(&mount)
                .and_then(|place| Some((place, self.set.script(place)?)))
            else {
                continue;
            };
            original(&script.file);
            let mut text = script.text.clone();
            if section.record_history && migration.up.transaction {
                let record = match place == migration.up.place() {
                    true => history.record(migration),
                    false => history.forget(migration),
                };
                text = format!("{}\n;\n{record}", text.trim_end());
            }
            readied.texts.insert(name.clone(), text);
        }
        readied
    }

    /// The last part of the folder's path: what packages of it are named after.
    pub(super) fn folder_name(&self) -> Result<String, EngineError> {
        let finding = format!("find `{}`", self.folder.display());
        let real = std::fs::canonicalize(&self.folder).map_err(EngineError::file(finding))?;
        Ok(real.file_name().map_or("migrations".into(), |name| {
            name.to_string_lossy().into_owned()
        }))
    }

    /// A package of all migrations.
    pub(crate) fn into_package(self) -> Result<OpenPackage, EngineError> {
        self.require_sound()?;
        let all: Vec<Migration> = self.set.migrations.clone();
        self.package_of(&all, &PlanOptions::default())
    }

    /// A package of some of its migrations, that was never written anywhere.
    pub(crate) fn package_of(
        self,
        wanted: &[Migration],
        options: &PlanOptions,
    ) -> Result<OpenPackage, EngineError> {
        options.require_possible(&self.set)?;
        let folder = self.folder_name()?;
        let name = super::plan::package_name(&folder, wanted);
        let made = plan_text(&self.set, wanted, &name, &folder, options);
        let files = made
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes()))
            .collect();
        OpenPackage::of_migrations(self, files)
    }
}
