//! The population of a period: applied, undone, refused, with the people on one line.

use serde_json::Value;

use crate::gated::Gated;

const APPLY: &str = "apply paying --target shop --execute";

#[test]
fn every_change_and_every_refusal_is_one_line_with_its_people() {
    let gated = Gated::new();
    let world = &gated.world;
    let _ = world.refused(APPLY, "gate-closed");
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    let _ = world.done(APPLY);
    let _ = world.refused(APPLY, "release-finished");
    let _ = world.done("rollback paying --target shop --execute");

    let report = world.done("audit shop");
    let lines: Vec<&Value> = report["lines"].as_array().unwrap().iter().collect();
    let outcomes: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| {
            (
                line["act"].as_str().unwrap(),
                line["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            ("adopted", "recorded"),
            ("apply", "refused"),
            ("apply", "applied"),
            ("apply", "refused"),
            ("rollback", "rolled_back"),
        ],
        "{report:#}"
    );
    let applied = lines[2];
    assert_eq!(applied["author"], "eve");
    let approvers: Vec<&str> = applied["approvals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["approver"].as_str().unwrap())
        .collect();
    assert_eq!(approvers, ["ada", "bob"]);
    assert_eq!(applied["executor"], "app_apply");
    assert_eq!(applied["evidence"], gated.evidence.as_str());
    assert_eq!(applied["tiers"], serde_json::json!(["column", "rows"]));
    assert!(
        applied["evidence_digest"]
            .as_str()
            .is_some_and(|digest| digest.len() == 64)
    );
    assert!(
        lines[1]["reason"]
            .as_str()
            .unwrap()
            .starts_with("gate-closed: ")
    );
    let population = &report["population"];
    assert_eq!(population["ledger_whole"], true);
    assert_eq!(population["only_in_run_files"], 2, "{population:#}");
    assert_eq!(population["evidence_missing"], serde_json::json!([]));

    // The same as a spreadsheet and as a page; a file that is there is kept.
    let csv = world.run("audit shop --format csv").exits(0).stdout;
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 6, "{csv}");
    assert!(
        rows[3].contains("eve,\"ada (L4), bob (L2)\",app_apply,"),
        "{csv}"
    );
    let _ = world
        .run("audit shop --format html --out changes.html")
        .exits(0);
    let page = world.sandbox.read("changes.html");
    assert!(
        page.contains(&format!("evidence/{}/report.html", gated.evidence))
            && page.contains("ada (L4)"),
        "{page}"
    );
    let _ = world.error("audit shop --format html --out changes.html", 2, "input");

    // Nothing is invented for another period, and a slip is told.
    let early = world.done("audit shop --until 2020-01-01");
    assert_eq!(early["lines"], serde_json::json!([]));
    let _ = world.error("audit shop --since yesterday", 2, "input");
    let _ = world.error(
        "audit shop --since 2026-02-01 --until 2026-01-01",
        2,
        "input",
    );

    // What is missing shows.
    gated.bash(&format!("rm -r evidence/{}", gated.evidence));
    world.sandbox.write("runs/broken.jsonl", "not JSON\n");
    let report = world.done("audit shop");
    assert_eq!(
        report["population"]["evidence_missing"],
        serde_json::json!([gated.evidence])
    );
    assert!(
        report["population"]["run_files_unreadable"]
            .to_string()
            .contains("broken.jsonl")
    );
}
