//! Finds a target by its name, and says what it really is: its identity and its class.

use std::path::Path;

use oneroof_model::package::ResolvedParameters;
use oneroof_model::{Refusal, RefusalCode, TargetClass, nearest};
use oneroof_pg::catalog::{self, TargetIdentity};
use oneroof_pg::clone::{CloneLimits, CloneRegistry, MarkVerdict, SnapshotStore, mark_verdict};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::{AttachedServer, Registry};
use oneroof_pg::run::RunSettings;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::release::Place;
use crate::postgres_range;
use crate::source::role_missing;
use crate::store::package_files::OpenPackage;

/// The registry of private servers of a project.
pub(crate) fn servers(root: &Path) -> Registry {
    Registry::at(root.join(".oneroof").join("servers"))
}

/// The registry of clones and scratch databases of a project.
pub(crate) fn clones(root: &Path) -> CloneRegistry {
    CloneRegistry::at(root.join(".oneroof").join("clones"))
}

/// The snapshots of a project.
pub(crate) fn snapshots(root: &Path) -> SnapshotStore {
    SnapshotStore::at(root.join(".oneroof").join("snapshots"))
}

/// The target of that name: one of oneroof.toml, or `clone:<id>`, a kept clone of this project.
pub(crate) fn target(context: &Context, name: &str) -> Result<TargetDatabase, EngineError> {
    if let Some(id) = name.strip_prefix("clone:") {
        return kept_clone(context, id);
    }
    context.targets.get(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = context.targets.keys().map(String::as_str).collect();
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "oneroof.toml has no [targets.NAME] yet".to_owned(),
            None => format!("the targets are: {}", names.join(", ")),
        };
        EngineError::input(format!("find target `{name}`"), hint)
    })
}

/// A kept clone as a target: its own server, and the roles and parameters of the target it was made from.
fn kept_clone(context: &Context, id: &str) -> Result<TargetDatabase, EngineError> {
    let unknown = |detail: String| {
        EngineError::input(
            format!("find target `clone:{id}`: {detail}"),
            "`oneroof clone list` shows the clones of this project".to_owned(),
        )
    };
    let entry = clones(&context.root)
        .find(id)
        .map_err(|error| unknown(error.to_string()))?;
    if entry.class == TargetClass::Golden {
        return Err(Refusal::new(
            RefusalCode::GoldenIsKept,
            format!(
                "target `clone:{id}` is a golden clone: no release may change it, and it allows no connections"
            ),
        )
        .hint(format!(
            "oneroof revalidate PACKAGE --on clone:{id} works on a copy of it that is dropped again"
        ))
        .into());
    }
    let place = match &entry.host {
        Some(host) => ServerOfClone::Hosted(crate::clone_hosted::host(context, host)?.maintenance),
        None => ServerOfClone::Private(
            servers(&context.root)
                .attach(&entry.server_id)
                .map_err(|error| unknown(error.to_string()))?,
        ),
    };
    let at = |user: Option<&str>| place.conninfo(&entry.database, user);
    // A clone of a clone has the roles and parameters that its source has.
    let source = target(context, &entry.source).ok();
    let source = source.as_ref();
    // Roles that were made in another target's server have no passwords: it is read over its own connection.
    let is_private = entry.host.is_none();
    let as_role =
        |role: Option<&ConnInfo>| Some(at(role.filter(|_| is_private).map(ConnInfo::user)));
    Ok(TargetDatabase {
        name: format!("clone:{id}"),
        read: as_role(source.and_then(|source| source.read.as_ref())),
        clone: as_role(source.and_then(|source| source.clone.as_ref())),
        // Tiers never run as superuser: without an apply role there is nobody to run them.
        apply: source
            .and_then(|source| source.apply.as_ref())
            .map(|apply| at(Some(apply.user()))),
        maintenance: None,
        // What is a clone was masked when it was made.
        masks: Vec::new(),
        clone_limits: CloneLimits::default(),
        params: source
            .map(|source| source.params.clone())
            .unwrap_or_default(),
        operator: source
            .and_then(|source| source.operator.as_ref())
            .map(|operator| at(Some(operator.user()))),
        packages: source
            .map(|source| source.packages.clone())
            .unwrap_or_default(),
        gate: source.map(|source| source.gate.clone()).unwrap_or_default(),
        readonly: source
            .map(|source| source.readonly.clone())
            .unwrap_or_default(),
    })
}

/// The server that a clone lives in.
enum ServerOfClone {
    Private(AttachedServer),
    /// Of another target: its maintenance connection.
    Hosted(ConnInfo),
}

impl ServerOfClone {
    /// How to reach a database of it: as somebody, or as its superuser.
    fn conninfo(&self, database: &str, user: Option<&str>) -> ConnInfo {
        match self {
            Self::Private(server) => {
                server.conninfo(database, user.unwrap_or(&server.entry().superuser))
            }
            Self::Hosted(maintenance) => {
                let there = maintenance.with_dbname(database);
                user.map_or_else(|| there.clone(), |user| there.with_user(user))
            }
        }
    }
}

/// Opens the target as its apply role, and reads identity and class.
pub(crate) async fn place(
    context: &Context,
    target: &TargetDatabase,
    package: &OpenPackage,
    verb: &str,
    run_id: &str,
) -> Result<Place, EngineError> {
    let apply = target
        .apply
        .as_ref()
        .ok_or_else(|| role_missing(target, "apply"))?;
    let session = connect(
        apply,
        &SessionOptions::read_only(format!("oneroof/{verb}/{run_id}")),
    )
    .await
    .map_err(EngineError::database(format!(
        "open target `{}` as its apply role",
        target.name
    )))?;
    let identity = catalog::identity(&session)
        .await
        .map_err(EngineError::database("read the target's identity"))?;
    let class = class(&session, &clones(&context.root), &target.name).await?;
    session.close().await;
    postgres_range::check(package, identity.major)?;
    if class != TargetClass::Clone {
        right_database(package, target, &identity)?;
    }
    let expected_database = identity.database_name.clone();
    Ok(Place {
        name: target.name.clone(),
        apply: apply.clone(),
        admin: None,
        class,
        identity,
        expected_database,
    })
}

/// A package may name the only database it is meant for. A clone has a name of its own, which is
/// one of its two differences to its source.
pub(crate) fn right_database(
    package: &OpenPackage,
    target: &TargetDatabase,
    identity: &TargetIdentity,
) -> Result<(), EngineError> {
    match &package.plan.package.database {
        Some(wanted) if *wanted != identity.database_name && !is_clone(target) => {
            Err(Refusal::new(
                RefusalCode::WrongDatabase,
                format!(
                    "target `{}` is database `{}`, but package `{}` may only run on `{wanted}`",
                    target.name, identity.database_name, package.plan.package.name
                ),
            )
            .hint(format!(
                "compare the connections of [targets.{}] in oneroof.toml with `database` in release.toml",
                target.name
            ))
            .into())
        }
        _ => Ok(()),
    }
}

/// Is it one of the project's kept clones, by its name?
fn is_clone(target: &TargetDatabase) -> bool {
    target.name.starts_with("clone:")
}

/// What the session's database is: a production, unless it bears a mark that our registry confirms.
pub(crate) async fn class(
    session: &Session,
    registry: &CloneRegistry,
    name: &str,
) -> Result<TargetClass, EngineError> {
    let verdict = mark_verdict(session, registry)
        .await
        .map_err(EngineError::database("read the mark of the database"))?;
    match verdict {
        MarkVerdict::Valid { class, .. } => Ok(class),
        MarkVerdict::None => Ok(TargetClass::Production),
        MarkVerdict::Forged { why } => Err(Refusal::new(
            RefusalCode::MarkNotValid,
            format!("target `{name}` bears a mark that is not valid: {why}"),
        )
        .hint(
            "a mark counts only on the database it was made for, and in the project that made it; on a \
             production a DBA removes it: alter database … reset oneroof.mark;",
        )
        .into()),
    }
}

/// Settings for reading a package's metrics and checks through the door `source`.
pub(crate) fn reading_settings(
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    target: &TargetDatabase,
    run_id: &str,
) -> Result<RunSettings, EngineError> {
    let read = crate::source::read_role(target)?;
    let named = package.plan.package.database.clone();
    let expected = named
        .filter(|_| !is_clone(target))
        .unwrap_or_else(|| read.dbname().to_owned());
    let mut values: Vec<(String, String)> = parameters
        .settings()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    values.push(("expected_database".into(), expected));
    values.push(("release_tag".into(), package.plan.release_tag()));
    values.push(("run_id".into(), run_id.to_owned()));
    Ok(RunSettings {
        role: None,
        schema: parameters.schema(&package.plan),
        values,
        lock_timeout_ms: 0,
        statement_timeout_ms: 0,
    })
}
