//! The binary: parses, starts the runtime, turns the result into an exit code; nothing else.

mod commands;
mod config;
mod env;
mod exit;
mod interrupt;
mod quantity;
mod ui;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::commands::Cli;
use crate::interrupt::Interrupt;
use crate::ui::error::ErrorReport;

/// Blocking work (reading a file, parsing) may take so long after the end of a verb.
const SHUTDOWN_MAX: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return commands::usage_error(&error).into(),
    };
    let session = cli.session();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = anyhow::Error::new(error).context("start the runtime");
            return ErrorReport::of(&error).print(&session.printer).into();
        }
    };
    let exit = runtime.block_on(async {
        let mut interrupt = match Interrupt::listen(&session.printer) {
            Ok(interrupt) => interrupt,
            Err(error) => {
                let error = anyhow::Error::new(error).context("listen for Ctrl-C");
                return ErrorReport::of(&error).print(&session.printer);
            }
        };
        // The verb's future is dropped on Ctrl-C: what it had begun is undone by its owners' drops.
        let ended = tokio::select! {
            ended = cli.run(&session) => Some(ended),
            () = interrupt.first() => None,
        };
        match ended {
            Some(Ok(exit)) => exit,
            Some(Err(error)) => ErrorReport::of(&error).print(&session.printer),
            None => ErrorReport::interrupted().print(&session.printer),
        }
    });
    runtime.shutdown_timeout(SHUTDOWN_MAX);
    exit.into()
}
