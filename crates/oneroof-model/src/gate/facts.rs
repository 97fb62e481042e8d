//! What the gate is told.

use super::approval::{Act, Approval, Revocation, Target};
use super::policy::Policy;

/// Everything that the gate looks at, read at one moment. Times are seconds since 1970, UTC.
#[derive(Debug, Clone)]
pub struct GateFacts {
    /// Now.
    pub now: i64,
    /// The policy that holds, with its version and digest; `None` if there is none.
    pub policy: Option<(Policy, u32, String)>,
    /// What is to be done.
    pub act: Act,
    /// Name of the package.
    pub package: String,
    /// Its digest.
    pub package_digest: String,
    /// Digest of its parameters.
    pub params_digest: String,
    /// Tiers that are to run or to be undone.
    pub tiers: Vec<String>,
    /// The database, as it is now.
    pub target: Target,
    /// Major version of its server.
    pub server_major: u32,
    /// Version of oneroof that asks.
    pub engine_version: String,
    /// Digest of its definitions; `None` where a release stands in part, so that it must differ.
    pub definition_digest: Option<String>,
    /// Rehearsals in the store that are about this package, newest first.
    pub evidence: Vec<EvidenceFacts>,
    /// All approvals of the store that are about this package.
    pub approvals: Vec<ApprovalFile>,
    /// All revocations of the store.
    pub revocations: Vec<RevocationFile>,
    /// Digests of approvals that the ledger says were revoked.
    pub revoked_in_ledger: Vec<String>,
    /// Approvals that the ledger says were consumed.
    pub uses: Vec<ApprovalUse>,
    /// Digests of approvals that the release which stands in part was begun with: it may go on with them.
    pub begun_with: Vec<String>,
    /// Preconditions of the package and conditions of the policy that do not hold.
    pub broken: Vec<BrokenCondition>,
}

/// A file that should be signed: who signed it, or why nobody did.
#[derive(Debug, Clone)]
pub struct SignedFile {
    /// Its name, relative to the project.
    pub file: String,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Whose key it is, or what is wrong with the signature.
    pub signed_by: Result<Signer, String>,
}

/// Whose key a signature is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Kind and base64 of the public key.
    pub key: String,
    /// Where it was made, if with a passkey in a browser.
    pub origin: Option<String>,
}

/// A rehearsal's evidence.
#[derive(Debug, Clone)]
pub struct EvidenceFacts {
    /// Name of its folder.
    pub name: String,
    /// Its signature; `digest` is that of SHA256SUMS. An error also if a file is not what SHA256SUMS says.
    pub signed: SignedFile,
    /// `passed`, `failed`
    pub verdict: String,
    /// Digest of the package that was rehearsed.
    pub package_digest: String,
    /// Digest of its parameters.
    pub params_digest: String,
    /// When it began.
    pub started_at: i64,
    /// Of which moment the rows of its clone are, if they are older than it: it began from a golden clone.
    pub rows_at: Option<i64>,
    /// Version of oneroof that ran it.
    pub engine_version: String,
    /// Major version of the source's server.
    pub server_major: u32,
    /// Number of the source's cluster.
    pub system_identifier: Option<String>,
    /// OID of the source's database.
    pub database_oid: u32,
    /// Digest of the source's definitions.
    pub definition_digest: String,
    /// Steps that did not pass, by number.
    pub steps_not_passed: Vec<u32>,
    /// Tiers that were rehearsed.
    pub tiers: Vec<String>,
    /// Was every table copied whole?
    pub is_whole: bool,
    /// Who proposed the release.
    pub proposer: Option<String>,
}

/// An approval's file.
#[derive(Debug, Clone)]
pub struct ApprovalFile {
    /// The file and who signed it.
    pub signed: SignedFile,
    /// What it says.
    pub approval: Approval,
    /// When it was given.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

/// A revocation's file.
#[derive(Debug, Clone)]
pub struct RevocationFile {
    /// The file and who signed it.
    pub signed: SignedFile,
    /// What it says.
    pub revocation: Revocation,
}

/// A consumed approval, from the ledger.
#[derive(Debug, Clone)]
pub struct ApprovalUse {
    /// Its digest.
    pub digest: String,
    /// When.
    pub at: String,
    /// The run that consumed it.
    pub run_id: String,
}

/// Something that must be true and is not.
#[derive(Debug, Clone)]
pub struct BrokenCondition {
    /// Its word in the list of blockers.
    pub code: String,
    /// In words.
    pub message: String,
    /// Who can lift it.
    pub who: String,
    /// How.
    pub how: String,
}
