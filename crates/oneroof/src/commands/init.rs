//! `oneroof init`: a commented `oneroof.toml`.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::Session;
use crate::config::{self, project};
use crate::exit::Exit;
use crate::ui::error::InputError;

/// Write a commented oneroof.toml
///
/// Writes it into the current folder, or into the one that `--project` names, and keeps the local
/// folder `.oneroof/` out of Git. A file that exists is never overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof init && $EDITOR oneroof.toml")]
pub(crate) struct InitArgs {}

#[derive(Serialize)]
struct InitReport {
    file: String,
}

pub(crate) fn run(InitArgs {}: &InitArgs, session: &Session) -> anyhow::Result<Exit> {
    let current = project::current_folder()?;
    let folder = match &session.project {
        Some(folder) => current.join(folder),
        None => current,
    };
    fs::create_dir_all(&folder).with_context(|| format!("make folder `{}`", folder.display()))?;
    let file = folder.join(config::FILE_NAME);
    write_new(&file, config::DEFAULT)?;
    ignore_local_folder(&folder)?;
    let report = InitReport {
        file: project::shown(&file),
    };
    session
        .printer
        .report(&report, |report| format!("wrote {}", report.file))?;
    session
        .printer
        .talk("next: name a target in it, then `oneroof probe one-roof --target NAME`");
    Ok(Exit::Ok)
}

fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    let shown = project::shown(file);
    match OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut open) => open
            .write_all(text.as_bytes())
            .with_context(|| format!("write `{shown}`")),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("write `{shown}`: it exists already and is not overwritten");
            Err(InputError::new(message, "edit it, or move it away first").into())
        }
        Err(error) => Err(anyhow::Error::new(error).context(format!("write `{shown}`"))),
    }
}

/// Adds `.oneroof/` to `.gitignore`: it holds registries of this machine and golden snapshots.
fn ignore_local_folder(folder: &Path) -> anyhow::Result<()> {
    let file = folder.join(".gitignore");
    let before = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("read `{}`", file.display())),
    };
    if before
        .lines()
        .any(|line| line.trim().trim_start_matches('/') == ".oneroof/")
    {
        return Ok(());
    }
    let line_end = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    fs::write(&file, format!("{before}{line_end}.oneroof/\n"))
        .with_context(|| format!("write `{}`", file.display()))
}
