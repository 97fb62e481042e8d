//! What every verb is given: the project, its targets, and the ear for events.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use oneroof_model::Event;
use oneroof_model::gate::Stricter;
use oneroof_pg::clone::{CloneLimits, ColumnMask};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::SearchPlaces;

use crate::guard::ReadonlyPolicy;

/// Hears the story of a run; must be quick, it is called between the steps.
pub type EventSink = Arc<dyn Fn(&Event) + Send + Sync>;

/// The project folder and what `oneroof.toml` says.
#[derive(Clone)]
pub struct Context {
    /// The folder of `oneroof.toml`; evidence, approvals, runs and `.oneroof/` are in it.
    pub root: PathBuf,
    /// All targets by name.
    pub targets: BTreeMap<String, TargetDatabase>,
    /// Where server binaries are looked for.
    pub search: SearchPlaces,
    /// A configured folder of server binaries.
    pub server_binaries: Option<PathBuf>,
    /// Folder for data of private servers; the system's temporary folder if `None`.
    pub server_folder: Option<PathBuf>,
    /// The SSH key that signs evidence: a private key, or a `.pub` whose private half is in ssh-agent.
    pub runner_key: Option<PathBuf>,
    /// Who runs us, for reports: the operating system's user name.
    pub operator: String,
    /// Hears the events.
    pub events: EventSink,
}

/// A named database of `oneroof.toml`.
#[derive(Debug, Clone, Default)]
pub struct TargetDatabase {
    /// Its name in the file.
    pub name: String,
    /// Probes, gate, pages: no write right at all.
    pub read: Option<ConnInfo>,
    /// Copies: select on everything.
    pub clone: Option<ConnInfo>,
    /// A superuser of a server that is there for clones: `clone create --into`.
    pub maintenance: Option<ConnInfo>,
    /// Runs tiers: no superuser, may `set role` to every `run_as`.
    pub apply: Option<ConnInfo>,
    /// `params`: files with parameter values, absolute, below `[targets.T.packages.NAME]`.
    pub params: Vec<PathBuf>,
    /// Scans for drift, as role `one_roof_operator`; `apply` if `None`.
    pub operator: Option<ConnInfo>,
    /// `[targets.T.mask]`: what columns become in every clone of it.
    pub masks: Vec<ColumnMask>,
    /// `[targets.T.clone_limits]`: when a copy of it is given up.
    pub clone_limits: CloneLimits,
    /// `[targets.T.packages.NAME]`: parameter values.
    pub packages: BTreeMap<String, toml::Table>,
    /// `[targets.T.gate]`: what the project asks beyond the policy of the target.
    pub gate: Stricter,
    /// `[targets.T.readonly]`: what foreign statements may use beyond PostgreSQL's own.
    pub readonly: ReadonlyPolicy,
}

impl Context {
    pub(crate) fn emit(&self, event: Event) {
        (self.events)(&event);
    }

    /// The local folder that Git ignores: registries of servers and clones.
    pub fn local_folder(&self) -> PathBuf {
        self.root.join(".oneroof")
    }
}
