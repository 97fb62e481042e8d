//! `package new`: a small package that works as it is, to begin from.

use std::path::Path;

use crate::error::EngineError;

/// Path and text of each file; `NAME` stands for the package's name.
const FILES: [(&str, &str); 3] = [
    ("release.toml", include_str!("package_new/release.toml")),
    (
        "tiers/10_structure.sql",
        include_str!("package_new/tiers/10_structure.sql"),
    ),
    (
        "rollback/10_structure.sql",
        include_str!("package_new/rollback/10_structure.sql"),
    ),
];

/// Makes a package in `folder`, which must not exist or be empty. Returns the files' paths.
pub fn create(folder: &Path) -> Result<Vec<String>, EngineError> {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !is_name {
        return Err(EngineError::input(
            format!(
                "make package `{name}`: a package's name has lower-case letters, digits and `-`"
            ),
            "the name is the last part of the folder's path".to_owned(),
        ));
    }
    let making = || EngineError::file(format!("make package folder `{}`", folder.display()));
    if folder.exists()
        && std::fs::read_dir(folder)
            .map_err(making())?
            .next()
            .is_some()
    {
        return Err(EngineError::input(
            format!(
                "make package `{name}`: `{}` exists and is not empty",
                folder.display()
            ),
            "give another folder; nothing was written".to_owned(),
        ));
    }
    let mut written = Vec::new();
    for (path, text) in FILES {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(making())?;
        }
        std::fs::write(&file, text.replace("NAME", &name))
            .map_err(EngineError::file(format!("write `{}`", file.display())))?;
        written.push(path.to_owned());
    }
    Ok(written)
}
