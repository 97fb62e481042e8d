//! Is a role as it should be? [`judge`] makes one [`Item`] of each thing that is looked at.

use serde::Serialize;

use super::facts::{Facts, Finding, Membership};
use super::item::{ItemName, RoleKind};

/// How much an item matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The channel for foreign text does not open without it.
    Required,
    /// A second fence.
    Recommended,
    /// This server has no such thing, or does not let anybody set it; the item says what replaces it.
    NotAvailable,
}

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Better otherwise.
    Warning,
    /// Something required is not so.
    Dangerous,
}

/// One thing that was looked at, and what came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The connection that the role stands behind.
    pub role: RoleKind,
    /// Its stable name.
    pub name: ItemName,
    /// How much it matters for this connection.
    pub level: Level,
    /// What came out.
    pub verdict: Verdict,
    /// Does the configuration accept it by name?
    pub accepted: bool,
    /// What is wrong, each single thing.
    pub wrong: Vec<String>,
    /// Why it matters.
    pub why: &'static str,
    /// The SQL that mends it, to be run by a DBA in this database.
    pub mend: Vec<String>,
    /// What replaces it where it is not available.
    pub instead: Option<String>,
}

impl Item {
    /// Is it dangerous and not accepted?
    pub fn stops(&self) -> bool {
        self.verdict == Verdict::Dangerous && !self.accepted
    }
}

/// Member of these, a role sees statistics and settings, and can change nothing.
const HARMLESS: [&str; 3] = ["pg_monitor", "pg_read_all_settings", "pg_stat_scan_tables"];
/// Who acts as one of these rules the files of the server, or our own ledger.
const NEVER: [&str; 4] = [
    "pg_execute_server_program",
    "pg_read_server_files",
    "pg_write_server_files",
    "oneroof_ledger",
];

/// A setting that a role should bring: item, its name, what is right, the value that we propose.
struct Limit(ItemName, &'static str, fn(&str) -> bool, &'static str);

const LIMITS: [Limit; 9] = [
    Limit(
        ItemName::DefaultReadOnly,
        "default_transaction_read_only",
        |value| value == "on",
        "on",
    ),
    Limit(
        ItemName::StatementTimeout,
        "statement_timeout",
        is_a_limit,
        "5s",
    ),
    Limit(ItemName::LockTimeout, "lock_timeout", is_a_limit, "1s"),
    Limit(
        ItemName::IdleTimeout,
        "idle_in_transaction_session_timeout",
        is_a_limit,
        "10s",
    ),
    Limit(
        ItemName::TempFileLimit,
        "temp_file_limit",
        |value| number(value) >= 0,
        "256MB",
    ),
    Limit(
        ItemName::WorkMem,
        "work_mem",
        |value| (1..=65_536).contains(&number(value)),
        "16MB",
    ),
    Limit(
        ItemName::ParallelWorkers,
        "max_parallel_workers_per_gather",
        |value| value == "0",
        "0",
    ),
    Limit(ItemName::Jit, "jit", |value| value == "off", "off"),
    Limit(
        ItemName::StandardStrings,
        "standard_conforming_strings",
        |value| value == "on",
        "on",
    ),
];

fn number(value: &str) -> i64 {
    value.parse().unwrap_or(-1)
}

/// 0 means none.
fn is_a_limit(value: &str) -> bool {
    number(value) > 0
}

/// How much an item matters for a connection; `None` if it is not looked at.
fn level(kind: RoleKind, name: ItemName) -> Option<Level> {
    use ItemName as N;
    use Level::{Recommended, Required};
    use RoleKind::{Apply, Clone, Read};
    let level = match (name, kind) {
        (N::Login | N::TransactionPooling | N::Superuser | N::CreateRole, _)
        | (N::Memberships | N::ParameterRights, _)
        | (N::CreateDb, Read | Clone)
        | (N::Replication, Read | Apply)
        | (N::BypassRls | N::TempRight | N::UserMappings | N::Secrets, Read)
        | (N::OwnedObjects | N::WriteRights | N::SequenceRights | N::CreateRights, Read | Clone) => {
            Required
        }
        (N::OwnedObjects | N::WriteRights | N::SequenceRights | N::CreateRights, Apply)
        | (N::BypassRls | N::CreateDb | N::Inherit | N::LedgerAppend, Apply)
        | (N::UserMappings, Clone | Apply)
        | (N::TempRight | N::ReadEverything, Clone)
        | (N::DefaultReadOnly | N::LockTimeout, Read | Clone)
        | (N::ForeignServers | N::DefinerFunctions | N::EffectFunctions | N::ReadAllStats, Read)
        | (N::StatementTimeout | N::IdleTimeout | N::TempFileLimit | N::WorkMem, Read)
        | (N::ParallelWorkers | N::Jit | N::StandardStrings, Read)
        | (N::ConnectionLimit, _) => Recommended,
        _ => return None,
    };
    Some(level)
}

/// Every item that is looked at for this connection, in the order of [`ItemName::ALL`]. `accepted`
/// are the items that the configuration accepts by name.
pub fn judge(kind: RoleKind, facts: &Facts, accepted: &[ItemName]) -> Vec<Item> {
    ItemName::ALL
        .iter()
        .filter_map(|name| {
            let mut item = start(kind, *name, accepted)?;
            fill(&mut item, facts);
            Some(item)
        })
        .collect()
}

/// The only item of a role that cannot sign in.
pub fn login_item(kind: RoleKind, wrong: String, instead: String) -> Item {
    Item {
        role: kind,
        name: ItemName::Login,
        level: Level::Required,
        verdict: Verdict::Dangerous,
        accepted: false,
        wrong: vec![wrong],
        why: ItemName::Login.why(),
        mend: Vec::new(),
        instead: Some(instead),
    }
}

fn start(kind: RoleKind, name: ItemName, accepted: &[ItemName]) -> Option<Item> {
    Some(Item {
        role: kind,
        name,
        level: level(kind, name)?,
        verdict: Verdict::Ok,
        accepted: accepted.contains(&name),
        wrong: Vec::new(),
        why: name.why(),
        mend: Vec::new(),
        instead: None,
    })
}

fn fill(item: &mut Item, facts: &Facts) {
    match item.name {
        ItemName::Memberships => memberships(item, facts),
        ItemName::ConnectionLimit if facts.connection_limit < 0 => {
            let limit = match item.role {
                RoleKind::Read => 4,
                RoleKind::Clone => 16,
                RoleKind::Apply => 8,
            };
            item.wrong
                .push("it may open any number of connections".to_owned());
            item.mend.push(format!(
                "alter role {} connection limit {limit};",
                facts.quoted_role
            ));
        }
        name => {
            if let Some(limit) = LIMITS.iter().find(|limit| limit.0 == name) {
                setting(item, limit, facts);
            }
        }
    }
    let name = item.name;
    for finding in facts.findings.iter().filter(|found| found.item == name) {
        add(item, finding);
    }
    if item.verdict == Verdict::Ok && !item.wrong.is_empty() {
        item.verdict = match item.level {
            Level::Required => Verdict::Dangerous,
            Level::Recommended | Level::NotAvailable => Verdict::Warning,
        };
    }
    not_available(item, facts);
    item.accepted &= item.verdict == Verdict::Dangerous;
}

fn add(item: &mut Item, finding: &Finding) {
    item.wrong.push(finding.seen.clone());
    if !finding.mend.is_empty() && !item.mend.contains(&finding.mend) {
        item.mend.push(finding.mend.clone());
    }
}

fn setting(item: &mut Item, limit: &Limit, facts: &Facts) {
    let Limit(_, name, is_right, proposed) = limit;
    let found = facts.settings.iter().find(|setting| setting.name == *name);
    match found {
        Some(setting) if is_right(&setting.value) => {}
        Some(setting) => {
            item.wrong.push(format!("`{name}` is {}", setting.value));
            if !setting.mend_first.is_empty() {
                item.mend.push(setting.mend_first.clone());
            }
            item.mend.push(format!(
                "alter role {} set {name} = '{proposed}';",
                facts.quoted_role
            ));
        }
        None => item.instead = Some(format!("this server has no setting `{name}`")),
    }
}

fn not_available(item: &mut Item, facts: &Facts) {
    match (item.name, &facts.managed_by) {
        (ItemName::ParameterRights, _) if facts.server_version_num < 150_000 => {
            item.level = Level::NotAvailable;
            item.instead =
                Some("before PostgreSQL 15 no role can be given such a right".to_owned());
        }
        (ItemName::TempFileLimit, Some(manager)) if item.verdict != Verdict::Ok => {
            item.level = Level::NotAvailable;
            item.mend.clear();
            item.instead = Some(format!(
                "only a superuser may set it for one role, and `{manager}` is none: set `temp_file_limit` for the whole server, in the parameters of the service"
            ));
        }
        _ if item.instead.is_some() => item.level = Level::NotAvailable,
        _ => {}
    }
}

fn memberships(item: &mut Item, facts: &Facts) {
    for membership in &facts.memberships {
        let Some(verdict) = membership_verdict(item.role, membership) else {
            continue;
        };
        let through = match &membership.through {
            Some(through) => format!(" through `{through}`"),
            None => String::new(),
        };
        item.verdict = item.verdict.max(verdict);
        item.wrong
            .push(format!("member of `{}`{through}", membership.role));
        if !item.mend.contains(&membership.mend) {
            item.mend.push(membership.mend.clone());
        }
    }
}

/// What a membership is worth; `None` if it belongs to the connection's work. Rights that an ordinary
/// role brings are found by their own items, so it is a warning by itself.
fn membership_verdict(kind: RoleKind, membership: &Membership) -> Option<Verdict> {
    let role = membership.role.as_str();
    if NEVER.contains(&role) {
        return Some(Verdict::Dangerous);
    }
    let belongs = match kind {
        RoleKind::Read => ["pg_read_all_stats", "one_roof_reader"].contains(&role),
        RoleKind::Clone => ["pg_read_all_stats", "pg_read_all_data"].contains(&role),
        RoleKind::Apply => !membership.is_predefined || role == "pg_read_all_stats",
    };
    if belongs {
        return None;
    }
    let is_grave = membership.is_predefined && !HARMLESS.contains(&role) && kind != RoleKind::Apply;
    Some(if is_grave {
        Verdict::Dangerous
    } else {
        Verdict::Warning
    })
}

#[cfg(test)]
mod tests {
    use super::super::facts::Setting;
    use super::*;

    fn right(kind: RoleKind) -> Facts {
        let settings = LIMITS.iter().map(|Limit(_, name, is_right, proposed)| {
            let value = ["100", "0", "on", "off"]
                .into_iter()
                .find(|value| is_right(value))
                .unwrap_or(proposed);
            Setting {
                name: (*name).to_owned(),
                value: value.to_owned(),
                mend_first: String::new(),
            }
        });
        Facts {
            role: kind.to_string(),
            quoted_role: format!("\"{kind}\""),
            server_version_num: 150_000,
            connection_limit: 4,
            settings: settings.collect(),
            ..Facts::default()
        }
    }

    fn verdict(kind: RoleKind, facts: &Facts, name: ItemName) -> Verdict {
        let items = judge(kind, facts, &[]);
        items.iter().find(|item| item.name == name).unwrap().verdict
    }

    #[test]
    fn a_right_role_has_nothing_to_mend() {
        for kind in RoleKind::ALL {
            for item in judge(kind, &right(kind), &[]) {
                assert_eq!(
                    (item.verdict, item.wrong.len()),
                    (Verdict::Ok, 0),
                    "{item:?}"
                );
            }
        }
    }

    #[test]
    fn a_finding_makes_its_item_fail_as_much_as_it_matters() {
        for kind in RoleKind::ALL {
            for name in ItemName::ALL.iter().copied() {
                let mut facts = right(kind);
                facts.findings.push(Finding {
                    item: name,
                    seen: "x".to_owned(),
                    mend: "y;".to_owned(),
                });
                let items = judge(kind, &facts, &[]);
                let wanted = match level(kind, name) {
                    None => {
                        assert!(items.iter().all(|item| item.name != name));
                        continue;
                    }
                    Some(Level::Required) => Verdict::Dangerous,
                    Some(_) => Verdict::Warning,
                };
                for item in items {
                    let expected = if item.name == name {
                        wanted
                    } else {
                        Verdict::Ok
                    };
                    assert_eq!(item.verdict, expected, "{kind} {name}: {item:?}");
                }
            }
        }
    }

    #[test]
    fn acceptance_is_by_name_and_only_for_what_is_dangerous() {
        let mut facts = right(RoleKind::Read);
        for item in [ItemName::Superuser, ItemName::TempRight, ItemName::Jit] {
            facts.findings.push(Finding {
                item,
                seen: "x".to_owned(),
                mend: String::new(),
            });
        }
        let items = judge(
            RoleKind::Read,
            &facts,
            &[ItemName::Superuser, ItemName::Jit],
        );
        let stopping: Vec<ItemName> = items
            .iter()
            .filter(|item| item.stops())
            .map(|item| item.name)
            .collect();
        assert_eq!(stopping, [ItemName::TempRight]);
        let accepted: Vec<ItemName> = items
            .iter()
            .filter(|item| item.accepted)
            .map(|item| item.name)
            .collect();
        assert_eq!(accepted, [ItemName::Superuser]);
    }

    #[test]
    fn memberships_are_judged_by_what_the_connection_is_for() {
        let cases = [
            (RoleKind::Read, "pg_read_all_stats", true, Verdict::Ok),
            (RoleKind::Read, "pg_read_all_data", true, Verdict::Dangerous),
            (RoleKind::Read, "pg_monitor", true, Verdict::Warning),
            (RoleKind::Read, "one_roof_reader", false, Verdict::Ok),
            (RoleKind::Read, "analysts", false, Verdict::Warning),
            (RoleKind::Read, "oneroof_ledger", false, Verdict::Dangerous),
            (RoleKind::Clone, "pg_read_all_data", true, Verdict::Ok),
            (
                RoleKind::Clone,
                "pg_write_all_data",
                true,
                Verdict::Dangerous,
            ),
            (RoleKind::Apply, "shop_owner", false, Verdict::Ok),
            (RoleKind::Apply, "oneroof_ledger", false, Verdict::Dangerous),
            (RoleKind::Apply, "pg_write_all_data", true, Verdict::Warning),
            (
                RoleKind::Apply,
                "pg_execute_server_program",
                true,
                Verdict::Dangerous,
            ),
        ];
        for (kind, role, is_predefined, wanted) in cases {
            let mut facts = right(kind);
            facts.memberships.push(Membership {
                role: role.to_owned(),
                is_predefined,
                through: None,
                mend: format!("revoke {role} from x;"),
            });
            assert_eq!(
                verdict(kind, &facts, ItemName::Memberships),
                wanted,
                "{kind} {role}"
            );
        }
    }

    #[test]
    fn what_a_managed_service_does_not_allow_says_what_replaces_it() {
        let mut facts = right(RoleKind::Read);
        facts.managed_by = Some("rds_superuser".to_owned());
        for setting in &mut facts.settings {
            if setting.name == "temp_file_limit" {
                setting.value = "-1".to_owned();
            }
        }
        let items = judge(RoleKind::Read, &facts, &[]);
        let item = items
            .iter()
            .find(|item| item.name == ItemName::TempFileLimit)
            .unwrap();
        assert_eq!(
            (item.level, item.verdict),
            (Level::NotAvailable, Verdict::Warning)
        );
        assert!(item.mend.is_empty() && item.instead.as_deref().unwrap().contains("rds_superuser"));
    }
}
