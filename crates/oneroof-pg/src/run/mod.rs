//! What one transaction of a release run asks of PostgreSQL: its settings, its locks, what it did to
//! rows, and the values of metrics. Which of it is asked when is the engine's business.

mod declared_rows;
mod lock;
mod settings;
mod tables;
mod transaction;
mod value;

pub use declared_rows::{DeclaredRows, declared_rows};
pub use lock::{LockHolder, RunLock, blockers, run_lock_holder};
pub use settings::{AppliedSettings, RunSettings, SettingsChanged};
pub use tables::tables_named;
pub use transaction::{begin_writing, leave_role};
pub use value::{ReadValue, ValueFault, read_rows, read_value, relations_exist};
