//! Migrations of other tools: taken for what they are, made into a package, proved one by one.

mod bare;
pub mod import;
pub mod opened;
mod pending;
mod plan;
pub mod prove;

pub use bare::{Direction, for_target};
pub use pending::{Pending, pending};
