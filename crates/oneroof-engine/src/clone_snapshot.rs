//! `clone snapshot` and `clone restore`: kept clones are put away with a SHA-256 for each file, and come back as they
//! were. Also the strategy `snapshot`: a clone that is made of one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use oneroof_model::{Event, StepOutcome, TargetClass};
use oneroof_pg::clone::{
    CloneEntry, CopyMethod, CopyProgress, MaskReport, RestoreOptions, RestoredClone,
    SnapshotRecord, TakeOptions, remove_clone, restore_snapshot, take_snapshot,
};
use serde::Serialize;

use crate::clone_create::CreateReport;
use crate::clones::age_seconds;
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::forward::millis;
use crate::kept::{self, KeptClone};
use crate::rehearse::clone::{clone_error, connection};
use crate::{golden, open, run_id};

/// How often it is said how far a copy is.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Account that private servers run as if we are root.
const OS_USER: &str = "postgres";

/// A snapshot of the project.
#[derive(Debug, Clone, Serialize)]
pub struct ListedSnapshot {
    /// Its name.
    pub name: String,
    /// When it was taken, UTC.
    pub taken_at: String,
    /// Who had it taken.
    pub operator: Option<String>,
    /// The clone that it is of; it need not exist any more.
    pub clone: String,
    /// Clone or golden.
    pub class: TargetClass,
    /// The target that the clone was made from.
    pub source: String,
    /// The database.
    pub database: String,
    /// Of which moment its rows are, UTC.
    pub data_at: String,
    /// How long ago that was, in seconds.
    pub data_age_seconds: Option<u64>,
    /// Bytes of all files.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
    /// Major of the server.
    pub major: u32,
    /// `reflink` or `plain`.
    pub method: CopyMethod,
    /// Tables whose rows it does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl From<SnapshotRecord> for ListedSnapshot {
    fn from(record: SnapshotRecord) -> Self {
        Self {
            name: record.name,
            taken_at: record.taken_at,
            operator: record.operator,
            clone: record.clone.id,
            class: record.clone.class,
            source: record.clone.source,
            database: record.clone.database,
            data_age_seconds: age_seconds(&record.clone.data_at, Utc::now()),
            data_at: record.clone.data_at,
            bytes: record.bytes,
            files: record.files,
            major: record.major,
            method: record.method,
            left_out: record.clone.left_out,
        }
    }
}

/// What `clone snapshot` did.
#[derive(Debug, Clone, Serialize)]
pub struct SnapshotReport {
    /// The snapshot.
    #[serde(flatten)]
    pub snapshot: ListedSnapshot,
    /// How long it took, the stop and the start of the clone's server included.
    pub duration_ms: u64,
}

/// What `clone restore` is asked to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restore {
    /// Leave the clone that the snapshot is of, instead of taking its place.
    pub beside: bool,
}

/// Puts a kept clone away.
///
/// # Errors
/// Somebody is connected, other clones live in its server, no room; then nothing is left.
pub async fn snapshot(
    context: &Context,
    word: &str,
    name: Option<&str>,
) -> Result<SnapshotReport, EngineError> {
    let started = Instant::now();
    let kept = kept::find(context, word)?;
    let seen = kept.look("clone/snapshot", &run_id::new()).await?;
    let checked = kept.require_mark(&seen.state);
    seen.admin.close().await;
    checked?;
    let name = name.map_or_else(
        || {
            format!(
                "{}-{}",
                kept.entry.class,
                Utc::now().format("%Y%m%dT%H%M%SZ")
            )
        },
        str::to_owned,
    );
    let title = format!("snapshot `{name}` of clone `{}`", kept.entry.id);
    let of = sizes(&kept.entry, context).await;
    let options = TakeOptions {
        clone: kept.entry,
        server: kept.server,
        clones: open::clones(&context.root),
        servers: open::servers(&context.root),
        store: open::snapshots(&context.root),
        name,
        operator: Some(context.operator.clone()),
    };
    let progress = Arc::new(CopyProgress::default());
    let taking = take_snapshot(&options, &progress);
    let record = told(context, &title, of, &progress, taking)
        .await
        .map_err(clone_error)?;
    Ok(SnapshotReport {
        snapshot: record.into(),
        duration_ms: millis(started.elapsed()),
    })
}

/// Makes a clone of a snapshot, of the class that was put away. It takes the place of the clone that the snapshot is
/// of, and of what took that one's place, unless it is to stand beside it.
///
/// # Errors
/// A snapshot that is not whole, somebody on the clone whose place it takes; then everything is as before.
pub async fn restore(
    context: &Context,
    name: &str,
    how: Restore,
) -> Result<CreateReport, EngineError> {
    let record = open::snapshots(&context.root)
        .find(name)
        .map_err(|error| clone_error(error.into()))?;
    let old = match how.beside {
        true => Vec::new(),
        false => line(context, &record).await?,
    };
    let class = record.clone.class;
    let mut report = made_of(context, &record, class).await?;
    for entry in &old {
        remove_clone(
            &entry.id,
            &open::clones(&context.root),
            &open::servers(&context.root),
        )
        .await
        .map_err(|error| EngineError::other(format!("drop the old clone: {error}")))?;
    }
    report.replaced = old.into_iter().next_back().map(|entry| entry.id);
    Ok(report)
}

/// All snapshots of the project, oldest first. What killed runs left behind is removed first.
///
/// # Errors
/// The folder cannot be read, or a record in it.
pub fn list(context: &Context) -> Result<Vec<ListedSnapshot>, EngineError> {
    let store = open::snapshots(&context.root);
    let failed = |error: oneroof_pg::clone::SnapshotError| clone_error(error.into());
    store.sweep().map_err(failed)?;
    let records = store.list().map_err(failed)?;
    Ok(records.into_iter().map(ListedSnapshot::from).collect())
}

/// Removes a snapshot.
///
/// # Errors
/// There is none of this name.
pub fn drop(context: &Context, name: &str) -> Result<(), EngineError> {
    open::snapshots(&context.root)
        .drop(name)
        .map_err(|error| clone_error(error.into()))
}

/// Strategy `snapshot` of `clone create`: of `snapshot:NAME`, or of the newest snapshot of a kept clone's line.
pub(crate) async fn create(context: &Context, from: &str) -> Result<CreateReport, EngineError> {
    let store = open::snapshots(&context.root);
    let failed = |error: oneroof_pg::clone::SnapshotError| clone_error(error.into());
    let record = match from.strip_prefix("snapshot:") {
        Some(name) => store.find(name).map_err(failed)?,
        None => {
            let kept = kept::find(context, from)?.entry;
            let all = store.list().map_err(failed)?.into_iter();
            let mut of_line = all.filter(|record| record.clone.line == kept.line());
            of_line.next_back().ok_or_else(|| {
                EngineError::input(
                    format!("find a snapshot of clone `{}`: there is none", kept.id),
                    format!("take one: oneroof clone snapshot {from}"),
                )
            })?
        }
    };
    made_of(context, &record, TargetClass::Clone).await
}

async fn made_of(
    context: &Context,
    record: &SnapshotRecord,
    class: TargetClass,
) -> Result<CreateReport, EngineError> {
    let mut options = RestoreOptions {
        store: open::snapshots(&context.root),
        name: record.name.clone(),
        class,
        clones: open::clones(&context.root),
        servers: open::servers(&context.root),
        binaries: context.server_binaries.clone(),
        places: context.search.clone(),
        temp_folder: "/tmp".into(),
        os_user: OS_USER.to_owned(),
        operator: Some(context.operator.clone()),
    };
    if let Some(folder) = &context.server_folder {
        options.temp_folder.clone_from(folder);
    }
    let progress = Arc::new(CopyProgress::default());
    let title = format!("clone of snapshot `{}`", record.name);
    let restoring = restore_snapshot(&options, &progress);
    let restored = told(context, &title, record.bytes, &progress, restoring)
        .await
        .map_err(clone_error)?;
    Ok(report_of(record, restored))
}

fn report_of(record: &SnapshotRecord, restored: RestoredClone) -> CreateReport {
    let entry = restored.entry;
    let is_golden = entry.class == TargetClass::Golden;
    let kind = if is_golden { "golden" } else { "clone" };
    CreateReport {
        target: format!("{kind}:{}", entry.id),
        class: entry.class,
        database: entry.database.clone(),
        source: entry.source.clone(),
        strategy: "snapshot".to_owned(),
        why: format!(
            "snapshot `{}` of {}, every file as it was put away; {}",
            record.name, record.taken_at, restored.method
        ),
        bytes: Some(restored.bytes),
        duration_ms: restored.elapsed_ms,
        differences: restored.differences,
        data_at: entry.data_at().to_owned(),
        left_out: entry.left_out.clone(),
        masks: MaskReport {
            masked: entry.masked.clone(),
            ..MaskReport::default()
        },
        connection: (!is_golden).then(|| connection(&restored.superuser).text),
        id: entry.id,
        ..CreateReport::default()
    }
}

/// The clones whose place a restored one takes. Nobody may use them.
async fn line(context: &Context, record: &SnapshotRecord) -> Result<Vec<CloneEntry>, EngineError> {
    let entries = kept::entries(context)?;
    let of_line = |entry: &&CloneEntry| entry.line() == record.clone.line;
    let old: Vec<CloneEntry> = entries.iter().filter(of_line).cloned().collect();
    for entry in &old {
        KeptClone::require_no_guests(entry, &entries, "; or restore beside it: --beside")?;
        // One whose server is gone is in nobody's way.
        if let Ok(kept) = kept::find(context, &format!("clone:{}", entry.id)) {
            let seen = kept.look("clone/restore", &run_id::new()).await?;
            let free = golden::in_use(&kept, &seen.state.sessions);
            seen.admin.close().await;
            free?;
        }
    }
    Ok(old)
}

/// About how many bytes there will be; 0 if its server does not say.
async fn sizes(entry: &CloneEntry, context: &Context) -> u64 {
    let listed = crate::clones::size_of(context, entry).await;
    listed.unwrap_or_default()
}

/// Tells how far a copy is while it goes on.
async fn told<T>(
    context: &Context,
    title: &str,
    of: u64,
    progress: &CopyProgress,
    work: impl Future<Output = Result<T, oneroof_pg::clone::CloneError>>,
) -> Result<T, oneroof_pg::clone::CloneError> {
    let started = Instant::now();
    context.emit(Event::StepStarted {
        step: 1,
        title: title.to_owned(),
    });
    let mut work = std::pin::pin!(work);
    let mut tick = tokio::time::interval(TELL_EVERY);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = tick.tick() => {
                let bytes = progress.bytes();
                if bytes > 0 {
                    context.emit(Event::StepProgress { step: 1, bytes, of });
                }
            }
        }
    }?;
    context.emit(Event::StepFinished {
        step: 1,
        title: title.to_owned(),
        outcome: StepOutcome::Passed,
        detail: format!("{} bytes", progress.bytes()),
        duration_ms: millis(started.elapsed()),
    });
    Ok(done)
}
