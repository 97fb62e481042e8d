//! The items of a posture: stable names, and why each matters.

use std::fmt;

use serde::Serialize;

/// Which connection of a target a role stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleKind {
    /// Probes, gate, pages, and the channel for foreign text.
    Read,
    /// Copies.
    Clone,
    /// Runs tiers.
    Apply,
}

impl RoleKind {
    /// All of them.
    pub const ALL: [RoleKind; 3] = [RoleKind::Read, RoleKind::Clone, RoleKind::Apply];

    /// The key in `oneroof.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            RoleKind::Read => "read",
            RoleKind::Clone => "clone",
            RoleKind::Apply => "apply",
        }
    }
}

impl fmt::Display for RoleKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

macro_rules! items {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $why:literal;)*) => {
        /// What is looked at. The names are stable: `[targets.T.readonly] accept` has them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum ItemName {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ItemName {
            /// Every item, in the order in which they are shown.
            pub const ALL: &[ItemName] = &[$(ItemName::$variant),*];

            /// The name as it is printed and as `accept` takes it.
            pub fn as_str(self) -> &'static str {
                match self { $(ItemName::$variant => $name,)* }
            }

            /// Why it matters, one sentence.
            pub fn why(self) -> &'static str {
                match self { $(ItemName::$variant => $why,)* }
            }
        }
    };
}

items! {
    /// The role can sign in.
    Login "login" "without it nothing of this role can work";
    /// No proxy hands its sessions around between transactions.
    TransactionPooling "transaction-pooling" "settings, limits and advisory locks of a session reach somebody else's, and a cancel request may end a foreign statement; connect to the server itself, or to a proxy that pools whole sessions";
    /// `rolsuper`.
    Superuser "superuser" "no right and no limit holds for a superuser: only the parser stands between a text and the database";
    /// `rolbypassrls`.
    BypassRls "bypass-rls" "row policies do not hold for it, so it reads rows that are meant for others";
    /// `rolcreatedb`.
    CreateDb "create-db" "it can make databases, which it owns";
    /// `rolcreaterole`.
    CreateRole "create-role" "it can make roles, and give itself the rights of others (all but superusers before 16)";
    /// `rolreplication`.
    Replication "replication" "it can copy the whole cluster with all password hashes, and make slots that keep WAL until the disk is full";
    /// Membership in other roles.
    Memberships "memberships" "what a role is a member of it can become with `set role`, and rights that the other role gets later come to it unseen";
    /// Objects of its own.
    OwnedObjects "owned-objects" "an owner can change, drop and give away what it owns, whatever the grants say";
    /// A right to change rows.
    WriteRights "write-rights" "READ ONLY is a setting of a transaction; a right that is not there cannot be used whatever the setting says";
    /// A right to move sequences.
    SequenceRights "sequence-rights" "`nextval` and `setval` are not undone by a rollback";
    /// A right to make objects.
    CreateRights "create-rights" "who may create a function or a view can have it run by others, and can shadow their names";
    /// A right to make temporary tables.
    TempRight "temp-right" "temporary tables can be written in a READ ONLY transaction, fill the disk, and bloat the catalogs";
    /// Mappings to foreign servers.
    UserMappings "user-mappings" "a foreign table is read with a remote role, whose rights nobody sees from here";
    /// Use of foreign servers.
    ForeignServers "foreign-servers" "with `usage` it can make user mappings and foreign tables, and reach other servers from this one";
    /// A right to set parameters of superusers.
    ParameterRights "parameter-rights" "it can lift the limits that only a superuser may set";
    /// Reading of password hashes and the like.
    Secrets "secrets" "password hashes, connection strings, statistics with values of every column and all large objects can be read";
    /// Functions that run with the rights of their owners.
    DefinerFunctions "definer-functions" "a `security definer` function runs with its owner's rights: each must be known to change nothing, or not be executable";
    /// Built-in functions with effects that a READ ONLY transaction lets through.
    EffectFunctions "effect-functions" "these change something in a READ ONLY transaction; the guard refuses them, and without the right nothing rests on the guard alone";
    /// `default_transaction_read_only`.
    DefaultReadOnly "default-read-only" "a session that forgot to ask for READ ONLY has it anyway";
    /// `statement_timeout`.
    StatementTimeout "statement-timeout" "a statement without a limit runs until somebody looks";
    /// `lock_timeout`.
    LockTimeout "lock-timeout" "who waits for a lock makes everybody wait who comes after";
    /// `idle_in_transaction_session_timeout`.
    IdleTimeout "idle-timeout" "a forgotten transaction keeps its locks, stops vacuum, and blocks releases";
    /// `temp_file_limit`.
    TempFileLimit "temp-file-limit" "a large sort can fill the disk; only a superuser can set this limit, so it holds for good";
    /// `work_mem`.
    WorkMem "work-mem" "each sort and hash of each statement may take this much memory";
    /// `max_parallel_workers_per_gather`.
    ParallelWorkers "parallel-workers" "one statement should take one core of a production";
    /// `jit`.
    Jit "jit" "compiling a large statement takes longer than many limits, and cannot be interrupted";
    /// `standard_conforming_strings`.
    StandardStrings "standard-strings" "the guard and the server must read the same text in the same way";
    /// `rolconnlimit`.
    ConnectionLimit "connection-limit" "statements that ignore their limits hold a core each; this bounds how many";
    /// Member of `pg_read_all_stats`.
    ReadAllStats "read-all-stats" "without it the sessions of others are invisible, and `nobody is idle in transaction` would pass blindly; the gate then says BLOCKED";
    /// Select on every table.
    ReadEverything "read-everything" "a copy lacks what its role cannot read, and a rehearsal on it proves less";
    /// `noinherit`.
    Inherit "inherit" "with `noinherit` the role has the owners' rights inside a release only, after `set role`";
    /// May append to the ledger.
    LedgerAppend "ledger-append" "what a release does is written to the ledger in the same transaction, or is not done";
}

impl fmt::Display for ItemName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl ItemName {
    /// The item of that name.
    pub fn find(name: &str) -> Option<ItemName> {
        ItemName::ALL
            .iter()
            .copied()
            .find(|item| item.as_str() == name)
    }

    /// The item of that name, or what to say: `accept` names an item that does not exist.
    ///
    /// # Errors
    /// Message and hint.
    pub fn parse(name: &str) -> Result<ItemName, (String, String)> {
        ItemName::find(name).ok_or_else(|| {
            let names = ItemName::ALL.iter().map(|item| item.as_str());
            let hint = crate::nearest(name, names).map_or_else(
                || "`oneroof doctor TARGET --all` lists the items".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            (format!("`{name}` is no item of `oneroof doctor`"), hint)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_found_again() {
        for item in ItemName::ALL {
            let name = item.as_str();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            assert_eq!(ItemName::find(name), Some(*item));
            assert_eq!(serde_json::to_value(item).unwrap(), name);
        }
    }

    #[test]
    fn an_unknown_name_is_told_its_nearest() {
        let (message, hint) = ItemName::parse("super-user").unwrap_err();
        assert!(message.contains("`super-user`"), "{message}");
        assert_eq!(hint, "did you mean `superuser`?");
        assert!(
            ItemName::parse("zzz")
                .unwrap_err()
                .1
                .contains("doctor TARGET --all")
        );
    }
}
