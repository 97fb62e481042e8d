//! The one door: every verb of oneroof. It emits events and returns reports; it never prints and
//! never exits.

pub mod adopt;
pub mod apply;
mod attempt;
mod bundled;
pub mod check;
mod clock;
pub mod clone_check;
pub mod clones;
pub mod context;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod error;
mod execute;
mod figures;
pub mod fingerprint;
pub mod fixture;
pub mod golden;
pub mod governance;
mod kept;
pub mod ledger;
mod metrics;
mod moment;
mod open;
pub mod package_diff;
pub mod package_new;
mod parameters;
mod postgres_range;
pub mod probe;
pub mod proposal;
pub mod rehearse;
pub mod rehearsed;
pub mod render;
pub mod repeat;
pub mod revalidate;
pub mod rollback;
mod run_id;
pub mod seal;
mod source;
pub mod store;
pub mod verify;

pub use execute::forward::TierRecord;
pub use figures::Probe;
pub use oneroof_pg::conninfo;
pub use oneroof_pg::ephemeral::SearchPlaces;
