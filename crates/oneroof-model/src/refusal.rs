//! A refusal is a value with reasons, not a crash; its exit code is 3.

use std::fmt;

use serde::Serialize;

/// Stable code of a refusal; each has a page in `docs/errors/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// A precondition of the package does not hold.
    PreconditionFailed,
    /// This release is already complete on the target.
    ReleaseFinished,
    /// The gate of a production is closed for this release.
    GateClosed,
    /// A golden clone is changed only by refresh and restore, and never opened.
    GoldenIsKept,
    /// The target is no kept clone of this project.
    NotAClone,
    /// Somebody is connected to a clone that must be alone for a moment.
    CloneInUse,
    /// A mark is there that our registry does not confirm.
    MarkNotValid,
    /// Somebody else holds the run lock.
    TargetLocked,
    /// The target lacks schema `oneroof`.
    NotAdopted,
    /// A package that this one requires is not live.
    RequirementMissing,
    /// The server's major is outside the package's range.
    PostgresVersion,
    /// The target has no connection for that role.
    RoleMissing,
    /// A role lacks a right.
    RightMissing,
    /// The database's name is not the expected one.
    WrongDatabase,
    /// The package folder does not match its manifest, or was never sealed.
    PackageNotSealed,
    /// The package has errors that `check` names.
    PackageInvalid,
    /// A rollback would touch what somebody else made.
    RollbackBlocked,
    /// Somebody changed what a release made, and a rollback would take that away.
    ChangedSince,
    /// What a release would create is there already, and is somebody else's.
    ForeignObject,
    /// No server binaries, or not of the wanted major.
    ServerBinariesMissing,
    /// The clone's name is taken.
    CloneNameTaken,
    /// The source cannot be cloned in this way, or there is no room for it.
    CloneImpossible,
    /// A snapshot is not what was put away.
    SnapshotBroken,
    /// Only embedded servers and scratch databases may be sealed.
    NotAFixture,
    /// The package has something that plain psql scripts cannot do.
    NotRenderable,
    /// A change of governance does not fit what the target holds.
    ChangeRefused,
    /// What somebody decided on is no longer so.
    FactsChanged,
    /// Another scan for drift is running.
    ScanBusy,
    /// The named rehearsal is about other bytes, or failed.
    OtherEvidence,
    /// The ledger of a target is not whole.
    LedgerBroken,
    /// A tier outside a transaction was cut, and going on must be asked for.
    TierUnfinished,
    /// The read-only channel does not serve this database.
    DatabaseNotServed,
    /// Every slot of the read-only channel is taken.
    PoolBusy,
    /// The role of the read-only channel may do what it must not.
    RoleDangerous,
    /// The target has no policy.
    PolicyMissing,
    /// The key is no approver's of the policy.
    NotAnApprover,
    /// There is no rehearsal that an approval could rest on.
    NothingToApprove,
}

impl RefusalCode {
    /// The code as printed, for example `gate-closed`.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalCode::PreconditionFailed => "precondition-failed",
            RefusalCode::ReleaseFinished => "release-finished",
            RefusalCode::GateClosed => "gate-closed",
            RefusalCode::GoldenIsKept => "golden-is-kept",
            RefusalCode::NotAClone => "not-a-clone",
            RefusalCode::CloneInUse => "clone-in-use",
            RefusalCode::MarkNotValid => "mark-not-valid",
            RefusalCode::TargetLocked => "target-locked",
            RefusalCode::NotAdopted => "not-adopted",
            RefusalCode::RequirementMissing => "requirement-missing",
            RefusalCode::PostgresVersion => "postgres-version",
            RefusalCode::RoleMissing => "role-missing",
            RefusalCode::RightMissing => "right-missing",
            RefusalCode::WrongDatabase => "wrong-database",
            RefusalCode::PackageNotSealed => "package-not-sealed",
            RefusalCode::PackageInvalid => "package-invalid",
            RefusalCode::RollbackBlocked => "rollback-blocked",
            RefusalCode::ChangedSince => "changed-since",
            RefusalCode::ForeignObject => "foreign-object",
            RefusalCode::ServerBinariesMissing => "server-binaries-missing",
            RefusalCode::CloneNameTaken => "clone-name-taken",
            RefusalCode::CloneImpossible => "clone-impossible",
            RefusalCode::SnapshotBroken => "snapshot-broken",
            RefusalCode::NotAFixture => "not-a-fixture",
            RefusalCode::NotRenderable => "not-renderable",
            RefusalCode::ChangeRefused => "change-refused",
            RefusalCode::FactsChanged => "facts-changed",
            RefusalCode::ScanBusy => "scan-busy",
            RefusalCode::OtherEvidence => "other-evidence",
            RefusalCode::LedgerBroken => "ledger-broken",
            RefusalCode::TierUnfinished => "tier-unfinished",
            RefusalCode::DatabaseNotServed => "database-not-served",
            RefusalCode::PoolBusy => "pool-busy",
            RefusalCode::RoleDangerous => "role-dangerous",
            RefusalCode::NothingToApprove => "nothing-to-approve",
            RefusalCode::NotAnApprover => "not-an-approver",
            RefusalCode::PolicyMissing => "policy-missing",
        }
    }

    /// Every code, for documentation and its test.
    pub const ALL: &'static [RefusalCode] = &[
        RefusalCode::PreconditionFailed,
        RefusalCode::ReleaseFinished,
        RefusalCode::GateClosed,
        RefusalCode::GoldenIsKept,
        RefusalCode::NotAClone,
        RefusalCode::CloneInUse,
        RefusalCode::MarkNotValid,
        RefusalCode::TargetLocked,
        RefusalCode::NotAdopted,
        RefusalCode::RequirementMissing,
        RefusalCode::PostgresVersion,
        RefusalCode::RoleMissing,
        RefusalCode::RightMissing,
        RefusalCode::WrongDatabase,
        RefusalCode::PackageNotSealed,
        RefusalCode::PackageInvalid,
        RefusalCode::RollbackBlocked,
        RefusalCode::ChangedSince,
        RefusalCode::ForeignObject,
        RefusalCode::ServerBinariesMissing,
        RefusalCode::CloneNameTaken,
        RefusalCode::CloneImpossible,
        RefusalCode::SnapshotBroken,
        RefusalCode::NotAFixture,
        RefusalCode::NotRenderable,
        RefusalCode::ChangeRefused,
        RefusalCode::FactsChanged,
        RefusalCode::ScanBusy,
        RefusalCode::OtherEvidence,
        RefusalCode::LedgerBroken,
        RefusalCode::TierUnfinished,
        RefusalCode::DatabaseNotServed,
        RefusalCode::PoolBusy,
        RefusalCode::RoleDangerous,
        RefusalCode::NothingToApprove,
        RefusalCode::NotAnApprover,
        RefusalCode::PolicyMissing,
    ];
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why something was not done, and what to do next. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Stable.
    pub code: RefusalCode,
    /// What was refused and why, in one sentence.
    pub message: String,
    /// Each single reason, where there are several.
    pub reasons: Vec<String>,
    /// What to do next, and who can do it.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal with one reason.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Refusal {
        Refusal {
            code,
            message: message.into(),
            reasons: Vec::new(),
            hint: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Refusal {
        self.hint = Some(hint.into());
        self
    }

    /// Adds single reasons.
    #[must_use]
    pub fn reasons(mut self, reasons: Vec<String>) -> Refusal {
        self.reasons = reasons;
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_code_is_the_serialized_one() {
        for code in RefusalCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
