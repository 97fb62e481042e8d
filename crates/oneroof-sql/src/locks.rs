//! Which table lock a statement takes, after PostgreSQL's documentation ("Explicit Locking", `ALTER TABLE`) and
//! `AlterTableGetLockLevel` in its source.

use pg_query::protobuf::{AlterTableType, ConstrType};
use serde::Serialize;

use crate::tree::Record;

/// Table-level lock modes, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Taken by `select`.
    AccessShare,
    /// Taken by `select … for update`.
    RowShare,
    /// Taken by `insert`, `update`, `delete`.
    RowExclusive,
    /// Taken by `vacuum`, `analyze`, concurrent index builds, `validate constraint`.
    ShareUpdateExclusive,
    /// Taken by `create index`.
    Share,
    /// Taken by `create trigger` and foreign keys.
    ShareRowExclusive,
    /// Taken by `refresh materialized view concurrently`.
    Exclusive,
    /// Taken by most of `alter table`, `drop`, `truncate`.
    AccessExclusive,
}

impl LockMode {
    /// As PostgreSQL writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Whether `insert`, `update` and `delete` of others wait for it.
    #[must_use]
    pub fn blocks_writers(self) -> bool {
        self >= Self::Share
    }

    /// Whether `select` of others waits for it.
    #[must_use]
    pub fn blocks_readers(self) -> bool {
        self == Self::AccessExclusive
    }

    /// Of the number in `lock table … in … mode`.
    pub(crate) fn of_number(number: i64) -> Self {
        match number {
            1 => Self::AccessShare,
            2 => Self::RowShare,
            3 => Self::RowExclusive,
            4 => Self::ShareUpdateExclusive,
            5 => Self::Share,
            6 => Self::ShareRowExclusive,
            7 => Self::Exclusive,
            _ => Self::AccessExclusive,
        }
    }
}

/// The lock of one action of `alter table`, and the words for it.
pub(crate) fn alter_table_lock(command: &Record, on_table: bool) -> (LockMode, &'static str) {
    use AlterTableType as At;
    use LockMode::{AccessExclusive, ShareRowExclusive, ShareUpdateExclusive};
    let subtype = i32::try_from(command.number("subtype")).unwrap_or(0);
    match At::try_from(subtype).unwrap_or(At::Undefined) {
        At::AtAddColumn => (AccessExclusive, "add column"),
        At::AtDropColumn => (AccessExclusive, "drop column"),
        At::AtColumnDefault => (AccessExclusive, "alter column default"),
        At::AtSetNotNull => (AccessExclusive, "set not null"),
        At::AtDropNotNull => (AccessExclusive, "drop not null"),
        At::AtAlterColumnType => (AccessExclusive, "alter column type"),
        At::AtSetStatistics => (ShareUpdateExclusive, "set statistics"),
        At::AtSetOptions | At::AtResetOptions => (ShareUpdateExclusive, "set column options"),
        At::AtClusterOn | At::AtDropCluster => (ShareUpdateExclusive, "cluster on"),
        At::AtSetRelOptions | At::AtResetRelOptions | At::AtReplaceRelOptions => {
            if on_table {
                (ShareUpdateExclusive, "set storage parameters")
            } else {
                (AccessExclusive, "set options")
            }
        }
        At::AtValidateConstraint => (ShareUpdateExclusive, "validate constraint"),
        At::AtAddConstraint => match command.record("def").map(|def| def.number("contype")) {
            Some(kind) if kind == ConstrType::ConstrForeign as i64 => {
                (ShareRowExclusive, "add foreign key")
            }
            _ => (AccessExclusive, "add constraint"),
        },
        At::AtDropConstraint => (AccessExclusive, "drop constraint"),
        At::AtAlterConstraint => (AccessExclusive, "alter constraint"),
        At::AtEnableTrig
        | At::AtEnableAlwaysTrig
        | At::AtEnableReplicaTrig
        | At::AtDisableTrig
        | At::AtEnableTrigAll
        | At::AtDisableTrigAll
        | At::AtEnableTrigUser
        | At::AtDisableTrigUser => (ShareRowExclusive, "enable or disable trigger"),
        At::AtAttachPartition => (ShareUpdateExclusive, "attach partition"),
        At::AtDetachPartition
            if command
                .record("def")
                .is_some_and(|def| def.flag("concurrent")) =>
        {
            (ShareUpdateExclusive, "detach partition concurrently")
        }
        At::AtDetachPartitionFinalize => (ShareUpdateExclusive, "detach partition finalize"),
        At::AtDetachPartition => (AccessExclusive, "detach partition"),
        At::AtChangeOwner => (AccessExclusive, "owner to"),
        At::AtEnableRowSecurity
        | At::AtDisableRowSecurity
        | At::AtForceRowSecurity
        | At::AtNoForceRowSecurity => (AccessExclusive, "row level security"),
        At::AtSetLogged | At::AtSetUnLogged => (AccessExclusive, "set logged"),
        At::AtSetTableSpace => (AccessExclusive, "set tablespace"),
        At::AtAddIdentity | At::AtSetIdentity | At::AtDropIdentity => {
            (AccessExclusive, "alter identity")
        }
        At::AtAddInherit | At::AtDropInherit => (AccessExclusive, "inherit"),
        At::AtReplicaIdentity => (AccessExclusive, "replica identity"),
        _ => (AccessExclusive, "alter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits() {
        assert!(LockMode::AccessExclusive.blocks_readers());
        assert!(!LockMode::Exclusive.blocks_readers());
        assert!(LockMode::Share.blocks_writers());
        assert!(!LockMode::ShareUpdateExclusive.blocks_writers());
        for number in 1..=8 {
            assert_eq!(LockMode::of_number(number) as i64, number - 1);
        }
    }
}
