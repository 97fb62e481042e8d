//! Our own records in a target: the append-only, hash-chained ledger of schema `oneroof`. What is
//! installed there lies in `/sql/ledger`; this module writes through `oneroof.append` and reads.

mod append;
mod canonical;
mod entries;
mod exists;
mod made;
mod newest_hash;
mod verify;

pub use append::{AppendedEntry, EntryKind, append, append_all};
pub use entries::{LedgerEntry, entries, entries_in_short};
pub use exists::exists;
pub(crate) use made::made_before;
pub use made::{MadeEntry, made};
pub use newest_hash::{LedgerHead, newest_hash};
pub use verify::{KnownHead, LedgerFault, LedgerReport, verify};
