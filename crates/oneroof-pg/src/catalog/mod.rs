//! Facts read from a database. Each loader `x.rs` has its query `x.sql` beside it; every query is
//! one SELECT that changes nothing.
//!
//! Loaders may be called inside a transaction (a tier's own, for example) or outside of one; what
//! they set for themselves is undone before they return.

mod activity;
mod canonical;
mod data;
mod data_rows;
mod database;
mod database_sizes;
mod database_state;
mod definition;
mod definition_schemas;
mod definition_words;
mod existing;
mod extensions;
mod folders;
mod identity;
mod jobs;
mod mark;
mod memberships;
mod orders;
mod pinned;
mod readable_relations;
mod relations;
mod roles;
mod schemas;
mod touches;
mod transaction;
mod triggers;
mod writable_tables;

pub use activity::{Activity, OtherSession, activity};
pub use data::{
    ChangedTable, DataDiff, DataDigest, DataOptions, DataProgress, DataVerdict, GeneratedColumns,
    RowOrder, TableData, data, data_digest_of_run, data_tables, data_with_progress,
};
pub use data_rows::{RowsOnly, rows_only};
pub use database::{
    DatabaseFacts, DatabaseStatements, database, database_statements, database_statements_of,
};
pub use database_sizes::database_sizes;
pub use database_state::{DatabaseState, database_state, open_database};
pub use definition::{
    ChangedObject, Definition, DefinitionDiff, DefinitionRow, ObjectName, definition, definition_of,
};
pub(crate) use definition::{USUAL_CLASSES, definitions_here};
pub use definition_schemas::schema_of_name;
pub use definition_words::{Difference, ObjectDifference};
pub use existing::{ExistingObject, existing, existing_named};
pub use extensions::{
    AvailableVersion, Extension, MissingExtension, extensions, extensions_available,
    missing_extensions,
};
pub use folders::{Folders, folders};
pub use identity::{TargetIdentity, identity};
pub use jobs::jobs;
pub use mark::{mark, remove_mark, write_mark};
pub use memberships::memberships_missing;
pub use orders::{Orders, orders};
pub(crate) use pinned::{KEEP_PLANS, Pinned};
pub use readable_relations::readable_relations;
pub use relations::{RelationFound, relations};
pub use roles::{RoleStatement, RoleStatementKind, roles};
pub use schemas::{SchemaFacts, schemas};
pub use touches::{Touches, touches};
pub use transaction::assigned_transaction_id;
pub use triggers::{TriggerFound, triggers};
pub use writable_tables::writable_tables;
