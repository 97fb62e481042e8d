//! Why no clone was made, in words, and what to do about it.

use std::path::PathBuf;

use super::freeze::SnapshotError;
use super::registry::CloneRegistryError;
use super::rights::MissingRight;
use crate::catalog::MissingExtension;
use crate::ephemeral::{BinariesError, ServerStartError};
use crate::error::{PgError, with_sources};
use crate::programs::ProgramError;

/// Why no clone was made. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloneError {
    /// The source or the clone's server said no.
    #[error("{action}")]
    Database {
        /// What should have happened.
        action: String,
        /// What the server said.
        #[source]
        source: Box<PgError>,
    },
    /// The clone role may not read everything.
    #[error("read all of `{database}` as `{role}`: {} right(s) are missing, first {}", missing.len(), missing.first().map(ToString::to_string).unwrap_or_default())]
    Rights {
        /// The source database.
        database: String,
        /// The role.
        role: String,
        /// What is missing, with the SQL that gives it.
        missing: Vec<MissingRight>,
    },
    /// No binaries of the source's major.
    #[error("clone a PostgreSQL {major} server with binaries of the same major")]
    Binaries {
        /// The source's major.
        major: u32,
        /// What was looked for and where.
        #[source]
        source: Box<BinariesError>,
    },
    /// `pg_dump` or `pg_restore` does not fit the server.
    #[error("copy a PostgreSQL {major} database: {detail}")]
    Client {
        /// The source's major.
        major: u32,
        /// What is wrong.
        detail: String,
    },
    /// The private server did not start; a missing locale is here, with its install line.
    #[error("start a private server for the clone")]
    Server(#[source] Box<ServerStartError>),
    /// Extensions that the private server cannot have in the same version.
    #[error("install extensions like the source's: {}", extension_list(missing))]
    Extensions {
        /// What is missing.
        missing: Vec<MissingExtension>,
    },
    /// The name of the new database is taken.
    #[error("create database `{name}`: the name is taken")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// `pg_dump` or `pg_restore` failed.
    #[error("copy database `{database}`")]
    Copy {
        /// The source database.
        database: String,
        /// What the program said.
        #[source]
        source: ProgramError,
    },
    /// A table could not be copied.
    #[error("copy table `{table}`: {side}")]
    Table {
        /// The table.
        table: String,
        /// Which half of it failed.
        side: &'static str,
        /// What the server said.
        #[source]
        source: Box<PgError>,
    },
    /// An index or a constraint could not be made on the copy.
    #[error("make on the clone: {statement}")]
    Build {
        /// How its statement begins.
        statement: String,
        /// What the server said.
        #[source]
        source: Box<PgError>,
    },
    /// Somebody is connected to a clone that must be alone for a moment.
    #[error("use clone database `{name}`: others are connected to it: {}", sessions.join(", "))]
    InUse {
        /// The database.
        name: String,
        /// Who, in words.
        sessions: Vec<String>,
    },
    /// The source's files cannot be copied.
    #[error("copy the files of the source's server: {why}")]
    NotPhysical {
        /// What stands against it.
        why: String,
    },
    /// A server that takes no clones.
    #[error("make a clone in the server of target `{host}`: {why}")]
    NoHost {
        /// The target.
        host: String,
        /// What stands against it.
        why: String,
    },
    /// A clone in the server of another target could not be finished.
    #[error("fill database `{database}` in the server of target `{host}` ({rest})")]
    Hosted {
        /// The target.
        host: String,
        /// The database.
        database: String,
        /// What became of it, a clause.
        rest: String,
        /// Is it still there?
        is_left: bool,
        /// What went wrong.
        #[source]
        source: Box<CloneError>,
    },
    /// Masks that cannot be used.
    #[error("mask columns: {}", faults.join("; "))]
    Masks {
        /// What is wrong with each.
        faults: Vec<String>,
    },
    /// The source bore more than it was to bear.
    #[error("go on copying: {what}")]
    Limit {
        /// What was too much.
        what: String,
    },
    /// There is not enough room for the copy.
    #[error("make room for {needed_bytes} bytes in `{}`: {free_bytes} are free", folder.display())]
    Disk {
        /// What the source takes.
        needed_bytes: u64,
        /// What is free.
        free_bytes: u64,
        /// Where the copy would be.
        folder: PathBuf,
    },
    /// The copied files could not be made a clone of its own.
    #[error("give the copy an identity of its own")]
    Identity(#[source] std::io::Error),
    /// The file of a table whose rows are left out could not be taken away.
    #[error("leave tables out")]
    LeftOut(#[source] std::io::Error),
    /// A snapshot cannot be taken or used.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The clone could not be registered.
    #[error("register the clone")]
    Registry(#[source] CloneRegistryError),
}

impl CloneError {
    /// The same for a clone in the server of another target, if its disk is full or the database is left there because
    /// of this.
    pub(super) fn in_host(self, host: &str, database: &str, left: Option<PgError>) -> Self {
        if left.is_none() && !is_disk_full(&self) {
            return self;
        }
        Self::Hosted {
            host: host.to_owned(),
            database: database.to_owned(),
            rest: match &left {
                None => "it was removed again".to_owned(),
                Some(error) => {
                    format!("half-made, it is still there: {}", with_sources(error))
                }
            },
            is_left: left.is_some(),
            source: Box::new(self),
        }
    }

    /// What to do next, if we know.
    pub fn hint(&self) -> Option<String> {
        if let Self::Hosted {
            is_left, source, ..
        } = self
        {
            let mut hint = match is_disk_full(source) {
                true => "a clone takes as much disk as its source; make room in the server of that target"
                    .to_owned(),
                false => source.hint().unwrap_or_default(),
            };
            if *is_left {
                hint = format!("{hint}; `oneroof clone list` removes what is left, if it may")
                    .trim_start_matches("; ")
                    .to_owned();
            }
            return Some(hint);
        }
        if is_disk_full(self) {
            return Some(
                "a clone takes as much disk as its source; make room, or name a folder on a larger disk: [postgres] folder in oneroof.toml"
                    .to_owned(),
            );
        }
        match self {
            Self::Database { source, .. }
            | Self::Table { source, .. }
            | Self::Build { source, .. } => source.hint(),
            Self::Rights { missing, .. } => {
                let statements: Vec<&str> =
                    missing.iter().map(|right| right.sql.as_str()).collect();
                Some(format!("a DBA runs: {};", statements.join("; ")))
            }
            Self::Binaries { source, .. } => Some(source.hint.clone()),
            Self::Extensions { .. } => Some(
                "install the packages of these extensions in the same version on this machine"
                    .to_owned(),
            ),
            Self::Masks { .. } => Some("mend [targets.NAME.mask] in oneroof.toml".to_owned()),
            Self::Limit { .. } => Some(
                "try again when the source is quiet, with fewer --jobs, or copy from a replica"
                    .to_owned(),
            ),
            Self::NoHost { .. } => Some(
                "`maintenance` of a target leads, as superuser, to a server of the source's major that is there for clones"
                    .to_owned(),
            ),
            Self::NotPhysical { .. } => Some("make a logical copy: --strategy logical".to_owned()),
            Self::InUse { .. } => Some("end these sessions, then try again".to_owned()),
            Self::Snapshot(SnapshotError::Broken { .. }) => Some(
                "it was damaged or changed since; take another one, or drop it: oneroof clone snapshot drop NAME"
                    .to_owned(),
            ),
            Self::Snapshot(SnapshotError::Taken { .. }) => {
                Some("choose another name, or drop that one: oneroof clone snapshot drop NAME".to_owned())
            }
            Self::Snapshot(SnapshotError::Unknown { .. }) => {
                Some("`oneroof clone snapshot list` shows the snapshots of this project".to_owned())
            }
            Self::NameTaken { .. } => Some("choose another name, or drop the old clone".to_owned()),
            Self::Client { .. } => Some(
                "install the client programs of the source's major beside its server binaries"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// SQLSTATE of a full disk.
const DISK_FULL: &str = "53100";

/// Did the clone's server, or a program on this machine, run out of disk? Programs say so in words.
fn is_disk_full(error: &CloneError) -> bool {
    if matches!(error, CloneError::Disk { .. }) {
        return true;
    }
    if let CloneError::Database { source, .. }
    | CloneError::Table { source, .. }
    | CloneError::Build { source, .. } = error
        && source.sqlstate() == Some(DISK_FULL)
    {
        return true;
    }
    let text = with_sources(error);
    [
        "No space left on device",
        "could not extend file",
        "File too large",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn extension_list(missing: &[MissingExtension]) -> String {
    let texts: Vec<String> = missing
        .iter()
        .map(|missing| {
            let versions = if missing.available.is_empty() {
                "not available here".to_owned()
            } else {
                format!("available here: {}", missing.available.join(", "))
            };
            format!(
                "`{}` {} ({versions})",
                missing.extension.name, missing.extension.version
            )
        })
        .collect();
    texts.join("; ")
}

pub(super) fn database(action: &'static str) -> impl Fn(PgError) -> CloneError {
    move |source| CloneError::Database {
        action: action.to_owned(),
        source: Box::new(source),
    }
}
