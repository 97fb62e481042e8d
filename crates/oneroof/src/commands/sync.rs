//! `oneroof sync`.

use clap::Args;
use oneroof_engine::governance::sync::{self, SyncReport};

use super::Session;
use super::arguments::ParamsOption;
use super::change::{self, ChangeArgs};
use crate::exit::Exit;
use crate::ui::error::InputError;

/// The only package that has something to follow.
const PACKAGE: &str = "one-roof";

/// Follow governance.toml and the inventory by one small release
///
/// Compares governance.toml and the inventory with what the target holds: agencies, scopes, groups,
/// owners, objects that came, left or moved, topics. Shows the rows, the coverage before and after, and
/// the findings. `--execute` acts: it commits on a clone or scratch database, and writes a sealed package
/// for a production. Nothing to do is exit 0. What is only absent from governance.toml stays; what ends
/// needs [[retire]] there, and an object with another name needs [[rename]].
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof sync --target production\n  \
    oneroof sync --target clone:1a2b3c4d --execute")]
pub(crate) struct SyncArgs {
    /// The package whose release is followed
    #[arg(value_name = "PACKAGE", default_value = PACKAGE)]
    package: String,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    params: ParamsOption,
}

pub(crate) async fn run(args: &SyncArgs, session: &Session) -> anyhow::Result<Exit> {
    if args.package != PACKAGE {
        let message = format!("follow package `{}`", args.package);
        let hint = format!("`{PACKAGE}` is the only package with something to follow");
        return Err(InputError::new(message, hint).into());
    }
    let context = session.project()?.context(&session.printer);
    let options = args.change.options();
    let report = sync::sync(&context, &options, &args.params.params).await?;
    session.printer.report(&report, text)?;
    if let Some(change) = &report.change {
        change::talk(change, session);
    }
    Ok(Exit::Ok)
}

fn text(report: &SyncReport) -> String {
    let mut text = match &report.change {
        Some(change) => change::text(change),
        None => format!(
            "`{}` is as governance.toml and its inventory say: nothing to do\n",
            report.target
        ),
    };
    for note in &report.notes {
        text += &format!("note: {note}\n");
    }
    text.trim_end().to_owned()
}
