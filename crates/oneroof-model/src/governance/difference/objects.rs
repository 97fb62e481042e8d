//! Objects that came, left, moved or got another name: assignments and ownership on the axes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Plan, SyncArea};
use crate::governance::{Assignment, AxisOwner, Member};

const CONTAINMENT: &str = "containment";
const ACCOUNTABLE: &str = "accountable";

impl Plan<'_> {
    pub(super) fn objects(&mut self) {
        self.renames_fit();
        let actual = self.actual;
        let mut came: Vec<&Member> = Vec::new();
        for member in actual.inventory.iter().filter(|member| member.required) {
            self.member(member, &mut came);
        }
        let gone = self.leave();
        self.possible_renames(&gone, &came);
        self.other_axis_rows();
    }

    /// Each order must fit what is there; one that is done already says nothing.
    fn renames_fit(&mut self) {
        let (desired, actual) = (self.desired, self.actual);
        for order in &desired.orders.renames {
            let has = |name: &str| {
                actual
                    .assignments
                    .iter()
                    .any(|held| held.object_ref == name)
            };
            let listed = |name: &str| {
                actual
                    .inventory
                    .iter()
                    .any(|member| member.object_ref == name)
            };
            if !has(&order.from) {
                continue;
            }
            if listed(&order.from) {
                self.refuse(format!(
                    "[[rename]] {} -> {}: {} is still in the inventory",
                    order.from, order.to, order.from
                ));
            } else if !listed(&order.to) {
                self.refuse(format!(
                    "[[rename]] {} -> {}: {} is not in the inventory",
                    order.from, order.to, order.to
                ));
            } else if has(&order.to) {
                self.refuse(format!(
                    "[[rename]] {} -> {}: {} is governed already",
                    order.from, order.to, order.to
                ));
            }
        }
    }

    fn member<'m>(&mut self, member: &'m Member, came: &mut Vec<&'m Member>) {
        let held = self.held(&member.object_type, &member.object_ref, CONTAINMENT);
        let Some(group) = &member.group else {
            if !held.is_empty() {
                let ids: Vec<i64> = held.iter().map(|held| held.id).collect();
                let owners = self.held_by(&held);
                self.push(
                    SyncArea::Objects,
                    json!({
                        "op": "leave",
                        "object_type": member.object_type,
                        "object_ref": member.object_ref,
                        "assignments": ids,
                        "ownerships": owners.iter().map(|owner| owner.id).collect::<Vec<_>>(),
                    }),
                );
            }
            return self.without_group(member);
        };
        let scope = self.desired.containment_owner_scope.clone();
        let Some(owner) = self.owner_after(&member.object_type, &member.object_ref, group, &scope)
        else {
            return;
        };
        if held.iter().any(|held| held.value == *group) {
            return self.derived_owner(member, group, &owner, &scope);
        }
        let from = self.old_name(member);
        let held = match &from {
            Some(from) => self.held(&member.object_type, from, CONTAINMENT),
            None => held,
        };
        if held.is_empty() {
            came.push(member);
        }
        let owners = self.held_by(&held);
        self.push(
            SyncArea::Objects,
            json!({
                "op": "place",
                "object_type": member.object_type,
                "object_ref": member.object_ref,
                "group": group,
                "owner": owner,
                "scope": scope,
                "approval_ref": self.desired.approval,
                "from": from,
                "assignment": held.first().map(|held| held.id),
                "ownerships": owners.iter().map(|owner| owner.id).collect::<Vec<_>>(),
            }),
        );
        if let Some(from) = from {
            self.carry(member, &from);
        }
    }

    /// An object in no group inherits nothing.
    fn without_group(&mut self, member: &Member) {
        let direct: BTreeSet<&str> = self
            .actual
            .owners
            .iter()
            .filter(|row| {
                row.object_type == member.object_type
                    && row.object_ref == member.object_ref
                    && row.kind == ACCOUNTABLE
                    && !row.ended
                    && !row.future
            })
            .map(|row| row.scope.as_str())
            .collect();
        let open = self
            .scopes
            .iter()
            .filter(|scope| !direct.contains(scope.as_str()))
            .count();
        if open > 0 {
            self.note(format!(
                "object {} has no group, so it inherits no owner: gap {open}; give it a group, or owners of its own",
                member.object_ref
            ));
        }
    }

    /// The owner of a containment cell follows the owner of a scope.
    fn derived_owner(&mut self, member: &Member, group: &str, owner: &str, scope: &str) {
        let row = self.actual.axis_owners.iter().find(|row| {
            row.object_type == member.object_type
                && row.object_ref == member.object_ref
                && row.axis == CONTAINMENT
                && row.value == group
                && row.kind == ACCOUNTABLE
        });
        if row.is_some_and(|row| !row.ended && (row.owner == owner || !row.derived)) {
            return;
        }
        let row = row.map(|row| row.id);
        self.push(
            SyncArea::Objects,
            json!({
                "op": "own",
                "object_type": member.object_type,
                "object_ref": member.object_ref,
                "axis": CONTAINMENT,
                "value": group,
                "owner": owner,
                "scope": scope,
                "approval_ref": self.desired.approval,
                "ownership": row,
            }),
        );
    }

    /// What a renamed object has on the other axes goes with it.
    fn carry(&mut self, member: &Member, from: &str) {
        let actual = self.actual;
        for held in actual.assignments.iter().filter(|held| {
            held.object_type == member.object_type
                && held.object_ref == from
                && held.axis != CONTAINMENT
        }) {
            let owners = self.held_by(&[held]);
            self.push(
                SyncArea::Objects,
                json!({
                    "op": "carry",
                    "object_type": member.object_type,
                    "object_ref": member.object_ref,
                    "assignment": held.id,
                    "ownerships": owners.iter().map(|owner| owner.id).collect::<Vec<_>>(),
                }),
            );
        }
    }

    /// Objects that the inventory no longer has and nobody renamed.
    fn leave(&mut self) -> Vec<(String, Option<String>)> {
        let actual = self.actual;
        let mut gone: BTreeMap<(&str, &str), Vec<&Assignment>> = BTreeMap::new();
        for held in &actual.assignments {
            let (object_type, object_ref) = (held.object_type.as_str(), held.object_ref.as_str());
            if !self.is_listed(object_type, object_ref)
                && self.new_name(object_type, object_ref).is_none()
            {
                gone.entry((object_type, object_ref))
                    .or_default()
                    .push(held);
            }
        }
        let mut names = Vec::new();
        for ((object_type, object_ref), held) in gone {
            let ids: Vec<i64> = held.iter().map(|held| held.id).collect();
            let owners = self.held_by(&held);
            self.push(
                SyncArea::Objects,
                json!({
                    "op": "leave",
                    "object_type": object_type,
                    "object_ref": object_ref,
                    "assignments": ids,
                    "ownerships": owners.iter().map(|owner| owner.id).collect::<Vec<_>>(),
                }),
            );
            let group = held.iter().find(|held| held.axis == CONTAINMENT);
            names.push((object_ref.to_owned(), group.map(|held| held.value.clone())));
        }
        names
    }

    /// Shown, never concluded.
    fn possible_renames(&mut self, gone: &[(String, Option<String>)], came: &[&Member]) {
        for (from, group) in gone {
            for member in came.iter().filter(|member| member.group == *group) {
                self.note(format!(
                    "possible rename: {from} is gone and {} is new in the same group; if it is the same object, add [[rename]] from = \"{from}\", to = \"{}\"",
                    member.object_ref, member.object_ref
                ));
            }
        }
    }

    /// Rows on the axes whose time is over, or whose agency ends.
    fn other_axis_rows(&mut self) {
        let actual = self.actual;
        let touched: BTreeSet<i64> = self
            .out
            .entries
            .iter()
            .filter(|(area, _)| *area == SyncArea::Objects)
            .flat_map(|(_, entry)| {
                let many = entry["ownerships"].as_array().into_iter().flatten();
                many.chain([&entry["ownership"]])
                    .filter_map(serde_json::Value::as_i64)
            })
            .collect();
        for row in &actual.axis_owners {
            if touched.contains(&row.id) {
                continue;
            }
            if row.ended {
                self.push(
                    SyncArea::Objects,
                    json!({ "op": "expire", "object_type": row.object_type, "object_ref": row.object_ref, "ownerships": [row.id] }),
                );
            } else if self.is_retired(&row.owner) {
                match self.successor(&row.owner) {
                    Some(successor) => self.push(
                        SyncArea::Objects,
                        json!({
                            "op": "own",
                            "object_type": row.object_type,
                            "object_ref": row.object_ref,
                            "axis": row.axis,
                            "value": row.value,
                            "owner": successor,
                            "scope": null,
                            "approval_ref": self.desired.approval,
                            "ownership": row.id,
                        }),
                    ),
                    None => self.refuse(format!(
                        "agency {} cannot be retired: it holds {}:{} on {}/{} and has no successor",
                        row.owner, row.object_type, row.object_ref, row.axis, row.value
                    )),
                }
            }
        }
    }

    fn held(&self, object_type: &str, object_ref: &str, axis: &str) -> Vec<&Assignment> {
        self.actual
            .assignments
            .iter()
            .filter(|held| {
                held.object_type == object_type
                    && held.object_ref == object_ref
                    && held.axis == axis
            })
            .collect()
    }

    /// Who owns these cells.
    fn held_by(&self, held: &[&Assignment]) -> Vec<&AxisOwner> {
        let owns = |row: &&AxisOwner| {
            held.iter().any(|held| {
                row.object_type == held.object_type
                    && row.object_ref == held.object_ref
                    && row.axis == held.axis
                    && row.value == held.value
            })
        };
        self.actual.axis_owners.iter().filter(owns).collect()
    }

    /// The name that a new object had before, if people said so.
    fn old_name(&self, member: &Member) -> Option<String> {
        let orders = &self.desired.orders.renames;
        let order = orders.iter().find(|order| order.to == member.object_ref)?;
        (self.new_name(&member.object_type, &order.from) == Some(member.object_ref.as_str()))
            .then(|| order.from.clone())
            .filter(|from| !self.held(&member.object_type, from, CONTAINMENT).is_empty())
    }
}
