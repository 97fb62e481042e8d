//! Tests of this crate against a real PostgreSQL, one module per subject.

#![expect(clippy::unwrap_used, reason = "tests")]

mod catalog;
mod clone;
mod connecting;
mod data;
mod definition;
mod effects;
mod ledger;
mod majors;
mod programs;
mod readonly;
mod reset;
mod servers;
