//! What a rehearsal saw: the type behind `rehearsal.json`, format 1.

use std::collections::BTreeMap;

use oneroof_model::options::FullRelease;
use oneroof_model::{Diagnostic, Digest, Refusal, StepOutcome, Value};
use oneroof_pg::clone::{FilesProof, MaskReport, RowComparison};
use oneroof_pg::ledger::LedgerHead;
use serde::Serialize;

use super::compare::Comparison;
use super::coverage::CoverageRecord;
use super::from_golden::GoldenStart;
use super::plan_report::{CoverageGap, InputRecord, ObjectiveRecord, PlanReport};
use super::report_attempts::{CrashRecord, DrillRecord, NegativeRecord, UnitRollbackRecord};
use super::report_workload::WorkloadReport;
use crate::error::Failure;
use crate::execute::backward::RollbackRecord;
use crate::execute::forward::TierRecord;
use crate::figures::Probe;
use crate::probe::ProbedMetric;
use crate::repeat::RepeatRecord;

/// The record of a whole rehearsal.
#[derive(Debug, Serialize)]
pub struct RehearsalReport {
    /// Always 1.
    pub format: u32,
    /// `passed` or `failed`
    pub verdict: Verdict,
    /// Id of the run.
    pub run_id: String,
    /// UTC.
    pub started_at: String,
    /// Milliseconds, the clone included.
    pub duration_ms: u64,
    /// Who ran it.
    pub operator: String,
    /// Who proposes the release: nobody approves their own.
    pub proposer: String,
    /// Version of oneroof.
    pub engine_version: String,
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: Digest,
    /// Digest of the parameters.
    pub params_digest: Digest,
    /// Their values, defaults included.
    pub parameters: serde_json::Value,
    /// The plan, in short.
    pub plan: PlanReport,
    /// The key that signs the evidence; none = nobody signs it.
    pub runner: Option<RunnerReport>,
    /// What the release rests on, and whether it was found.
    pub inputs: Vec<InputRecord>,
    /// Where the clone came from.
    pub source: SourceReport,
    /// The clone, once it was made.
    pub clone: Option<CloneReport>,
    /// Definitions of the clone that differ from the source's; empty if it is faithful.
    pub clone_unfaithful: Vec<String>,
    /// Each step in order.
    pub steps: Vec<StepRecord>,
    /// The differences to a run on production: setting and simulation.
    pub clone_deltas: Vec<String>,
    /// Metrics by moment: `entry`, `clone`, each tier's id, `verify`, `rolled_back`, `exit`.
    pub probes: BTreeMap<String, Probe>,
    /// The source's entry metrics with meaning and class.
    pub entry_metrics: Vec<ProbedMetric>,
    /// What each tier did.
    pub tiers: Vec<TierRecord>,
    /// A workload beside the tiers, if one was asked for.
    pub workload: Option<WorkloadReport>,
    /// Marker lines in order.
    pub markers: Vec<String>,
    /// How many of them, the last ones, are those of the rollback.
    #[serde(skip)]
    pub rollback_markers: usize,
    /// The verification's table.
    pub verify_table: Vec<(String, Value)>,
    /// How the second apply was refused.
    pub second_apply: Option<RefusedVerb>,
    /// After a cut: would the full release still be admitted?
    pub full_release: Option<FullRelease>,
    /// Attempts that had to fail, in the order of the package.
    pub negatives: Vec<NegativeRecord>,
    /// Acts that had to succeed, with the rows before and after.
    pub drills: Vec<DrillRecord>,
    /// Acts that were done twice, and what they left unchanged.
    pub repeats: Vec<RepeatRecord>,
    /// The release undone tier by tier, and what differed from the state before each.
    pub rollback_by_tier: Vec<UnitRollbackRecord>,
    /// How the release was undone as a whole.
    pub rollback: Vec<RollbackRecord>,
    /// Definition and data of the clone before the release and after the rollback.
    pub baseline: Option<BaselineReport>,
    /// Tiers that lost their backend in the middle.
    pub crash_drill: Vec<CrashRecord>,
    /// Metrics that grew by daily work while the rehearsal ran.
    pub volatile_growth: Vec<Growth>,
    /// What the rules that judge say, with what was measured of it.
    pub remarks: Vec<Diagnostic>,
    /// Each figure beside that of an earlier rehearsal or of the golden clone, if that was asked for.
    pub comparison: Option<Comparison>,
    /// The proof that the source was only read.
    pub isolation: Option<IsolationReport>,
    /// Free bytes of the disk that held the clone, at three moments.
    pub free_disk_bytes: BTreeMap<String, u64>,
    /// Who covers what, where the package `one-roof-base` is there.
    pub coverage: Option<CoverageRecord>,
    /// What the release is to reach, and where it does.
    pub objectives: Vec<ObjectiveRecord>,
    /// Asked for by the caller: id -> value.
    pub observations: BTreeMap<String, Observed>,
    /// What this version does not cover, in words.
    pub not_covered: Vec<NotCovered>,
    /// The same with what makes up for it, and what the package says stays open.
    pub gaps: Vec<CoverageGap>,
    /// Why it failed.
    pub failure: Option<RehearsalFailure>,
    /// The folder of the evidence, relative to the project.
    pub evidence: Option<String>,
    /// How the signing ended; not in `rehearsal.json`, which is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureReport>,
    /// Saved before the rollback deleted them; written as files of their own.
    #[serde(skip)]
    pub exports: BTreeMap<String, Vec<serde_json::Value>>,
}

/// The key that signs the evidence.
#[derive(Debug, Clone, Serialize)]
pub struct RunnerReport {
    /// Kind and base64.
    pub public_key: String,
    /// `SHA256:…`
    pub fingerprint: String,
}

/// How the signing of the evidence ended.
#[derive(Debug, Clone, Serialize)]
pub struct SignatureReport {
    /// Is `SHA256SUMS.sig` there?
    pub signed: bool,
    /// SHA-256 of `SHA256SUMS`: the digest of the evidence.
    pub evidence_digest: Digest,
    /// Why not, or by whom.
    pub detail: String,
}

/// Passed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every step passed.
    Passed,
    /// One did not.
    Failed,
}

/// The source of a rehearsal.
#[derive(Debug, Default, Serialize)]
pub struct SourceReport {
    /// The target's name.
    pub target: String,
    /// Its database.
    pub database: String,
    /// The server's version, in its own words.
    pub server_version: String,
    /// Number of the cluster.
    pub system_identifier: Option<String>,
    /// OID of the database.
    pub database_oid: u32,
    /// Hash of the first entry of its ledger, where it has one.
    pub genesis: Option<String>,
    /// Digest of its identity: cluster, database OID, name, genesis.
    pub identity_digest: Option<Digest>,
    /// Digest of its definitions when the clone was made.
    pub definition_digest: Option<String>,
    /// The newest entry of its ledger: that a tail was cut off later shows.
    pub ledger_head: Option<LedgerHead>,
}

/// The clone of a rehearsal.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CloneReport {
    /// Its id; a kept one is target `clone:<id>`.
    pub id: String,
    /// Its database.
    pub database: String,
    /// How it was made.
    pub strategy: String,
    /// Why it was made that way.
    pub why: String,
    /// Bytes that went through the pipe.
    pub bytes: u64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Known differences to the source's server.
    pub differences: Vec<String>,
    /// What was masked, and what perhaps should have been.
    #[serde(flatten)]
    pub masks: MaskReport,
    /// Tables whose rows were not copied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What leads out of the clone: foreign servers and the like.
    pub doors: Vec<String>,
    /// Its rows, compared with those that the source sent, or that the golden clone held; none where nothing is known
    /// of them, or its files were copied.
    pub rows: Option<RowComparison>,
    /// Set if its files were copied from the source, and each was proven to be what the source sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<FilesProof>,
    /// Set if it is a copy of a golden clone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub golden: Option<GoldenStart>,
    /// The role that the tiers ran as.
    pub apply_role: String,
    /// Set where `apply_role` is not a configured one.
    pub apply_role_note: Option<String>,
    /// Was it kept?
    pub kept: bool,
    /// How to connect to it with psql, if it was kept.
    pub connection: Option<ConnectionReport>,
}

/// How to connect with psql. In JSON it is one connection string, `host=… port=… user=… dbname=…`.
#[derive(Debug, Clone, Serialize)]
#[serde(into = "String")]
pub struct ConnectionReport {
    /// The connection string; private servers ask no password.
    pub text: String,
}

impl ConnectionReport {
    /// The whole command.
    pub fn psql(&self) -> String {
        format!("psql \"{}\"", self.text)
    }
}

impl From<ConnectionReport> for String {
    fn from(connection: ConnectionReport) -> String {
        connection.text
    }
}

/// One step.
#[derive(Debug, Clone, Serialize)]
pub struct StepRecord {
    /// Number as in docs/concepts/rehearsal.md.
    pub step: u32,
    /// What it does.
    pub title: String,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What was seen.
    pub detail: String,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// A verb that was refused, as it had to be.
#[derive(Debug, Serialize)]
pub struct RefusedVerb {
    /// Its exit code.
    pub exit: u8,
    /// The refusal.
    #[serde(flatten)]
    pub refusal: Refusal,
}

/// Before and after, each as SHA-256.
#[derive(Debug, Serialize)]
pub struct BaselineReport {
    /// Definition digest before the release.
    pub definition_before: String,
    /// And after the rollback.
    pub definition_after: String,
    /// Data digest before the release.
    pub data_before: String,
    /// And after the rollback.
    pub data_after: String,
    /// Objects and tables compared.
    pub objects: usize,
    /// Tables whose rows were compared.
    pub tables: usize,
    /// What differs; empty if the baseline is back.
    pub differences: Vec<String>,
}

/// A volatile metric that changed.
#[derive(Debug, Clone, Serialize)]
pub struct Growth {
    /// The metric.
    pub metric: String,
    /// At entry.
    pub entry: Value,
    /// At exit.
    pub exit: Value,
}

/// The proof that the source was only read.
#[derive(Debug, Serialize)]
pub struct IsolationReport {
    /// Transactions of ours, each asked before its rollback.
    pub transactions: u64,
    /// Programs of PostgreSQL that read the source.
    pub child_processes: u64,
    /// Roles that read it, with the number of tables, views and sequences they could have written to.
    pub writable_tables: BTreeMap<String, i64>,
    /// All of it as one sentence.
    pub sentence: String,
}

/// One value that the caller asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Observed {
    /// The moment.
    pub stage: String,
    /// The value, if the query ran.
    pub value: Option<Value>,
    /// Why not.
    pub error: Option<String>,
}

/// Something that a reader might think was proven, and was not.
#[derive(Debug, Clone, Serialize)]
pub struct NotCovered {
    /// Step number of the full rehearsal.
    pub step: u32,
    /// What it would do.
    pub title: String,
    /// Why it was not done.
    pub why: String,
}

/// Why a rehearsal failed.
#[derive(Debug, Serialize)]
pub struct RehearsalFailure {
    /// The step.
    pub step: u32,
    /// Its title.
    pub title: String,
    /// One sentence.
    pub message: String,
    /// If a verb refused.
    pub refusal: Option<Refusal>,
    /// If a statement or assertion failed.
    pub failure: Option<Failure>,
    /// What to do next.
    pub hint: Option<String>,
}
