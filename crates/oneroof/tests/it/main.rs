//! Runs the real binary, and looks at the repository itself.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, helpers included"
)]

mod bad_input;
mod command_line;
mod config;
mod demo;
mod demo_isolation;
mod examples;
mod executor;
mod explain;
mod golden;
mod help;
mod init;
mod interrupt;
mod left_overs;
mod locks;
mod lost_connection;
mod missing_rights;
mod package;
mod production;
mod rehearse;
mod sandbox;
mod target_classes;
mod tidy;
mod world;
