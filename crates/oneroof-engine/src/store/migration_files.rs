//! Reads a folder of migrations as it is: nothing in it is ever written.

use std::path::{Component, Path, PathBuf};

use oneroof_sql::migrations::MigrationFile;

use crate::error::EngineError;

/// A file may have at most so many bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A folder may have at most so many files that count.
const FILES_MAX: usize = 20_000;
/// Files of a project that say which tools it uses.
const PROJECT_FILES: [&str; 4] = ["Cargo.toml", "go.mod", "package.json", "pom.xml"];

/// Every file below `folder` that a migration tool would read, sorted by path.
pub(crate) fn read(folder: &Path) -> Result<Vec<MigrationFile>, EngineError> {
    if !folder.is_dir() {
        return Err(EngineError::input(
            format!("find migrations folder `{}`", folder.display()),
            None,
        ));
    }
    let mut files = Vec::new();
    read_into(folder, folder, &mut files)?;
    files.sort_by(|one, two| one.path.cmp(&two.path));
    Ok(files)
}

/// Does a migration tool read a file of this name?
fn counts(name: &str) -> bool {
    let endings = [".sql", ".conf", ".rs"];
    let names = ["sqitch.plan", "atlas.sum", "metadata.toml"];
    names.contains(&name) || endings.iter().any(|ending| name.ends_with(ending))
}

fn read_into(
    root: &Path,
    folder: &Path,
    files: &mut Vec<MigrationFile>,
) -> Result<(), EngineError> {
    let reading = || EngineError::file(format!("read migrations folder `{}`", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(reading())? {
        let entry = entry.map_err(reading())?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(reading())?;
        if name.starts_with('.') || matches!(&*name, "node_modules" | "target") {
            continue;
        }
        if kind.is_dir() {
            read_into(root, &path, files)?;
            continue;
        }
        if !counts(&name) {
            continue;
        }
        let bytes_count = entry.metadata().map_err(reading())?.len();
        if bytes_count > FILE_BYTES_MAX || files.len() >= FILES_MAX {
            return Err(EngineError::input(
                format!(
                    "read `{}`: more than {FILES_MAX} files or {FILE_BYTES_MAX} bytes in one",
                    path.display()
                ),
                "a migration holds SQL, not data".to_owned(),
            ));
        }
        let bytes = std::fs::read(&path)
            .map_err(EngineError::file(format!("read `{}`", path.display())))?;
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let Some(relative) = relative.to_str().map(|text| text.replace('\\', "/")) else {
            return Err(EngineError::input(
                format!("read `{}`: its name is not UTF-8", path.display()),
                None,
            ));
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..valid).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            EngineError::input(
                format!("read {}:{line}: it is not UTF-8", path.display()),
                "save the file as UTF-8".to_owned(),
            )
        })?;
        files.push(MigrationFile {
            path: relative,
            text,
        });
    }
    Ok(())
}

/// The text of the project's own files around the folder: its parents', up to the project.
pub(crate) fn around(folder: &Path) -> String {
    let mut text = String::new();
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    for parent in folder.ancestors().take(4) {
        for name in PROJECT_FILES {
            // What is not there or cannot be read says nothing.
            text.push_str(&std::fs::read_to_string(parent.join(name)).unwrap_or_default());
        }
    }
    text
}

/// How `folder` is reached from `from`, both of which are there.
pub(crate) fn relative(from: &Path, folder: &Path) -> Result<String, EngineError> {
    let real = |path: &Path| {
        std::fs::canonicalize(path).map_err(EngineError::file(format!("find `{}`", path.display())))
    };
    let (from, folder) = (real(from)?, real(folder)?);
    let mut own: Vec<Component<'_>> = from.components().collect();
    let mut other: Vec<Component<'_>> = folder.components().collect();
    while let (Some(one), Some(two)) = (own.first(), other.first())
        && one == two
    {
        own.remove(0);
        other.remove(0);
    }
    let path: PathBuf = own
        .iter()
        .map(|_| Component::ParentDir)
        .chain(other)
        .collect();
    path.to_str().map(str::to_owned).ok_or_else(|| {
        EngineError::input(
            format!(
                "name `{}` in release.toml: it is not UTF-8",
                folder.display()
            ),
            None,
        )
    })
}
