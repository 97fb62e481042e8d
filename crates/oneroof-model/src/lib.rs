//! The nouns and the decisions of oneroof. Pure: no files, no network, no clock, no async.

mod class;
mod dashboard_role;
mod diagnostic;
mod digest;
mod effects;
mod event;
pub mod evidence;
pub mod expression;
pub mod gate;
pub mod governance;
mod ledger;
pub mod locks;
mod migration;
mod migration_checksum;
mod nearest;
pub mod options;
pub mod outside;
pub mod package;
pub mod posture;
pub mod readiness;
pub mod readonly;
mod refusal;
pub mod signers;
mod table_name;
pub mod template;
mod toml_error;
mod value;

pub use class::{Mark, TargetClass};
pub use dashboard_role::{DashboardDeed, DashboardRole};
pub use diagnostic::{Diagnostic, DiagnosticSeverity};
pub use digest::{Digest, DigestParts, canonical_json};
pub use effects::{
    DefinitionDigest, EffectComparison, EffectDifference, Effects, ObjectChange, ObjectEffect,
    RowOperations, Tolerance,
};
pub use event::{Event, EventRecord, StepOutcome};
pub use ledger::{AppliedTier, BegunTier, FinishedRun, LedgerEntry, ReleaseState, StatementMark};
pub use migration::{AppliedMigration, MigrationTool};
pub use migration_checksum::{
    RefineryVersions, atlas_checksums, atlas_total, flyway_checksum, graphile_checksum,
    refinery_checksum, sqitch_id, sqitch_script_hash, sqlx_checksum,
};
pub use nearest::nearest;
pub use package::ReleasePlan;
pub use refusal::{Refusal, RefusalCode};
pub use table_name::{TableName, TableNameError};
pub use toml_error::TomlError;
pub use value::Value;
