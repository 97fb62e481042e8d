//! Runs the real binary, and looks at the repository itself.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, helpers included"
)]

mod apply_evidence;
mod bad_input;
mod change_owner;
mod change_package;
mod change_reconcile;
mod change_topic;
mod changed_since;
mod checks;
mod command_line;
mod config;
mod coverage;
mod crash_drill;
mod demo;
mod demo_isolation;
mod doctor;
mod drift;
mod examples;
mod executor;
mod explain;
mod fingerprint;
mod foreign_objects;
mod generated_rollback;
mod golden;
mod governance;
mod governed;
mod guard;
mod guide;
mod hanging_rows;
mod help;
mod import;
mod init;
mod init_governance;
mod interrupt;
mod kill_loop;
mod kill_points;
mod ledger;
mod left_overs;
mod life_after_release;
mod life_of_groups;
mod lock_effects;
mod locks;
mod lost_connection;
mod mcp;
mod migrations;
mod missing_rights;
mod negatives;
mod package;
mod production;
mod proxy;
mod query;
mod rehearse;
mod render;
mod render_limits;
mod rollback_by_tier;
mod sandbox;
mod target_classes;
mod tidy;
mod tiers_that_commit;
mod unknown_names;
mod workload;
mod world;
