//! `demo --clean`: stops the servers of kept demos and removes their folders.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::EngineError;
use crate::open;

/// What was removed.
#[derive(Debug, Serialize)]
pub struct CleanReport {
    /// Folders of demos, with everything in them.
    pub removed: Vec<PathBuf>,
    /// Servers that were stopped.
    pub servers_stopped: usize,
}

/// Removes every demo below `root`'s local folder, running or not, its evidence included.
pub async fn clean(root: &Path) -> Result<CleanReport, EngineError> {
    let local = root.join(".oneroof");
    let mut report = CleanReport {
        removed: Vec::new(),
        servers_stopped: 0,
    };
    let reading = || EngineError::file(format!("read `{}`", local.display()));
    if !local.exists() {
        return Ok(report);
    }
    for entry in std::fs::read_dir(&local).map_err(reading())? {
        let entry = entry.map_err(reading())?;
        let is_demo = entry.file_name().to_string_lossy().starts_with("demo-");
        if !is_demo || !entry.path().is_dir() {
            continue;
        }
        let project = entry.path();
        let servers = open::servers(&project);
        let listed = servers
            .list()
            .map_err(|error| EngineError::other(error.to_string()))?;
        for server in listed {
            servers.remove(&server.id).await.map_err(|error| {
                EngineError::other(format!("stop server `{}`: {error}", server.id))
            })?;
            report.servers_stopped += 1;
        }
        std::fs::remove_dir_all(&project)
            .map_err(EngineError::file(format!("remove `{}`", project.display())))?;
        report.removed.push(project);
    }
    report.removed.sort();
    Ok(report)
}
