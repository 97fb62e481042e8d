//! The clone of a rehearsal: made behind the seam of `oneroof-pg`, with what the steps need of it.

use oneroof_model::{Event, Refusal, RefusalCode, TargetClass};
use oneroof_pg::catalog;
use oneroof_pg::clone::{
    CloneEntry, CloneError, CloneOptions, CloneProgress, DatabaseClone, SnapshotError, make_clone,
};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::{Lifetime, RegistryError};
use oneroof_pg::install;

use super::report::{CloneReport, ConnectionReport};
use super::run::Rehearsal;
use crate::adopt::install_options;
use crate::clone_create::{apply_options, reader};
use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::release::Place;
use crate::open;
use crate::source::Source;

/// A fresh clone. Dropping it removes it, unless it was said to be kept.
pub(crate) struct Clone {
    made: DatabaseClone,
    apply: ConnInfo,
    report: CloneReport,
}

/// Makes a clone of the rehearsal's target.
pub(super) async fn make(
    rehearsal: &Rehearsal<'_>,
    source: &mut Source,
) -> Result<Clone, EngineError> {
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
    let choice = apply_options(context, reader, &options.copy, &mut clone_options).await?;
    let mut made = make_clone(reader, &clone_options, emit)
        .await
        .map_err(clone_error)?;
    made.set_kept(false).map_err(unregistered)?;
    let (apply_role, apply_role_note) = apply_role(target, source).await?;
    let report = made.report();
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
        doors: report.doors.clone(),
        apply_role: apply_role.clone(),
        apply_role_note,
        kept: false,
        connection: None,
    };
    let apply = made.conninfo(&apply_role);
    let clone = Clone {
        made,
        apply,
        report,
    };
    clone.adopt(target).await?;
    Ok(clone)
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
            &self.made.superuser_conninfo(),
            &SessionOptions::read_write(format!("oneroof/rehearse/{run_id}")),
        )
        .await
        .map_err(EngineError::database("open the clone as its superuser"))
    }

    /// The clone as the place of a release run.
    pub(super) async fn place(&self, admin: &Session) -> Result<Place, EngineError> {
        self.place_of(admin, self.made.database()).await
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
            name: format!("clone:{}", self.made.id()),
            apply: self.apply.clone().with_dbname(database),
            admin: Some(self.made.server_conninfo(database)),
            class: TargetClass::Clone,
            expected_database: identity.database_name.clone(),
            identity,
        })
    }

    /// A superuser's session on another database of its server.
    pub(super) async fn server_session(&self, run_id: &str) -> Result<Session, EngineError> {
        connect(
            &self.made.server_conninfo("postgres"),
            &SessionOptions::read_write(format!("oneroof/rehearse/{run_id}")),
        )
        .await
        .map_err(EngineError::database("open the clone's private server"))
    }

    /// How to reach it as the superuser of its server.
    pub(super) fn superuser(&self) -> ConnInfo {
        self.made.superuser_conninfo()
    }

    /// Its entry in the registry of clones.
    pub(super) fn entry(&self) -> &CloneEntry {
        self.made.entry()
    }

    pub(super) fn report(&self) -> CloneReport {
        self.report.clone()
    }

    pub(super) fn id(&self) -> &str {
        self.made.id()
    }

    /// Transactions on the source that making the clone took, each asked for its transaction id.
    pub(super) fn source_transactions(&self) -> u64 {
        self.made.report().source_transactions
    }

    /// Programs that read the source.
    pub(super) fn source_programs(&self) -> u64 {
        self.made.report().source_programs
    }

    /// How to connect with psql, as the superuser of the private server.
    pub(super) fn connection(&self) -> ConnectionReport {
        connection(&self.made.superuser_conninfo())
    }

    /// From here on the clone stays.
    pub(super) fn keep(&mut self) -> Result<(), EngineError> {
        self.made.set_kept(true).map_err(unregistered)
    }

    /// Stops its server and removes everything.
    pub(super) async fn drop(self) -> Result<(), EngineError> {
        self.made
            .remove()
            .await
            .map_err(|error| EngineError::other(format!("drop the clone: {error}")))
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
