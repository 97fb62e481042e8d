//! `clone create` and `clone refresh`: a clone that is kept, by the strategy that was asked for or the fastest that is
//! allowed, which it says with its reason.

use std::time::Instant;

use oneroof_model::{Event, StepOutcome, TargetClass};
pub use oneroof_pg::clone::{CloneLimits, ColumnMask, MaskReport, MaskRule};
use oneroof_pg::clone::{
    CloneOptions, CloneProgress, CloneStrategy, RolesOfServer, RowsOf, StrategyChoice,
    choose_strategy, make_clone, make_hosted_clone, remove_clone,
};
use oneroof_pg::connect::{SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::Lifetime;
use serde::Serialize;

use crate::clone_scope::PackageScope;
use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::golden::{GoldenOptions, GoldenRows, make_golden};
use crate::kept::{self, KeptClone};
use crate::rehearse::clone::{clone_error, clone_options, connection};
use crate::source::role_missing;
use crate::{clone_hosted, clone_snapshot, open, run_id};

/// The strategy that a person asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WantedStrategy {
    /// The fastest that is allowed.
    #[default]
    Auto,
    /// Rows from one snapshot.
    Logical,
    /// Files of the server.
    Physical,
    /// Files of a kept clone, inside its server.
    Template,
    /// Files of a kept clone that were put away.
    Snapshot,
}

/// How a clone is made, for every verb that makes one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopyOptions {
    /// By which strategy.
    pub strategy: WantedStrategy,
    /// By how many workers; one for each processor if `None`.
    pub jobs: Option<usize>,
    /// Bytes a second that are read from the source at most.
    pub rate_limit_bytes: Option<u64>,
    /// When it gives up for the sake of the source.
    pub limits: CloneLimits,
}

/// What `clone create` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct CreateOptions {
    /// How.
    pub copy: CopyOptions,
    /// Copy the rows of those tables alone that a package can read.
    pub scope: Option<PackageScope>,
    /// Make it golden.
    pub golden: bool,
    /// Name of the database; made of the source's by default.
    pub database: Option<String>,
    /// Target in whose server the clone is made; in a private server of its own by default.
    pub into: Option<String>,
}

/// A new clone.
#[derive(Debug, Serialize)]
pub struct CreateReport {
    /// Its id.
    pub id: String,
    /// As a target: `clone:<id>`.
    pub target: String,
    /// Clone or golden.
    pub class: TargetClass,
    /// Its database.
    pub database: String,
    /// The target it was made from.
    pub source: String,
    /// The target in whose server it lives, if that is no private one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `logical`, `physical`, `template` or `snapshot`.
    pub strategy: String,
    /// Why that one.
    pub why: String,
    /// Bytes of definitions and rows, or of files; none for a copy inside one server.
    pub bytes: Option<u64>,
    /// How long it took.
    pub duration_ms: u64,
    /// In what it differs from its source.
    pub differences: Vec<String>,
    /// What could not be checked before it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_checked: Option<String>,
    /// Of which moment its rows are, UTC.
    pub data_at: String,
    /// Tables whose rows were not copied.
    pub left_out: Vec<String>,
    /// What was masked, and what perhaps should have been.
    #[serde(flatten)]
    pub masks: MaskReport,
    /// What leads out of it: foreign servers and the like.
    pub doors: Vec<String>,
    /// Transactions of ours on the source, each read-only, rolled back, and asked before that whether it wrote.
    pub source_transactions: u64,
    /// Programs that read the source.
    pub source_programs: u64,
    /// How to connect with psql; a golden clone admits nobody.
    pub connection: Option<String>,
    /// The clone that it took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
}

impl Default for CreateReport {
    fn default() -> Self {
        Self {
            id: String::new(),
            target: String::new(),
            class: TargetClass::Clone,
            database: String::new(),
            source: String::new(),
            host: None,
            strategy: String::new(),
            why: String::new(),
            bytes: None,
            duration_ms: 0,
            differences: Vec::new(),
            not_checked: None,
            data_at: String::new(),
            left_out: Vec::new(),
            masks: MaskReport::default(),
            doors: Vec::new(),
            source_transactions: 0,
            source_programs: 0,
            connection: None,
            replaced: None,
        }
    }
}

/// Makes a clone of a target, or of a kept clone, and keeps it.
///
/// # Errors
/// A strategy that the source does not allow, rights that are missing, no room; then nothing is left.
pub async fn create(
    context: &Context,
    from: &str,
    options: &CreateOptions,
) -> Result<CreateReport, EngineError> {
    let is_snapshot = from.starts_with("snapshot:");
    if is_snapshot || options.copy.strategy == WantedStrategy::Snapshot {
        return of_snapshot(context, from, options).await;
    }
    let started = Instant::now();
    context.emit(Event::StepStarted {
        step: 1,
        title: format!("clone `{from}`"),
    });
    let is_kept = from == "golden" || from.starts_with("golden:") || from.starts_with("clone:");
    let wants_template = matches!(
        options.copy.strategy,
        WantedStrategy::Auto | WantedStrategy::Template
    );
    let wants_template = wants_template && options.into.is_none();
    let (mut report, rows) = if is_kept && wants_template && !context.targets.contains_key(from) {
        let report = from_kept(context, from, options).await?;
        (report, GoldenRows::Read(RowsOf::Golden))
    } else {
        from_target(context, from, options).await?
    };
    if options.golden {
        make_golden(context, &report.id, &GoldenOptions::default(), rows).await?;
        report.class = TargetClass::Golden;
        report.target = format!("golden:{}", report.id);
        report.connection = None;
    }
    report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    context.emit(Event::StepFinished {
        step: 1,
        title: format!("clone `{from}`"),
        outcome: StepOutcome::Passed,
        detail: format!("`{}`, {}", report.database, report.strategy),
        duration_ms: report.duration_ms,
    });
    Ok(report)
}

async fn of_snapshot(
    context: &Context,
    from: &str,
    options: &CreateOptions,
) -> Result<CreateReport, EngineError> {
    let is_wanted = matches!(
        options.copy.strategy,
        WantedStrategy::Auto | WantedStrategy::Snapshot
    );
    if !is_wanted
        || options.golden
        || options.database.is_some()
        || options.into.is_some()
        || context.targets.contains_key(from)
    {
        return Err(EngineError::input(
            format!("make such a clone of `{from}` by strategy `snapshot`"),
            "name a snapshot or a kept clone, and nothing else: --from snapshot:NAME, or --from golden --strategy snapshot; a golden one: oneroof clone restore NAME".to_owned(),
        ));
    }
    clone_snapshot::create(context, from).await
}

/// Makes a kept clone anew from its source, by the same strategy; the old one goes when the new one is there.
///
/// # Errors
/// As [`create`]; then the old one stays. Refused while other clones live in its server.
pub async fn refresh(
    context: &Context,
    word: &str,
    copy: CopyOptions,
) -> Result<CreateReport, EngineError> {
    let old = kept::find(context, word)?.entry;
    let registry = open::clones(&context.root);
    let entries = kept::entries(context)?;
    KeptClone::require_no_guests(&old, &entries, "")?;
    let strategy = match (copy.strategy, old.strategy.as_deref()) {
        (WantedStrategy::Auto, Some("physical")) => WantedStrategy::Physical,
        (wanted, _) => wanted,
    };
    let options = CreateOptions {
        copy: CopyOptions { strategy, ..copy },
        scope: None,
        golden: old.class == TargetClass::Golden,
        database: None,
        into: None,
    };
    let mut report = create(context, &old.source, &options).await?;
    remove_clone(&old.id, &registry, &open::servers(&context.root))
        .await
        .map_err(|error| EngineError::other(format!("drop the old clone: {error}")))?;
    // Snapshots of the old one are the new one's: either can take the place of the other.
    registry
        .hand_down_line(&report.id, old.line())
        .map_err(|error| EngineError::other(error.to_string()))?;
    report.replaced = Some(old.id);
    Ok(report)
}

async fn from_target(
    context: &Context,
    from: &str,
    options: &CreateOptions,
) -> Result<(CreateReport, GoldenRows), EngineError> {
    let target = open::target(context, from)?;
    let reader = reader(&target)?;
    let run_id = run_id::new();
    let mut clone_options = clone_options(context, from, &run_id, Lifetime::Kept).await?;
    let mut copy = options.copy;
    if options.into.is_some() {
        clone_hosted::check(options)?;
        copy.strategy = WantedStrategy::Logical;
    }
    let scope = options.scope.as_ref();
    let mut choice = apply_options(context, reader, &copy, scope, &mut clone_options).await?;
    if options.into.is_some() && options.copy.strategy == WantedStrategy::Auto {
        choice.why = clone_hosted::WHY_LOGICAL.to_owned();
    }
    clone_options.database_name.clone_from(&options.database);
    // What copies of a golden clone must have is known best while it is made.
    clone_options.tally_rows = options.golden;
    let emit = |progress: CloneProgress| {
        if let CloneProgress::Copying { bytes, of } = progress {
            context.emit(Event::StepProgress { step: 1, bytes, of });
        }
    };
    let mut rows = GoldenRows::Read(RowsOf::Golden);
    let mut not_checked = None;
    let (entry, report, superuser) = match &options.into {
        None => {
            let made = make_clone(reader, &clone_options, emit)
                .await
                .map_err(clone_error)?;
            let superuser = made.superuser_conninfo();
            if let Some(sent) = made.copied_rows() {
                rows = GoldenRows::Sent(sent.clone());
            } else if made.report().files.is_some() {
                rows = GoldenRows::Read(RowsOf::SourceFiles);
            }
            (made.entry().clone(), made.report().clone(), superuser)
        }
        Some(into) => {
            clone_hosted::sweep(context).await?;
            let host = clone_hosted::host(context, into)?;
            let made = make_hosted_clone(reader, &host, &clone_options, emit)
                .await
                .map_err(clone_error)?;
            not_checked = made.not_checked;
            (made.entry, made.report, made.conninfo)
        }
    };
    let report = CreateReport {
        target: format!("clone:{}", entry.id),
        class: entry.class,
        database: entry.database.clone(),
        host: entry.host.clone(),
        source: from.to_owned(),
        strategy: report.strategy.to_string(),
        why: choice.why,
        bytes: Some(report.bytes),
        duration_ms: report.elapsed_ms,
        differences: [&report.differences[..], &report.settings_refused[..]].concat(),
        not_checked,
        data_at: entry.data_at().to_owned(),
        left_out: entry.left_out,
        masks: report.masks,
        doors: report.doors,
        source_transactions: report.source_transactions,
        source_programs: report.source_programs,
        connection: Some(connection(&superuser).text),
        replaced: None,
        id: entry.id,
    };
    Ok((report, rows))
}

async fn from_kept(
    context: &Context,
    from: &str,
    options: &CreateOptions,
) -> Result<CreateReport, EngineError> {
    if options.golden || options.database.is_some() || options.scope.is_some() {
        return Err(EngineError::input(
            "make a named, golden or partial clone of a kept one".to_owned(),
            "a copy of a kept clone lives in its server; name a target instead: --from TARGET"
                .to_owned(),
        ));
    }
    let kept = kept::find(context, from)?;
    let run_id = run_id::new();
    let seen = kept.look("clone", &run_id).await?;
    let checked = kept.require_mark(&seen.state);
    seen.admin.close().await;
    checked?;
    let copy = kept
        .beside(context, "clone", &run_id, RolesOfServer::Stay)
        .await?;
    let superuser = copy.superuser_conninfo();
    let files = copy.files();
    let entry = copy
        .keep(Some(context.operator.clone()))
        .map_err(clone_error)?;
    Ok(CreateReport {
        target: format!("clone:{}", entry.id),
        class: entry.class,
        database: entry.database.clone(),
        source: entry.source.clone(),
        strategy: "template".to_owned(),
        why: format!("`{from}` is a kept clone: its files are copied inside its server, {files}"),
        data_at: entry.data_at().to_owned(),
        left_out: entry.left_out.clone(),
        masks: MaskReport {
            masked: entry.masked.clone(),
            ..MaskReport::default()
        },
        connection: Some(connection(&superuser).text),
        id: entry.id,
        ..CreateReport::default()
    })
}

/// The connection that copies.
pub(crate) fn reader(target: &TargetDatabase) -> Result<&ConnInfo, EngineError> {
    let reader = target.clone.as_ref().or(target.read.as_ref());
    reader.ok_or_else(|| role_missing(target, "clone"))
}

/// Puts what a person asked for into the options of a clone; says which strategy it will be, and why.
pub(crate) async fn apply_options(
    context: &Context,
    reader: &ConnInfo,
    wanted: &CopyOptions,
    scope: Option<&PackageScope>,
    options: &mut CloneOptions,
) -> Result<StrategyChoice, EngineError> {
    if let Some(scope) = scope {
        options.left_out = scope.left_out(reader, &options.run).await?;
    }
    if let Some(jobs) = wanted.jobs {
        options.jobs = jobs;
    }
    options.rate_limit_bytes = wanted.rate_limit_bytes;
    options.limits = wanted.limits.or(options.limits);
    let asked = |strategy| StrategyChoice {
        strategy,
        why: "it was asked for".to_owned(),
    };
    let choice = match wanted.strategy {
        WantedStrategy::Auto if !options.masks.is_empty() => StrategyChoice {
            strategy: CloneStrategy::Logical,
            why: "columns are masked, which a copy of files cannot do".to_owned(),
        },
        WantedStrategy::Auto if scope.is_some() => StrategyChoice {
            strategy: CloneStrategy::Logical,
            why: "rows of some tables are left out, which a copy of files cannot do".to_owned(),
        },
        WantedStrategy::Auto => choose(context, reader, &options.source_name).await?,
        WantedStrategy::Logical => asked(CloneStrategy::Logical),
        WantedStrategy::Physical => asked(CloneStrategy::Physical),
        WantedStrategy::Template | WantedStrategy::Snapshot => {
            return Err(EngineError::input(
                "copy a target by strategy `template`".to_owned(),
                "only a kept clone is a template: --from golden, or --from clone:ID".to_owned(),
            ));
        }
    };
    options.strategy = choice.strategy;
    Ok(choice)
}

async fn choose(
    context: &Context,
    reader: &ConnInfo,
    name: &str,
) -> Result<StrategyChoice, EngineError> {
    let reading = || EngineError::database("look at the source");
    let session = connect(reader, &SessionOptions::read_only("oneroof/clone"))
        .await
        .map_err(reading())?;
    let class = open::class(&session, &open::clones(&context.root), name).await?;
    let choice = choose_strategy(&session, class == TargetClass::Production)
        .await
        .map_err(reading())?;
    session.close().await;
    Ok(choice)
}
