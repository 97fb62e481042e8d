//! Kept clones of the project, found by a word, and the copies of them that a verb works on. The kept clone
//! itself is never opened: everything is asked from another database of its server.

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::catalog::{self, DatabaseState};
use oneroof_pg::clone::{
    CloneEntry, RolesOfServer, TemplateCopy, TemplateOptions, copy_from_template, sweep_copies,
};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::ServerEntry;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::release::Place;
use crate::open;
use crate::rehearse::clone::clone_error;

/// A kept clone with its running server.
pub(crate) struct KeptClone {
    pub(crate) entry: CloneEntry,
    pub(crate) server: ServerEntry,
}

/// What the server says about it: sessions, mark, whether it admits connections.
pub(crate) struct Seen {
    /// A session in another database of its server, as its superuser.
    pub(crate) admin: Session,
    pub(crate) state: DatabaseState,
}

/// The kept clone that a person means: its id, `clone:ID`, `golden` (the project's only golden clone),
/// `golden:ID`, or a target of oneroof.toml that leads to it.
pub(crate) fn find(context: &Context, word: &str) -> Result<KeptClone, EngineError> {
    let id = match word {
        "golden" if !context.targets.contains_key(word) => only_golden(context)?.id,
        _ => match word
            .strip_prefix("clone:")
            .or_else(|| word.strip_prefix("golden:"))
        {
            Some(id) => id.to_owned(),
            None => match context.targets.get(word) {
                Some(target) => behind(context, target)?.id,
                None => word.to_owned(),
            },
        },
    };
    let unknown = |detail: String| {
        EngineError::input(
            format!("find clone `{id}`: {detail}"),
            "`oneroof clone list` shows the clones of this project".to_owned(),
        )
    };
    let entry = open::clones(&context.root)
        .find(&id)
        .map_err(|error| unknown(error.to_string()))?;
    if entry.class == TargetClass::Scratch || entry.class == TargetClass::Production {
        return Err(not_a_clone(format!(
            "`{word}` is a {} database, not a clone",
            entry.class
        )));
    }
    if word.starts_with("golden:") && entry.class != TargetClass::Golden {
        return Err(not_a_clone(format!(
            "clone `{id}` is a {}, not golden",
            entry.class
        )));
    }
    if let Some(host) = &entry.host {
        return Err(not_a_clone(format!(
            "clone `{id}` lives in the server of target `{host}`: this is done with clones in private servers only"
        )));
    }
    let server = open::servers(&context.root)
        .attach(&entry.server_id)
        .map_err(|error| unknown(error.to_string()))?;
    Ok(KeptClone {
        entry,
        server: server.entry().clone(),
    })
}

fn not_a_clone(message: String) -> EngineError {
    Refusal::new(RefusalCode::NotAClone, message)
        .hint("`oneroof clone list` shows the kept clones; `oneroof rehearse … --keep` makes one")
        .into()
}

fn only_golden(context: &Context) -> Result<CloneEntry, EngineError> {
    let mut golden: Vec<CloneEntry> = entries(context)?
        .into_iter()
        .filter(|entry| entry.class == TargetClass::Golden)
        .collect();
    match (golden.pop(), golden.len()) {
        (Some(only), 0) => Ok(only),
        (Some(last), _) => Err(EngineError::input(
            format!(
                "find the golden clone: there are {}",
                golden
                    .iter()
                    .chain([&last])
                    .map(|entry| entry.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            "name one of them: golden:ID".to_owned(),
        )),
        (None, _) => Err(EngineError::input(
            "find the golden clone: this project has none",
            "make a kept clone golden: oneroof rehearse … --keep, then oneroof clone golden ID"
                .to_owned(),
        )),
    }
}

/// The golden clone of a target, if there is exactly one.
pub(crate) fn golden_of(context: &Context, target: &str) -> Result<CloneEntry, EngineError> {
    let all = entries(context)?.into_iter();
    let mut golden: Vec<CloneEntry> = all
        .filter(|entry| entry.class == TargetClass::Golden && entry.source == target)
        .collect();
    match (golden.pop(), golden.len()) {
        (Some(only), 0) => Ok(only),
        (Some(_), more) => Err(EngineError::input(
            format!(
                "find the golden clone of `{target}`: there are {}",
                more + 1
            ),
            "name one of them: --from golden:ID".to_owned(),
        )),
        (None, _) => Err(EngineError::input(
            format!("find the golden clone of `{target}`: there is none"),
            format!("make one: oneroof clone create --from {target} --golden"),
        )),
    }
}

/// The registered clone that a target of oneroof.toml leads to.
fn behind(context: &Context, target: &TargetDatabase) -> Result<CloneEntry, EngineError> {
    for entry in entries(context)? {
        let Ok(server) = open::servers(&context.root).find(&entry.server_id) else {
            continue;
        };
        if leads_to(target, &entry, &server) {
            return Ok(entry);
        }
    }
    Err(not_a_clone(format!(
        "target `{}` is no kept clone of this project",
        target.name
    )))
}

/// Does a connection of the target lead to the clone's database?
pub(crate) fn leads_to(target: &TargetDatabase, entry: &CloneEntry, server: &ServerEntry) -> bool {
    let clone = server.conninfo(&entry.database, &server.superuser);
    [&target.read, &target.clone, &target.apply]
        .into_iter()
        .flatten()
        .any(|role| {
            role.host() == clone.host()
                && role.port() == clone.port()
                && role.dbname() == clone.dbname()
        })
}

pub(crate) fn entries(context: &Context) -> Result<Vec<CloneEntry>, EngineError> {
    open::clones(&context.root)
        .list()
        .map_err(|error| EngineError::other(error.to_string()))
}

impl KeptClone {
    /// `clone:<id>`
    pub(crate) fn name(&self) -> String {
        format!("clone:{}", self.entry.id)
    }

    /// Asks its server about it. A mark that is not ours is refused.
    pub(crate) async fn look(&self, verb: &str, run_id: &str) -> Result<Seen, EngineError> {
        let admin = connect(
            &self.server.conninfo("postgres", &self.server.superuser),
            &SessionOptions::read_write(format!("oneroof/{verb}/{run_id}")),
        )
        .await
        .map_err(EngineError::database("open the private server"))?;
        let state = catalog::database_state(&admin, &self.entry.database, &[])
            .await
            .map_err(EngineError::database("read the kept clone"))?
            .ok_or_else(|| {
                EngineError::input(
                    format!(
                        "find database `{}` of clone `{}`",
                        self.entry.database, self.entry.id
                    ),
                    format!("oneroof clone drop {}", self.entry.id),
                )
            })?;
        Ok(Seen { admin, state })
    }

    /// Is the mark in the database the one that the registry has?
    pub(crate) fn is_marked(&self, state: &DatabaseState) -> bool {
        state.oid == self.entry.database_oid
            && state.mark.as_deref() == Some(self.entry.mark().as_str())
    }

    /// Refuses a clone whose mark is not the registry's.
    pub(crate) fn require_mark(&self, state: &DatabaseState) -> Result<(), EngineError> {
        if self.is_marked(state) {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::MarkNotValid,
            format!(
                "the mark of clone `{}` is not the one that this project gave it",
                self.entry.id
            ),
        )
        .hint(format!(
            "somebody changed it; drop the clone and make a new one: oneroof clone drop {}",
            self.entry.id
        ))
        .into())
    }

    /// Refuses a clone in whose server others live; `beside` is a way out other than to drop them, or nothing.
    pub(crate) fn require_no_guests(
        entry: &CloneEntry,
        all: &[CloneEntry],
        beside: &str,
    ) -> Result<(), EngineError> {
        let guests: Vec<String> = all
            .iter()
            .filter(|other| other.server_id == entry.server_id && other.id != entry.id)
            .map(|other| other.id.clone())
            .collect();
        if guests.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::CloneInUse,
            format!(
                "clone `{}` holds other clones: {}",
                entry.id,
                guests.join(", ")
            ),
        )
        .reasons(guests)
        .hint(format!("drop them first: oneroof clone drop ID{beside}"))
        .into())
    }

    /// A copy beside it, which ends with the value; what killed runs left is swept up first.
    pub(crate) async fn beside(
        &self,
        context: &Context,
        verb: &str,
        run_id: &str,
        roles: RolesOfServer,
    ) -> Result<TemplateCopy, EngineError> {
        let clones = open::clones(&context.root);
        sweep_copies(&clones, &open::servers(&context.root))
            .await
            .map_err(|error| EngineError::other(error.to_string()))?;
        copy_from_template(&TemplateOptions {
            source: self.entry.clone(),
            server: self.server.clone(),
            clones,
            application_name: format!("oneroof/{verb}/{run_id}"),
            roles,
        })
        .await
        .map_err(clone_error)
    }

    /// Copies it beside itself, for one verb. The copy ends with the value.
    pub(crate) async fn copy(
        &self,
        context: &Context,
        verb: &str,
        run_id: &str,
    ) -> Result<WorkingCopy, EngineError> {
        let copy = self
            .beside(context, verb, run_id, RolesOfServer::Stay)
            .await?;
        let target = open::target(context, &format!("clone:{}", copy.entry().id))?;
        Ok(WorkingCopy { copy, target })
    }
}

/// A copy of a kept clone, which is dropped at the end, also on failure and on Ctrl-C.
pub(crate) struct WorkingCopy {
    copy: TemplateCopy,
    /// The copy as a target: roles and parameters of the target that the clone was made from.
    pub(crate) target: TargetDatabase,
}

impl WorkingCopy {
    /// Its database.
    pub(crate) fn database(&self) -> &str {
        &self.copy.entry().database
    }

    /// As the superuser of the private server.
    pub(crate) fn superuser(&self) -> ConnInfo {
        self.copy.superuser_conninfo()
    }

    /// A session as the superuser.
    pub(crate) async fn session(&self, verb: &str, run_id: &str) -> Result<Session, EngineError> {
        connect(
            &self.superuser(),
            &SessionOptions::read_write(format!("oneroof/{verb}/{run_id}")),
        )
        .await
        .map_err(EngineError::database("open the copy as its superuser"))
    }

    /// The copy as the place of a release run.
    pub(crate) async fn place(&self, admin: &Session) -> Result<Place, EngineError> {
        let identity = catalog::identity(admin)
            .await
            .map_err(EngineError::database("read the copy's identity"))?;
        Ok(Place {
            name: self.target.name.clone(),
            apply: self
                .target
                .apply
                .clone()
                .unwrap_or_else(|| self.superuser()),
            admin: Some(self.superuser()),
            class: TargetClass::Clone,
            expected_database: identity.database_name.clone(),
            identity,
        })
    }

    /// Drops it.
    pub(crate) async fn drop(self) -> Result<(), EngineError> {
        self.copy.remove().await.map_err(clone_error)
    }
}
