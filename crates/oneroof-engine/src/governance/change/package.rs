//! A change as a small sealed release package: the normal way onto a production.
//!
//! Its SQL is the static SQL of `sql/changes/`, byte for byte; what is special is in two parameters: `change`, the
//! document, and `before`, the rows as they were. Both are texts, because TOML has no null and keeps no digits.

mod plan;

use std::collections::BTreeMap;
use std::path::Path;

use oneroof_model::package::MANIFEST_FILE;
use oneroof_model::{Digest, Refusal, RefusalCode};
use oneroof_pg::change::TABLES;
use serde::Serialize;

pub(super) use self::plan::VOLATILE;
use self::plan::{plan, with};
use super::Change;
use super::preview::{Preview, RowOperation};
use crate::error::EngineError;
use crate::seal::seal;
use crate::store::package_files::OpenPackage;

/// What the package is made for.
pub(crate) struct Facts<'a> {
    /// The database that it may run on.
    pub(crate) database: &'a str,
    /// The schema of both packages.
    pub(crate) schema: &'a str,
    /// Is package `one-roof` there?
    pub(crate) with_axes: bool,
}

/// A package that was written.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenPackage {
    /// Its name.
    pub package: String,
    /// Its folder.
    pub folder: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// Was it there already, byte for byte?
    pub unchanged: bool,
}

macro_rules! table_files {
    ($($table:literal),* $(,)?) => {
        /// The static files of each table.
        const TABLE_FILES: [TableFiles; 13] = [$(TableFiles {
            table: $table,
            undo: include_str!(concat!("../../../../../sql/changes/undo/", $table, ".sql")),
            before: include_str!(concat!("../../../../../sql/changes/checks/before_", $table, ".sql")),
            after: include_str!(concat!("../../../../../sql/changes/checks/after_", $table, ".sql")),
        }),*];
    };
}

/// What `sql/changes/` has for a table.
struct TableFiles {
    table: &'static str,
    /// Undoes what a change did to its rows.
    undo: &'static str,
    /// Asks whether rows are as they were before the change.
    before: &'static str,
    /// Asks whether rows are as the change left them.
    after: &'static str,
}

table_files!(
    "governance_registry",
    "governance_relations",
    "governance_responsibility_scope",
    "governance_object_ownership",
    "governance_inventory_group",
    "governance_inventory_object",
    "axis_registry",
    "axis_value",
    "coverage_rule",
    "axis_assignment",
    "axis_object_ownership",
    "topic_taxonomy_map",
    "topic_label_reconcile_decision",
);

/// Writes and seals the package of a change below `folder`. The same change on the same rows gives the same bytes.
pub(crate) fn write(
    folder: &Path,
    change: &Change,
    preview: &Preview,
    facts: &Facts<'_>,
) -> Result<WrittenPackage, EngineError> {
    let name = change.package_name();
    if preview.rows.is_empty() {
        return Err(EngineError::input(
            format!("write a package of `{}`: it changes no row", change.summary),
            "the target is already as you want it".to_owned(),
        ));
    }
    let files = files(change, preview, facts)?;
    let place = folder.join(&name);
    let unchanged = place.exists();
    if unchanged {
        refuse_other(&place, &files)?;
    } else {
        let writing = || EngineError::file(format!("write package `{}`", place.display()));
        std::fs::create_dir_all(folder).map_err(writing())?;
        // Written beside and renamed, so that a full disk leaves nothing half.
        let part = tempfile::Builder::new()
            .prefix(".change-")
            .tempdir_in(folder)
            .map_err(writing())?;
        let inner = part.path().join(&name);
        for (path, text) in &files {
            let file = inner.join(path);
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent).map_err(writing())?;
            }
            std::fs::write(&file, text).map_err(writing())?;
        }
        seal(&inner)?;
        std::fs::rename(&inner, &place).map_err(writing())?;
    }
    let package = OpenPackage::read_folder(&place)?;
    package.require_sealed()?;
    Ok(WrittenPackage {
        package: name,
        folder: place.display().to_string(),
        digest: package.digest,
        unchanged,
    })
}

/// A package of that name with other bytes may be under review: it is not written over.
fn refuse_other(place: &Path, files: &BTreeMap<String, String>) -> Result<(), EngineError> {
    let there = OpenPackage::read_folder(place)?;
    let same = there
        .files()
        .iter()
        .filter(|(path, _)| path.as_str() != MANIFEST_FILE)
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .eq(files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_bytes())));
    if same {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::PackageInvalid,
        format!(
            "`{}` is there already, and it is not what this change is now: the rows of the target have changed, or the package was edited",
            place.display()
        ),
    )
    .hint(format!(
        "approvals of the old one are void; remove it and run the verb again: rm -r {}",
        place.display()
    ))
    .into())
}

/// Every file of the package but the manifest.
fn files(
    change: &Change,
    preview: &Preview,
    facts: &Facts<'_>,
) -> Result<BTreeMap<String, String>, EngineError> {
    let mut files = BTreeMap::new();
    let tier: Vec<&str> = change.areas().map(|area| area.script().1).collect();
    files.insert("tiers/10_change.sql".to_owned(), tier.join("\n"));
    let touched = preview.tables();
    let mut undo = Vec::new();
    for table in TABLES
        .iter()
        .rev()
        .filter(|table| touched.contains(**table))
    {
        undo.push(table_files(table)?.undo);
    }
    files.insert("rollback/10_change.sql".to_owned(), undo.join("\n"));
    for table in with(preview, |operation| operation != RowOperation::Inserted) {
        let text = table_files(table)?.before;
        files.insert(format!("checks/before_{table}.sql"), text.to_owned());
    }
    for table in with(preview, |operation| operation == RowOperation::Updated) {
        let text = table_files(table)?.after;
        files.insert(format!("checks/after_{table}.sql"), text.to_owned());
    }
    let text = toml::to_string_pretty(&plan(change, preview, facts))
        .map_err(|error| EngineError::other(format!("write release.toml: {error}")))?;
    files.insert("release.toml".to_owned(), text);
    Ok(files)
}

fn table_files(table: &str) -> Result<&'static TableFiles, EngineError> {
    TABLE_FILES
        .iter()
        .find(|files| files.table == table)
        .ok_or_else(|| EngineError::other(format!("find the undo of table `{table}`")))
}
