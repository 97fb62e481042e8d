//! `oneroof man`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, Session};
use crate::exit::Exit;

/// Print the manual page, or write all of them
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  oneroof man | man -l -\n  oneroof man --folder ~/.local/share/man/man1"
)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.folder {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
                .with_context(|| format!("write manual pages into `{}`", folder.display()))?;
        }
        None => {
            let mut page = Vec::new();
            Man::new(Cli::command()).render(&mut page)?;
            session.printer.bytes(&page)?;
        }
    }
    Ok(Exit::Ok)
}
