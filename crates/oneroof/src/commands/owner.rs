//! `oneroof owner list | assign | supersede | end`.

use clap::{Args, Subcommand};
use oneroof_engine::governance::owner::{self, OwnerFilter, OwnerReport, OwnershipRow};

use super::Session;
use super::arguments::TargetOption;
use super::change;
use crate::exit::Exit;
use crate::ui::table::Table;

/// Look at who is accountable for what, and change it
#[derive(Debug, Args)]
pub(crate) struct OwnerArgs {
    #[command(subcommand)]
    command: OwnerCommand,
}

#[derive(Debug, Subcommand)]
enum OwnerCommand {
    List(ListArgs),
    Assign(change::owner::AssignArgs),
    Supersede(change::owner::SupersedeArgs),
    End(change::owner::EndArgs),
}

/// Show the owners in effect, and the rows that make them
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof owner list --target production --object agents\n  \
    oneroof owner list --target production --agency GOV-DOT --history")]
struct ListArgs {
    #[command(flatten)]
    target: TargetOption,
    /// Only this object or group: its name, or TYPE:NAME
    #[arg(long, value_name = "OBJECT")]
    object: Option<String>,
    /// Only this scope of responsibility
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Only this agency
    #[arg(long, value_name = "AGENCY")]
    agency: Option<String>,
    /// Rows that were superseded, revoked or have expired too
    #[arg(long)]
    history: bool,
}

pub(crate) async fn run(args: &OwnerArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        OwnerCommand::List(args) => list(args, session).await,
        OwnerCommand::Assign(args) => change::owner::assign(args, session).await,
        OwnerCommand::Supersede(args) => change::owner::supersede(args, session).await,
        OwnerCommand::End(args) => change::owner::end(args, session).await,
    }
}

async fn list(args: &ListArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let filter = OwnerFilter {
        object: args.object.clone(),
        scope: args.scope.clone(),
        agency: args.agency.clone(),
    };
    let report = owner::list(&context, &args.target.target, &filter, args.history).await?;
    session.printer.report(&report, list_text)?;
    Ok(Exit::Ok)
}

fn list_text(report: &OwnerReport) -> String {
    let mut effective = Table::new(["object", "scope", "owner", "how", "from", "levels"]);
    for owner in &report.effective {
        effective.row([
            format!("{}:{}", owner.object_type, owner.object_ref),
            owner.scope.clone(),
            owner.owner_gov_code.clone(),
            owner.resolution.clone(),
            format!("{}:{}", owner.source_anchor_type, owner.source_anchor_ref),
            owner.depth.to_string(),
        ]);
    }
    let mut rows = Table::new([
        "row", "object", "scope", "owner", "kind", "status", "from", "until", "follows",
    ]);
    for row in &report.rows {
        rows.row([
            row.id.to_string(),
            format!("{}:{}", row.object_type, row.object_ref),
            row.scope.clone(),
            row.owner_gov_code.clone(),
            kind(row),
            status(row),
            day(&row.effective_from),
            row.effective_to.as_deref().map_or("-".to_owned(), day),
            row.supersedes_id
                .map_or("-".to_owned(), |id| id.to_string()),
        ]);
    }
    let effective = match report.effective.len() {
        0 => "nobody is accountable in effect\n".to_owned(),
        count => format!("in effect: {count}\n{}\n", effective.text()),
    };
    let rows = match report.rows.len() {
        0 => "no rows of its own".to_owned(),
        count => format!("rows: {count}\n{}", rows.text()),
    };
    format!("{effective}{rows}")
}

fn kind(row: &OwnershipRow) -> String {
    if row.is_inherited_anchor {
        format!("{}, anchor", row.owner_kind)
    } else {
        row.owner_kind.clone()
    }
}

/// An active row outside its dates does not count, and says so.
fn status(row: &OwnershipRow) -> String {
    if row.lifecycle_status == "active" && !row.is_valid {
        "active, outside its dates".to_owned()
    } else {
        row.lifecycle_status.clone()
    }
}

/// The day of a time.
fn day(time: &str) -> String {
    time.get(..10).unwrap_or(time).to_owned()
}
