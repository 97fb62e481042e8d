//! Which part of a release to deploy: decided from what each cut did on a clone.

use serde::Serialize;

/// What the full release says on a database that has a cut of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "says", rename_all = "snake_case")]
pub enum FullRelease {
    /// Its preconditions hold.
    Admitted,
    /// It is live: the cut was all of it.
    Live,
    /// It is refused, in these words.
    Refused(String),
}

/// What a cut did on a clone.
#[derive(Debug, Clone, Serialize)]
pub struct CutFacts {
    /// `nothing`, `structure`, `up to containment`, `all`
    pub name: String,
    /// Its tiers.
    pub tiers: Vec<String>,
    /// Why it could not be applied.
    pub failed: Option<String>,
    /// Milliseconds of its tiers together.
    pub duration_ms: u64,
    /// The longest time for which an application would have had to wait for one lock.
    pub stops_applications_ms: u64,
    /// Invariants of the release that hold afterwards.
    pub invariants_held: usize,
    /// All of them.
    pub invariants: usize,
    /// Objectives of the package that are reached afterwards.
    pub objectives_reached: usize,
    /// All of them.
    pub objectives: usize,
    /// Would the full release still be admitted?
    pub full_release: FullRelease,
    /// Did undoing it bring the state before back?
    pub undone: bool,
    /// Would the full release be admitted after it was undone?
    pub admitted_after_undo: bool,
}

impl CutFacts {
    fn is_usable(&self) -> bool {
        self.failed.is_none() && self.undone
    }

    fn is_whole(&self) -> bool {
        self.invariants_held == self.invariants
    }
}

/// What to do, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recommendation {
    /// The name of a cut.
    pub cut: String,
    /// Each from what was seen.
    pub reasons: Vec<String>,
}

/// Chooses among cuts, given from nothing to all. A cut that leaves invariants broken is never recommended: it would
/// be a production that its own release calls wrong.
pub fn recommend(cuts: &[CutFacts]) -> Recommendation {
    let nothing = cuts.first().map_or("nothing", |cut| cut.name.as_str());
    let applied = || cuts.iter().filter(|cut| !cut.tiers.is_empty());
    let mut whole: Vec<&CutFacts> = applied()
        .filter(|cut| cut.is_usable() && cut.is_whole())
        .collect();
    whole.sort_by_key(|cut| {
        (
            std::cmp::Reverse(cut.objectives_reached),
            matches!(cut.full_release, FullRelease::Refused(_)),
            cut.stops_applications_ms,
            cut.duration_ms,
        )
    });
    let Some(best) = whole.first() else {
        return Recommendation {
            cut: nothing.to_owned(),
            reasons: applied().map(why_not).collect(),
        };
    };
    let mut reasons = vec![match whole.len() {
        1 => format!(
            "it is the only cut after which all {} invariants hold",
            best.invariants
        ),
        _ => format!("all {} invariants hold after it", best.invariants),
    }];
    if best.objectives > 0 {
        reasons.push(format!(
            "{} of {} objectives are reached",
            best.objectives_reached, best.objectives
        ));
    }
    reasons.push("undoing it was tried, and brings the state before back".to_owned());
    let refusing: Vec<&CutFacts> = applied()
        .filter(|cut| cut.failed.is_none())
        .filter(|cut| cut.name != best.name && matches!(cut.full_release, FullRelease::Refused(_)))
        .collect();
    if let Some(first) = refusing.first()
        && let FullRelease::Refused(says) = &first.full_release
    {
        let names: Vec<&str> = refusing.iter().map(|cut| cut.name.as_str()).collect();
        reasons.push(format!(
            "after {} the full release is refused (`{says}`), so the way on would lead back over a rollback",
            names.join(", ")
        ));
    }
    let gentler = applied()
        .filter(|cut| cut.name != best.name && cut.failed.is_none())
        .map(|cut| cut.stops_applications_ms)
        .min();
    if let Some(gentler) = gentler.filter(|gentler| *gentler < best.stops_applications_ms) {
        reasons.push(format!(
            "applications wait for at most {} ms; the gentlest other cut would stop them for {gentler} ms",
            best.stops_applications_ms
        ));
    }
    reasons.extend(applied().filter(|cut| !cut.is_usable()).map(why_not));
    Recommendation {
        cut: best.name.clone(),
        reasons,
    }
}

fn why_not(cut: &CutFacts) -> String {
    match &cut.failed {
        Some(why) => format!("{} fails: {why}", cut.name),
        None if !cut.undone => format!("{} cannot be undone to the state before", cut.name),
        None => format!(
            "after {} only {} of {} invariants hold",
            cut.name, cut.invariants_held, cut.invariants
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(name: &str, tiers: usize, held: usize) -> CutFacts {
        CutFacts {
            name: name.into(),
            tiers: (0..tiers).map(|number| number.to_string()).collect(),
            failed: None,
            duration_ms: 10 * tiers as u64,
            stops_applications_ms: tiers as u64,
            invariants_held: held,
            invariants: 8,
            objectives_reached: held,
            objectives: 8,
            full_release: match tiers {
                0 => FullRelease::Admitted,
                3 => FullRelease::Live,
                _ => FullRelease::Refused("ABORT: there already".into()),
            },
            undone: true,
            admitted_after_undo: true,
        }
    }

    fn cuts() -> Vec<CutFacts> {
        vec![
            cut("nothing", 0, 1),
            cut("a", 1, 2),
            cut("up to b", 2, 6),
            cut("all", 3, 8),
        ]
    }

    #[test]
    fn all_is_best_where_only_it_keeps_the_invariants() {
        let found = recommend(&cuts());
        assert_eq!(found.cut, "all");
        let reasons = found.reasons.join("\n");
        assert!(reasons.contains("only cut after which all 8"), "{reasons}");
        assert!(
            reasons
                .contains("after a, up to b the full release is refused (`ABORT: there already`)"),
            "{reasons}"
        );
    }

    #[test]
    fn what_fails_or_cannot_be_undone_is_not_recommended() {
        let mut cuts = cuts();
        cuts[3].undone = false;
        let found = recommend(&cuts);
        assert_eq!(found.cut, "nothing");
        assert!(found.reasons[2].contains("cannot be undone"), "{found:?}");
        cuts[3].undone = true;
        cuts[3].failed = Some("timeout".into());
        assert_eq!(recommend(&cuts).cut, "nothing");
        // A part that is whole by itself is better than nothing.
        cuts[2].invariants_held = 8;
        let found = recommend(&cuts);
        assert_eq!(found.cut, "up to b");
        assert!(
            found.reasons.iter().any(|why| why == "all fails: timeout"),
            "{found:?}"
        );
    }
}
