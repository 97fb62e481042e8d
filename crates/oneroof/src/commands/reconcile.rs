//! `oneroof reconcile list | decide | withdraw`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use oneroof_engine::governance::reconcile::{self, Decision, Reconciled};

use super::Session;
use super::arguments::TargetOption;
use super::change;
use crate::exit::Exit;

/// Compare the topics of collections with the labels of the application
#[derive(Debug, Args)]
pub(crate) struct ReconcileArgs {
    #[command(subcommand)]
    command: ReconcileCommand,
}

#[derive(Debug, Subcommand)]
enum ReconcileCommand {
    List(ListArgs),
    Decide(change::reconcile::DecideArgs),
    Withdraw(change::reconcile::WithdrawArgs),
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
        ReconcileCommand::Decide(args) => change::reconcile::decide(args, session).await,
        ReconcileCommand::Withdraw(args) => change::reconcile::withdraw(args, session).await,
    }
}

async fn list(args: &ListArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let rows = reconcile::list(&context, &args.target.target, args.open).await?;
    session.printer.report(&rows, |rows| list_text(rows))?;
    Ok(Exit::Ok)
}

/// A block for each collection: the sets of labels would be torn in a table.
fn list_text(rows: &[Reconciled]) -> String {
    if rows.is_empty() {
        return "nothing to reconcile".to_owned();
    }
    let blocks: Vec<String> = rows.iter().map(block).collect();
    blocks.join("\n")
}

fn block(row: &Reconciled) -> String {
    let mut text = format!(
        "{}: {}\n  topic        {} ({}, {})\n  topic labels {}\n  rule labels  {}\n  facts        {}\n",
        row.collection,
        row.flag,
        row.topic,
        row.zone,
        if row.has_owner {
            "owned"
        } else {
            "nobody accountable"
        },
        set(&row.topic_labels, &row.topic_facets),
        set(&row.rule_labels, &row.rule_facets),
        row.fingerprint,
    );
    if let Some(decision) = &row.decision {
        let _ = writeln!(text, "  decision     {}", decided(decision));
    }
    for old in &row.outdated {
        let _ = writeln!(
            text,
            "  no longer fits: {}, made on facts {}",
            decided(old),
            old.fingerprint
        );
    }
    text
}

fn decided(decision: &Decision) -> String {
    let day = decision.decided_at.get(..10).unwrap_or_default();
    format!(
        "{} {} by {} on {day}: {}",
        decision.id, decision.kind, decision.decided_by, decision.rationale
    )
}

fn set(labels: &[String], facets: &[String]) -> String {
    match labels {
        [] => "none".to_owned(),
        labels => format!("{} (facets {})", labels.join(", "), facets.join(", ")),
    }
}
