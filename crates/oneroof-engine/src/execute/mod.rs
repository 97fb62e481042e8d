//! The executor: runs the tiers of a release, or undoes them, exactly as the plan says.
//!
//! [`release::ReleaseRun`] knows the place and the package; [`forward`] applies one unit of tiers in one
//! transaction, [`batches`] and [`outside`] those tiers that commit on their way; [`backward`] undoes,
//! [`changed_since`] refuses that where somebody's work would be lost, [`generated`] does it without a file;
//! [`statements`] runs a file statement by statement, [`locks`] looks at the
//! locks that these take, [`leave`] asks the gate of a production.

mod attempt;
pub(crate) mod backward;
mod batches;
pub(crate) mod changed_since;
pub(crate) mod effects;
pub(crate) mod foreign;
pub(crate) mod forward;
pub(crate) mod generated;
pub(crate) mod hanging;
pub(crate) mod interruption;
mod leave;
pub(crate) mod locks;
mod outside;
pub(crate) mod release;
pub(crate) mod seen_ledger;
pub(crate) mod statements;
pub(crate) mod tier_session;
