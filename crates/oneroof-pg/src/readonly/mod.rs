//! The read-only channel's side of the server. Decides nothing: facts go up, what was admitted comes down.

mod facts;
mod trusted;

pub use facts::{begin_facts, load_facts};
