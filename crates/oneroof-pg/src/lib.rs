//! oneroof-pg

mod accounts;
pub mod catalog;
pub mod change;
mod child;
pub mod clone;
pub mod connect;
pub mod conninfo;
pub mod effects;
pub mod ephemeral;
pub mod error;
pub mod governance;
pub mod install;
pub mod ledger;
mod metered;
pub mod migrations;
pub mod policy;
pub mod posture;
pub mod programs;
pub mod readonly;
pub mod run;
pub mod sample;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
pub mod workload;

pub use error::PgError;
