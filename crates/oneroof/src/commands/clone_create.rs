//! `oneroof clone create | refresh | prune`.

use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, ValueEnum};
use oneroof_engine::clone_create::{
    self, CloneLimits, CopyOptions, CreateOptions, CreateReport, MaskReport, WantedStrategy,
};
use oneroof_engine::clone_scope::PackageScope;
use oneroof_engine::clones::{self, PruneOptions, PruneReport};
use oneroof_engine::context::Context;
use oneroof_engine::store::package_files::OpenPackage;

use super::Session;
use super::arguments::ExecuteFlag;
use crate::quantity;
use crate::ui::error::InputError;
use crate::ui::time;

/// How a clone is made.
#[derive(Debug, Args)]
pub(super) struct CopyArguments {
    /// How the target is copied; what `auto` takes is said, with the reason
    #[arg(long, value_name = "STRATEGY", value_enum, default_value_t = Strategy::Auto)]
    strategy: Strategy,
    /// Workers that copy at the same time [default: one for each processor, at most 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// Bytes a second that are read from the target at most, for example 50MB
    #[arg(long, value_name = "BYTES", value_parser = quantity::bytes)]
    rate_limit: Option<u64>,
    /// Give up when a replica of the target lags behind by more than this, for example 30s
    #[arg(long, value_name = "AGE", value_parser = quantity::duration)]
    max_lag: Option<Duration>,
    /// Give up when rows are not copied after this long: the snapshot keeps the target from cleaning up
    #[arg(long, value_name = "AGE", value_parser = quantity::duration)]
    max_snapshot_age: Option<Duration>,
    /// Give up when a transaction on the target is older than this, whoever holds it: before anything is made, and while
    /// rows or files are copied [default: what [targets.NAME.clone_limits] of oneroof.toml says, as for the two above]
    #[arg(long, value_name = "AGE", value_parser = quantity::duration)]
    max_transaction_age: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Strategy {
    /// The fastest that the target allows; on a production always `logical`
    Auto,
    /// Rows by parallel streams from one snapshot; works everywhere
    Logical,
    /// Files of the whole server by pg_basebackup; needs REPLICATION, makes a checkpoint and log there
    Physical,
    /// Files of a kept clone, inside its server
    Template,
    /// Files of a kept clone that were put away by `clone snapshot`, in a private server of its own
    Snapshot,
}

impl CopyArguments {
    pub(super) fn options(&self) -> CopyOptions {
        CopyOptions {
            strategy: match self.strategy {
                Strategy::Auto => WantedStrategy::Auto,
                Strategy::Logical => WantedStrategy::Logical,
                Strategy::Physical => WantedStrategy::Physical,
                Strategy::Template => WantedStrategy::Template,
                Strategy::Snapshot => WantedStrategy::Snapshot,
            },
            jobs: self.jobs.map(usize::from),
            rate_limit_bytes: self.rate_limit,
            limits: CloneLimits {
                replication_lag: self.max_lag,
                snapshot_age: self.max_snapshot_age,
                transaction_age: self.max_transaction_age,
            },
        }
    }
}

/// Make a clone and keep it
///
/// Copies a target into a private server of its own (no TCP, nobody's password), or a kept clone
/// inside its server. The target is only read. The clone stays until `oneroof clone drop`, and is
/// the target `clone:ID` from then on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof clone create --from production\n  \
    oneroof clone create --from production --jobs 4 --rate-limit 50MB\n  \
    oneroof clone create --from production --golden\n  \
    oneroof clone create --from production --scope package:one-roof\n  \
    oneroof clone create --from staging --strategy physical\n  \
    oneroof clone create --from golden\n  \
    oneroof clone create --from production --into lab --database shop_anna\n  \
    oneroof clone create --from snapshot:before-2.0")]
pub(super) struct CreateArgs {
    /// Target to copy, a kept clone (`clone:ID`, `golden`), or a snapshot (`snapshot:NAME`)
    #[arg(long, value_name = "TARGET")]
    from: String,
    #[command(flatten)]
    copy: CopyArguments,
    /// Copy the rows of those tables alone that a package can read: `package:PKG`. The others are there
    /// with their definitions; reading them fails
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    scope: String,
    /// Make it golden: the reference that others compare with, which admits no connections
    #[arg(long)]
    golden: bool,
    /// Make it in the server of this target (its `maintenance` connection) instead of a private one: a new database,
    /// marked before it holds anything, and those of the roles that are not there
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["golden"])]
    into: Option<String>,
    /// Name of the database [default: the source's name, the date and the clone's id]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
}

/// Make a kept clone anew from its target
///
/// A new clone by the same strategy, golden if the old one is; the old one is dropped when the new
/// one is there. The new one has an id of its own.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof clone refresh golden\n  \
    oneroof clone refresh 1a2b3c4d --jobs 4")]
pub(super) struct RefreshArgs {
    /// Kept clone: its id, `clone:ID` or `golden`
    #[arg(value_name = "CLONE")]
    clone: String,
    #[command(flatten)]
    copy: CopyArguments,
}

/// Drop clones that are old
///
/// Shows which; `--execute` drops them. Golden clones stay unless they are asked for, scratch
/// databases and what a running command works on always.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof clone prune --older-than 7d\n  \
    oneroof clone prune --older-than 12h --execute")]
pub(super) struct PruneArgs {
    /// Age: a number with s, min, h, d or w
    #[arg(long, value_name = "AGE", value_parser = quantity::duration)]
    older_than: Duration,
    /// Golden clones too
    #[arg(long)]
    golden: bool,
    #[command(flatten)]
    execute: ExecuteFlag,
}

/// What `--scope` says; `package` alone means `this` one.
pub(super) fn scope(
    word: &str,
    this: Option<&OpenPackage>,
    session: &Session,
) -> anyhow::Result<Option<PackageScope>> {
    match (word, this) {
        ("all", _) => Ok(None),
        ("package", Some(package)) => Ok(Some(PackageScope::of(package))),
        _ => match word.strip_prefix("package:") {
            Some(name) => Ok(Some(PackageScope::of(&session.package(name)?))),
            None => Err(InputError::new(
                format!("use the scope `{word}`"),
                "the scopes are all, and package:PKG",
            )
            .into()),
        },
    }
}

pub(super) async fn create(
    args: &CreateArgs,
    context: &Context,
    session: &Session,
) -> anyhow::Result<()> {
    let options = CreateOptions {
        copy: args.copy.options(),
        scope: scope(&args.scope, None, session)?,
        golden: args.golden,
        database: args.database.clone(),
        into: args.into.clone(),
    };
    let report = clone_create::create(context, &args.from, &options).await?;
    session.printer.report(&report, create_text)?;
    Ok(())
}

pub(super) async fn refresh(
    args: &RefreshArgs,
    context: &Context,
    session: &Session,
) -> anyhow::Result<()> {
    let report = clone_create::refresh(context, &args.clone, args.copy.options()).await?;
    session.printer.report(&report, create_text)?;
    Ok(())
}

pub(super) async fn prune(
    args: &PruneArgs,
    context: &Context,
    session: &Session,
) -> anyhow::Result<()> {
    let options = PruneOptions {
        older_than: args.older_than,
        golden: args.golden,
        execute: args.execute.execute,
    };
    let report = clones::prune(context, options).await?;
    session.printer.report(&report, prune_text)?;
    Ok(())
}

pub(super) fn create_text(report: &CreateReport) -> String {
    let mut text = format!(
        "{} `{}` of `{}`{} in {}\nstrategy {}: {}",
        report.target,
        report.database,
        report.source,
        report
            .host
            .as_ref()
            .map_or_else(String::new, |host| format!(", in the server of `{host}`,")),
        time::milliseconds(report.duration_ms),
        report.strategy,
        report.why
    );
    if let Some(bytes) = report.bytes {
        let seconds = (report.duration_ms as f64 / 1e3).max(1e-3);
        let _ = write!(
            text,
            "\ncopied {}, {}/s",
            size(bytes),
            size((bytes as f64 / seconds) as u64)
        );
    }
    text.push_str(&rows_text(report));
    for difference in &report.differences {
        let _ = write!(text, "\ndiffers: {difference}");
    }
    if let Some(not_checked) = &report.not_checked {
        let _ = write!(text, "\nnot checked: {not_checked}");
    }
    text.push_str(&masks_text(&report.masks));
    for door in &report.doors {
        let _ = write!(text, "\nleads out of the clone: {door}");
    }
    if report.source_transactions > 0 {
        let _ = write!(
            text,
            "\nthe source was only read: {} transactions of ours, none of which wrote; {} programs, forced read-only",
            report.source_transactions, report.source_programs
        );
    }
    if let Some(replaced) = &report.replaced {
        let _ = write!(text, "\nclone {replaced} was dropped");
    }
    match &report.connection {
        Some(connection) => {
            let _ = write!(text, "\n{}  psql '{connection}'", report.id);
        }
        None => text.push_str("\nit admits no connections; verbs work on copies of it"),
    }
    text
}

/// What was masked, and what perhaps should have been; each line begins with a line feed.
pub(super) fn masks_text(masks: &MaskReport) -> String {
    const SHOWN: usize = 8;
    let mut text = String::new();
    for mask in &masks.masked {
        let _ = write!(text, "\nmasked: {mask}");
    }
    if !masks.unmasked.is_empty() {
        let names: Vec<&str> = masks
            .unmasked
            .iter()
            .take(SHOWN)
            .map(String::as_str)
            .collect();
        let more = match masks.unmasked.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = write!(
            text,
            "\nnot masked, and looks like personal data by its name: {}{more}",
            names.join(", ")
        );
    }
    text
}

/// How old the rows are, if they are not of now, and which tables have none.
fn rows_text(report: &CreateReport) -> String {
    let mut text = String::new();
    if matches!(report.strategy.as_str(), "template" | "snapshot") {
        let _ = write!(text, "\nrows of {}", report.data_at);
    }
    if !report.left_out.is_empty() {
        let _ = write!(
            text,
            "\nrows not copied, reading them fails: {}",
            report.left_out.join(", ")
        );
    }
    text
}

fn prune_text(report: &PruneReport) -> String {
    let mut text = String::new();
    let verb = if report.dropped {
        "dropped"
    } else {
        "would drop"
    };
    for clone in &report.old {
        let _ = writeln!(
            text,
            "{verb} {} `{}` of `{}`, made {}",
            clone.id, clone.database, clone.source, clone.created_at
        );
    }
    let _ = write!(
        text,
        "{} of {} clones are old enough",
        report.old.len(),
        report.old.len() + report.kept
    );
    if !report.dropped && !report.old.is_empty() {
        text.push_str("; --execute drops them");
    }
    text
}

/// `12.3 MB`
pub(super) fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}
