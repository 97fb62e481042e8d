//! The gate: what must be true before a production may change. Decisions only; the engine brings the facts.

mod age;
mod approval;
mod enrolment;
mod facts;
mod judge;
mod policy;
mod verdict;

pub use age::Age;
pub use approval::{Act, Approval, Decision, EvidenceNamed, Revocation, ShownAt, Target};
pub use enrolment::Enrolment;
pub use facts::{
    ApprovalFile, ApprovalUse, BrokenCondition, EvidenceFacts, GateFacts, RevocationFile,
    SignedFile, Signer,
};
pub use judge::judge;
pub use policy::{Approver, Condition, Level, Passkey, Policy, PublicKey, Rule, Runner, Stricter};
pub use verdict::{
    ApprovalStanding, Blocker, EvidenceStanding, GateVerdict, GateWord, QuorumLine, Standing,
};
