//! What the present transaction did, read inside it before it commits: row operations, and the
//! definitions that it changed.
//!
//! The server's counters say which catalogs were written at all; only those are looked at. The rows that
//! the transaction wrote are found by their xmin in its own session, those that it replaced or deleted by
//! their xmax on the watcher, which sees what was committed. The definitions of the objects that these
//! rows belong to are then read on both sides and compared.

mod beside;
mod counters;
mod dependents;
mod drops;
mod made;
mod measure;
mod named;
mod relations;
mod storage;
mod touched;
mod warm;

pub use drops::{Drops, attached, drops};
pub use made::{MadeObject, changed_since};
pub use measure::{measure, measure_for_ledger};
pub use relations::{RelationsState, relations_effects, relations_state};
pub use warm::warm;
