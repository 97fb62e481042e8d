//! Migrations of other tools: taken for what they are, made into a package, proved one by one.

pub mod import;
pub mod opened;
mod pending;
mod plan;
pub mod prove;

pub use pending::{Pending, for_target, pending};
