//! Finds the project folder and makes the engine's [`Context`] of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use oneroof_engine::context::Context;

use crate::config::FILE_NAME;
use crate::config::file::Config;
use crate::env;
use crate::ui::error::InputError;
use crate::ui::printer::Printer;
use crate::ui::progress;

/// A folder with an `oneroof.toml`.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder, absolute.
    pub(crate) root: PathBuf,
    /// What the file says.
    pub(crate) config: Config,
}

impl Project {
    /// The project that the user means; the newest demo that was kept here will do, and an error
    /// says what to do if there is none at all.
    pub(crate) fn require(given: Option<&Path>, printer: &Printer) -> anyhow::Result<Project> {
        if let Some(project) = Project::find(given, printer)? {
            return Ok(project);
        }
        let current = current_folder()?;
        if let Some(demo) = newest_demo(&current) {
            printer.talk(&format!("using the demo that was kept in {}", shown(&demo)));
            return Project::open(&demo, printer);
        }
        let message = format!(
            "find a project: no {FILE_NAME} in `{}` or above",
            current.display()
        );
        let hint = "`oneroof init` writes one; `--project FOLDER` names another; \
                    `oneroof demo --keep` makes one to play with";
        Err(InputError::new(message, hint).into())
    }

    /// The given folder, else the nearest one upward that has the file.
    pub(crate) fn find(given: Option<&Path>, printer: &Printer) -> anyhow::Result<Option<Project>> {
        let current = current_folder()?;
        if let Some(folder) = given {
            if !folder.join(FILE_NAME).is_file() {
                let message = format!("find `{}`", folder.join(FILE_NAME).display());
                let hint = format!("`oneroof init --project {}` writes one", folder.display());
                return Err(InputError::new(message, hint).into());
            }
            return Project::open(&current.join(folder), printer).map(Some);
        }
        match current
            .ancestors()
            .find(|folder| folder.join(FILE_NAME).is_file())
        {
            Some(folder) => Project::open(folder, printer).map(Some),
            None => Ok(None),
        }
    }

    fn open(root: &Path, printer: &Printer) -> anyhow::Result<Project> {
        let root = std::fs::canonicalize(root)
            .with_context(|| format!("find folder `{}`", root.display()))?;
        let file = root.join(FILE_NAME);
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("read `{}`", file.display()))?;
        let config = Config::parse(&shown(&file), &text, &root, &env::libpq())?;
        for warning in &config.warnings {
            printer.talk(&format!("warning: {warning}"));
        }
        Ok(Project { root, config })
    }

    /// The folder of the project's own packages.
    pub(crate) fn packages_folder(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// What the engine's verbs take.
    pub(crate) fn context(&self, printer: &Printer) -> Context {
        let usual = context_without_project(self.root.clone(), printer);
        let folder = self.config.server_folder.clone();
        Context {
            targets: self.config.targets.clone(),
            server_binaries: self.config.server_binaries.clone(),
            server_folder: folder.or_else(|| usual.server_folder.clone()),
            runner_key: self.config.runner_key.clone(),
            ..usual
        }
    }
}

/// What the engine's verbs take, with the defaults of everything that `oneroof.toml` could say.
pub(crate) fn context_without_project(root: PathBuf, printer: &Printer) -> Context {
    Context {
        root,
        targets: BTreeMap::new(),
        search: env::search_places(),
        server_binaries: None,
        server_folder: env::server_folder(),
        runner_key: None,
        operator: env::operator(),
        events: progress::listener(printer),
    }
}

/// The folder we were started in.
pub(crate) fn current_folder() -> anyhow::Result<PathBuf> {
    std::env::current_dir().context("find out the current folder")
}

/// A path as it is shown: relative to the current folder where that is shorter.
pub(crate) fn shown(path: &Path) -> String {
    let relative = current_folder().ok().and_then(|current| {
        let current = std::fs::canonicalize(current).ok()?;
        path.strip_prefix(current).ok().map(Path::to_owned)
    });
    relative
        .unwrap_or_else(|| path.to_owned())
        .display()
        .to_string()
}

/// `.oneroof/demo-*/` below `current` with the youngest `oneroof.toml`.
fn newest_demo(current: &Path) -> Option<PathBuf> {
    let modified = |folder: &PathBuf| -> Option<SystemTime> {
        folder.join(FILE_NAME).metadata().ok()?.modified().ok()
    };
    std::fs::read_dir(current.join(".oneroof"))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("demo-"))
        })
        .filter_map(|path| modified(&path).map(|modified| (modified, path)))
        .max()
        .map(|(_, path)| path)
}
