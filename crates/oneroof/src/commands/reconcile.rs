//! `oneroof reconcile list`.

use clap::{Args, Subcommand};
use oneroof_engine::governance::reconcile::{self, Reconciled};

use super::Session;
use super::arguments::TargetOption;
use crate::exit::Exit;
use crate::ui::table::Table;

/// Compare the topics of collections with the labels of the application
#[derive(Debug, Args)]
pub(crate) struct ReconcileArgs {
    #[command(subcommand)]
    command: ReconcileCommand,
}

#[derive(Debug, Subcommand)]
enum ReconcileCommand {
    List(ListArgs),
}

/// Show each collection with a topic: both label sets, the flag, the decision
///
/// A decision is bound to the facts it was made on. Where they changed, the row is open again and the
/// old decision is named.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof reconcile list --target production --open")]
struct ListArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Only rows that differ and that no decision settles
    #[arg(long)]
    open: bool,
}

pub(crate) async fn run(args: &ReconcileArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        ReconcileCommand::List(args) => list(args, session).await,
    }
}

async fn list(args: &ListArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let rows = reconcile::list(&context, &args.target.target, args.open).await?;
    session.printer.report(&rows, list_text)?;
    Ok(Exit::Ok)
}

fn list_text(rows: &Vec<Reconciled>) -> String {
    if rows.is_empty() {
        return "nothing to reconcile".to_owned();
    }
    let mut table = Table::new([
        "collection",
        "topic",
        "zone",
        "topic labels",
        "rule labels",
        "flag",
        "decision",
        "fingerprint",
    ]);
    for row in rows {
        let decision = match (&row.decision, row.outdated.first()) {
            (Some(decision), _) => decision.id.to_string(),
            (None, Some(old)) => format!("{} no longer fits", old.id),
            (None, None) => "-".to_owned(),
        };
        table.row([
            row.collection.as_str(),
            &row.topic,
            &row.zone,
            &or_dash(&row.topic_labels),
            &or_dash(&row.rule_labels),
            &row.flag,
            &decision,
            row.fingerprint.get(..8).unwrap_or(&row.fingerprint),
        ]);
    }
    table.text()
}

fn or_dash(labels: &[String]) -> String {
    match labels {
        [] => "-".to_owned(),
        labels => labels.join(" "),
    }
}
