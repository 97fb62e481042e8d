//! The private server of a logical clone: its roles, the marked database, and what is copied into it.

use chrono::{SecondsFormat, Utc};

use super::error::{CloneError, database};
use super::logical;
use super::make::Parts;
use super::manifest::FilesProof;
use super::name::clone_name;
use super::options::{CloneOptions, CloneProgress};
use super::plan::Plan;
use super::registry::{CloneEntry, CloneFacts};
use super::scope;
use super::snapshot::end_reading;
use super::tally::CopiedRows;
use crate::catalog::{
    self, AvailableVersion, DatabaseStatements, RoleStatement, RoleStatementKind, TargetIdentity,
};
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::ephemeral::{EphemeralServer, RegistryError, ServerEntry, ServerStartError};
use crate::error::PgError;

/// Nobody else works on the private server while the copy is loaded.
const QUIET: [&str; 2] = [
    include_str!("../run/autovacuum_off.sql"),
    include_str!("../run/reload.sql"),
];
/// From then on it is a server like others.
const LIVELY: [&str; 2] = [
    include_str!("../run/autovacuum_on.sql"),
    include_str!("../run/reload.sql"),
];

/// What came out of it.
pub(super) struct Filled {
    pub(super) entry: CloneEntry,
    pub(super) identity: TargetIdentity,
    pub(super) copied: Copied,
    pub(super) settings_refused: Vec<String>,
}

/// How the rows came there.
#[derive(Debug, Default)]
pub(super) struct Copied {
    /// Tallies of what the source sent, if they were wanted.
    pub(super) rows: Option<CopiedRows>,
    /// What proves that the files are the source's, if they were copied and that was wanted.
    pub(super) files: Option<FilesProof>,
    /// Bytes of definitions and rows, or of files.
    pub(super) bytes: u64,
    /// Transactions of ours on the source.
    pub(super) transactions: u64,
    /// Programs that read the source.
    pub(super) programs: u64,
    /// In what the copy differs from its source.
    pub(super) differences: Vec<String>,
}

/// A clone in the making.
pub(super) struct Work {
    pub(super) parts: Parts,
    pub(super) server: ServerEntry,
}

impl Work {
    pub(super) async fn start(plan: &Plan, options: &CloneOptions) -> Result<Self, CloneError> {
        let server = EphemeralServer::start_for_now(plan.server_config(options))
            .await
            .map_err(|source| CloneError::Server(Box::new(source)))?;
        Ok(Self {
            server: server.entry().clone(),
            parts: Parts {
                server: Some(server),
                clones: options.clones.clone(),
                registered: None,
                lifetime: options.lifetime,
                kept: false,
            },
        })
    }

    pub(super) async fn fill(
        &mut self,
        plan: &Plan,
        source: &ConnInfo,
        options: &CloneOptions,
        progress: &mut (impl FnMut(CloneProgress) + Send),
    ) -> Result<Filled, CloneError> {
        let now = Utc::now();
        let name = options
            .database_name
            .clone()
            .unwrap_or_else(|| clone_name(&plan.identity.database_name, now, &self.server.id));
        let admin = self.session("postgres").await?;
        for statement in QUIET {
            run(&admin, statement, "prepare the private server").await?;
        }
        let mut settings_refused = copy_roles(&admin, &plan.roles).await?;
        progress(CloneProgress::Server {
            id: self.server.id.clone(),
        });

        let available = available_extensions(&admin, plan).await?;
        // Closed until it is marked: nobody ever sees a copy that is not known as one.
        let statements = statements_of(plan, &name).await?;
        create(&admin, &statements.create, &name).await?;
        let entry = entry_of(
            &self.server,
            &name,
            oid_of(&admin, &name).await?,
            plan,
            options,
        )?;
        catalog::write_mark(&admin, &name, &entry.mark())
            .await
            .map_err(database("mark the clone"))?;
        self.parts.registered = Some(entry.id.clone());
        self.parts
            .clones
            .write(&entry)
            .map_err(CloneError::Registry)?;
        run(&admin, &statements.open, "open the clone").await?;

        let target = self.server.conninfo(&name, &self.server.superuser);
        let copied = load(plan, source, &target, &available, options, progress).await?;
        for statement in LIVELY {
            run(&admin, statement, "set up the private server").await?;
        }
        settings_refused.extend(finish(&admin, &statements).await?);
        let session = self.session(&name).await?;
        let identity = catalog::identity(&session)
            .await
            .map_err(database("read the clone"))?;
        session.close().await;
        admin.close().await;
        let data = self.server.folder.join("data");
        scope::leave_out(&target, &data, &options.left_out).await?;
        self.parts.keep(true).map_err(unregistered)?;
        Ok(Filled {
            entry,
            identity,
            copied,
            settings_refused,
        })
    }

    async fn session(&self, database_name: &str) -> Result<Session, CloneError> {
        let conninfo = self.server.conninfo(database_name, &self.server.superuser);
        connect(&conninfo, &SessionOptions::read_write("oneroof/clone"))
            .await
            .map_err(database("open the private server"))
    }
}

/// What the server can have of the source's extensions; one that it cannot have in that version is refused.
pub(super) async fn available_extensions(
    admin: &Session,
    plan: &Plan,
) -> Result<Vec<AvailableVersion>, CloneError> {
    let names: Vec<String> = plan
        .extensions
        .iter()
        .map(|extension| extension.name.clone())
        .collect();
    let available = catalog::extensions_available(admin, &names)
        .await
        .map_err(database("read the extensions of the clone's server"))?;
    let missing = catalog::missing_extensions(&plan.extensions, &available);
    if !missing.is_empty() {
        return Err(CloneError::Extensions { missing });
    }
    Ok(available)
}

/// The statements that make a database of this name like the source's.
pub(super) async fn statements_of(
    plan: &Plan,
    name: &str,
) -> Result<DatabaseStatements, CloneError> {
    let reading = || database("read the source");
    plan.session
        .simple("begin transaction isolation level repeatable read read only")
        .await
        .map_err(reading())?;
    let statements = catalog::database_statements(&plan.session, name)
        .await
        .map_err(reading())?;
    end_reading(&plan.session).await?;
    Ok(statements)
}

/// Fills a database that is there, marked and empty.
pub(super) async fn load(
    plan: &Plan,
    source: &ConnInfo,
    target: &ConnInfo,
    available: &[AvailableVersion],
    options: &CloneOptions,
    progress: &mut (impl FnMut(CloneProgress) + Send),
) -> Result<Copied, CloneError> {
    let session_options = SessionOptions::read_write(logical::application_name(options));
    let session = connect(target, &session_options)
        .await
        .map_err(database("open the clone"))?;
    for extension in &plan.extensions {
        let is_default = available.iter().any(|known| {
            known.name == extension.name && known.version == extension.version && known.is_default
        });
        if !is_default {
            logical::install_extension(&session, extension).await?;
        }
    }
    session.close().await;
    let tell = |bytes, of| progress(CloneProgress::Copying { bytes, of });
    let copied = logical::copy(source, target, &plan.binaries, options, tell).await?;
    progress(CloneProgress::Analyzing);
    logical::analyze(target, options).await?;
    Ok(copied)
}

/// Settings and rights of the database; gives the settings that were refused. Last, since a setting could disturb the
/// copy.
pub(super) async fn finish(
    admin: &Session,
    statements: &DatabaseStatements,
) -> Result<Vec<String>, CloneError> {
    let mut refused = Vec::new();
    for statement in &statements.settings {
        refused.extend(try_setting(admin, statement).await?);
    }
    for statement in &statements.acl {
        run(admin, statement, "grant rights on the clone").await?;
    }
    Ok(refused)
}

/// The server's own registry said no.
pub(super) fn unregistered(error: RegistryError) -> CloneError {
    CloneError::Server(Box::new(ServerStartError::Registry(error)))
}

/// The entry of a new clone that has the server for itself.
pub(super) fn entry_of(
    server: &ServerEntry,
    database: &str,
    database_oid: u32,
    plan: &Plan,
    options: &CloneOptions,
) -> Result<CloneEntry, CloneError> {
    let entry = CloneEntry::new(CloneFacts {
        id: server.id.clone(),
        class: options.class,
        server_id: server.id.clone(),
        database: database.to_owned(),
        database_oid,
        system_identifier: server.system_identifier.clone().unwrap_or_default(),
        source: options.source_name.clone(),
        source_identity: plan.identity.digest(),
        created_at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
    })?;
    Ok(entry.changed(|entry| {
        entry.strategy = Some(options.strategy.to_string());
        entry.operator.clone_from(&options.operator);
        entry.masked.clone_from(&plan.masks.masked);
        entry.left_out.clone_from(&options.left_out);
    }))
}

/// Makes the source's roles; gives the settings that were refused.
async fn copy_roles(admin: &Session, roles: &[RoleStatement]) -> Result<Vec<String>, CloneError> {
    let mut refused = Vec::new();
    for role in roles {
        match role.kind {
            RoleStatementKind::Setting => {
                refused.extend(try_setting(admin, &role.statement).await?);
            }
            RoleStatementKind::Role
            | RoleStatementKind::Comment
            | RoleStatementKind::Membership => {
                run(admin, &role.statement, "copy the source's roles").await?;
            }
        }
    }
    Ok(refused)
}

/// A setting that this server does not know or take is a difference, not a failure.
pub(super) async fn try_setting(
    admin: &Session,
    statement: &str,
) -> Result<Option<String>, CloneError> {
    match admin.simple(statement).await {
        Ok(_) => Ok(None),
        Err(PgError::Server(error)) => Ok(Some(format!("{statement}: {}", error.message))),
        Err(error) => Err(database("copy the source's settings")(error)),
    }
}

pub(super) async fn create(admin: &Session, statement: &str, name: &str) -> Result<(), CloneError> {
    match admin.simple(statement).await {
        Ok(_) => Ok(()),
        Err(error) if error.sqlstate() == Some("42P04") => Err(CloneError::NameTaken {
            name: name.to_owned(),
        }),
        Err(error) => Err(database("create the clone")(error)),
    }
}

pub(super) async fn oid_of(admin: &Session, name: &str) -> Result<u32, CloneError> {
    let reading = || database("read the clone");
    let rows = admin
        .query(include_str!("database_oid.sql"), &[&name])
        .await
        .map_err(reading())?;
    match rows.first() {
        Some(row) => row.try_get("oid").map_err(PgError::from).map_err(reading()),
        None => Err(reading()(PgError::Client {
            detail: format!("database `{name}` is not listed"),
        })),
    }
}

pub(super) async fn run(
    session: &Session,
    statement: &str,
    action: &'static str,
) -> Result<(), CloneError> {
    match session.simple(statement).await {
        Ok(_) => Ok(()),
        Err(error) => Err(database(action)(error)),
    }
}
