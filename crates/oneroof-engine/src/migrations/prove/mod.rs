//! `migrations check`: each migration on its own, there and back and there again, on a throw-away server.
//!
//! One database only goes forward, migration by migration. The way back, the second way there and what both do to rows
//! are tried on it in transactions that are rolled back; what a transaction of its own could have let through, and what
//! runs without one, is tried on a copy of the database with real commits, and that verdict counts.

mod bench;
mod data;
mod differences;
mod one;
pub mod report;
mod standing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use oneroof_model::{Diagnostic, MigrationTool, TableName, nearest};
use oneroof_sql::migrations::{Migration, as_psql};

use self::bench::Bench;
use self::one::Prover;
use self::report::{ProofCounts, ProofReport, ProofVerdict};
use super::opened::OpenedMigrations;
use super::pending;
use super::plan::PlanOptions;
use crate::check::{self, CheckLevel};
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::forward::millis;
use crate::execute::statements::Script;

/// What to prove.
#[derive(Debug, Clone, Default)]
pub struct ProveOptions {
    /// Whose migrations they are; found out without.
    pub tool: Option<MigrationTool>,
    /// On a fresh clone of this target, and only what is pending there; else on an empty database.
    pub from: Option<String>,
    /// Where the tool keeps its records there, if not where it does by default.
    pub history_table: Option<TableName>,
    /// SQL files to run first: roles, extensions, a schema dump.
    pub before: Vec<PathBuf>,
    /// Stop after this version.
    pub through: Option<String>,
    /// Leave rows out.
    pub without_rows: bool,
    /// What the project makes of the rules.
    pub levels: BTreeMap<String, CheckLevel>,
}

/// Proves the migrations in `folder`; `told` hears after each one.
///
/// # Errors
/// What cannot even begin. A migration that fails is a report.
pub async fn prove(
    context: &Context,
    folder: &std::path::Path,
    options: &ProveOptions,
    mut told: impl FnMut(usize, usize, &report::MigrationProof),
) -> Result<ProofReport, EngineError> {
    let started = Instant::now();
    let opened = OpenedMigrations::open(folder, options.tool)?;
    opened.require_sound()?;
    let (mut wanted, baseline) = match &options.from {
        Some(from) => {
            let table = options.history_table.as_ref();
            let pending = pending(context, &opened, from, table).await?;
            let said = format!("a clone of `{from}`, {} applied before", pending.applied);
            (pending.migrations, said)
        }
        None => (
            opened.set.migrations.clone(),
            "an empty database".to_owned(),
        ),
    };
    if let Some(last) = &options.through {
        cut(&mut wanted, last)?;
    }
    let mut first = Vec::new();
    for path in &options.before {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(EngineError::file(format!("read `{name}`")))?;
        let text = as_psql(&name, &text).map_err(|why| EngineError::input(why, None))?;
        first.push(Script::parse(&name, &text)?);
    }
    // What migrations say on their way is heard several times here, and says nothing about them.
    let silent = Context {
        events: std::sync::Arc::new(|_| {}),
        ..context.clone()
    };
    let context = &silent;
    let mut remarks = opened.set.remarks.clone();
    if !wanted.is_empty() {
        let package = opened
            .clone()
            .package_of(&wanted, &PlanOptions::default())?;
        let rules = check::judging_rules();
        let said = check::check(&package)?.diagnostics.into_iter();
        remarks.extend(
            said.filter(|remark| rules.contains(&remark.rule.as_str()))
                .map(|remark| {
                    let mount = package
                        .plan
                        .migrations
                        .as_ref()
                        .map_or("", |section| section.mount());
                    let file = remark.file.strip_prefix(mount).unwrap_or(&remark.file);
                    let file = file
                        .trim_start_matches('/')
                        .split('#')
                        .next()
                        .unwrap_or(file);
                    Diagnostic {
                        file: file.to_owned(),
                        ..remark
                    }
                }),
        );
    }
    check::configure(&mut remarks, &options.levels);
    let bench = Bench::start(context, options.from.as_deref()).await?;
    let mut prover = Prover::new(context, bench).await?;
    let proved = prover
        .prove_all(&first, &wanted, !options.without_rows, &mut told)
        .await;
    let server_version = prover.server_version.clone();
    prover.end().await?;
    let migrations = proved?;
    for remark in &mut remarks {
        confirm(remark, &migrations);
    }
    let failed =
        migrations.len() < wanted.len() || migrations.iter().any(|proof| !proof.is_sound());
    Ok(ProofReport {
        format: 1,
        verdict: if failed {
            ProofVerdict::Failed
        } else {
            ProofVerdict::Passed
        },
        folder: folder.display().to_string(),
        tool: opened.set.tool,
        taken_for: opened.sentence(),
        server_version,
        baseline,
        counts: ProofCounts::of(wanted.len(), &migrations),
        migrations,
        remarks,
        duration_ms: millis(started.elapsed()),
    })
}

/// Says what the proof of its file measured.
fn confirm(remark: &mut Diagnostic, proofs: &[report::MigrationProof]) {
    let proof = proofs.iter().find(|proof| proof.file == remark.file);
    if let Some(proof) = proof.filter(|proof| proof.up_failure.is_none()) {
        check::rewrite_was_measured(remark, &proof.rewritten);
    }
}

fn cut(wanted: &mut Vec<Migration>, last: &str) -> Result<(), EngineError> {
    let place = wanted
        .iter()
        .position(|migration| migration.version == last);
    let Some(place) = place else {
        let near = nearest(
            last,
            wanted.iter().map(|migration| migration.version.as_str()),
        );
        return Err(EngineError::input(
            format!("find migration `{last}`"),
            near.map(|near| format!("did you mean `{near}`?")),
        ));
    };
    wanted.truncate(place + 1);
    Ok(())
}
