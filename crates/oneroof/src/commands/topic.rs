//! `oneroof topic list | tree | propose | ratify | deprecate | merge | split`.

use clap::{Args, Subcommand};
use oneroof_engine::governance::topic::{self, Topic};

use super::Session;
use super::arguments::TargetOption;
use super::change;
use crate::exit::Exit;
use crate::ui::table::Table;

/// Look at the topics of a target, and change them
#[derive(Debug, Args)]
pub(crate) struct TopicArgs {
    #[command(subcommand)]
    command: TopicCommand,
}

#[derive(Debug, Subcommand)]
enum TopicCommand {
    List(ListArgs),
    Tree(ListArgs),
    Propose(change::topic::ProposeArgs),
    Ratify(change::topic::RatifyArgs),
    Deprecate(change::topic::DeprecateArgs),
    Merge(change::topic::MergeArgs),
    Split(change::topic::SplitArgs),
}

/// Show the topics, each below its parent
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof topic list --target production --status candidate\n  \
    oneroof topic tree --target production")]
struct ListArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Only topics of this status: candidate, active, deprecated or retired
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
}

pub(crate) async fn run(args: &TopicArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        TopicCommand::List(args) => list(args, session, list_text).await,
        TopicCommand::Tree(args) => list(args, session, tree_text).await,
        TopicCommand::Propose(args) => change::topic::propose(args, session).await,
        TopicCommand::Ratify(args) => change::topic::ratify(args, session).await,
        TopicCommand::Deprecate(args) => change::topic::deprecate(args, session).await,
        TopicCommand::Merge(args) => change::topic::merge(args, session).await,
        TopicCommand::Split(args) => change::topic::split(args, session).await,
    }
}

async fn list(
    args: &ListArgs,
    session: &Session,
    text: impl FnOnce(&[Topic]) -> String,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let topics = topic::list(&context, &args.target.target, args.status.as_deref()).await?;
    session.printer.report(&topics, |topics| text(topics))?;
    Ok(Exit::Ok)
}

fn list_text(topics: &[Topic]) -> String {
    if topics.is_empty() {
        return "no topics".to_owned();
    }
    let mut table = Table::new([
        "topic",
        "name",
        "parent",
        "status",
        "provenance",
        "objects",
        "labels",
    ]);
    for topic in topics {
        table.row([
            topic.topic.as_str(),
            topic.name.as_deref().unwrap_or("-"),
            topic.parent.as_deref().unwrap_or("-"),
            &status(topic),
            topic.provenance_kind.as_deref().unwrap_or("-"),
            &topic.objects.to_string(),
            &topic.labels.join(", "),
        ]);
    }
    table.text()
}

fn tree_text(topics: &[Topic]) -> String {
    if topics.is_empty() {
        return "no topics".to_owned();
    }
    topics
        .iter()
        .map(|topic| {
            let indent = "  ".repeat(topic.depth as usize);
            let objects = match topic.objects {
                0 => String::new(),
                1 => ", 1 object".to_owned(),
                count => format!(", {count} objects"),
            };
            format!("{indent}{} ({}{objects})\n", topic.topic, status(topic))
        })
        .collect()
}

fn status(topic: &Topic) -> String {
    match &topic.merged_into {
        Some(into) => format!("{}, merged into {into}", topic.status),
        None => topic.status.clone(),
    }
}
