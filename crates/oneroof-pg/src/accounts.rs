//! Accounts of the operating system, read from `/etc/passwd` without any C library call.

use std::fs;
use std::path::PathBuf;

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Login name.
    pub(crate) name: String,
    /// Numeric user id.
    pub(crate) uid: u32,
    /// Numeric id of its first group.
    pub(crate) gid: u32,
    /// Home folder.
    pub(crate) home: PathBuf,
}

/// The account with this login name.
pub(crate) fn by_name(name: &str) -> Option<Account> {
    all().into_iter().find(|account| account.name == name)
}

/// The account with this number.
pub(crate) fn by_uid(uid: u32) -> Option<Account> {
    all().into_iter().find(|account| account.uid == uid)
}

/// The account that this process acts as.
pub(crate) fn effective() -> Option<Account> {
    by_uid(rustix::process::geteuid().as_raw())
}

/// Does this process act as the superuser of the operating system?
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn all() -> Vec<Account> {
    let Ok(content) = fs::read_to_string("/etc/passwd") else {
        return Vec::new();
    };
    content.lines().filter_map(account).collect()
}

fn account(line: &str) -> Option<Account> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, ..] = fields[..] else {
        return None;
    };
    Some(Account {
        name: name.to_owned(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        home: PathBuf::from(home),
    })
}
