//! The clone of a rehearsal: made behind the seam of `oneroof-pg`, with what the steps need of it.

use std::time::Instant;

use oneroof_model::{Event, Refusal, RefusalCode, TargetClass};
use oneroof_pg::catalog;
use oneroof_pg::clone::{
    CloneEntry, CloneError, CloneOptions, CloneProgress, CopiedRows, DatabaseClone, MaskReport,
    RowComparison, SnapshotError, TemplateCopy, compare_rows, default_jobs, doors, left_out_table,
    make_clone,
};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::{Lifetime, RegistryError, ServerEntry};
use oneroof_pg::install;

use super::report::{CloneReport, ConnectionReport};
use super::run::Rehearsal;
use crate::adopt::install_options;
use crate::clone_create::{apply_options, reader};
use crate::context::{Context, TargetDatabase};
use crate::error::{EngineError, Failure};
use crate::execute::forward::millis;
use crate::execute::release::Place;
use crate::open;
use crate::source::Source;

/// Rows of a clone are read once more up to so many bytes; of larger tables they are counted.
pub(crate) const COMPARED_BYTES_MAX: u64 = 1 << 30;
/// The same of a copy of a golden clone, which is made in a second and should be of use in the next one: the server
/// copies its files as they are.
const COMPARED_BYTES_OF_COPY_MAX: u64 = 64 << 20;

/// A fresh clone. Dropping it removes it, unless it was said to be kept.
pub(crate) struct Clone {
    made: Made,
    entry: CloneEntry,
    server: ServerEntry,
    apply: ConnInfo,
    report: CloneReport,
    /// The rows that it must have, if they are known.
    copied_rows: Option<CopiedRows>,
    jobs: usize,
    source_transactions: u64,
    source_programs: u64,
}

/// What ends with a clone.
enum Made {
    /// A private server.
    Server(Box<DatabaseClone>),
    /// A database in the server of a golden clone.
    Copy(Box<TemplateCopy>),
    /// Nothing: it is kept.
    Kept,
}

/// Makes a clone of the rehearsal's target, or of the golden clone of it.
pub(super) async fn make(
    rehearsal: &Rehearsal<'_>,
    source: &mut Source,
) -> Result<Clone, EngineError> {
    let clone = match &rehearsal.options.golden {
        Some(word) => of_golden(rehearsal, source, word).await?,
        None => of_target(rehearsal, source).await?,
    };
    clone.adopt(rehearsal.target).await?;
    Ok(clone)
}

/// What leads out of a copy.
async fn doors_of(copy: &TemplateCopy, run_id: &str) -> Result<Vec<String>, EngineError> {
    let session = connect(
        &copy.superuser_conninfo(),
        &SessionOptions::read_only(format!("oneroof/rehearse/{run_id}")),
    )
    .await
    .map_err(EngineError::database("open the copy as its superuser"))?;
    let doors = doors(&session)
        .await
        .map_err(EngineError::database("look for what leads out of the copy"));
    session.close().await;
    doors
}

async fn of_golden(
    rehearsal: &Rehearsal<'_>,
    source: &mut Source,
    word: &str,
) -> Result<Clone, EngineError> {
    let started = Instant::now();
    let (copy, golden, rows) = super::from_golden::copy(rehearsal, source, word).await?;
    let (apply_role, apply_role_note) = apply_role(rehearsal.target, source).await?;
    let entry = copy.entry().clone();
    let report = CloneReport {
        id: entry.id.clone(),
        database: entry.database.clone(),
        strategy: "template".to_owned(),
        why: format!(
            "a copy of golden clone {}, whose rows are of {}, {} ago",
            golden.id,
            golden.data_at,
            golden.age()
        ),
        duration_ms: millis(started.elapsed()),
        masks: MaskReport {
            masked: entry.masked.clone(),
            ..MaskReport::default()
        },
        left_out: entry.left_out.clone(),
        doors: doors_of(&copy, rehearsal.run_id).await?,
        golden: Some(golden),
        apply_role,
        apply_role_note,
        ..CloneReport::default()
    };
    Ok(Clone {
        apply: copy.conninfo(&report.apply_role),
        server: copy.server().clone(),
        made: Made::Copy(Box::new(copy)),
        entry,
        report,
        copied_rows: rows,
        jobs: rehearsal.options.copy.jobs.unwrap_or_else(default_jobs),
        source_transactions: 1, // that read the roles
        source_programs: 0,
    })
}

async fn of_target(rehearsal: &Rehearsal<'_>, source: &mut Source) -> Result<Clone, EngineError> {
    let Rehearsal {
        context,
        target,
        run_id,
        options,
        ..
    } = rehearsal;
    let reader = reader(target)?;
    let keep = options.keep || options.keep_on_failure;
    let lifetime = if keep {
        Lifetime::Kept
    } else {
        Lifetime::WithProcess
    };
    let emit = |progress: CloneProgress| {
        if let CloneProgress::Copying { bytes, of } = progress {
            context.emit(Event::StepProgress { step: 2, bytes, of });
        }
    };
    let mut clone_options = clone_options(context, &target.name, run_id, lifetime).await?;
    let scope = options.scope.as_ref();
    let choice = apply_options(context, reader, &options.copy, scope, &mut clone_options).await?;
    clone_options.tally_rows = true;
    let mut made = make_clone(reader, &clone_options, emit)
        .await
        .map_err(clone_error)?;
    made.set_kept(false).map_err(unregistered)?;
    let (apply_role, apply_role_note) = apply_role(target, source).await?;
    let report = made.report();
    let (source_transactions, source_programs) =
        (report.source_transactions, report.source_programs);
    let report = CloneReport {
        id: made.id().to_owned(),
        database: made.database().to_owned(),
        strategy: report.strategy.to_string(),
        why: choice.why,
        bytes: report.bytes,
        duration_ms: report.elapsed_ms,
        differences: report
            .differences
            .iter()
            .chain(&report.settings_refused)
            .cloned()
            .collect(),
        masks: report.masks.clone(),
        left_out: made.entry().left_out.clone(),
        doors: report.doors.clone(),
        rows: None,
        files: report.files,
        golden: None,
        apply_role: apply_role.clone(),
        apply_role_note,
        kept: false,
        connection: None,
    };
    Ok(Clone {
        apply: made.conninfo(&apply_role),
        entry: made.entry().clone(),
        server: made.server().clone(),
        copied_rows: made.copied_rows().cloned(),
        jobs: clone_options.jobs,
        made: Made::Server(Box::new(made)),
        report,
        source_transactions: source_transactions + u64::from(options.scope.is_some()),
        source_programs,
    })
}

/// Options of every clone that this project makes; leftovers of killed runs are removed first.
pub(crate) async fn clone_options(
    context: &Context,
    source: &str,
    run_id: &str,
    lifetime: Lifetime,
) -> Result<CloneOptions, EngineError> {
    let servers = open::servers(&context.root);
    servers
        .sweep()
        .await
        .map_err(|error| EngineError::other(error.to_string()))?;
    let mut options = CloneOptions::new(source, servers, context.search.clone());
    options
        .clones
        .forget_left_overs(&options.servers)
        .map_err(|error| EngineError::other(error.to_string()))?;
    options.class = TargetClass::Clone;
    options.operator = Some(context.operator.clone());
    if let Some(target) = context.targets.get(source) {
        options.masks.clone_from(&target.masks);
        options.limits = target.clone_limits;
    }
    options.run = run_id.to_owned();
    options.lifetime = lifetime;
    options.binaries.clone_from(&context.server_binaries);
    if let Some(folder) = &context.server_folder {
        options.temp_folder.clone_from(folder);
    }
    Ok(options)
}

/// The role that tiers run as on the clone: the target's apply role, else the owner of the database.
async fn apply_role(
    target: &TargetDatabase,
    source: &mut Source,
) -> Result<(String, Option<String>), EngineError> {
    if let Some(apply) = &target.apply {
        return Ok((apply.user().to_owned(), None));
    }
    let owner = source
        .read(&Default::default(), async |session| {
            let facts = catalog::database(session)
                .await
                .map_err(EngineError::database("read the source's owner"))?;
            Ok(facts.owner)
        })
        .await?;
    let note = format!(
        "target `{}` has no apply role, so the database's owner was used",
        target.name
    );
    Ok((owner, Some(note)))
}

/// A session as the superuser of the clone's private server.
pub(super) async fn admin_of(place: &Place, run_id: &str) -> Result<Session, EngineError> {
    let admin = place
        .admin
        .as_ref()
        .ok_or_else(|| EngineError::other("find the clone's superuser"))?;
    connect(
        admin,
        &SessionOptions::read_write(format!("oneroof/rehearse/{run_id}")),
    )
    .await
    .map_err(EngineError::database("open the clone as its superuser"))
}

/// Free bytes of the disk on which private servers lie.
pub(super) fn free_disk(context: &Context) -> Option<u64> {
    let folder = context
        .server_folder
        .clone()
        .unwrap_or_else(|| "/tmp".into());
    oneroof_pg::ephemeral::free_disk_bytes(&folder)
}

impl Clone {
    /// A source without ledger gets one on the clone, so that the executor is the same everywhere.
    async fn adopt(&self, target: &TargetDatabase) -> Result<(), EngineError> {
        let admin = self.admin_session("adopt").await?;
        let exists = oneroof_pg::ledger::exists(&admin)
            .await
            .map_err(EngineError::database("look for the ledger"))?;
        if !exists {
            let mut options = install_options(target);
            options.apply_role = Some(self.report.apply_role.clone());
            install::adopt(&admin, &options)
                .await
                .map_err(EngineError::database("adopt the clone"))?;
        }
        admin.close().await;
        Ok(())
    }

    pub(super) async fn admin_session(&self, run_id: &str) -> Result<Session, EngineError> {
        connect(
            &self.superuser(),
            &SessionOptions::read_write(format!("oneroof/rehearse/{run_id}")),
        )
        .await
        .map_err(EngineError::database("open the clone as its superuser"))
    }

    /// The clone as the place of a release run.
    pub(super) async fn place(&self, admin: &Session) -> Result<Place, EngineError> {
        self.place_of(admin, &self.entry.database).await
    }

    /// Database `database` of the clone's server, which is the clone or a copy of it, as such a place.
    pub(super) async fn place_of(
        &self,
        admin: &Session,
        database: &str,
    ) -> Result<Place, EngineError> {
        let identity = catalog::identity(admin)
            .await
            .map_err(EngineError::database("read the clone's identity"))?;
        Ok(Place {
            name: format!("clone:{}", self.entry.id),
            apply: self.apply.clone().with_dbname(database),
            admin: Some(self.superuser().with_dbname(database)),
            class: TargetClass::Clone,
            expected_database: identity.database_name.clone(),
            identity,
        })
    }

    /// What a failure means that is about a table whose rows the clone does not have; another one is as it is.
    pub(super) async fn explained(&self, error: EngineError, run_id: &str) -> EngineError {
        if self.entry.left_out.is_empty() {
            return error;
        }
        let text = error.with_causes();
        let Ok(session) = self.admin_session(run_id).await else {
            return error;
        };
        let table = left_out_table(&session, &text).await;
        session.close().await;
        match table {
            Ok(Some(table)) if self.entry.left_out.contains(&table) => {
                let mut failure = match error {
                    EngineError::Failed(failure) => *failure,
                    _ => Failure::default(),
                };
                failure.message = format!(
                    "table {table} is needed, and its rows were not copied: the scope of the clone leaves it out"
                );
                failure.detail = Some(text);
                failure.hint = Some("rehearse without --scope, on a whole clone".to_owned());
                failure.into()
            }
            _ => error,
        }
    }

    /// A superuser's session on another database of its server.
    pub(super) async fn server_session(&self, run_id: &str) -> Result<Session, EngineError> {
        connect(
            &self.superuser().with_dbname("postgres"),
            &SessionOptions::read_write(format!("oneroof/rehearse/{run_id}")),
        )
        .await
        .map_err(EngineError::database("open the clone's private server"))
    }

    /// Its rows, compared with those that it must have; none if they are not known.
    pub(super) async fn compare_rows(
        &self,
        run_id: &str,
    ) -> Result<Option<RowComparison>, EngineError> {
        let Some(copied) = &self.copied_rows else {
            return Ok(None);
        };
        let name = format!("oneroof/rehearse/{run_id}");
        let superuser = self.superuser();
        let bytes_max = match self.made {
            Made::Copy(_) => COMPARED_BYTES_OF_COPY_MAX,
            Made::Server(_) | Made::Kept => COMPARED_BYTES_MAX,
        };
        compare_rows(&superuser, copied, &name, self.jobs, bytes_max)
            .await
            .map(Some)
            .map_err(clone_error)
    }

    /// How to reach it as the superuser of its server.
    pub(super) fn superuser(&self) -> ConnInfo {
        self.server
            .conninfo(&self.entry.database, &self.server.superuser)
    }

    /// Its entry in the registry of clones.
    pub(super) fn entry(&self) -> &CloneEntry {
        &self.entry
    }

    pub(super) fn report(&self) -> CloneReport {
        self.report.clone()
    }

    pub(super) fn id(&self) -> &str {
        &self.entry.id
    }

    /// Transactions on the source that making the clone took, each asked for its transaction id.
    pub(super) fn source_transactions(&self) -> u64 {
        self.source_transactions
    }

    /// Programs that read the source.
    pub(super) fn source_programs(&self) -> u64 {
        self.source_programs
    }

    /// How to connect with psql, as the superuser of the private server.
    pub(super) fn connection(&self) -> ConnectionReport {
        connection(&self.superuser())
    }

    /// From here on the clone stays.
    pub(super) fn keep(&mut self, context: &Context) -> Result<(), EngineError> {
        match std::mem::replace(&mut self.made, Made::Kept) {
            Made::Server(mut made) => {
                let kept = made.set_kept(true).map_err(unregistered);
                self.made = Made::Server(made);
                kept
            }
            Made::Copy(copy) => {
                copy.keep(Some(context.operator.clone()))
                    .map_err(clone_error)?;
                Ok(())
            }
            Made::Kept => Ok(()),
        }
    }

    /// Removes everything that ends with it.
    pub(super) async fn drop(self) -> Result<(), EngineError> {
        match self.made {
            Made::Server(made) => made
                .remove()
                .await
                .map_err(|error| EngineError::other(format!("drop the clone: {error}"))),
            Made::Copy(copy) => copy.remove().await.map_err(clone_error),
            Made::Kept => Ok(()),
        }
    }

    /// What is gone when it is dropped, in words.
    pub(super) fn gone(&self) -> &'static str {
        match self.made {
            Made::Server(_) => "its server is stopped and its folder removed",
            Made::Copy(_) => "its database is dropped, with the roles that were made for it",
            Made::Kept => "it is kept",
        }
    }
}

fn unregistered(error: RegistryError) -> EngineError {
    EngineError::other(format!("register the clone: {error}"))
}

/// A connection for psql; private servers ask no password.
pub(crate) fn connection(conninfo: &ConnInfo) -> ConnectionReport {
    ConnectionReport {
        text: format!(
            "host={} port={} user={} dbname={}",
            quoted(&conninfo.host()),
            conninfo.port(),
            quoted(conninfo.user()),
            quoted(conninfo.dbname())
        ),
    }
}

/// A value of a connection string: quoted where libpq needs it.
fn quoted(value: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./:".contains(character);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A clone that could not be made: missing rights, binaries and names are refusals.
pub(crate) fn clone_error(error: CloneError) -> EngineError {
    let hint = error.hint();
    let refused = |code, reasons: Vec<String>| {
        let refusal = Refusal::new(code, error.to_string()).reasons(reasons);
        EngineError::from(match &hint {
            Some(hint) => refusal.hint(hint.clone()),
            None => refusal,
        })
    };
    match &error {
        CloneError::Rights { missing, .. } => refused(
            RefusalCode::RightMissing,
            missing.iter().map(ToString::to_string).collect(),
        ),
        CloneError::Binaries { source, .. } => {
            refused(RefusalCode::ServerBinariesMissing, vec![source.to_string()])
        }
        CloneError::Client { .. } | CloneError::Extensions { .. } => {
            refused(RefusalCode::ServerBinariesMissing, Vec::new())
        }
        CloneError::InUse { sessions, .. } => refused(RefusalCode::CloneInUse, sessions.clone()),
        CloneError::Disk { .. }
        | CloneError::NotPhysical { .. }
        | CloneError::NoHost { .. }
        | CloneError::Masks { .. }
        | CloneError::Limit { .. } => refused(RefusalCode::CloneImpossible, Vec::new()),
        CloneError::Snapshot(SnapshotError::Broken { faults, .. }) => {
            refused(RefusalCode::SnapshotBroken, faults.clone())
        }
        CloneError::Snapshot(
            SnapshotError::Name { .. }
            | SnapshotError::Taken { .. }
            | SnapshotError::Unknown { .. },
        ) => EngineError::input(
            error.to_string(),
            hint.unwrap_or_else(|| "for example: before-2.0".to_owned()),
        ),
        CloneError::NameTaken { .. } => refused(RefusalCode::CloneNameTaken, Vec::new()),
        _ => {
            let mut message = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            EngineError::Other { message, hint }
        }
    }
}
