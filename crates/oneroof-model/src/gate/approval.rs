//! A human's yes or no, as the file says that they sign.

use serde::{Deserialize, Serialize};

use super::policy::Level;

/// What an approval says. Its file is signed as it is, byte for byte; its digest is the SHA-256 of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Always 1.
    pub format: u32,
    /// Its own name.
    pub id: String,
    /// Yes or no.
    pub decision: Decision,
    /// What may be done.
    pub act: Act,
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: String,
    /// Digest of the parameters.
    pub params_digest: String,
    /// The tiers that may run, in order.
    pub tiers: Vec<String>,
    /// The only database.
    pub target: Target,
    /// Digest of the policy that it was given under.
    pub policy_digest: String,
    /// Digest of the definitions that the rehearsal began with.
    pub definition_digest: String,
    /// The rehearsal.
    pub evidence: EvidenceNamed,
    /// What it is no leave for, in words.
    pub does_not_authorise: Vec<String>,
    /// Who decided, as the policy names them.
    pub approver: String,
    /// Their level.
    pub level: Level,
    /// Why.
    pub rationale: String,
    /// UTC, RFC 3339.
    pub created_at: String,
    /// UTC, RFC 3339.
    pub expires_at: String,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = gate::Decision))]
pub enum Decision {
    /// It may be done.
    Approve,
    /// It must not be done; one is enough.
    Reject,
}

/// What is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Act {
    /// To apply the release, and to undo it again while the approval is valid.
    Apply,
    /// To undo a release that stands.
    Rollback,
}

impl Act {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Act::Apply => "apply",
            Act::Rollback => "rollback",
        }
    }
}

/// Which database. All but `name` and `shown` is bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = gate::Target))]
pub struct Target {
    /// Name of the target in oneroof.toml; shown, not bound.
    pub name: String,
    /// Name of the database.
    pub database_name: String,
    /// Its OID.
    pub database_oid: u32,
    /// Number of the cluster, decimal; null where the role may not ask.
    pub system_identifier: Option<String>,
    /// Genesis hash of the ledger.
    pub genesis: Option<String>,
    /// Where it was when it was approved.
    pub shown: ShownAt,
}

impl Target {
    /// Is it the same database? What is only shown is not compared.
    pub fn is(&self, other: &Target) -> bool {
        (
            &self.database_name,
            self.database_oid,
            &self.system_identifier,
            &self.genesis,
        ) == (
            &other.database_name,
            other.database_oid,
            &other.system_identifier,
            &other.genesis,
        )
    }
}

/// An address, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ShownAt {
    /// Host, or `[local]`.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// The rehearsal that an approval rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceNamed {
    /// Name of its folder in `evidence/`; shown, not bound.
    pub name: String,
    /// SHA-256 of its SHA256SUMS.
    pub digest: String,
}

/// An approver takes their own approval back. Its file is signed as an approval is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Always 1.
    pub format: u32,
    /// SHA-256 of the approval's file.
    pub revokes: String,
    /// Who takes it back.
    pub approver: String,
    /// Why.
    pub rationale: String,
    /// UTC, RFC 3339.
    pub created_at: String,
}
