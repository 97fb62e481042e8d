use serde_json::Value;

use crate::dashboard::{Dashboard, Reply};
use crate::sandbox::Sandbox;

const CONFIG: &str = "format = 1\n";

#[test]
fn the_demo_reproduces_every_figure_and_leaves_only_its_record() {
    let sandbox = Sandbox::with_config(CONFIG);
    let report = sandbox.run(&["demo", "--json"]).exits(0).json();
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["figures"]["missed"], serde_json::json!([]));
    assert_eq!(report["figures"]["total"], report["figures"]["reproduced"]);
    assert!(
        report["figures"]["total"].as_u64() > Some(150),
        "{}",
        report["figures"]["total"]
    );
    // What a clone is given that a production is not: two things, and they are named.
    let deltas = report["rehearsal"]["clone_deltas"].as_array().unwrap();
    assert_eq!(deltas.len(), 2, "{deltas:?}");
    for (delta, begin) in deltas.iter().zip([
        "setting oneroof.expected_database",
        "simulation of the gate",
    ]) {
        assert!(delta.as_str().unwrap().starts_with(begin), "{deltas:?}");
    }
    sandbox.has_servers(0);
}

#[test]
fn a_served_demo_has_something_to_look_at_and_is_a_project_to_play_with() {
    let sandbox = Sandbox::with_config(CONFIG);
    let dashboard = Dashboard::open(&sandbox, &["demo", "--serve", "127.0.0.1:0", "--json"]);
    sandbox.has_servers(2);
    let report = dashboard.said[0].clone();
    let looked = Looked::at(&dashboard, report["clone"]["id"].as_str().unwrap());
    drop(dashboard);
    let project = report["project"].as_str().unwrap();
    let clone = report["clone"]["id"].as_str().unwrap();
    let target = format!("clone:{clone}");
    let run = |arguments: &[&str]| sandbox.run(&[&["--project", project], arguments].concat());
    let outcomes = [
        run(&["verify", "one-roof", "--target", &target]),
        run(&["apply", "one-roof", "--target", &target, "--execute"]),
        run(&[
            "rollback",
            "one-roof",
            "--target",
            &target,
            "--execute",
            "--json",
        ]),
        run(&[
            "rollback",
            "one-roof",
            "--target",
            &target,
            "--execute",
            "--json",
        ]),
        run(&["apply", "one-roof", "--target", "production", "--execute"]),
        run(&["clone", "drop", clone]),
        sandbox.run(&["demo", "--clean", "--json"]),
    ];
    // All of it was run before anything is asserted, so that no server outlives a failed test.
    sandbox.has_servers(0);
    looked.is_worth_it();
    let [
        verify,
        second_apply,
        undo,
        undo_again,
        production,
        drop,
        clean,
    ] = outcomes;
    assert!(verify.exits(0).stdout.contains("TIER 8 VERIFY PASS"));
    let _ = second_apply.exits(3).says(&[
        "PREFLIGHT ABORT: axis substrate already present (6 tables)",
        "exit 3 (refused: release-finished)",
    ]);
    assert_eq!(undo.exits(0).json()["nothing_to_do"], false);
    assert_eq!(undo_again.exits(0).json()["nothing_to_do"], true);
    let _ = production.exits(3).says(&["exit 3 (refused: gate-closed)"]);
    let _ = drop.exits(0);
    let clean = clean.exits(0).json();
    assert_eq!(clean["removed"].as_array().map(Vec::len), Some(1));
    assert_eq!(clean["servers_stopped"], 1);
}

/// What the dashboard of a demo shows.
struct Looked {
    evidence: Value,
    gate: Value,
    drift: Value,
    gate_page: Reply,
    approve_page: Reply,
}

impl Looked {
    fn at(dashboard: &Dashboard, clone: &str) -> Looked {
        let asked = "target=production&package=one-roof";
        let api = |path: &str| dashboard.get(&format!("/api/v1{path}")).json();
        Looked {
            evidence: api("/evidence"),
            gate: api(&format!("/gate?{asked}")),
            drift: api(&format!("/drift?target=clone%3A{clone}")),
            gate_page: dashboard.get(&format!("/gate?{asked}")),
            approve_page: dashboard.get(&format!("/approve?{asked}")),
        }
    }

    /// A finished rehearsal, a closed gate, a decision that waits, drift.
    fn is_worth_it(&self) {
        let rehearsal = &self.evidence["evidence"][0];
        assert_eq!(rehearsal["verdict"], "passed", "{:#}", self.evidence);
        assert_eq!(self.gate["report"]["word"], "BLOCKED", "{:#}", self.gate);
        let blockers = self.gate["report"]["blockers"].as_array().unwrap();
        assert!(!blockers.is_empty());
        for blocker in blockers {
            let code = blocker["code"].as_str().unwrap().replace('<', "&lt;");
            assert!(self.gate_page.body.contains(&code), "{code}");
        }
        let question = &self.approve_page.body;
        assert!(question.contains("value=\"hold\" checked"), "{question}");
        assert!(
            self.drift["findings_in_all"].as_u64() > Some(0),
            "{:#}",
            self.drift
        );
    }
}
