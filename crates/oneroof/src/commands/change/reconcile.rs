//! `oneroof reconcile decide | withdraw`.

use clap::Args;
use oneroof_engine::governance::change::reconcile::{self, NewDecision};

use super::{ChangeArgs, print};
use crate::commands::Session;
use crate::exit::Exit;

/// Accept a difference between topic and label
///
/// The decision is bound to the facts that you saw: it is refused where they are others by now, and
/// it is void as soon as they change. A contradiction (divergent) can never be accepted.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof reconcile decide agents ai-ops --as orthogonal-facet --facts 3f0c9a1b --rationale 'two questions' \
    --approval APR-31 --target clone:7f3a")]
pub(in crate::commands) struct DecideArgs {
    /// The collection
    collection: String,
    /// Its topic
    topic: String,
    /// orthogonal-facet, projection-pending or quarantine-hold
    #[arg(long = "as", value_name = "KIND")]
    kind: String,
    /// The fingerprint that `oneroof reconcile list` showed, at least 8 digits
    #[arg(long, value_name = "FINGERPRINT")]
    facts: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    rationale: String,
    /// The approval behind it
    #[arg(long, value_name = "REF")]
    approval: String,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Take the decision on a collection and topic back
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof reconcile withdraw agents ai-ops --target clone:7f3a")]
pub(in crate::commands) struct WithdrawArgs {
    /// The collection
    collection: String,
    /// Its topic
    topic: String,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(in crate::commands) async fn decide(
    args: &DecideArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let new = NewDecision {
        collection: args.collection.clone(),
        topic: args.topic.clone(),
        kind: args.kind.clone(),
        fingerprint: args.facts.clone(),
        rationale: args.rationale.clone(),
        approval: args.approval.clone(),
    };
    let report = reconcile::decide(&context, &args.change.options(), &new).await?;
    print(&report, session)
}

pub(in crate::commands) async fn withdraw(
    args: &WithdrawArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let options = args.change.options();
    let report = reconcile::withdraw(&context, &options, &args.collection, &args.topic).await?;
    print(&report, session)
}
