//! What the entries of a target's ledger say about one release: which tiers stand, and whether it is finished.

use std::collections::BTreeMap;

use crate::Value;

/// An entry, as far as decisions need it.
#[derive(Debug, Clone)]
pub struct LedgerEntry {
    /// Its number.
    pub seq: u64,
    /// UTC, RFC 3339.
    pub at: String,
    /// `run_started`, `tier_applied`, …
    pub kind: String,
    /// The run that wrote it.
    pub run_id: Option<String>,
    /// Digest of the package.
    pub package_digest: Option<String>,
    /// Digest of the parameters.
    pub params_digest: Option<String>,
    /// The tier it is about.
    pub tier: Option<String>,
    /// Everything else.
    pub body: serde_json::Value,
}

impl LedgerEntry {
    fn text(&self, member: &str) -> Option<&str> {
        self.body.get(member)?.as_str()
    }
}

/// A tier that is applied and not rolled back.
#[derive(Debug, Clone)]
pub struct AppliedTier {
    /// Its id.
    pub tier: String,
    /// Number of its entry.
    pub seq: u64,
    /// The run that applied it.
    pub run_id: String,
    /// `[{table, where, keys}]` of the entry: rows in tables that existed before.
    pub declared_rows: serde_json::Value,
    /// OIDs of tables that a tier outside a transaction worked on when it was cut: what it did to them was never
    /// measured.
    pub cut_on: Vec<u32>,
}

impl AppliedTier {
    /// How many rows it declared as its own.
    pub fn rows_declared(&self) -> i64 {
        let declared = self.declared_rows.as_array().into_iter().flatten();
        let counts = declared.map(|rows| rows["keys"].as_array().map_or(0, Vec::len));
        i64::try_from(counts.sum::<usize>()).unwrap_or(i64::MAX)
    }
}

/// What the ledger knows about a statement outside a transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementMark {
    /// The statement, shortened.
    pub statement: String,
    /// What the catalog said before it ran: the `found` of the entry.
    pub found: serde_json::Value,
    /// Is it known to be done?
    pub is_done: bool,
}

/// A tier that commits on its way (`transaction = "none"` or `"batched"`), begun and not finished.
#[derive(Debug, Clone, PartialEq)]
pub struct BegunTier {
    /// Its id.
    pub tier: String,
    /// Number of the entry that began it.
    pub seq: u64,
    /// The run that began it.
    pub run_id: String,
    /// What was read before its first statement: the `before` of the entry.
    pub before: serde_json::Value,
    /// The statements that were begun, by their 1-based number.
    pub statements: BTreeMap<u64, StatementMark>,
    /// The bodies of its committed batches, in order.
    pub batches: Vec<serde_json::Value>,
}

impl BegunTier {
    /// Could anything of it be there?
    pub fn has_work(&self) -> bool {
        !self.statements.is_empty() || !self.batches.is_empty()
    }

    /// As a tier that stands, for a rollback: with the rows that its batches declared.
    fn as_applied(&self) -> AppliedTier {
        let rows = self.batches.iter().filter_map(|batch| {
            let rows = batch.get("declared_rows")?.as_array()?;
            Some(rows.iter().cloned())
        });
        AppliedTier {
            tier: self.tier.clone(),
            seq: self.seq,
            run_id: self.run_id.clone(),
            declared_rows: rows.flatten().collect(),
            cut_on: serde_json::from_value(self.before["tables"].clone()).unwrap_or_default(),
        }
    }
}

/// The state of one release on one target, from its ledger.
#[derive(Debug, Clone, Default)]
pub struct ReleaseState {
    /// Tiers that stand, in the order of the ledger.
    pub applied: Vec<AppliedTier>,
    /// The tier after them, if it was begun and may have left something.
    pub begun: Option<BegunTier>,
    /// The run that completed it, when, and whether all tiers were wanted.
    pub finished: Option<FinishedRun>,
    /// Digest of the package that the standing tiers are of.
    pub package_digest: Option<String>,
    /// Digest of the parameters that they were applied with.
    pub params_digest: Option<String>,
    /// The version of the package.
    pub version: Option<String>,
    /// The entry probe of the run that began it.
    pub entry: BTreeMap<String, Value>,
    /// Has it ever been begun and completely rolled back since?
    pub rolled_back: bool,
}

/// The end of a release run.
#[derive(Debug, Clone)]
pub struct FinishedRun {
    /// Its id.
    pub run_id: String,
    /// UTC.
    pub at: String,
    /// Were all tiers of the package applied, or a chosen cut?
    pub complete: bool,
}

impl ReleaseState {
    /// Folds the entries about package `name`, oldest first.
    pub fn of(name: &str, entries: &[LedgerEntry]) -> ReleaseState {
        let mut state = ReleaseState::default();
        for entry in entries {
            state.follow(name, entry);
        }
        state
    }

    /// The state after one more entry of the ledger, if that is about package `name`.
    pub fn follow(&mut self, name: &str, entry: &LedgerEntry) {
        if entry.text("package") != Some(name) {
            return;
        }
        let run_id = entry.run_id.clone().unwrap_or_default();
        match entry.kind.as_str() {
            "run_started" if entry.text("verb") == Some("apply") && !self.is_begun() => {
                *self = ReleaseState {
                    package_digest: entry.package_digest.clone(),
                    params_digest: entry.params_digest.clone(),
                    version: entry.text("version").map(str::to_owned),
                    entry: entry.body.get("entry").map(probe_of).unwrap_or_default(),
                    ..ReleaseState::default()
                };
            }
            "tier_started" => {
                self.begun = Some(BegunTier {
                    tier: entry.tier.clone().unwrap_or_default(),
                    seq: entry.seq,
                    run_id,
                    before: entry.body.get("before").cloned().unwrap_or_default(),
                    statements: BTreeMap::new(),
                    batches: Vec::new(),
                });
            }
            "statement_started" | "statement_done" => {
                let number = entry.body.get("number").and_then(serde_json::Value::as_u64);
                let Some((begun, number)) = self.begun.as_mut().zip(number) else {
                    return;
                };
                let is_done = entry.kind == "statement_done";
                let mark = begun
                    .statements
                    .entry(number)
                    .or_insert_with(|| StatementMark {
                        statement: entry.text("statement").unwrap_or_default().to_owned(),
                        found: entry.body.get("found").cloned().unwrap_or_default(),
                        is_done,
                    });
                mark.is_done = is_done;
            }
            "batch_done" => {
                if let Some(begun) = &mut self.begun {
                    begun.batches.push(entry.body.clone());
                }
            }
            "tier_applied" => {
                self.begun = None;
                self.applied.push(AppliedTier {
                    tier: entry.tier.clone().unwrap_or_default(),
                    seq: entry.seq,
                    run_id,
                    declared_rows: entry.body.get("declared_rows").cloned().unwrap_or_default(),
                    cut_on: Vec::new(),
                });
            }
            "run_finished" if entry.text("verb") == Some("apply") => {
                self.finished = Some(FinishedRun {
                    run_id,
                    at: entry.at.clone(),
                    complete: entry
                        .body
                        .get("complete")
                        .and_then(serde_json::Value::as_bool)
                        .unwrap_or(true),
                });
            }
            "tier_rolled_back" => {
                self.finished = None;
                if self.begun.as_ref().map(|begun| &begun.tier) == entry.tier.as_ref() {
                    self.begun = None;
                }
                self.applied
                    .retain(|applied| Some(&applied.tier) != entry.tier.as_ref());
            }
            "release_rolled_back" => {
                *self = ReleaseState {
                    rolled_back: true,
                    ..ReleaseState::default()
                };
            }
            _ => {}
        }
    }

    /// Does anything of the release stand, or may it?
    pub fn is_begun(&self) -> bool {
        !self.applied.is_empty() || self.begun.is_some()
    }

    /// The tiers that a rollback has to undo, in the order of the ledger: those that stand, and after them the
    /// one that was begun.
    pub fn standing(&self) -> Vec<AppliedTier> {
        let begun = self.begun.iter().map(BegunTier::as_applied);
        self.applied.iter().cloned().chain(begun).collect()
    }

    /// Is the whole release live?
    pub fn is_live(&self) -> bool {
        self.finished
            .as_ref()
            .is_some_and(|finished| finished.complete)
    }
}

fn probe_of(json: &serde_json::Value) -> BTreeMap<String, Value> {
    let members = json.as_object().into_iter().flatten();
    members
        .map(|(name, value)| (name.clone(), Value::from_json(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: u64, kind: &str, tier: Option<&str>, body: serde_json::Value) -> LedgerEntry {
        LedgerEntry {
            seq,
            at: "2026-11-21T00:00:00Z".into(),
            kind: kind.into(),
            run_id: Some("r1".into()),
            package_digest: Some("d".into()),
            params_digest: Some("p".into()),
            tier: tier.map(str::to_owned),
            body,
        }
    }

    fn story() -> Vec<LedgerEntry> {
        let package = |extra: &str| {
            let text = format!(r#"{{"package": "p", "verb": "apply"{extra}}}"#);
            serde_json::from_str::<serde_json::Value>(&text).unwrap()
        };
        vec![
            entry(
                1,
                "run_started",
                None,
                package(r#", "version": "1", "entry": {"gap": 210}"#),
            ),
            entry(2, "tier_applied", Some("a"), package("")),
            entry(3, "tier_applied", Some("b"), package("")),
            entry(4, "run_finished", None, package(r#", "complete": true"#)),
            entry(5, "tier_rolled_back", Some("b"), package("")),
            entry(6, "tier_rolled_back", Some("a"), package("")),
            entry(7, "release_rolled_back", None, package("")),
        ]
    }

    #[test]
    fn the_state_follows_the_story() {
        let tiers = |count: usize| {
            let state = ReleaseState::of("p", &story()[..count]);
            let tiers: Vec<_> = state.applied.iter().map(|tier| tier.tier.clone()).collect();
            (tiers.join(","), state.is_live())
        };
        assert_eq!(tiers(0), (String::new(), false));
        assert_eq!(tiers(2), ("a".into(), false));
        assert_eq!(tiers(4), ("a,b".into(), true));
        assert_eq!(tiers(5), ("a".into(), false));
        assert_eq!(tiers(7), (String::new(), false));
        assert_eq!(
            ReleaseState::of("p", &story()[..4]).entry["gap"],
            Value::Integer(210)
        );
        assert!(ReleaseState::of("other", &story()).applied.is_empty());
    }

    #[test]
    fn a_begun_tier_keeps_its_marks_until_it_is_applied_or_undone() {
        let body = |extra: &str| -> serde_json::Value {
            serde_json::from_str(&format!(r#"{{"package": "p", "verb": "apply"{extra}}}"#)).unwrap()
        };
        let begun = vec![
            entry(1, "run_started", None, body("")),
            entry(2, "tier_started", Some("a"), body(r#", "before": [1]"#)),
            entry(3, "statement_started", Some("a"), body(r#", "number": 1"#)),
            entry(4, "statement_done", Some("a"), body(r#", "number": 1"#)),
            entry(5, "statement_started", Some("a"), body(r#", "number": 2"#)),
        ];
        let state = ReleaseState::of("p", &begun);
        let tier = state.begun.clone().unwrap();
        assert!(state.is_begun() && state.applied.is_empty());
        let done = |number: u64| tier.statements[&number].is_done;
        assert_eq!([done(1), done(2)], [true, false]);
        assert_eq!(tier.before, serde_json::json!([1]));
        assert_eq!(state.standing()[0].tier, "a");
        for end in ["tier_applied", "tier_rolled_back"] {
            let mut ended = begun.clone();
            ended.push(entry(6, end, Some("a"), body("")));
            let state = ReleaseState::of("p", &ended);
            assert!(state.begun.is_none(), "{end}");
            assert_eq!(state.applied.len(), usize::from(end == "tier_applied"));
        }
    }

    #[test]
    fn the_rows_of_all_batches_are_those_of_the_tier() {
        let batch = |seq: u64, key: u64| {
            let body = serde_json::json!({
                "package": "p",
                "declared_rows": [{"table": "t", "where": "true", "keys": [key]}],
            });
            entry(seq, "batch_done", Some("a"), body)
        };
        let entries = [
            entry(
                1,
                "tier_started",
                Some("a"),
                serde_json::json!({"package": "p"}),
            ),
            batch(2, 7),
            batch(3, 8),
        ];
        let standing = ReleaseState::of("p", &entries).standing();
        let rows = standing[0].declared_rows.as_array().unwrap();
        let keys: Vec<_> = rows.iter().map(|rows| rows["keys"][0].clone()).collect();
        assert_eq!(keys, [7, 8]);
    }
}
