//! Rows of the base's ownership store: anchors by the matrix, and direct rows that end, move or are handed over.

use serde_json::{Value as Json, json};

use super::{Plan, SyncArea};
use crate::governance::OwnerRow;

const GROUP: &str = "group";
const ACCOUNTABLE: &str = "accountable";

impl Plan<'_> {
    pub(super) fn owners(&mut self) {
        self.anchors();
        let actual = self.actual;
        for row in &actual.owners {
            if self.is_anchor_cell(row) {
                continue;
            }
            self.other_row(row);
        }
    }

    /// One anchor for each group and scope, by the matrix.
    fn anchors(&mut self) {
        let (desired, actual) = (self.desired, self.actual);
        for group in self.groups.clone() {
            for scope in self.scopes.clone() {
                let Some(owner) = desired.owner(&group, &scope) else {
                    self.refuse(format!("owner_matrix has no owner for {group}/{scope}"));
                    continue;
                };
                let present = actual.owners.iter().find(|row| {
                    row.object_type == GROUP
                        && row.object_ref == group
                        && row.scope == scope
                        && row.kind == ACCOUNTABLE
                });
                match present {
                    Some(row) if row.future => {
                        self.note(format!(
                            "the owner of {group}/{scope} begins later; until then there is a gap"
                        ));
                        continue;
                    }
                    Some(row) if !row.ended && row.owner == owner && row.anchor => continue,
                    _ => {}
                }
                self.push(
                    SyncArea::Owners,
                    json!({
                        "object_type": GROUP,
                        "object_ref": group,
                        "scope": scope,
                        "owner": owner,
                        "kind": ACCOUNTABLE,
                        "anchor": true,
                        "approval_ref": desired.approval,
                        "supersedes": present.map(|row| row.id),
                        "close": closing(present, "superseded"),
                    }),
                );
            }
        }
    }

    /// Does [`Plan::anchors`] decide this row?
    fn is_anchor_cell(&self, row: &OwnerRow) -> bool {
        row.object_type == GROUP
            && row.kind == ACCOUNTABLE
            && self.groups.contains(&row.object_ref)
            && self.scopes.contains(&row.scope)
    }

    /// A row that the matrix does not decide stays, unless something about it ended.
    fn other_row(&mut self, row: &OwnerRow) {
        if row.ended {
            return self.end(row, "expired");
        }
        let scope_ends =
            !self.scopes.contains(&row.scope) && self.desired.orders.retires_scope(&row.scope);
        let group_ends = row.object_type == GROUP && self.retired_groups.contains(&row.object_ref);
        if scope_ends || group_ends {
            return self.end(row, "revoked");
        }
        let new_name = self
            .new_name(&row.object_type, &row.object_ref)
            .map(str::to_owned);
        if new_name.is_none() && self.is_gone(&row.object_type, &row.object_ref) {
            return self.end(row, "revoked");
        }
        let owner = if self.is_retired(&row.owner) {
            match self.successor(&row.owner) {
                Some(successor) => successor,
                None => {
                    return self.refuse(format!(
                        "agency {} cannot be retired: it holds {}:{}/{} and has no successor",
                        row.owner, row.object_type, row.object_ref, row.scope
                    ));
                }
            }
        } else {
            row.owner.clone()
        };
        if new_name.is_none() && owner == row.owner {
            return;
        }
        self.push(
            SyncArea::Owners,
            json!({
                "object_type": row.object_type,
                "object_ref": new_name.as_ref().unwrap_or(&row.object_ref),
                "scope": row.scope,
                "owner": owner,
                "kind": row.kind,
                "anchor": row.anchor,
                "to": row.to,
                "approval_ref": self.desired.approval,
                "supersedes": row.id,
                "close": closing(Some(row), "superseded"),
            }),
        );
    }

    fn end(&mut self, row: &OwnerRow, how: &str) {
        self.push(
            SyncArea::Owners,
            json!({
                "object_type": row.object_type,
                "object_ref": row.object_ref,
                "scope": row.scope,
                "close": closing(Some(row), how),
            }),
        );
    }

    /// Who takes over the rows of a retired agency.
    pub(super) fn successor(&self, agency: &str) -> Option<String> {
        self.desired.orders.agency(agency)?.successor.clone()
    }

    /// The owner of an object in a scope once everything above is done.
    pub(super) fn owner_after(
        &self,
        object_type: &str,
        object_ref: &str,
        group: &str,
        scope: &str,
    ) -> Option<String> {
        let direct = self.actual.owners.iter().find(|row| {
            let name = self
                .new_name(&row.object_type, &row.object_ref)
                .unwrap_or(&row.object_ref);
            row.object_type == object_type
                && name == object_ref
                && row.scope == scope
                && row.kind == ACCOUNTABLE
                && !row.ended
                && !row.future
        });
        match direct {
            Some(row) if self.is_retired(&row.owner) => self.successor(&row.owner),
            Some(row) => Some(row.owner.clone()),
            None => self.desired.owner(group, scope).map(str::to_owned),
        }
    }
}

fn closing(row: Option<&OwnerRow>, how: &str) -> Json {
    row.map_or_else(|| json!([]), |row| json!([{ "id": row.id, "as": how }]))
}
