//! `oneroof topic propose | ratify | deprecate | merge | split`.

use clap::Args;
use oneroof_engine::governance::change::topic::{self, Ground, NewParent, SplitPart};

use super::{ChangeArgs, print};
use crate::commands::Session;
use crate::exit::Exit;

/// Propose a new topic, as a candidate
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof topic propose billing --target clone:7f3a --parent workflow --reason 'asked for by finance'")]
pub(in crate::commands) struct ProposeArgs {
    /// Its code: lower-case letters, digits and `-`
    topic: String,
    /// Its name for people [default: the code in words]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The topic above it [default: none]
    #[arg(long, value_name = "TOPIC")]
    parent: Option<String>,
    /// Where it comes from: human_designated, ai_proposed or kg_provisional
    #[arg(long, value_name = "KIND", default_value = "human_designated")]
    kind: String,
    /// Why it is needed
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The approval behind it, if any
    #[arg(long, value_name = "REF")]
    approval: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Make a candidate an active topic, in the name of an agency
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof topic ratify billing --target clone:7f3a --by GOV-DOT --approval APR-21")]
pub(in crate::commands) struct RatifyArgs {
    /// The candidate
    topic: String,
    /// The agency that ratifies it
    #[arg(long, value_name = "AGENCY")]
    by: String,
    /// The topic above it from now on [default: as it stands]
    #[arg(long, value_name = "TOPIC", conflicts_with = "root")]
    parent: Option<String>,
    /// It stands at the top from now on
    #[arg(long)]
    root: bool,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "ratified")]
    reason: String,
    /// The approval behind it
    #[arg(long, value_name = "REF")]
    approval: String,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Take a topic out of use
///
/// A topic with topics below it or with active assignments is refused: merge it, or end the
/// assignments with it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof topic deprecate observability --target clone:7f3a --reason 'nobody uses it'")]
pub(in crate::commands) struct DeprecateArgs {
    /// The topic
    topic: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// End its assignments too; their objects are left without this topic
    #[arg(long)]
    retire_assignments: bool,
    /// The approval behind it, if any
    #[arg(long, value_name = "REF")]
    approval: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Give everything of a topic to another one, and deprecate it
///
/// Assignments are superseded by new ones with revision + 1, their owners and the topics below go
/// along.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof topic merge observability --into ai-ops --target clone:7f3a")]
pub(in crate::commands) struct MergeArgs {
    /// The topic that ends
    topic: String,
    /// The survivor
    #[arg(long, value_name = "TOPIC")]
    into: String,
    /// Why [default: merged into TOPIC]
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// The approval behind it, if any
    #[arg(long, value_name = "REF")]
    approval: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Split a topic: two or more new topics below it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof topic split workflow --into workflow-design=modules --into workflow-runs=workflows --reason 'two teams' --target clone:7f3a")]
pub(in crate::commands) struct SplitArgs {
    /// The topic
    topic: String,
    /// A new topic below it, and the objects that go there; at least twice
    #[arg(long, value_name = "TOPIC[=OBJECT,…]", required = true)]
    into: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The approval behind it, if any
    #[arg(long, value_name = "REF")]
    approval: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(in crate::commands) async fn propose(
    args: &ProposeArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let report = topic::propose(
        &context,
        &args.change.options(),
        &args.topic,
        args.name.as_deref(),
        args.parent.as_deref(),
        &args.kind,
        &ground(&args.reason, args.approval.as_ref()),
    )
    .await?;
    print(&report, session)
}

pub(in crate::commands) async fn ratify(
    args: &RatifyArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let parent = match (&args.parent, args.root) {
        (Some(parent), _) => NewParent::Below(parent.clone()),
        (None, true) => NewParent::Root,
        (None, false) => NewParent::Kept,
    };
    let report = topic::ratify(
        &context,
        &args.change.options(),
        &args.topic,
        &args.by,
        &parent,
        &ground(&args.reason, Some(&args.approval)),
    )
    .await?;
    print(&report, session)
}

pub(in crate::commands) async fn deprecate(
    args: &DeprecateArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let report = topic::deprecate(
        &context,
        &args.change.options(),
        &args.topic,
        args.retire_assignments,
        &ground(&args.reason, args.approval.as_ref()),
    )
    .await?;
    print(&report, session)
}

pub(in crate::commands) async fn merge(
    args: &MergeArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let report = topic::merge(
        &context,
        &args.change.options(),
        &args.topic,
        &args.into,
        &ground(&args.reason, args.approval.as_ref()),
    )
    .await?;
    print(&report, session)
}

pub(in crate::commands) async fn split(
    args: &SplitArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let parts: Vec<SplitPart> = args.into.iter().map(|text| part(text)).collect();
    let report = topic::split(
        &context,
        &args.change.options(),
        &args.topic,
        &parts,
        &ground(&args.reason, args.approval.as_ref()),
    )
    .await?;
    print(&report, session)
}

fn ground(reason: &str, approval: Option<&String>) -> Ground {
    Ground {
        reason: reason.to_owned(),
        approval: approval.cloned(),
    }
}

/// `TOPIC` or `TOPIC=OBJECT,OBJECT`
fn part(text: &str) -> SplitPart {
    let (topic, objects) = text.split_once('=').unwrap_or((text, ""));
    let objects = objects
        .split(',')
        .map(str::trim)
        .filter(|object| !object.is_empty());
    SplitPart {
        topic: topic.trim().to_owned(),
        objects: objects.map(str::to_owned).collect(),
    }
}
