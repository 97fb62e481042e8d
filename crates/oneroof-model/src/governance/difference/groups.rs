//! Containers of the inventory, and the groups that are values of axis containment.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{Plan, SyncArea};
use crate::governance::{Actual, Desired};

/// The entries that bring the list of containers to what is wanted. They decide what the inventory is, so
/// they come before everything else is compared.
pub fn container_changes(desired: &Desired, actual: &Actual) -> Vec<Json> {
    let Some(known) = &actual.containers else {
        return Vec::new();
    };
    let mut entries = Vec::new();
    for wanted in &desired.containers {
        let present = known
            .iter()
            .find(|known| known.container == wanted.container);
        let op = match present {
            None => "add",
            Some(known) if known.group != wanted.group || known.governed != wanted.governed => {
                "set"
            }
            Some(_) => continue,
        };
        entries.push(json!({
            "op": op,
            "container": wanted.container,
            "group": wanted.group,
            "governed": wanted.governed,
        }));
    }
    for known in known {
        let wanted = desired
            .containers
            .iter()
            .any(|wanted| wanted.container == known.container);
        if !wanted && desired.orders.retires_container(&known.container) {
            entries.push(json!({ "op": "remove", "container": known.container }));
        }
    }
    entries
}

impl Plan<'_> {
    pub(super) fn groups(&mut self, containers: Vec<Json>) {
        let (desired, actual) = (self.desired, self.actual);
        for entry in containers {
            self.push(SyncArea::Groups, entry);
        }
        for known in actual.containers.iter().flatten() {
            let wanted = desired
                .containers
                .iter()
                .any(|wanted| wanted.container == known.container);
            if !wanted && !desired.orders.retires_container(&known.container) {
                self.note(format!(
                    "container {} is in the target and not in governance.toml: list it, or end it with [[retire]]",
                    known.container
                ));
            }
        }
        let used: BTreeSet<&str> = actual
            .inventory
            .iter()
            .filter_map(|member| member.group.as_deref())
            .collect();
        let listed: BTreeSet<&str> = desired
            .containers
            .iter()
            .map(|container| container.group.as_str())
            .collect();
        let values: Vec<(&str, &str)> = actual
            .values
            .iter()
            .filter(|value| value.axis == "containment")
            .map(|value| (value.value.as_str(), value.status.as_str()))
            .collect();
        for group in &used {
            if desired.orders.retires_group(group) {
                self.refuse(format!("group {group} cannot be retired: it has members"));
            }
            let op = match values.iter().find(|(value, _)| value == group) {
                None => "value",
                Some((_, "active")) => continue,
                Some(_) => "restore",
            };
            self.push(
                SyncArea::Groups,
                json!({ "op": op, "group": group, "approval_ref": desired.approval }),
            );
        }
        self.groups = used.iter().map(|group| (*group).to_owned()).collect();
        for (value, _) in values.iter().filter(|(_, status)| *status == "active") {
            if used.contains(value) {
                continue;
            }
            let unlisted = actual.containers.is_some() && !listed.contains(value);
            if unlisted || desired.orders.retires_group(value) {
                self.push(
                    SyncArea::Groups,
                    json!({ "op": "retire", "group": value, "approval_ref": desired.approval }),
                );
                self.retired_groups.insert((*value).to_owned());
            } else {
                self.groups.push((*value).to_owned());
                self.note(format!("group {value} has no members"));
            }
        }
    }
}
