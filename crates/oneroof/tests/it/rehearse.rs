use crate::production::Production;
use crate::sandbox::Sandbox;

const REHEARSE: [&str; 4] = ["rehearse", "mine", "--from", "production"];

#[tokio::test]
async fn a_rehearsal_leaves_evidence_and_nothing_else() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    let report = sandbox
        .run(&[&REHEARSE[..], &["--json"]].concat())
        .exits(0)
        .json();
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["tiers"][0]["metrics"]["note_tables"], 1);
    assert_eq!(report["second_apply"]["exit"], 3);
    let evidence = report["evidence"].as_str().unwrap();
    let sums = sandbox
        .bash(&format!("cd {evidence} && sha256sum -c SHA256SUMS && ls"))
        .exits(0)
        .stdout;
    for file in ["events.jsonl", "rehearsal.json", "report.md"] {
        assert!(sums.contains(&format!("{file}: OK")), "{sums}");
    }
    nothing_is_left(sandbox);

    // The same for people: plain lines with the elapsed time, no control codes.
    let outcome = sandbox
        .run(&REHEARSE)
        .exits(0)
        .says(&["s] ok       1  entry probe", "] passed in "]);
    assert!(
        !outcome.stderr.contains('\u{1b}') && !outcome.stderr.contains('\r'),
        "{outcome:#?}"
    );
    assert!(
        outcome.stdout.contains("REHEARSAL PASSED: mine@1.0.0"),
        "{outcome:#?}"
    );
}

#[tokio::test]
async fn a_broken_tier_is_shown_with_its_place() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    sandbox.write(
        "packages/mine/tiers/10_structure.sql",
        "select 1;\n\ninsert into nowhere values (1);\n",
    );
    let _ = sandbox.run(&["package", "seal", "packages/mine"]).exits(0);
    let outcome = sandbox
        .run(&[&REHEARSE[..], &["--keep-on-failure", "--json"]].concat())
        .exits(4)
        .says(&[
            "failed: step 7",
            "tiers/10_structure.sql:3:13",
            "SQLSTATE: 42P01",
            "exit 4 (failed)",
        ]);
    let report = outcome.json();
    assert_eq!(report["verdict"], "failed");
    assert_eq!(
        (&report["error"]["line"], &report["error"]["exit"]),
        (&3.into(), &4.into())
    );
    // The clone is as it was at that moment, until it is dropped.
    let clone = report["clone"]["id"].as_str().unwrap();
    let list = sandbox.run(&["clone", "list", "--json"]).exits(0).json();
    assert_eq!(list[0]["id"], clone);
    assert_eq!(list[0]["running"], true);
    sandbox.has_servers(1);
    let _ = sandbox.run(&["clone", "drop", clone]).exits(0);
    nothing_is_left(sandbox);
    let _ = sandbox
        .run(&["clone", "drop", clone])
        .exits(2)
        .says(&["no such clone"]);
}

#[tokio::test]
async fn an_interrupted_rehearsal_leaves_nothing() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    // Interrupted after its first step: while the clone is made, or later.
    let line = format!(
        "$oneroof {} 2>err & for i in $(seq 200); do grep -q ' 1  entry probe' err && break; sleep 0.05; done
         kill -INT $!; sleep 0.1; kill -INT $!; wait $!",
        REHEARSE.join(" ")
    );
    let _ = sandbox.bash(&line).exits(130);
    let talk = sandbox.read("err");
    assert!(talk.contains("interrupted, cleaning up"), "{talk}");
    nothing_is_left(sandbox);
    let evidence = sandbox.bash("ls -A evidence").stdout;
    assert_eq!(evidence, "");
}

/// No clone, no server, no folder of one.
#[track_caller]
fn nothing_is_left(sandbox: &Sandbox) {
    let list = sandbox.run(&["clone", "list", "--json"]).exits(0).json();
    assert_eq!(list, serde_json::json!([]));
    sandbox.has_servers(0);
}
