//! The gate: what must be true before a production may change. Decisions only; the engine brings the facts.

mod age;
mod approval;
mod facts;
mod judge;
mod policy;
mod verdict;

pub use age::Age;
pub use approval::{Act, Approval, Decision, EvidenceNamed, Revocation, ShownAt, Target};
pub use facts::{
    ApprovalFile, ApprovalUse, BrokenCondition, EvidenceFacts, GateFacts, RevocationFile,
    SignedFile,
};
pub use judge::judge;
pub use policy::{Approver, Condition, Level, Policy, PublicKey, Rule, Runner, Stricter};
pub use verdict::{
    ApprovalStanding, Blocker, EvidenceStanding, GateVerdict, GateWord, QuorumLine, Standing,
};
