//! The read-only channel, towards the server: it executes nothing but an
//! [`Admitted`](oneroof_model::readonly::Admitted) statement.
//!
//! A [`ReadonlyPool`] has a few slots. [`ReadonlyPool::begin`] takes one and opens a READ ONLY transaction with every
//! limit set: a [`Turn`]. Facts of the catalog are read in it, [`Turn::execute`] runs the one statement, and whatever
//! happens the transaction is rolled back. A turn that is dropped, fails or takes too long is cancelled, then
//! terminated; its slot stays occupied until the server says that the process is gone.

mod connection;
mod error;
mod facts;
mod limits;
mod outcome;
mod parameter;
mod pool;
mod recover;
mod trusted;
mod turn;

pub use connection::CatalogState;
pub use error::ReadonlyError;
pub use facts::{begin_facts, enter_catalog, load_facts, search_path};
pub use limits::Limits;
pub use outcome::{ColumnShape, QueryRows, Truncated};
pub use pool::{PoolOptions, ReadonlyPool};
pub use recover::{Alarm, AlarmKind};
pub use turn::Turn;
