//! What was proved of each migration.

use oneroof_model::{Diagnostic, MigrationTool};
use serde::Serialize;

use crate::error::Failure;

/// The proofs of a folder.
#[derive(Debug, Serialize)]
pub struct ProofReport {
    /// Always 1.
    pub format: u32,
    /// Are all of them proved?
    pub verdict: ProofVerdict,
    /// The folder.
    pub folder: String,
    /// Whose migrations they are.
    pub tool: MigrationTool,
    /// What the folder was taken for, in words.
    pub taken_for: String,
    /// Where: the version of the throw-away server.
    pub server_version: String,
    /// What was there before the first one.
    pub baseline: String,
    /// How many there are of which.
    pub counts: ProofCounts,
    /// Each migration that was reached, in order.
    pub migrations: Vec<MigrationProof>,
    /// What the rules say about the files.
    pub remarks: Vec<Diagnostic>,
    /// Wall clock.
    pub duration_ms: u64,
}

/// All in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofVerdict {
    /// Each one applies, and each way back restores what was there.
    Passed,
    /// At least one does not.
    Failed,
}

/// How many migrations of which kind.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct ProofCounts {
    /// In the folder, as far as they were wanted.
    pub wanted: usize,
    /// Applied.
    pub applied: usize,
    /// Undone, and everything is as before.
    pub restored: usize,
    /// Undone, and only the order is another one.
    pub reordered: usize,
    /// Undone, and something is not as before.
    pub different: usize,
    /// The way back fails.
    pub down_failed: usize,
    /// There is none.
    pub no_down: usize,
    /// Rows or values are lost on the way there and back.
    pub data_lost: usize,
    /// Fails where there are rows.
    pub fails_on_rows: usize,
}

/// One migration.
#[derive(Debug, Serialize)]
pub struct MigrationProof {
    /// As the tool writes it.
    pub version: String,
    /// For people.
    pub title: String,
    /// The file of the way there.
    pub file: String,
    /// The file of the way back.
    pub down_file: Option<String>,
    /// What became of the way back.
    pub verdict: WayBack,
    /// What is in another order, where that is the verdict.
    pub reordered: Option<Reordered>,
    /// Why the way there failed; nothing after it was tried.
    pub up_failure: Option<Failure>,
    /// Why its own verify script failed (Sqitch).
    pub verify_failure: Option<Failure>,
    /// Why the way back failed.
    pub down_failure: Option<Failure>,
    /// What is not as before.
    pub differences: Vec<ProofDifference>,
    /// A second way there was refused by the ledger.
    pub second_up_refused: Option<bool>,
    /// A second way back had nothing to do, by the ledger.
    pub second_down_nothing: Option<bool>,
    /// Applied again after the way back.
    pub up_again: UpAgain,
    /// What became of rows.
    pub data: DataProof,
    /// Tables that were there before and were written anew on the way there.
    pub rewritten: Vec<String>,
    /// Wall clock.
    pub duration_ms: u64,
}

/// What became of the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// Everything is as before.
    Restored,
    /// Everything is there, in another order.
    RestoredInAnotherOrder,
    /// Something is not as before.
    Different,
    /// It fails.
    Failed,
    /// There is none.
    None,
    /// Not tried: the way there fails.
    NotReached,
}

/// What is in another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reordered {
    /// Columns: `select *` and `insert` without their names mean something else.
    Columns,
    /// Foreign keys or indexes: another one of them may speak first. Said, and nothing is against it.
    Constraints,
}

/// What became of the second way there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "detail")]
pub enum UpAgain {
    /// Not tried.
    NotTried,
    /// It gives the same as the first time.
    Same,
    /// It gives something else.
    Different(Vec<String>),
    /// It fails.
    Failed(String),
}

/// One object that is not as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofDifference {
    /// `table public.ticket: column mail is gone`
    pub words: String,
    /// What would put it right, as far as it can be said in SQL.
    pub sql: Option<String>,
}

/// What became of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DataProof {
    /// Tables that were there before and had rows.
    pub tables: Vec<String>,
    /// Tables without rows, and why none could be made.
    pub without_rows: Vec<String>,
    /// What is lost after the way there and back, or after the way there alone if there is no other.
    pub lost: Vec<String>,
    /// Why the way there fails on rows, where it does not on empty tables.
    pub up_failure: Option<Failure>,
    /// Why the way back does.
    pub down_failure: Option<Failure>,
}

impl MigrationProof {
    /// Is there nothing to say against it?
    pub fn is_sound(&self) -> bool {
        let back = matches!(self.verdict, WayBack::Restored | WayBack::None)
            || self.reordered == Some(Reordered::Constraints);
        back && self.verify_failure.is_none()
            && self.data.lost.is_empty()
            && self.data.up_failure.is_none()
            && self.data.down_failure.is_none()
            && matches!(self.up_again, UpAgain::Same | UpAgain::NotTried)
    }
}

impl ProofCounts {
    pub(super) fn of(wanted: usize, proofs: &[MigrationProof]) -> ProofCounts {
        let mut counts = ProofCounts {
            wanted,
            ..ProofCounts::default()
        };
        for proof in proofs {
            counts.applied += usize::from(proof.up_failure.is_none());
            match proof.verdict {
                WayBack::Restored => counts.restored += 1,
                WayBack::RestoredInAnotherOrder => counts.reordered += 1,
                WayBack::Different => counts.different += 1,
                WayBack::Failed => counts.down_failed += 1,
                WayBack::None => counts.no_down += 1,
                WayBack::NotReached => {}
            }
            counts.data_lost += usize::from(!proof.data.lost.is_empty());
            counts.fails_on_rows +=
                usize::from(proof.data.up_failure.is_some() || proof.data.down_failure.is_some());
        }
        counts
    }
}
