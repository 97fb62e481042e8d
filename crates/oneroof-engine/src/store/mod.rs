//! All file work of the engine: packages, evidence, runs.

pub(crate) mod approvals;
pub(crate) mod enrolments;
pub mod evidence;
pub(crate) mod fingerprint_file;
pub(crate) mod foreign_folder;
#[cfg(test)]
mod foreign_package;
pub(crate) mod journal;
pub(crate) mod kept_rehearsal;
pub(crate) mod ledger_heads;
pub(crate) mod migration_files;
pub(crate) mod new_file;
pub mod package_files;
pub(crate) mod passkey_counters;
pub(crate) mod query_log;
pub(crate) mod rendered_folder;
pub(crate) mod run_log;
pub(crate) mod sign_in_tokens;
mod signed_files;
