//! What a clone is asked to be, what is told on the way, and what was done.

use std::path::PathBuf;

use oneroof_model::TargetClass;
use serde::Serialize;

use super::bearing::CloneLimits;
use super::manifest::FilesProof;
use super::mask::{ColumnMask, MaskReport};
use super::registry::CloneRegistry;
use super::strategy::CloneStrategy;
use crate::catalog::TargetIdentity;
use crate::ephemeral::{Lifetime, Registry, SearchPlaces};

/// How a clone is made and where it is kept.
#[derive(Debug, Clone)]
pub struct CloneOptions {
    /// How it is copied.
    pub strategy: CloneStrategy,
    /// Clone, golden or scratch; goes into the mark.
    pub class: TargetClass,
    /// Name of the source target, for the mark and the registry.
    pub source_name: String,
    /// Id of the run, for `application_name`.
    pub run: String,
    /// Name of the new database; by default [`clone_name`].
    pub database_name: Option<String>,
    /// Does the clone end with the value and the process, or is it kept?
    pub lifetime: Lifetime,
    /// Registry of servers (`.oneroof/servers`).
    pub servers: Registry,
    /// Registry of clones (`.oneroof/clones`).
    pub clones: CloneRegistry,
    /// Folder of server binaries, if configured.
    pub binaries: Option<PathBuf>,
    /// Where to look for binaries otherwise.
    pub places: SearchPlaces,
    /// In which folder the server's folder is made; short.
    pub temp_folder: PathBuf,
    /// Account under which the server runs if we are root.
    pub os_user: String,
    /// Further server settings.
    pub settings: Vec<(String, String)>,
    /// Who has it made, for the list of clones.
    pub operator: Option<String>,
    /// What columns become on the way.
    pub masks: Vec<ColumnMask>,
    /// Tables and materialized views, quoted and qualified, whose rows are not copied: reading them fails.
    pub left_out: Vec<String>,
    /// When it gives up for the sake of the source.
    pub limits: CloneLimits,
    /// How many workers copy at the same time.
    pub jobs: usize,
    /// Bytes a second that are read from the source at most.
    pub rate_limit_bytes: Option<u64>,
    /// Tally what the source sends, to compare the clone with: rows as they come by, files by the list of checksums
    /// that comes with them.
    pub tally_rows: bool,
    /// Bytes of definitions that are held in memory at most. With more of them everything goes through one pipe, one
    /// after the other.
    pub definitions_bytes_max: usize,
    /// Bytes of a table's smallest part, if there are workers enough to divide tables.
    pub split_bytes_min: u64,
}

/// Workers by default, whatever the machine has.
const JOBS_MAX: usize = 8;
/// Definitions of some ten thousand tables.
const DEFINITIONS_BYTES_MAX: usize = 48 * 1024 * 1024;
/// Below this a part of a table is not worth its session.
const SPLIT_BYTES_MIN: u64 = 128 * 1024 * 1024;

/// One worker for each processor, but no more than a source can be asked to bear unasked.
pub fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(JOBS_MAX))
}

impl CloneOptions {
    /// A disposable logical clone that ends with the process; its server in `/tmp`, as account
    /// `postgres` if we are root; registered in `clones` beside the registry of servers.
    pub fn new(source_name: impl Into<String>, servers: Registry, places: SearchPlaces) -> Self {
        Self {
            strategy: CloneStrategy::default(),
            class: TargetClass::Clone,
            source_name: source_name.into(),
            run: "manual".to_owned(),
            database_name: None,
            lifetime: Lifetime::WithProcess,
            clones: CloneRegistry::beside(&servers),
            servers,
            binaries: None,
            places,
            temp_folder: PathBuf::from("/tmp"),
            os_user: "postgres".to_owned(),
            settings: Vec::new(),
            operator: None,
            masks: Vec::new(),
            left_out: Vec::new(),
            limits: CloneLimits::default(),
            jobs: default_jobs(),
            rate_limit_bytes: None,
            tally_rows: false,
            definitions_bytes_max: DEFINITIONS_BYTES_MAX,
            split_bytes_min: SPLIT_BYTES_MIN,
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloneProgress {
    /// The source was read: size of the database on disk.
    Source {
        /// In bytes.
        size_bytes: u64,
    },
    /// The private server runs and has the source's roles.
    Server {
        /// Its id.
        id: String,
    },
    /// Bytes of definitions and rows so far.
    Copying {
        /// In bytes.
        bytes: u64,
        /// About how many there will be, from the size on disk; 0 if that is not known.
        of: u64,
    },
    /// The data is there; statistics are gathered.
    Analyzing,
}

/// What was done, for the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CloneReport {
    /// How it was copied.
    pub strategy: CloneStrategy,
    /// Identity of the source.
    pub source: TargetIdentity,
    /// Identity of the clone.
    pub clone: TargetIdentity,
    /// Bytes of definitions and rows.
    pub bytes: u64,
    /// Duration in milliseconds.
    pub elapsed_ms: u64,
    /// Transactions of ours on the source, those of `pg_dump` apart: read-only, rolled back, and
    /// asked before that whether they got a transaction id.
    pub source_transactions: u64,
    /// Programs that read the source, forced read-only.
    pub source_programs: u64,
    /// Roles that were made.
    pub roles: u64,
    /// Settings of roles or of the database that the clone's server did not take, and why.
    pub settings_refused: Vec<String>,
    /// What was masked, and what perhaps should have been.
    #[serde(flatten)]
    pub masks: MaskReport,
    /// What leads out of the clone: foreign servers and the like.
    pub doors: Vec<String>,
    /// Other differences between the servers, for example the minor version.
    pub differences: Vec<String>,
    /// What proves that its files are the source's; none where rows were copied, or nobody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<FilesProof>,
}
