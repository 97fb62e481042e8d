//! What the gate answers.

use serde::Serialize;

use super::approval::Decision;
use super::policy::Level;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum GateWord {
    /// It may be done now.
    Ready,
    /// It may not.
    Blocked,
}

impl GateWord {
    /// `READY` or `BLOCKED`
    pub fn as_str(self) -> &'static str {
        match self {
            GateWord::Ready => "READY",
            GateWord::Blocked => "BLOCKED",
        }
    }
}

/// Why it may not, who can lift it, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Blocker {
    /// A stable word, for example `approval_missing`.
    pub code: String,
    /// In words.
    pub message: String,
    /// Who can lift it.
    pub who: String,
    /// How.
    pub how: String,
}

/// Does an approval count?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = gate::Standing))]
pub enum Standing {
    /// A yes that counts.
    Counts,
    /// A no that counts.
    Rejects,
    /// It expired.
    Expired,
    /// Its approver took it back.
    Revoked,
    /// A run consumed it.
    Consumed,
    /// It is about something else, or nobody who may approve signed it.
    Void,
}

/// One approval and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApprovalStanding {
    /// Its file.
    pub file: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// Who it says decided.
    pub approver: String,
    /// Their level.
    pub level: Level,
    /// What it says.
    pub decision: Decision,
    /// When it ends, UTC.
    pub expires_at: String,
    /// Does it count?
    pub standing: Standing,
    /// Why not.
    pub why: Vec<String>,
}

/// One level of the quorum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuorumLine {
    /// The level.
    pub level: Level,
    /// How many yes it needs.
    pub needed: u32,
    /// Who said yes.
    pub given_by: Vec<String>,
    /// Who of the policy could still say it.
    pub open_to: Vec<String>,
}

impl QuorumLine {
    /// Is it reached?
    pub fn is_reached(&self) -> bool {
        self.given_by.len() >= usize::try_from(self.needed).unwrap_or(usize::MAX)
    }
}

/// The rehearsal that the verdict rests on, and those that it cannot rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvidenceStanding {
    /// Name of its folder.
    pub name: String,
    /// SHA-256 of its SHA256SUMS.
    pub digest: String,
    /// Digest of the definitions that it began with.
    pub definition_digest: String,
    /// Who proposed the release.
    pub proposer: Option<String>,
    /// Why it does not count; empty if it does.
    pub why_not: Vec<String>,
}

/// The verdict of the gate.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GateVerdict {
    /// In one word.
    pub word: GateWord,
    /// What is in the way, the most basic first.
    pub blockers: Vec<Blocker>,
    /// Version and digest of the policy.
    pub policy: Option<(u32, String)>,
    /// The rehearsal that counts, else the newest that does not.
    pub evidence: Option<EvidenceStanding>,
    /// The levels of the rule that holds.
    pub quorum: Vec<QuorumLine>,
    /// Every approval of this package.
    pub approvals: Vec<ApprovalStanding>,
    /// When the first of the approvals that count ends, UTC.
    pub expires_at: Option<String>,
}
