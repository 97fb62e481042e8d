//! The governance SQL of `one-roof-base` and `one-roof` on a real PostgreSQL, one module per subject. The packages
//! are applied by the engine; what follows is plain SQL, as the application and its people would write it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod authorization;
mod database;
mod detectors;
mod events;
mod foreign_names;
mod golden;
mod objects;
mod providers;
mod scans;
mod world;
