//! Runs the real binary, and looks at the repository itself.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, helpers included"
)]

mod command_line;
mod config;
mod demo;
mod examples;
mod explain;
mod help;
mod init;
mod interrupt;
mod package;
mod production;
mod rehearse;
mod sandbox;
mod tidy;
mod world;
