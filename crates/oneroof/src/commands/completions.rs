//! `oneroof completions SHELL`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Session};
use crate::exit::Exit;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  oneroof completions bash > ~/.local/share/bash-completion/completions/oneroof"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "oneroof", &mut script);
    session.printer.bytes(&script)?;
    Ok(Exit::Ok)
}
