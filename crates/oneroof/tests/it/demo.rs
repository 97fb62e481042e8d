use crate::dashboard::Dashboard;
use crate::sandbox::Sandbox;

/// Servers of the demo live where the sandbox sees them.
const CONFIG: &str = "format = 1\n[postgres]\nfolder = \"..\"\n";

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
fn a_kept_demo_is_a_project_to_play_with() {
    let sandbox = Sandbox::with_config(CONFIG);
    let report = sandbox.run(&["demo", "--keep", "--json"]).exits(0).json();
    sandbox.has_servers(2);
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

#[test]
fn a_served_demo_has_something_to_look_at_on_every_page() {
    let sandbox = Sandbox::with_config(CONFIG);
    let dashboard = Dashboard::open(&sandbox, &["demo", "--serve", "127.0.0.1:0", "--json"]);
    let api = |path: &str| dashboard.get(&format!("/api/v1{path}"));
    let status = api("/status").json();
    let targets = status["targets"].as_array().unwrap().iter();
    let clone = targets
        .filter_map(|target| target["target"].as_str())
        .find(|name| name.starts_with("clone:"))
        .unwrap_or("clone:none")
        .replace(':', "%3A");
    let gate = "/gate?target=production&package=one-roof";
    let (evidence, gate, page) = (
        api("/evidence").json(),
        api(gate).json(),
        dashboard.get(gate),
    );
    let approve = dashboard.get("/approve?target=production&package=one-roof");
    let drift = api(&format!("/drift?target={clone}")).json();
    drop(dashboard);
    let clean = sandbox.run(&["demo", "--clean", "--json"]);
    // All of it was asked before anything is asserted, so that no server outlives a failed test.
    let _ = clean.exits(0);
    sandbox.has_servers(0);
    assert_eq!(evidence["evidence"][0]["verdict"], "passed", "{evidence:#}");
    assert_eq!(gate["report"]["word"], "BLOCKED", "{gate:#}");
    let blockers = gate["report"]["blockers"].as_array().unwrap();
    assert!(
        blockers.iter().any(|one| one["code"] == "approval_missing"),
        "{blockers:#?}"
    );
    assert!(page.body.contains("approval_missing"), "{}", page.body);
    assert!(
        approve.body.contains("value=\"hold\" checked"),
        "{}",
        approve.body
    );
    assert!(drift["findings_in_all"].as_u64() > Some(0), "{drift:#}");
}
