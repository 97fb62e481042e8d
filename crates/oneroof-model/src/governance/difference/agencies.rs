//! Agencies and relations.

use serde_json::json;

use super::{Plan, SyncArea};

impl Plan<'_> {
    pub(super) fn agencies(&mut self) {
        let (desired, actual) = (self.desired, self.actual);
        for agency in &desired.agencies {
            let known = actual
                .agencies
                .iter()
                .find(|known| known.code == agency.code);
            let op = match known {
                None => "add",
                Some(known) if known.name != agency.name || known.status != agency.status => "set",
                Some(_) => continue,
            };
            self.push(
                SyncArea::Agencies,
                json!({ "op": op, "code": agency.code, "name": agency.name, "status": agency.status }),
            );
        }
        for known in &actual.agencies {
            if desired.agency(&known.code).is_some() || known.status == "retired" {
                continue;
            }
            if desired.orders.agency(&known.code).is_some() {
                self.push(
                    SyncArea::Agencies,
                    json!({ "op": "set", "code": known.code, "name": known.name, "status": "retired" }),
                );
            } else {
                self.note(format!(
                    "agency {} is in the target and not in governance.toml: list it, or end it with [[retire]]",
                    known.code
                ));
            }
        }
        for relation in &desired.relations {
            let known = actual.relations.iter().any(|known| {
                (&known.agency, &known.kind, &known.law)
                    == (&relation.agency, &relation.kind, &relation.law)
            });
            if !known {
                self.push(
                    SyncArea::Agencies,
                    json!({ "op": "relate", "code": relation.agency, "kind": relation.kind, "law": relation.law }),
                );
            }
        }
        for entry in &desired.matrix {
            self.may_own(&entry.owner, "owner_matrix");
        }
        for order in &desired.orders.retired {
            if let (Some(agency), Some(successor)) = (&order.agency, &order.successor) {
                self.may_own(successor, &format!("the successor of {agency}"));
            }
        }
    }

    /// Who becomes accountable must be known, and active or accepted.
    fn may_own(&mut self, code: &str, place: &str) {
        let status = self
            .desired
            .agency(code)
            .map(|agency| agency.status.as_str())
            .or_else(|| {
                let known = self
                    .actual
                    .agencies
                    .iter()
                    .find(|known| known.code == code)?;
                Some(known.status.as_str())
            });
        if self.is_retired(code) {
            self.refuse(format!("{place} names {code}, which is retired"));
        } else if status.is_none() {
            self.refuse(format!("{place} names {code}, which is no agency"));
        } else if status != Some("active")
            && !self
                .desired
                .accepted_drafts
                .iter()
                .any(|accepted| accepted == code)
        {
            self.refuse(format!(
                "{place} names {code}, which is not active: activate it, or add it to accept_draft_owners"
            ));
        }
    }
}
