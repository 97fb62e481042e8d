//! Clones: disposable copies of a database, made by oneroof, marked as such, found again and
//! removed without a trace. How a copy is made is a [`CloneStrategy`]; what proves that a database
//! is one is its mark together with our [`CloneRegistry`].

mod archive;
mod bearing;
mod control_file;
mod copy;
mod doors;
mod error;
mod fill;
mod freeze;
mod golden;
mod hosted;
mod hosted_room;
mod kept_rows;
mod load;
mod logical;
mod make;
mod manifest;
mod marks;
mod mask;
mod name;
mod options;
mod physical;
mod plan;
mod queue;
mod registry;
mod rights;
mod roles;
mod scope;
mod scratch;
mod snapshot;
mod strategy;
mod stream;
mod tally;
mod template;
mod undo;

pub use bearing::CloneLimits;
pub use copy::{TemplateFiles, copy_database, drop_copy, mark_copy, open_copy};
pub use doors::doors;
pub use error::CloneError;
pub use freeze::{
    CopyMethod, CopyProgress, FrozenClone, RestoreOptions, RestoredClone, SnapshotError,
    SnapshotRecord, SnapshotStore, TakeOptions, restore_snapshot, take_snapshot,
};
pub use golden::{ClosedClone, close_clone};
pub use hosted::{HostServer, HostedClone, make_hosted_clone, remove_hosted_clone};
pub use kept_rows::read_rows;
pub use make::{DatabaseClone, make_clone};
pub use manifest::FilesProof;
pub use marks::{MarkVerdict, mark_verdict, valid_mark};
pub use mask::{ColumnMask, MaskReport, MaskRule};
pub use name::clone_name;
pub use options::{CloneOptions, CloneProgress, CloneReport, default_jobs};
pub use physical::{StrategyChoice, choose_strategy};
pub use registry::{
    CloneEntry, CloneRegistry, CloneRegistryError, Maker, remove_clone, sweep_copies,
};
pub use rights::{MissingRight, missing_rights};
pub use roles::role_differences;
pub use scope::{ScopeObject, left_out_table, scope_objects};
pub use scratch::{ScratchOptions, make_database, make_scratch};
pub use strategy::CloneStrategy;
pub use tally::{CopiedRows, RowComparison, RowsOf, compare_rows};
pub use template::{RolesOfServer, TemplateCopy, TemplateOptions, copy_from_template};
