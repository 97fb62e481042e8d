//! `oneroof owner assign | supersede | end`.

use clap::Args;
use oneroof_engine::governance::change::owner::{self, EndedOwner, NewOwner, OwnerCell};

use super::{ChangeArgs, print};
use crate::commands::Session;
use crate::exit::Exit;

/// Which cell.
#[derive(Debug, Args)]
struct CellArgs {
    /// The object or group: its name, or TYPE:NAME
    #[arg(long, value_name = "OBJECT", visible_alias = "group")]
    object: String,
    /// The scope of responsibility
    #[arg(
        long,
        value_name = "SCOPE",
        required_unless_present = "axis",
        conflicts_with = "axis"
    )]
    scope: Option<String>,
    /// Another axis than responsibility, such as topic
    #[arg(long, value_name = "AXIS", requires = "value")]
    axis: Option<String>,
    /// The value of that axis
    #[arg(long, value_name = "VALUE", requires = "axis")]
    value: Option<String>,
}

impl CellArgs {
    fn cell(&self) -> OwnerCell {
        OwnerCell {
            object: self.object.clone(),
            axis: self
                .axis
                .clone()
                .unwrap_or_else(|| "responsibility".to_owned()),
            value: self
                .scope
                .clone()
                .or_else(|| self.value.clone())
                .unwrap_or_default(),
        }
    }
}

/// Who shall hold it.
#[derive(Debug, Args)]
struct NewArgs {
    #[command(flatten)]
    cell: CellArgs,
    /// The agency that becomes its owner
    #[arg(long, value_name = "AGENCY")]
    agency: String,
    /// accountable, supporting, delegated or exception
    #[arg(long, value_name = "KIND", default_value = "accountable")]
    kind: String,
    /// First moment: 2026-12-31 or a time with its zone [default: now]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// End of the hold; a delegation must have one
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// The members of the group inherit it
    #[arg(long)]
    anchor: bool,
    /// The approval that it rests on
    #[arg(long, value_name = "REF")]
    approval: String,
    /// Accept an agency that is still a draft
    #[arg(long)]
    accept_draft: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

impl NewArgs {
    fn new_owner(&self) -> NewOwner {
        NewOwner {
            cell: self.cell.cell(),
            agency: self.agency.clone(),
            kind: self.kind.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            anchor: self.anchor,
            approval: self.approval.clone(),
            accept_draft: self.accept_draft,
        }
    }
}

/// Give a cell that nobody holds to an agency
///
/// Shows the rows, the coverage before and after, the cells that change, findings that open and
/// close. A row whose end has passed is closed on the way. Nothing is executed on a production:
/// there it becomes a sealed package, which is rehearsed, approved and applied like any other.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof owner assign --target clone:7f3a --object agents --scope audit --agency GOV-SIV --approval APR-12\n  \
    oneroof owner assign --target production --object tasks --axis topic --value ai-ops --agency GOV-DOT --approval APR-13 --execute")]
pub(in crate::commands) struct AssignArgs {
    #[command(flatten)]
    new: NewArgs,
}

/// Give a cell that an agency holds to its successor
///
/// The old row is superseded and keeps its end, the new one names it: history stays.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof owner supersede --target clone:7f3a --object GRP-AI --scope policy --agency GOV-COUNCIL --anchor --approval APR-14")]
pub(in crate::commands) struct SupersedeArgs {
    #[command(flatten)]
    new: NewArgs,
}

/// End the hold of an agency, and show the gaps that this opens
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    oneroof owner end --target clone:7f3a --object agents --scope audit --approval APR-15")]
pub(in crate::commands) struct EndArgs {
    #[command(flatten)]
    cell: CellArgs,
    /// The agency, where several hold the cell in this kind
    #[arg(long, value_name = "AGENCY")]
    agency: Option<String>,
    /// accountable, supporting, delegated or exception
    #[arg(long, value_name = "KIND", default_value = "accountable")]
    kind: String,
    /// The day on which it ends, in the future [default: now]
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// The approval that it rests on
    #[arg(long, value_name = "REF")]
    approval: String,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(in crate::commands) async fn assign(
    args: &AssignArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let new = &args.new;
    let report = owner::assign(&context, &new.change.options(), &new.new_owner()).await?;
    print(&report, session)
}

pub(in crate::commands) async fn supersede(
    args: &SupersedeArgs,
    session: &Session,
) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let new = &args.new;
    let report = owner::supersede(&context, &new.change.options(), &new.new_owner()).await?;
    print(&report, session)
}

pub(in crate::commands) async fn end(args: &EndArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let ended = EndedOwner {
        cell: args.cell.cell(),
        kind: args.kind.clone(),
        agency: args.agency.clone(),
        on: args.on.clone(),
        approval: args.approval.clone(),
    };
    let report = owner::end(&context, &args.change.options(), &ended).await?;
    print(&report, session)
}
