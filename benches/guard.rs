//! The verdict of the guard about a text against the bare call of the parser (`pg_query::parse`), for the honest
//! statements of its tests, in one run, in turn.
//!
//! Run: `cargo bench -p oneroof-sql --bench guard`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use oneroof_model::readonly::TrustedNames;
use oneroof_sql::guard::admit;

const HONEST: &str = include_str!("../crates/oneroof-sql/tests/data/guard-honest.sql");
const ROUNDS: usize = 15;
/// What DESIGN asks for.
const RATIO_MAX: f64 = 1.3;

fn main() {
    let short: Vec<&str> = HONEST.lines().collect();
    let joined: Vec<String> = short
        .chunks(24)
        .map(|chunk| {
            let selects: Vec<String> = chunk
                .iter()
                .filter(|sql| {
                    sql.starts_with("select") && !sql.ends_with(';') && !sql.contains("--")
                })
                .map(|sql| format!("exists ({sql})"))
                .collect();
            format!("select {}", selects.join(", "))
        })
        .collect();
    let long: Vec<&str> = joined.iter().map(String::as_str).collect();
    println!(
        "{:<28} {:>12} {:>12} {:>8}",
        "", "parser", "verdict", "ratio"
    );
    let mut worst: f64 = 0.0;
    for (name, statements) in [("as they are", &short), ("many in one statement", &long)] {
        worst = worst.max(compare(name, statements));
    }
    let word = if worst <= RATIO_MAX { "within" } else { "over" };
    println!("the worst ratio {worst:.2} is {word} {RATIO_MAX}");
}

/// The median of the rounds' ratios.
fn compare(name: &str, statements: &[&str]) -> f64 {
    let trusted = TrustedNames::default();
    let mut rounds: Vec<(Duration, Duration)> = Vec::new();
    for round in 0..=ROUNDS {
        let parser = timed(|| {
            for sql in statements {
                let _ = black_box(pg_query::parse(sql, pg_query::ParserOptions::DEFAULT));
            }
        });
        let verdict = timed(|| {
            for sql in statements {
                let _ = black_box(admit(sql, &trusted));
            }
        });
        if round > 0 {
            rounds.push((parser, verdict));
        }
    }
    let mut ratios: Vec<f64> = rounds
        .iter()
        .map(|(parser, verdict)| verdict.as_secs_f64() / parser.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    let each = |total: Duration| total / u32::try_from(statements.len()).unwrap_or(1);
    let (parser, verdict) = rounds[rounds.len() / 2];
    println!(
        "{name:<28} {:>12.1?} {:>12.1?} {ratio:>8.2}",
        each(parser),
        each(verdict)
    );
    ratio
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
