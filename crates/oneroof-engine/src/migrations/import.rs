//! `package import`: a package whose tiers are the migrations of another tool, where they lie.

use std::path::{Path, PathBuf};

use oneroof_model::{Diagnostic, MigrationTool};
use serde::Serialize;

use super::opened::OpenedMigrations;
pub use super::plan::PlanOptions;
use super::{pending, plan};
use crate::context::Context;
use crate::error::EngineError;
use crate::store::migration_files;

/// What to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Whose migrations they are; found out without.
    pub from: Option<MigrationTool>,
    /// The folder to make; below `packages` of the project without.
    pub into: Option<PathBuf>,
    /// Only what this target has not had yet.
    pub pending_on: Option<String>,
    /// What is said beside the migrations.
    pub plan: PlanOptions,
}

/// What was written.
#[derive(Debug, Serialize)]
pub struct ImportReport {
    /// The package's name.
    pub package: String,
    /// Its folder.
    pub folder: String,
    /// Whose migrations they are.
    pub tool: MigrationTool,
    /// What the folder was taken for, in words.
    pub taken_for: String,
    /// How many migrations are tiers of it.
    pub migrations: usize,
    /// How many of these bring their own way back.
    pub with_rollback: usize,
    /// How many the target has had already.
    pub applied: usize,
    /// Files that were written, relative to the folder.
    pub files: Vec<String>,
    /// What is odd about the migrations.
    pub remarks: Vec<Diagnostic>,
}

/// Writes the package. `context` is needed for `pending_on` only.
///
/// # Errors
/// Files that no package can be made of; a folder that is there already; a target that cannot be read.
pub async fn import(
    context: Option<&Context>,
    folder: &Path,
    packages: &Path,
    options: &ImportOptions,
) -> Result<ImportReport, EngineError> {
    let opened = OpenedMigrations::open(folder, options.from)?;
    opened.require_sound()?;
    let (wanted, applied, records) = match (&options.pending_on, context) {
        (Some(target), Some(context)) => {
            let table = options.plan.history_table.as_ref();
            let pending = pending(context, &opened, target, table).await?;
            (pending.migrations, pending.applied, pending.records)
        }
        _ => (opened.set.migrations.clone(), 0, Default::default()),
    };
    if wanted.is_empty() {
        return Err(EngineError::input(
            format!(
                "make a package of `{}`: all of its {applied} migrations were applied",
                folder.display()
            ),
            None,
        ));
    }
    let tool = opened.set.tool;
    options.plan.require_possible(&opened.set)?;
    let plan = PlanOptions {
        records,
        ..options.plan.clone()
    };
    let real = std::fs::canonicalize(folder)
        .map_err(EngineError::file(format!("find `{}`", folder.display())))?;
    let own = real
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (place, name) = match &options.into {
        Some(into) => {
            let name = into
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            (into.clone(), name)
        }
        None => {
            let name = plan::package_name(&own, &wanted);
            (packages.join(&name), name)
        }
    };
    let making = || EngineError::file(format!("make package folder `{}`", place.display()));
    if place.exists() {
        return Err(EngineError::input(
            format!(
                "make package `{name}`: `{}` is there already",
                place.display()
            ),
            "give another folder with --into; nothing was written".to_owned(),
        ));
    }
    std::fs::create_dir_all(&place).map_err(making())?;
    let relative = migration_files::relative(&place, &real)?;
    let made = plan::plan_text(&opened.set, &wanted, &name, &relative, &plan);
    let mut files = Vec::new();
    for (path, text) in &made {
        let file = place.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(making())?;
        }
        std::fs::write(&file, text)
            .map_err(EngineError::file(format!("write `{}`", file.display())))?;
        files.push(path.clone());
    }
    Ok(ImportReport {
        package: name,
        folder: place.display().to_string(),
        tool,
        taken_for: opened.sentence(),
        migrations: wanted.len(),
        with_rollback: wanted.iter().filter(|one| one.down.is_some()).count(),
        applied,
        files,
        remarks: opened.set.remarks.clone(),
    })
}
