//! oneroof-pg

mod accounts;
pub mod catalog;
mod child;
pub mod clone;
pub mod conninfo;
pub mod connect;
pub mod ephemeral;
pub mod error;
pub mod install;
pub mod ledger;
pub mod programs;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
pub mod run;

pub use error::PgError;
