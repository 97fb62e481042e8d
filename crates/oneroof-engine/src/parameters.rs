//! Parameter values of a package on a target: the `params` files of the target, then its own tables in
//! `oneroof.toml`, then `--params FILE`.

use std::path::{Path, PathBuf};

use oneroof_model::TomlError;
use oneroof_model::package::ResolvedParameters;

use crate::context::TargetDatabase;
use crate::error::EngineError;
use crate::store::package_files::OpenPackage;

/// Members of a parameter file that are no values.
const ORDERS: [&str; 2] = ["rename", "retire"];

/// Reads a parameter file: either `[packages.NAME]` tables, or the parameters themselves.
///
/// # Errors
/// [`EngineError::Input`] with the place, where the file does not parse.
pub(crate) fn read_file(path: &Path, package: &str) -> Result<toml::Table, EngineError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        EngineError::input(
            format!("read parameter file `{}`: {error}", path.display()),
            "--params, and `params` of a target, name TOML files with values, or with [packages.NAME] tables"
                .to_owned(),
        )
    })?;
    read_text(&path.display().to_string(), &text, package)
}

/// The same from the file's text.
pub(crate) fn read_text(file: &str, text: &str, package: &str) -> Result<toml::Table, EngineError> {
    let mut table: toml::Table = TomlError::parse(file, text)?;
    // `[[rename]]` and `[[retire]]` of a governance.toml are orders for a sync, not values.
    table.retain(|name, value| !(ORDERS.contains(&name) && is_list_of_tables(value)));
    match table.remove("packages") {
        Some(toml::Value::Table(mut packages)) => match packages.remove(package) {
            Some(toml::Value::Table(values)) => Ok(values),
            _ => Ok(toml::Table::new()),
        },
        Some(other) => Err(EngineError::input(
            format!(
                "read `packages` in {file}: expected tables [packages.NAME], found {}",
                other.type_str()
            ),
            None,
        )),
        None => Ok(table),
    }
}

fn is_list_of_tables(value: &toml::Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| list.iter().all(toml::Value::is_table))
}

/// All values of the package's parameters for one target.
pub(crate) fn resolve(
    package: &OpenPackage,
    target: &TargetDatabase,
    files: &[PathBuf],
) -> Result<ResolvedParameters, EngineError> {
    resolve_layers(
        package,
        &target.params,
        target.packages.get(&package.plan.package.name),
        files,
    )
}

/// The same without a target: the files `first`, then `given`, then the other files.
pub(crate) fn resolve_layers(
    package: &OpenPackage,
    first: &[PathBuf],
    given: Option<&toml::Table>,
    files: &[PathBuf],
) -> Result<ResolvedParameters, EngineError> {
    let name = &package.plan.package.name;
    let mut layers = Vec::new();
    for file in first {
        layers.push(read_file(file, name)?);
    }
    layers.extend(given.cloned());
    for file in files {
        layers.push(read_file(file, name)?);
    }
    let layers: Vec<&toml::Table> = layers.iter().collect();
    Ok(ResolvedParameters::resolve(&package.plan, &layers)?)
}
