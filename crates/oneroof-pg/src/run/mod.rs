//! What one transaction of a release run asks of PostgreSQL: its settings, its locks, what it did to
//! rows, and the values of metrics. Which of it is asked when is the engine's business.

mod declared_rows;
mod ending;
mod hanging_rows;
mod hold;
mod lock;
mod lock_holder;
mod locks;
mod reset;
mod settings;
mod stored_objects;
mod tables;
mod terminate;
mod transaction;
mod transaction_ids;
mod value;

pub use declared_rows::{DeclaredRows, declared_rows, delete_rows};
pub use ending::ending;
pub use hanging_rows::{HangingRows, hanging_rows};
pub use hold::hold;
pub use lock::{RunLock, blockers};
pub use lock_holder::{AdvisoryLock, LockHolder, lock_holder};
pub use locks::{LockableRelation, lockable_relations, locks};
pub use reset::{Beginning, beginning, reset};
pub use settings::{AppliedSettings, Lifetime, RunSettings, SettingsChanged};
pub use stored_objects::{StoredObject, ViewRows, stored_objects, view_rows};
pub use tables::tables_named;
pub use terminate::terminate;
pub use transaction::{act_for, begin_writing, leave_role};
pub use transaction_ids::{TransactionIds, autovacuum_off, autovacuum_on};
pub use value::{ReadValue, ValueFault, read_rows, read_value, relations_exist};
