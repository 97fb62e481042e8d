//! What a role may do, read by itself: the facts that `oneroof doctor` judges, the statements that
//! make a right role, and whether a proxy that pools transactions is in between.

mod make;
mod pooling;
mod read;

pub use make::make_role;
pub use pooling::{Pooling, pooling};
pub use read::facts;
