//! The nouns of the read-only channel: what a foreign statement uses, what the catalog says about it, and the verdict.
//!
//! `oneroof-sql` decides, `oneroof-pg` loads [`facts`] and executes nothing but [`Admitted`]; this module is what the
//! two, who do not know each other, share. Nothing here decides.

mod admitted;
pub mod facts;
mod policy;
mod refusal;
mod uses;

pub use admitted::{Admitted, AdmittedParts, StatementKind};
pub use policy::{Policy, TrustedNames};
pub use refusal::{GuardRefusal, GuardRule, Place};
pub use uses::{Name, RelationUse, TypeUse, Uses};
