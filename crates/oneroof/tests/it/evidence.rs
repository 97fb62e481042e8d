//! Evidence of a real rehearsal: signed, checked with oneroof and without it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::guide::{blocks, is_printed};
use crate::production::Production;
use crate::sandbox::Sandbox;

/// A key beside the project, and `[runner]` in its `oneroof.toml`.
fn with_runner(sandbox: &Sandbox) {
    let _ = sandbox
        .bash("ssh-keygen -q -t ed25519 -N '' -C runner -f ../runner")
        .exits(0);
    let config = sandbox.read("oneroof.toml");
    sandbox.write(
        "oneroof.toml",
        &format!("{config}\n[runner]\nkey = \"../runner\"\n"),
    );
    let public = sandbox.read("../runner.pub");
    sandbox.write(
        "allowed_signers",
        &format!("runner@example.com namespaces=\"oneroof-evidence\" {public}"),
    );
}

fn rehearse(sandbox: &Sandbox) -> Value {
    sandbox
        .run(&["rehearse", "mine", "--from", "production", "--json"])
        .exits(0)
        .json()
}

#[tokio::test]
async fn evidence_is_signed_and_can_be_checked_without_oneroof() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    with_runner(sandbox);
    let report = rehearse(sandbox);
    assert_eq!(report["signature"]["signed"], true, "{report:#}");
    let evidence = report["evidence"].as_str().unwrap();
    let verified = sandbox
        .run(&[
            "evidence",
            "verify",
            evidence,
            "--signers",
            "allowed_signers",
            "--json",
        ])
        .exits(0)
        .json();
    assert_eq!(verified["whole"], true);
    assert_eq!(verified["signature"]["signer"], "runner@example.com");
    assert_eq!(
        verified["evidence_digest"],
        report["signature"]["evidence_digest"]
    );

    // The record says what it rests on, and what it does not cover.
    let record: Value =
        serde_json::from_str(&sandbox.read(&format!("{evidence}/rehearsal.json"))).unwrap();
    assert_eq!(record["signature"], Value::Null);
    for moment in ["before", "with_clone", "after"] {
        assert!(record["free_disk_bytes"][moment].is_u64(), "{moment}");
    }
    for gap in record["gaps"].as_array().unwrap() {
        for member in ["gap", "why", "mitigation"] {
            assert!(
                gap[member].as_str().is_some_and(|text| !text.is_empty()),
                "{gap}"
            );
        }
    }
    assert_eq!(
        record["source"]["definition_digest"],
        record["baseline"]["definition_before"]
    );
    let html = sandbox.read(&format!("{evidence}/report.html"));
    assert!(html.contains("CLONE") && html.contains("<svg"));
    for outside in ["src=", "href=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }

    // The guide's own commands, in an environment that has no oneroof.
    let guide =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/checking-evidence.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let folder = sandbox.project();
    let database = production
        .server
        .conninfo(&production.database, "shop_apply")
        .to_keyword_value();
    let mut output = String::new();
    let mut ran = 0;
    for block in blocks(&guide) {
        match block.kind.as_str() {
            "sh" => {
                let mut script = String::from("set -euo pipefail\n");
                let _ = writeln!(
                    script,
                    "export EVIDENCE='{}'",
                    folder.join(evidence).display()
                );
                let _ = writeln!(script, "export SCRATCH='{}'", folder.display());
                let _ = writeln!(
                    script,
                    "export SIGNERS='{}/allowed_signers'",
                    folder.display()
                );
                let _ = writeln!(script, "export DATABASE=\"{database}\"");
                script.push_str(&block.text);
                sandbox.write("step", &script);
                let outcome = sandbox.bash("bash step").exits(0);
                if block.text.contains("comm -3") {
                    assert_eq!(outcome.stdout, "", "line {}", block.line);
                }
                if block.text.contains("sha256sum SHA256SUMS") {
                    let digest = verified["evidence_digest"].as_str().unwrap();
                    assert!(outcome.stdout.starts_with(digest), "{outcome:?}");
                }
                if block.text.contains("psql") {
                    assert!(outcome.stdout.contains("note_tables"), "{outcome:?}");
                }
                output = outcome.stdout;
                ran += 1;
            }
            "text" => {
                for line in block.text.lines() {
                    assert!(
                        is_printed(line, &output),
                        "`{line}` is not printed:\n{output}"
                    );
                }
            }
            _ => {}
        }
    }
    assert_eq!(ran, 5);
}

#[tokio::test]
async fn changed_evidence_is_named_to_the_byte_and_used_by_nothing() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    let report = rehearse(sandbox);
    let evidence = report["evidence"].as_str().unwrap();
    let name = evidence.strip_prefix("evidence/").unwrap();
    // Nobody signs here, and it says so.
    assert_eq!(report["signature"]["signed"], false);
    let whole = sandbox.run(&["evidence", "verify", name]).exits(0);
    assert!(whole.stdout.contains("not signed"), "{whole:?}");
    assert!(whole.stdout.contains("WHOLE"), "{whole:?}");
    let _ = sandbox
        .run(&["evidence", "sign", name])
        .exits(2)
        .says(&["[runner] key"]);
    with_runner(sandbox);
    let signed = sandbox.run(&["evidence", "sign", name]).exits(0);
    assert!(signed.stdout.contains("SHA256:"), "{signed:?}");
    let list = sandbox.run(&["evidence", "list", "--json"]).exits(0).json();
    assert_eq!(
        (&list[0]["name"], &list[0]["signed"]),
        (&name.into(), &true.into())
    );
    let shown = sandbox
        .run(&["evidence", "show", name, "--json"])
        .exits(0)
        .json();
    assert_eq!(shown["run_id"], report["run_id"]);
    let shown = sandbox.run(&["evidence", "show", evidence]).exits(0);
    assert!(
        shown
            .stdout
            .starts_with("# Rehearsal of mine@1.0.0 on a CLONE")
    );

    // Far away from the project: the folder alone is enough.
    let copied = format!("mkdir ../elsewhere && cp -r {evidence} ../elsewhere/it");
    let _ = sandbox.bash(&copied).exits(0);
    let away = "cd ../elsewhere && $oneroof evidence verify it";
    let _ = sandbox.bash(away).exits(0);
    let _ = sandbox
        .bash("cd ../elsewhere && sed -i '0,/passed/s//passeD/' it/report.md it/rehearsal.json && rm it/post-gate.md")
        .exits(0);
    let _ = sandbox.bash(away).exits(4).says(&[
        "3 faults",
        "rehearsal.json, line 3, column 20 (byte ",
        "this byte was changed: it is `D`, it was `d`",
        "post-gate.md: it is missing",
        "exit 4 (failed)",
    ]);
    let _ = sandbox
        .bash("cd ../elsewhere && $oneroof evidence show it")
        .exits(2)
        .says(&["it was changed"]);

    let _ = sandbox
        .run(&["evidence", "verify", "2026"])
        .exits(2)
        .says(&["the newest evidence is"]);
    let _ = sandbox
        .run(&["evidence", "verify", name, "--signers", "oneroof.toml"])
        .exits(2)
        .says(&["oneroof.toml", "line 1"]);
    sandbox.write(
        "oneroof.toml",
        &sandbox.read("oneroof.toml").replace("../runner", "../gone"),
    );
    let _ = sandbox
        .run(&["rehearse", "mine", "--from", "production"])
        .exits(2)
        .says(&["gone", "ssh-keygen"]);
}
