//! The class of each capability follows from what is there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::governed::Governed;

fn classes(report: &Value) -> BTreeMap<String, String> {
    let capabilities = report["capabilities"].as_array().unwrap().iter();
    capabilities
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("name"), text("words"))
        })
        .collect()
}

#[test]
fn the_class_follows_from_ledger_evidence_and_papers() {
    let world = Governed::base();
    world.copy("shop");
    let before = classes(&world.done("readiness one-roof --target shop"));
    assert_eq!(before["containment"], "NOT-PROVEN");
    assert_eq!(
        before["automated merge and split of topics"],
        "NOT-PROVEN + NEEDS-UI"
    );
    assert_eq!(before["changing the application"], "FORBIDDEN");
    // Its only try is in no rehearsal, so it is no more than forbidden.
    assert_eq!(before["editing label rules to align labels"], "FORBIDDEN");

    world.apply_one_roof();
    let live = classes(&world.done("readiness one-roof --target directus"));
    assert_eq!(live["containment"], "LIVE");
    assert_eq!(live["ownership seed"], "LIVE + NEEDS-LAW");

    let report = world.done("rehearse one-roof --from shop");
    let objectives = report["objectives"].as_array().unwrap();
    let reached = |id: &str| {
        let mut of = objectives.iter().filter(|one| one["id"] == id);
        of.next().unwrap()["reached"].clone()
    };
    // No conflict on the source already; the rest is reached on the clone only.
    assert_eq!(
        (reached("A"), reached("B")),
        ("only_rehearsed".into(), "resolved".into())
    );
    assert_eq!(reached("D"), "only_rehearsed");
    let gaps = report["gaps"].as_array().unwrap();
    let gap = |metric: &str| {
        let mut of = gaps.iter().filter(|one| one["metric"] == metric);
        of.next().map(|gap| gap["value"].clone())
    };
    assert_eq!(gap("topic_gap"), Some(6.into()));
    assert_eq!(gap("open_findings"), Some(14.into()));
    assert_eq!(report["coverage"]["before"]["summary"]["gap_cells"], 210);
    assert_eq!(report["coverage"]["after"]["summary"]["gap_cells"], 0);

    let report = world.done("readiness one-roof --target shop");
    assert!(
        report["gate"]
            .as_str()
            .unwrap()
            .starts_with("GATE: BLOCKED")
    );
    let proven = classes(&report);
    let expected = [
        ("base substrate, axes and views", "SAFE-AFTER-GATE"),
        ("ownership seed", "SAFE-AFTER-GATE + NEEDS-LAW"),
        ("containment", "SAFE-AFTER-GATE"),
        (
            "topic axis, its values, reconcile decisions",
            "SAFE-AFTER-GATE",
        ),
        ("detectors and scanner", "SAFE-AFTER-GATE"),
        ("seven UI views", "SAFE-AFTER-GATE + NEEDS-UI"),
        ("event emission", "NEEDS-EVENT-ACTIVATION"),
        ("editing label rules to align labels", "CLONE-ONLY"),
        (
            "automated merge and split of topics",
            "CLONE-ONLY + NEEDS-UI",
        ),
        ("coverage down to single objects", "FUTURE-DESIGN"),
        ("changing the application", "FORBIDDEN"),
    ];
    for (name, words) in expected {
        assert_eq!(proven[name], words, "{name}");
    }
    assert_eq!(proven.len(), expected.len());
    let table = world.run("readiness one-roof --target shop").exits(0);
    assert!(table.stdout.contains("proven by: rehearsal "), "{table:?}");

    let error = world.error("readiness one-roof-base --target shop", 2, "input");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("[[capability]]"),
        "{error}"
    );
}
