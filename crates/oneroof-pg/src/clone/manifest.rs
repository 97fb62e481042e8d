//! Are the files of a physical copy those of its source? `pg_basebackup` brings a list of all files with the CRC-32C of
//! each, made by the source as it sent them; before the copy is started for the first time every file is read once and
//! compared. The source is not read again, and what happens there meanwhile is no difference. The log of the backup is
//! not in that list: its records bear a CRC each, and the copy does not start before it has read them all.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::CloneError;
use super::logical::client;
use super::options::CloneOptions;
use super::physical::failed;
use super::plan::Plan;
use crate::ephemeral::ServerSite;
use crate::programs::{self, Program, ProgramCall, ProgramError};

const MANIFEST: &str = "backup_manifest";
/// How the line of a file begins.
const FILE_LINES: [&str; 2] = ["{ \"Path\":", "{ \"Encoded-Path\":"];

/// Every file of a copy has the size and the CRC-32C that the source sent with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FilesProof {
    /// How many files.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Tables that are empty in the copy: files of unlogged tables are in none.
    pub unlogged_tables: u64,
}

/// The program that compares, if that is wanted and it is installed.
pub(super) async fn verifier(plan: &Plan, options: &CloneOptions) -> Option<PathBuf> {
    if !options.tally_rows {
        return None;
    }
    let found = client(Program::PgVerifybackup, &plan.binaries, options).await;
    found.ok()
}

/// Compares the files of a copy that was not started yet with their list, and takes the list away.
pub(super) async fn verify(
    plan: &Plan,
    verifier: PathBuf,
    site: &ServerSite,
) -> Result<FilesProof, CloneError> {
    let data = site.data_folder();
    let verifying = ProgramCall::new(verifier)
        .args(["--no-parse-wal", "--quiet"])
        .arg(&data)
        .in_folder(site.folder())
        .as_user(site.user().cloned());
    programs::run(verifying)
        .await
        .map_err(|source| failed(plan, source))?;
    let unreadable = |source: std::io::Error| {
        failed(
            plan,
            ProgramError::Io {
                program: Program::PgVerifybackup.file_name().to_owned(),
                source,
            },
        )
    };
    let path = data.join(MANIFEST);
    let counting = tokio::task::spawn_blocking(move || {
        let counted = count(&path)?;
        std::fs::remove_file(&path)?;
        Ok(counted)
    });
    let counted: std::io::Result<(u64, u64)> =
        counting.await.unwrap_or_else(|error| Err(error.into()));
    let (files, bytes) = counted.map_err(unreadable)?;
    let unlogged = plan.files.as_ref().map_or(0, |files| files.unlogged_tables);
    Ok(FilesProof {
        files,
        bytes,
        unlogged_tables: unlogged.unsigned_abs(),
    })
}

/// Files of a list and their bytes. It has a line for each, and may be long.
fn count(path: &Path) -> std::io::Result<(u64, u64)> {
    let (mut files, mut bytes) = (0_u64, 0_u64);
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        if FILE_LINES.iter().any(|begin| line.starts_with(begin)) {
            let file: serde_json::Value = serde_json::from_str(line.trim_end_matches(','))?;
            files += 1;
            bytes += file["Size"].as_u64().unwrap_or_default();
        }
    }
    Ok((files, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_by_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MANIFEST);
        let list = r#"{ "PostgreSQL-Backup-Manifest-Version": 1,
"Files": [
{ "Path": "backup_label", "Size": 225, "Last-Modified": "2026-01-01 00:00:00 GMT", "Checksum-Algorithm": "CRC32C", "Checksum": "aa" },
{ "Encoded-Path": "66", "Size": 8192, "Last-Modified": "2026-01-01 00:00:00 GMT" }
],
"WAL-Ranges": [
{ "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" }
],
"Manifest-Checksum": "bb"}
"#;
        std::fs::write(&path, list).unwrap();
        assert_eq!(count(&path).unwrap(), (2, 8417));
    }
}
