//! What a database says about a role: input of [`judge`](super::judge()).

use super::ItemName;

/// Everything that was read about one role in one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The role's name.
    pub role: String,
    /// The same as an SQL identifier, quoted by the server where it must be.
    pub quoted_role: String,
    /// The database's name.
    pub database: String,
    /// For example `150018`.
    pub server_version_num: u32,
    /// Is the server a standby? Then every mend is for its primary.
    pub in_recovery: bool,
    /// The role that managed services give instead of a superuser, where there is one.
    pub managed_by: Option<String>,
    /// What the role has or lacks, item by item.
    pub findings: Vec<Finding>,
    /// Roles that it is a member of, directly or through others.
    pub memberships: Vec<Membership>,
    /// Settings that its sessions start with.
    pub settings: Vec<Setting>,
    /// `rolconnlimit`; -1 is no limit.
    pub connection_limit: i32,
}

/// One thing that an item does not want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The item that is about it.
    pub item: ItemName,
    /// What it is.
    pub seen: String,
    /// The SQL that mends it; empty if no statement can.
    pub mend: String,
}

/// A role whose rights the examined role has or can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Its name.
    pub role: String,
    /// Comes it with PostgreSQL (`pg_…`)?
    pub is_predefined: bool,
    /// The membership of the examined role itself through which it gets there, if it is another one.
    pub through: Option<String>,
    /// The statement that ends it.
    pub mend: String,
}

/// A setting as a new session of the role has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value in its base unit (milliseconds, kilobytes) or word (`on`, `off`).
    pub value: String,
    /// The statement that removes what this database alone says, which wins over the role; empty if none.
    pub mend_first: String,
}
