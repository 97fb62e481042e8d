//! Text in, facts out: the only crate that knows libpg_query.
//!
//! [`split()`] cuts a tier file into statements, [`references()`] says what each of them touches,
//! [`check_single_select`] and [`check_predicate`] guard what is only meant to read, and [`check()`] reads a whole
//! package and reports what should not reach production, and [`without_way_back`] says what needs a rollback file. No files, no network, no clock, no async.
//! Parse trees never leave this crate, and inside it they never leave the thread that `parse.rs` made for them.

mod allow;
mod body;
mod check;
mod ddl;
pub mod guard;
mod hazards;
mod lexer;
mod locks;
pub mod migrations;
mod outside;
mod parse;
mod position;
mod query;
mod reach;
mod references;
mod reply;
mod rules;
mod split;
mod tree;
mod walk;
mod way_back;
mod wire;

pub use check::{PackageSource, TierSource, TierTransaction, check, judging_rules, rule_names};
pub use hazards::{Hazard, HazardKind};
pub use oneroof_model::locks::LockMode;
pub use outside::outside;
pub use parse::{ParseError, ParseErrorKind, TEXT_BYTES_MAX, locate};
pub use query::{check_predicate, check_single_select};
pub use reach::{Reach, WrittenName};
pub use references::{
    InnerStatement, ObjectRef, Phase, RelationLock, SettingUse, StatementFacts, references,
};
pub use split::{Statement, StatementKind, split};
pub use way_back::{NoWayBack, without_way_back};
