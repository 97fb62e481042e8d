//! Which table lock a statement takes, after PostgreSQL's documentation ("Explicit Locking", `ALTER TABLE`) and
//! `AlterTableGetLockLevel` in its source.

use oneroof_model::locks::LockMode;
use pg_query::protobuf::{AlterTableType, ConstrType};

use crate::tree::Record;

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
