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
}

impl AppliedTier {
    /// How many rows it declared as its own.
    pub fn rows_declared(&self) -> i64 {
        let declared = self.declared_rows.as_array().into_iter().flatten();
        let counts = declared.map(|rows| rows["keys"].as_array().map_or(0, Vec::len));
        i64::try_from(counts.sum::<usize>()).unwrap_or(i64::MAX)
    }
}

/// The state of one release on one target, from its ledger.
#[derive(Debug, Clone, Default)]
pub struct ReleaseState {
    /// Tiers that stand, in the order of the ledger.
    pub applied: Vec<AppliedTier>,
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
        for entry in entries
            .iter()
            .filter(|entry| entry.text("package") == Some(name))
        {
            let run_id = entry.run_id.clone().unwrap_or_default();
            match entry.kind.as_str() {
                "run_started"
                    if entry.text("verb") == Some("apply") && state.applied.is_empty() =>
                {
                    state = ReleaseState {
                        package_digest: entry.package_digest.clone(),
                        params_digest: entry.params_digest.clone(),
                        version: entry.text("version").map(str::to_owned),
                        entry: entry.body.get("entry").map(probe_of).unwrap_or_default(),
                        ..ReleaseState::default()
                    };
                }
                "tier_applied" => state.applied.push(AppliedTier {
                    tier: entry.tier.clone().unwrap_or_default(),
                    seq: entry.seq,
                    run_id,
                    declared_rows: entry.body.get("declared_rows").cloned().unwrap_or_default(),
                }),
                "run_finished" if entry.text("verb") == Some("apply") => {
                    state.finished = Some(FinishedRun {
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
                    state.finished = None;
                    state
                        .applied
                        .retain(|applied| Some(&applied.tier) != entry.tier.as_ref());
                }
                "release_rolled_back" => {
                    state = ReleaseState {
                        rolled_back: true,
                        ..ReleaseState::default()
                    };
                }
                _ => {}
            }
        }
        state
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
}
