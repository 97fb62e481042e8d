//! A logical clone in a server that is there already, for example the one of the developers: a new database in it,
//! marked before it holds anything. The server is not ours alone, so nothing of it is changed but what we make: that
//! database, and those of the source's roles that are not there. Both go again with the clone, and with a run that
//! fails or is broken off; a run that was killed is found by its entry.

use std::time::Instant;

use super::error::{CloneError, database};
use super::fill::{
    Filled, available_extensions, create, finish, load, oid_of, run, statements_of, try_setting,
};
use super::hosted_room::{self, Room};
use super::logical::application_name;
use super::make::report_of;
use super::name::clone_name;
use super::options::{CloneOptions, CloneProgress, CloneReport};
use super::plan::Plan;
use super::registry::{CloneEntry, CloneOrigin, CloneRegistry, CloneRegistryError};
use super::roles;
use super::strategy::CloneStrategy;
use super::undo::{self, Undo};
use crate::catalog::{self, RoleStatementKind};
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// SQLSTATE of a role that is there already.
const ROLE_IS_THERE: &str = "42710";
/// SQLSTATE of a database that is there already.
const DATABASE_IS_THERE: &str = "42P04";

/// A server that takes clones.
#[derive(Debug, Clone)]
pub struct HostServer {
    /// The target that leads to it.
    pub name: String,
    /// Its superuser's connection, to a database that no clone is.
    pub maintenance: ConnInfo,
}

/// A clone that is there, and stays until it is removed.
#[derive(Debug)]
pub struct HostedClone {
    /// Its entry in the registry of clones.
    pub entry: CloneEntry,
    /// What was done.
    pub report: CloneReport,
    /// What could not be checked beforehand, a clause.
    pub not_checked: Option<String>,
    /// How to reach it as the superuser of its server.
    pub conninfo: ConnInfo,
}

/// Copies the database that `source` names into a new one of the host, by the logical strategy.
///
/// # Errors
/// [`CloneError::NoHost`] for the server of the source itself, another major, or a role that is no superuser;
/// otherwise as [`super::make_clone`]. On failure, or when the future is dropped, nothing is left.
pub async fn make_hosted_clone(
    source: &ConnInfo,
    host: &HostServer,
    options: &CloneOptions,
    mut progress: impl FnMut(CloneProgress) + Send,
) -> Result<HostedClone, CloneError> {
    let started = Instant::now();
    let refused = |why: &str| CloneError::NoHost {
        host: host.name.clone(),
        why: why.to_owned(),
    };
    if options.strategy != CloneStrategy::Logical {
        return Err(refused("it takes rows only: --strategy logical"));
    }
    if !options.left_out.is_empty() {
        return Err(refused(
            "rows are left out of clones in private servers only",
        ));
    }
    let plan = Plan::read(source, options).await?;
    progress(CloneProgress::Source {
        size_bytes: plan.size_bytes,
    });
    let session_options = SessionOptions::read_write(application_name(options));
    let admin = connect(&host.maintenance, &session_options)
        .await
        .map_err(database("open the server that is to hold the clone"))?;
    let system_identifier = check(&admin, &plan).await?.map_err(|why| refused(&why))?;

    let not_checked = require_room(&admin, host, &plan).await?;
    let mut hosting = Hosting::begin(&plan, host, options, system_identifier)?;
    match hosting
        .fill(&plan, source, options, &admin, &mut progress)
        .await
    {
        Ok(filled) => {
            hosting.finished = true;
            admin.close().await;
            Ok(HostedClone {
                conninfo: host.maintenance.with_dbname(&filled.entry.database),
                entry: filled.entry.clone(),
                not_checked,
                report: report_of(plan, filled, options, started),
            })
        }
        Err(error) => {
            admin.close().await;
            let removed = remove(&hosting.entry, &hosting.clones, &host.maintenance).await;
            hosting.finished = removed.is_ok();
            Err(error.in_host(&host.name, &hosting.entry.database, removed.err()))
        }
    }
}

/// Refuses a server whose disk is known to be too small; says what could not be checked.
async fn require_room(
    admin: &Session,
    host: &HostServer,
    plan: &Plan,
) -> Result<Option<String>, CloneError> {
    let room = hosted_room::look(admin, &host.maintenance)
        .await
        .map_err(database("look at the server that is to hold the clone"))?;
    let needed = plan.size_bytes;
    match room {
        Room::Free { bytes, folder } if bytes < needed => Err(CloneError::NoHost {
            host: host.name.clone(),
            why: format!(
                "the source takes {needed} bytes, and {bytes} are free in `{}`",
                folder.display()
            ),
        }),
        Room::Free { .. } => Ok(None),
        Room::Unknown(why) => Ok(Some(format!(
            "whether the server of target `{}` has room for about {needed} bytes: {why}",
            host.name
        ))),
    }
}

/// Can this server hold it? Gives its system identifier, or what stands against it.
async fn check(admin: &Session, plan: &Plan) -> Result<Result<String, String>, CloneError> {
    let reading = || database("look at the server that is to hold the clone");
    let there = catalog::identity(admin).await.map_err(reading())?;
    let rows = admin
        .query(include_str!("hosted.sql"), &[])
        .await
        .map_err(reading())?;
    let (role, is_superuser, is_standby): (String, bool, bool) = match rows.first() {
        Some(row) => (
            row.get("role"),
            row.get("is_superuser"),
            row.get("is_standby"),
        ),
        None => (String::new(), false, false),
    };
    let Some(identifier) = there.system_identifier else {
        return Ok(Err("it does not say which server it is".to_owned()));
    };
    Ok(match &plan.identity.system_identifier {
        None => Err("the source does not say which server it is in".to_owned()),
        Some(own) if *own == identifier => Err(format!(
            "it is the source's own server (system identifier {identifier})"
        )),
        _ if there.adopted => Err(format!(
            "its database `{}` is adopted: a production lives there",
            there.database_name
        )),
        _ if there.major != plan.identity.major => Err(format!(
            "it is PostgreSQL {}, the source is {}",
            there.major, plan.identity.major
        )),
        _ if is_standby => Err("it is a standby, which takes no changes".to_owned()),
        _ if !is_superuser => Err(format!("role {role} is no superuser there")),
        _ => Ok(identifier),
    })
}

/// A clone in the making. What was made so far is removed when it is dropped before its time.
struct Hosting {
    entry: CloneEntry,
    clones: CloneRegistry,
    maintenance: ConnInfo,
    application_name: String,
    finished: bool,
}

impl Hosting {
    /// Registers it.
    fn begin(
        plan: &Plan,
        host: &HostServer,
        options: &CloneOptions,
        system_identifier: String,
    ) -> Result<Self, CloneError> {
        let origin = CloneOrigin {
            server_id: None,
            system_identifier,
            source: options.source_name.clone(),
            source_identity: plan.identity.digest(),
        };
        // Until it is marked it has a name that nobody else thinks of.
        let name_of = |now, id: &str| clone_name(&plan.identity.database_name, now, id);
        let entry = CloneEntry::begun(options.class, origin, name_of, |entry| {
            entry.host = Some(host.name.clone());
            entry.strategy = Some(options.strategy.to_string());
            entry.operator.clone_from(&options.operator);
            entry.masked.clone_from(&plan.masks.masked);
        })?;
        options.clones.write(&entry).map_err(CloneError::Registry)?;
        Ok(Self {
            entry,
            clones: options.clones.clone(),
            maintenance: host.maintenance.clone(),
            application_name: application_name(options),
            finished: false,
        })
    }

    fn change(&mut self, change: impl FnOnce(&mut CloneEntry)) -> Result<(), CloneError> {
        self.entry = self.entry.changed(change);
        self.clones.write(&self.entry).map_err(CloneError::Registry)
    }

    async fn fill(
        &mut self,
        plan: &Plan,
        source: &ConnInfo,
        options: &CloneOptions,
        admin: &Session,
        progress: &mut (impl FnMut(CloneProgress) + Send),
    ) -> Result<Filled, CloneError> {
        let available = available_extensions(admin, plan).await?;
        let mut roles = self.make_roles(plan, admin).await?;
        progress(CloneProgress::Server {
            id: self.entry.id.clone(),
        });
        let first_name = self.entry.database.clone();
        let name = options.database_name.as_ref().unwrap_or(&first_name);
        let statements = statements_of(plan, &first_name).await?;
        create(admin, &statements.create, &first_name).await?;
        let oid = oid_of(admin, &first_name).await?;
        let marked = self.entry.changed(|entry| entry.database_oid = oid);
        catalog::write_mark(admin, &first_name, &marked.mark())
            .await
            .map_err(database("mark the clone"))?;
        self.change(|entry| entry.database_oid = oid)?;
        let mut transactions = 0;
        let statements = if *name == first_name {
            statements
        } else {
            rename(admin, &first_name, name).await?;
            self.change(|entry| entry.database.clone_from(name))?;
            transactions += 1;
            statements_of(plan, name).await?
        };
        run(admin, &statements.open, "open the clone").await?;

        let target = self.maintenance.with_dbname(name);
        let mut copied = load(plan, source, &target, &available, options, progress).await?;
        copied.transactions += transactions;
        copied.differences.append(&mut roles.differences);
        roles
            .settings_refused
            .extend(finish(admin, &statements).await?);
        let options = SessionOptions::read_only(self.application_name.clone());
        let session = connect(&target, &options)
            .await
            .map_err(database("open the clone"))?;
        let identity = catalog::identity(&session)
            .await
            .map_err(database("read the clone"))?;
        session.close().await;
        self.change(|entry| entry.maker = None)?;
        Ok(Filled {
            entry: self.entry.clone(),
            identity,
            copied,
            settings_refused: roles.settings_refused,
        })
    }

    /// Makes the source's roles that are not there. Those that are stay as they are.
    async fn make_roles(&mut self, plan: &Plan, admin: &Session) -> Result<MadeRoles, CloneError> {
        let copying = "copy the source's roles";
        let there = roles::names(admin).await.map_err(database(copying))?;
        let of_source = plan
            .roles
            .iter()
            .filter(|role| role.kind == RoleStatementKind::Role);
        let owner = &plan.identity.bootstrap_superuser;
        let names: Vec<&String> = of_source.map(|role| &role.role).chain([owner]).collect();
        let (met, new): (Vec<&String>, Vec<&String>) =
            names.into_iter().partition(|name| there.contains(name));
        let mut made: Vec<String> = new.into_iter().cloned().collect();
        self.change(|entry| entry.roles_made.clone_from(&made))?;
        let mut settings_refused = Vec::new();
        let mut differences = Vec::new();
        if made.contains(owner) {
            let statement = role_statements(admin, owner)
                .await
                .map_err(database(copying))?
                .0;
            run(admin, &statement, copying).await?;
            differences.push(format!(
                "role {owner} owns things there, and may do nothing else"
            ));
        }
        for role in plan.roles.iter().filter(|role| made.contains(&role.role)) {
            let outcome = match role.kind {
                RoleStatementKind::Setting => {
                    settings_refused.extend(try_setting(admin, &role.statement).await?);
                    continue;
                }
                _ => admin.simple(&role.statement).await,
            };
            match outcome {
                Ok(_) => {}
                Err(error) => {
                    // Somebody made it in this moment: then it is not ours to drop.
                    if role.kind == RoleStatementKind::Role
                        && error.sqlstate() == Some(ROLE_IS_THERE)
                    {
                        made.retain(|name| *name != role.role);
                        self.change(|entry| entry.roles_made.clone_from(&made))?;
                    }
                    return Err(database(copying)(error));
                }
            }
        }
        for row in admin
            .query(include_str!("hosted_roles.sql"), &[&made])
            .await
            .map_err(database(copying))?
        {
            run(admin, row.get("statement"), copying).await?;
            let role: String = row.get("role");
            differences.push(format!(
                "role {role} is no superuser and replicates nothing there"
            ));
        }
        let met: Vec<&str> = met
            .into_iter()
            .filter(|name| *name != owner)
            .map(String::as_str)
            .collect();
        if !met.is_empty() {
            differences.push(format!(
                "roles that were there already, with the rights that they have there: {}",
                met.join(", ")
            ));
        }
        Ok(MadeRoles {
            settings_refused,
            differences,
        })
    }
}

struct MadeRoles {
    settings_refused: Vec<String>,
    differences: Vec<String>,
}

impl Drop for Hosting {
    fn drop(&mut self) {
        if !self.finished {
            let undo = Undo::RemoveHosted {
                entry: Box::new(self.entry.clone()),
                clones: self.clones.clone(),
                application_name: self.application_name.clone(),
            };
            // If it cannot be undone now, its entry says what there is, and a sweep tries again.
            let _ = undo.run_blocking(self.maintenance.clone());
        }
    }
}

async fn rename(admin: &Session, from: &str, to: &str) -> Result<(), CloneError> {
    let naming = || database("name the clone");
    let rows = admin
        .query(include_str!("hosted_rename.sql"), &[&from, &to])
        .await
        .map_err(naming())?;
    for row in rows {
        match admin.simple(row.get("statement")).await {
            Ok(_) => {}
            Err(error) if error.sqlstate() == Some(DATABASE_IS_THERE) => {
                return Err(CloneError::NameTaken {
                    name: to.to_owned(),
                });
            }
            Err(error) => return Err(naming()(error)),
        }
    }
    Ok(())
}

/// The statements that make a role without rights, and drop it.
async fn role_statements(admin: &Session, role: &str) -> Result<(String, String), PgError> {
    let rows = admin
        .query(include_str!("hosted_role.sql"), &[&role])
        .await?;
    match rows.first() {
        Some(row) => Ok((
            row.try_get("make_statement")?,
            row.try_get("drop_statement")?,
        )),
        None => Ok(Default::default()),
    }
}

/// Removes a clone from a server that is not ours alone: its database, if it is still the one that we marked, the roles
/// that were made for it and that nothing else needs, and its entry.
///
/// # Errors
/// [`CloneRegistryError::Database`]; repeating it is safe.
pub async fn remove_hosted_clone(
    id: &str,
    clones: &CloneRegistry,
    maintenance: &ConnInfo,
) -> Result<(), CloneRegistryError> {
    let entry = clones.find(id)?;
    let removed = remove(&entry, clones, maintenance).await;
    removed.map_err(|source| CloneRegistryError::Database {
        id: id.to_owned(),
        source: Box::new(source),
    })
}

pub(super) async fn remove(
    entry: &CloneEntry,
    clones: &CloneRegistry,
    maintenance: &ConnInfo,
) -> Result<(), PgError> {
    let wrong = |detail: String| PgError::Client { detail };
    let registry = |error: CloneRegistryError| wrong(crate::error::with_sources(&error));
    let admin = undo::open(maintenance).await?;
    let identity = catalog::identity(&admin).await?;
    if identity.system_identifier.as_deref() != Some(entry.system_identifier.as_str()) {
        return Err(wrong(format!(
            "the connection leads to another server than the one with system identifier {}",
            entry.system_identifier
        )));
    }
    let (oid, mark) = (entry.database_oid, entry.mark());
    for row in admin
        .query(
            include_str!("hosted_drop.sql"),
            &[&oid, &mark, &entry.database],
        )
        .await?
    {
        if !row.try_get::<_, bool>("is_ours")? {
            let name: String = row.try_get("name")?;
            return Err(wrong(format!(
                "database `{name}` does not bear the mark of clone `{}`: it is somebody's to drop by hand",
                entry.id
            )));
        }
        admin.simple(row.try_get("statement")?).await?;
    }
    // Another clone there may have met our roles: then they are its own from now on.
    let others = clones.list().map_err(registry)?.into_iter();
    let mut others = others
        .filter(|other| other.id != entry.id && other.system_identifier == entry.system_identifier);
    match others.next() {
        Some(heir) if !entry.roles_made.is_empty() => {
            let heir = heir.changed(|heir| heir.roles_made.extend(entry.roles_made.clone()));
            clones.write(&heir).map_err(registry)?;
        }
        Some(_) => {}
        None => {
            for role in &entry.roles_made {
                let drop = role_statements(&admin, role).await?.1;
                match admin.simple(&drop).await {
                    // Something else needs it by now.
                    Err(error) if error.sqlstate() == Some(roles::IN_USE) => {}
                    other => {
                        other?;
                    }
                }
            }
        }
    }
    admin.close().await;
    clones.forget(&entry.id).map_err(registry)
}
