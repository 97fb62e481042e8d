//! What a release made, from the ledger, and what somebody changed of it since: a rollback would take that away.
//!
//! Of every object the newest entry of a standing tier counts, of whatever package: a later release that
//! changed it is no stranger, but must be rolled back first.

use oneroof_model::{AppliedTier, ObjectChange, Refusal, RefusalCode};
use oneroof_pg::connect::Session;
use oneroof_pg::effects::{MadeObject, attached, changed_since};
use oneroof_pg::ledger::{self, MadeEntry};

use super::release::ReleaseRun;
use crate::error::EngineError;

/// How many differences a refusal names; the others are counted.
const DIFFERENCES_SHOWN_MAX: usize = 30;

/// An object that stands, as the newest tier that touched it left it.
#[derive(Debug, Clone)]
pub(crate) struct StandingObject {
    pub(crate) object: MadeObject,
    /// Number of the entry that tells what it is like.
    newest: u64,
    /// Numbers of all standing entries that touched it.
    entries: Vec<u64>,
}

/// The objects of all tiers that stand.
pub(crate) fn standing_objects(entries: &[MadeEntry]) -> Vec<StandingObject> {
    let mut standing: Vec<StandingObject> = Vec::new();
    for entry in standing_entries(entries) {
        standing.retain(|one| !entry.dropped(&one.object));
        for object in &entry.made {
            match standing
                .iter_mut()
                .find(|one| one.object.is_same_object(object))
            {
                Some(known) => {
                    // Whoever made it, it was made by a release.
                    let change = known.object.change;
                    known.object = MadeObject {
                        change,
                        ..object.clone()
                    };
                    known.newest = entry.seq;
                    known.entries.push(entry.seq);
                }
                None => standing.push(StandingObject {
                    object: object.clone(),
                    newest: entry.seq,
                    entries: vec![entry.seq],
                }),
            }
        }
    }
    standing
}

/// The entries of tiers that were not undone.
pub(crate) fn standing_entries(entries: &[MadeEntry]) -> Vec<&MadeEntry> {
    let mut standing: Vec<&MadeEntry> = Vec::new();
    for entry in entries {
        match entry.kind.as_str() {
            "tier_applied" => standing.push(entry),
            "tier_rolled_back" => {
                standing.retain(|one| (&one.package, &one.tier) != (&entry.package, &entry.tier));
            }
            _ => standing.retain(|one| one.package != entry.package),
        }
    }
    standing
}

impl StandingObject {
    /// Would somebody's change be lost with the tier's own rollback? Of what existed before, only functions
    /// and views are put back as a whole.
    fn is_put_back_as_a_whole(&self) -> bool {
        self.object.change == ObjectChange::Created
            || self.object.class == "pg_proc"
            || self.object.kind == "view"
    }
}

impl ReleaseRun<'_> {
    /// Refuses if somebody changed what the tiers made. `session` may be in the middle of the transaction
    /// that undoes them; `ledger` reads the entries.
    pub(crate) async fn refuse_changed_objects(
        &self,
        session: &Session,
        ledger: &Session,
        undone: &[AppliedTier],
    ) -> Result<(), EngineError> {
        let entries = ledger::made(ledger)
            .await
            .map_err(EngineError::database("read what the tiers made"))?;
        let cut_on: Vec<u32> = undone.iter().flat_map(|one| one.cut_on.clone()).collect();
        let undone: Vec<u64> = undone.iter().map(|applied| applied.seq).collect();
        let standing = standing_objects(&entries);
        let ours: Vec<&StandingObject> = standing
            .iter()
            .filter(|one| one.entries.iter().any(|seq| undone.contains(seq)))
            .collect();
        self.refuse_later_releases(&ours, &undone, &entries)?;
        let objects: Vec<&MadeObject> = ours
            .iter()
            .filter(|one| one.is_put_back_as_a_whole())
            .map(|one| &one.object)
            .filter(|object| object.class != "pg_class" || !cut_on.contains(&object.oid))
            .collect();
        let looking = || EngineError::database("look for changes since the release");
        let changes = changed_since(session, &objects).await.map_err(looking())?;
        let created: Vec<&MadeObject> = ours
            .iter()
            .map(|one| &one.object)
            .filter(|object| object.change == ObjectChange::Created)
            .collect();
        let attached = attached(session, &created).await.map_err(looking())?;
        if let Some((first, on)) = attached.first() {
            return Err(Refusal::new(
                RefusalCode::RollbackBlocked,
                format!("ROLLBACK REFUSED: {first} is not of this release and would be dropped with {on}"),
            )
            .reasons(
                attached
                    .iter()
                    .map(|(name, on)| format!("{name} hangs on {on}"))
                    .collect(),
            )
            .hint("nothing was undone; detach it or move it elsewhere, then roll back again")
            .into());
        }
        if changes.is_empty() {
            return Ok(());
        }
        let mut names: Vec<&str> = changes.iter().map(|one| one.object.as_str()).collect();
        names.dedup();
        let mut reasons: Vec<String> = changes
            .iter()
            .take(DIFFERENCES_SHOWN_MAX)
            .map(ToString::to_string)
            .collect();
        if changes.len() > DIFFERENCES_SHOWN_MAX {
            reasons.push(format!(
                "and {} more",
                changes.len() - DIFFERENCES_SHOWN_MAX
            ));
        }
        Err(Refusal::new(
            RefusalCode::ChangedSince,
            format!(
                "ROLLBACK REFUSED: somebody changed what {} made: {}",
                self.package.plan.release_tag(),
                names.join(", ")
            ),
        )
        .reasons(reasons)
        .hint(
            "nothing was undone, because that would take the changes away; whoever made them puts them back as \
             the release left them, then roll back again",
        )
        .into())
    }

    /// What a later release changed is undone by that one first.
    fn refuse_later_releases(
        &self,
        ours: &[&StandingObject],
        undone: &[u64],
        entries: &[MadeEntry],
    ) -> Result<(), EngineError> {
        let own = self.package.plan.package.name.as_str();
        let mut reasons = Vec::new();
        let mut releases: Vec<String> = Vec::new();
        for one in ours.iter().filter(|one| !undone.contains(&one.newest)) {
            let Some(later) = entries.iter().find(|entry| entry.seq == one.newest) else {
                continue;
            };
            if later.package == own {
                continue;
            }
            let release = format!("{}@{}", later.package, later.version);
            reasons.push(format!(
                "{} was changed by tier {} of {release}",
                one.object.name(),
                later.tier
            ));
            if !releases.contains(&release) {
                releases.push(release);
            }
        }
        if reasons.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::RollbackBlocked,
            format!(
                "ROLLBACK REFUSED: a later release changed what {} made: {}",
                self.package.plan.release_tag(),
                releases.join(", ")
            ),
        )
        .reasons(reasons)
        .hint(format!("roll back {} first", releases.join(" and ")))
        .into())
    }
}

#[cfg(test)]
mod tests {
    use oneroof_model::ObjectEffect;

    use super::*;

    fn object(oid: u32, name: &str, change: ObjectChange) -> MadeObject {
        MadeObject {
            class: "pg_class".into(),
            oid,
            kind: "table".into(),
            identity: name.into(),
            change,
            facts: Vec::new(),
        }
    }

    fn entry(seq: u64, kind: &str, package: &str, tier: &str, made: Vec<MadeObject>) -> MadeEntry {
        MadeEntry {
            seq,
            kind: kind.into(),
            package: package.into(),
            version: "1".into(),
            tier: tier.into(),
            made,
            objects: Vec::new(),
            rows: Vec::new(),
            new_files: Vec::new(),
        }
    }

    #[test]
    fn the_newest_standing_entry_counts() {
        use ObjectChange::{Altered, Created};
        let mut entries = vec![
            entry(1, "tier_applied", "p", "a", vec![object(7, "x", Created)]),
            entry(
                2,
                "tier_applied",
                "p",
                "b",
                vec![object(7, "y", Altered), object(8, "z", Created)],
            ),
            entry(3, "tier_applied", "q", "a", vec![object(7, "y", Altered)]),
        ];
        let told = |entries: &[MadeEntry]| -> Vec<String> {
            standing_objects(entries)
                .iter()
                .map(|one| {
                    format!(
                        "{} {:?} {} {:?}",
                        one.object.identity, one.object.change, one.newest, one.entries
                    )
                })
                .collect()
        };
        assert_eq!(told(&entries), ["y Created 3 [1, 2, 3]", "z Created 2 [2]"]);
        entries.push(entry(4, "release_rolled_back", "q", "", Vec::new()));
        assert_eq!(told(&entries)[0], "y Created 2 [1, 2]");
        entries.push(entry(5, "tier_rolled_back", "p", "b", Vec::new()));
        assert_eq!(told(&entries), ["x Created 1 [1]"]);
        let mut drops = entry(6, "tier_applied", "p", "c", Vec::new());
        drops.objects.push(ObjectEffect {
            kind: "table".into(),
            identity: "x".into(),
            change: ObjectChange::Dropped,
        });
        entries.push(drops);
        assert!(told(&entries).is_empty());
    }
}
