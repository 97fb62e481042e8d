//! Snapshots of kept clones: the files of their stopped servers, with a SHA-256 each, in a folder of the project. What
//! was put away is whole or not there at all; what is taken out again is what was put away, byte for byte, or refused
//! with the file named.

mod files;
mod restore;
mod store;
mod take;

pub use files::{CopyMethod, CopyProgress};
pub use restore::{RestoreOptions, RestoredClone, restore_snapshot};
pub use store::{FrozenClone, SnapshotError, SnapshotRecord, SnapshotStore};
pub use take::{TakeOptions, take_snapshot};
