//! Scopes of responsibility.

use serde_json::json;

use super::{Plan, SyncArea};

impl Plan<'_> {
    pub(super) fn scopes(&mut self) {
        let (desired, actual) = (self.desired, self.actual);
        for (position, scope) in (1..).zip(&desired.scopes) {
            self.scopes.push(scope.code.clone());
            let hint = scope.hint.clone().filter(|hint| !hint.is_empty());
            let known = actual.scopes.iter().find(|known| known.code == scope.code);
            // A place that nobody wrote is no wish.
            let sort = scope
                .sort
                .or(known.map(|known| known.sort))
                .unwrap_or(position);
            let op = match known {
                None => "add",
                Some(known) if known.status != "active" => "restore",
                Some(known)
                    if known.description != scope.description
                        || known.hint != hint
                        || known.sort != sort =>
                {
                    "set"
                }
                Some(_) => {
                    self.value_of_scope(&scope.code);
                    continue;
                }
            };
            self.push(
                SyncArea::Scopes,
                json!({
                    "op": op,
                    "code": scope.code,
                    "description": scope.description,
                    "hint": hint,
                    "sort": sort,
                    "approval_ref": desired.approval,
                }),
            );
        }
        for known in &actual.scopes {
            let listed = desired.scopes.iter().any(|scope| scope.code == known.code);
            if listed || known.status != "active" {
                continue;
            }
            if !desired.orders.retires_scope(&known.code) {
                self.scopes.push(known.code.clone());
                self.note(format!(
                    "scope {} is in the target and not in governance.toml: list it, or end it with [[retire]]",
                    known.code
                ));
            } else if actual.containment_owner_scope.as_deref() == Some(known.code.as_str()) {
                self.refuse(format!(
                    "scope {} cannot be retired: its owners own the containment cells (containment_owner_scope)",
                    known.code
                ));
            } else {
                self.push(
                    SyncArea::Scopes,
                    json!({ "op": "retire", "code": known.code, "approval_ref": desired.approval }),
                );
            }
        }
        match actual.containment_owner_scope.as_deref() {
            Some(scope) if scope != desired.containment_owner_scope => self.refuse(format!(
                "containment_owner_scope is {scope} in the target and {} in governance.toml: a sync does not change it",
                desired.containment_owner_scope
            )),
            _ => {}
        }
    }

    /// A scope that somebody added by hand has no value on its axis yet.
    fn value_of_scope(&mut self, scope: &str) {
        let has_value = self.actual.values.iter().any(|value| {
            value.axis == "responsibility" && value.value == scope && value.status == "active"
        });
        if !has_value {
            let approval = &self.desired.approval;
            self.push(
                SyncArea::Scopes,
                json!({ "op": "value", "code": scope, "approval_ref": approval }),
            );
        }
    }
}
