//! The drift scanner of package one-roof: how its time grows with findings and with labels.
//!
//! Ratios of passes on one server in one run: ten times the findings (linear means about ten), a second pass without
//! change against the first (at most one), ten times the labels with the same findings (at most two).
//! Run: `cargo bench -p oneroof-engine --bench scanner`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot have its server must fail loudly"
)]
#![expect(
    dead_code,
    reason = "the tests' world has more than the benchmark needs"
)]

use std::time::{Duration, Instant};

use database::Database;
use world::World;

#[path = "../crates/oneroof-engine/tests/substrate/database.rs"]
mod database;
#[path = "../crates/oneroof-engine/tests/substrate/world.rs"]
mod world;

/// Each lost assignment is three findings: unapproved, gone, without a label rule.
const FINDINGS: [u32; 3] = [1_000, 10_000, 50_000];
const PASSES: usize = 3;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::new().await;
        let database = world.governed().await.database.held().await;
        findings(&database).await;
        labels(&database).await;
    });
}

async fn findings(database: &Database) {
    println!(
        "{:>9} {:>12} {:>12} {:>14} {:>14}",
        "findings", "first", "second", "second/first", "first/smaller"
    );
    let mut smaller: Option<Duration> = None;
    for findings in FINDINGS {
        clear(database).await;
        let lost = findings / 3;
        database
            .run(&format!(
                "insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, provenance, assigned_kind)
                 select 'collection', 'lost_' || n, 'topic', 'ai-ops', 'candidate', '{{\"kind\": \"bench\"}}', 'agent'
                 from generate_series(1, {lost}) n"
            ))
            .await;
        database.run("analyze").await;
        let first = scan(database).await;
        let second = median(database).await;
        let growth = smaller.map_or(1.0, |smaller| ratio(first, smaller));
        println!(
            "{findings:>9} {:>9} ms {:>9} ms {:>14.2} {growth:>14.2}",
            first.as_millis(),
            second.as_millis(),
            ratio(second, first)
        );
        smaller = Some(first);
    }
    clear(database).await;
}

/// Labels that no rule of a governed collection wrote: the scanner must not read them.
async fn labels(database: &Database) {
    let before = median(database).await;
    database
        .run(
            "insert into entity_labels (id, entity_code, label_code, assigned_by, assigned_at)
             select 1000000 + n, 'BENCH-' || n, 'LBL-101', 'auto', now() from generate_series(1, 18000) n",
        )
        .await;
    database.run("analyze entity_labels").await;
    let after = median(database).await;
    println!(
        "labels 2,000 -> 20,000, the same findings: {} us -> {} us, ratio {:.2}",
        before.as_micros(),
        after.as_micros(),
        ratio(after, before)
    );
}

async fn clear(database: &Database) {
    database
        .run(
            "truncate governance_event_log, governance_drift_state, governance_scan_run restart identity;
             delete from axis_assignment where object_ref like 'lost%'",
        )
        .await;
    database.run("vacuum analyze axis_assignment").await;
}

async fn scan(database: &Database) -> Duration {
    let begun = Instant::now();
    let _ = database.scan().await;
    begun.elapsed()
}

async fn median(database: &Database) -> Duration {
    let mut passes = Vec::new();
    for _ in 0..PASSES {
        passes.push(scan(database).await);
    }
    passes.sort();
    passes[PASSES / 2]
}

fn ratio(left: Duration, right: Duration) -> f64 {
    left.as_secs_f64() / right.as_secs_f64()
}
