//! What can be done with a release, by class: decided from what was rehearsed, what is live, and what is missing.

use serde::Serialize;

/// What is known about a capability. Nothing of it is typed in by hand.
#[derive(Debug, Clone, Default)]
pub struct CapabilityFacts {
    /// Tiers that bring it.
    pub tiers: Vec<String>,
    /// Those that a passing rehearsal of just this package with just these parameters applied.
    pub tiers_proven: Vec<String>,
    /// Those that stand on the target.
    pub tiers_live: Vec<String>,
    /// Drills and negatives that tried it.
    pub tries: Vec<String>,
    /// Those that went as expected in that rehearsal.
    pub tries_proven: Vec<String>,
    /// Tables that it would write to and that no tier of the release may touch.
    pub forbidden: Vec<String>,
    /// How many needs it declares.
    pub needs: usize,
    /// Those that are not met, as `NEEDS-LAW`.
    pub unmet: Vec<String>,
}

/// What may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum CapabilityClass {
    /// Its tiers stand on the target.
    Live,
    /// Its tiers were rehearsed; the gate decides.
    SafeAfterGate,
    /// It was tried on a clone, and there it stays.
    CloneOnly,
    /// Its tiers or its tries are in no passing rehearsal.
    NotProven,
    /// Nothing of the release brings it: it waits for its needs alone.
    Waiting,
    /// Nothing of the release brings it, or says what it needs.
    FutureDesign,
    /// It would write what the release may never touch.
    Forbidden,
}

impl CapabilityClass {
    /// `SAFE-AFTER-GATE`
    pub fn word(self) -> &'static str {
        match self {
            CapabilityClass::Live => "LIVE",
            CapabilityClass::SafeAfterGate => "SAFE-AFTER-GATE",
            CapabilityClass::CloneOnly => "CLONE-ONLY",
            CapabilityClass::NotProven => "NOT-PROVEN",
            CapabilityClass::Waiting => "WAITING",
            CapabilityClass::FutureDesign => "FUTURE-DESIGN",
            CapabilityClass::Forbidden => "FORBIDDEN",
        }
    }
}

/// A capability with its class and the reasons for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// The class.
    pub class: CapabilityClass,
    /// Class and unmet needs: `SAFE-AFTER-GATE + NEEDS-LAW`
    pub words: String,
    /// Why.
    pub because: Vec<String>,
}

/// Decides.
pub fn readiness(facts: &CapabilityFacts) -> Readiness {
    let missing = |wanted: &[String], there: &[String]| -> Vec<String> {
        let missing = wanted.iter().filter(|one| !there.contains(one));
        missing.cloned().collect()
    };
    let untried = missing(&facts.tries, &facts.tries_proven);
    let unproven = missing(&facts.tiers, &facts.tiers_proven);
    let (class, why) = if !facts.forbidden.is_empty() {
        let touches = format!(
            "it writes to {}, which no tier may touch",
            facts.forbidden.join(", ")
        );
        match !facts.tries.is_empty() && untried.is_empty() {
            true => (
                CapabilityClass::CloneOnly,
                format!("{touches}; {} tried it on a clone", facts.tries.join(", ")),
            ),
            false => (CapabilityClass::Forbidden, touches),
        }
    } else if !facts.tiers.is_empty() {
        if missing(&facts.tiers, &facts.tiers_live).is_empty() {
            let why = format!("tiers {} stand on the target", facts.tiers.join(", "));
            (CapabilityClass::Live, why)
        } else if unproven.is_empty() && untried.is_empty() {
            let why = format!("tiers {} were rehearsed", facts.tiers.join(", "));
            (CapabilityClass::SafeAfterGate, why)
        } else {
            let not: Vec<String> = unproven.into_iter().chain(untried).collect();
            let why = format!("no passing rehearsal has {}", not.join(", "));
            (CapabilityClass::NotProven, why)
        }
    } else if !facts.tries.is_empty() {
        match untried.is_empty() {
            true => (
                CapabilityClass::CloneOnly,
                format!(
                    "{} tried it on a clone; no tier brings it",
                    facts.tries.join(", ")
                ),
            ),
            false => (
                CapabilityClass::NotProven,
                format!("no passing rehearsal has {}", untried.join(", ")),
            ),
        }
    } else if facts.needs > 0 {
        let why = "no tier brings it; it hangs on its needs alone".to_owned();
        (CapabilityClass::Waiting, why)
    } else {
        let why = "nothing of the release brings it".to_owned();
        (CapabilityClass::FutureDesign, why)
    };
    let needs = match class {
        CapabilityClass::Forbidden | CapabilityClass::FutureDesign => &[],
        _ => facts.unmet.as_slice(),
    };
    let own = match (class, needs.is_empty()) {
        // What only waits is called by what it waits for.
        (CapabilityClass::Waiting, false) => None,
        _ => Some(class.word().to_owned()),
    };
    let words: Vec<String> = own.into_iter().chain(needs.iter().cloned()).collect();
    Readiness {
        class,
        words: words.join(" + "),
        because: vec![why],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(facts: CapabilityFacts, words: &str) {
        assert_eq!(readiness(&facts).words, words, "{facts:?}");
    }

    #[test]
    fn the_class_follows_from_what_was_seen() {
        let tiers = |proven: &str, live: &str, unmet: &str| CapabilityFacts {
            tiers: names("a b"),
            tiers_proven: names(proven),
            tiers_live: names(live),
            unmet: names(unmet),
            needs: 1,
            ..CapabilityFacts::default()
        };
        check(tiers("", "", ""), "NOT-PROVEN");
        check(tiers("a", "", ""), "NOT-PROVEN");
        check(tiers("a b", "a", ""), "SAFE-AFTER-GATE");
        check(tiers("a b", "", "NEEDS-LAW"), "SAFE-AFTER-GATE + NEEDS-LAW");
        check(tiers("a b", "a b", "NEEDS-UI"), "LIVE + NEEDS-UI");
        let tried = |proven: &str, forbidden: &str| CapabilityFacts {
            tries: names("merge"),
            tries_proven: names(proven),
            forbidden: names(forbidden),
            unmet: names("NEEDS-UI"),
            ..CapabilityFacts::default()
        };
        check(tried("merge", ""), "CLONE-ONLY + NEEDS-UI");
        check(tried("merge", "label_rules"), "CLONE-ONLY + NEEDS-UI");
        check(tried("", "label_rules"), "FORBIDDEN");
        check(tried("", ""), "NOT-PROVEN + NEEDS-UI");
        check(CapabilityFacts::default(), "FUTURE-DESIGN");
        let waiting = |unmet: &str| CapabilityFacts {
            needs: 1,
            unmet: names(unmet),
            ..CapabilityFacts::default()
        };
        check(waiting("NEEDS-EVENT-ACTIVATION"), "NEEDS-EVENT-ACTIVATION");
        check(waiting(""), "WAITING");
    }
}
