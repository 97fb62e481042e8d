//! oneroof-pg

mod accounts;
pub mod catalog;
mod child;
pub mod clone;
pub mod connect;
pub mod conninfo;
pub mod effects;
pub mod ephemeral;
pub mod error;
pub mod install;
pub mod ledger;
pub mod programs;
pub mod run;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use error::PgError;
