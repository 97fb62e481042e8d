//! `demo` leaves its production as it was, and nothing at all when it is interrupted.

use std::fs;

use crate::sandbox::Sandbox;

const CONFIG: &str = "format = 1\n";

#[test]
fn the_production_of_the_demo_is_the_same_before_and_after() {
    let sandbox = Sandbox::with_config(CONFIG);
    let report = sandbox
        .run(&["demo", "--size", "small", "--json"])
        .exits(0)
        .json();
    let figures = &report["figures"];
    assert_eq!(
        (&report["verdict"], &report["size"]),
        (&"passed".into(), &"small".into())
    );
    assert_eq!(
        (&figures["reproduced"], &figures["missed"]),
        (&figures["total"], &serde_json::json!([]))
    );
    assert_eq!(
        figures["checked"].as_array().map(Vec::len),
        figures["total"].as_u64().map(|total| total as usize)
    );

    // Production before and after: the same, but for what grows by itself.
    let rehearsal = &report["rehearsal"];
    let mut entry = rehearsal["probes"]["entry"].clone();
    let mut exit = rehearsal["probes"]["exit"].clone();
    for growth in rehearsal["volatile_growth"].as_array().unwrap() {
        let metric = growth["metric"].as_str().unwrap();
        for probe in [&mut entry, &mut exit] {
            let _ = probe.as_object_mut().unwrap().remove(metric);
        }
    }
    assert!(entry.as_object().unwrap().len() > 20, "{entry}");
    assert_eq!(entry, exit);
    let sentence = rehearsal["isolation"]["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("a transaction id was never assigned in"),
        "{sentence}"
    );
    assert_eq!(
        rehearsal["isolation"]["writable_tables"],
        serde_json::json!({"oneroof_clone": 0, "oneroof_read": 0})
    );
    assert!(
        rehearsal["baseline"]["differences"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(rehearsal["second_apply"]["exit"], 3);
    nothing_is_left(&sandbox);
}

#[test]
fn an_interrupted_demo_leaves_no_server() {
    let sandbox = Sandbox::with_config(CONFIG);
    // Once while the production is built, once while it is cloned.
    for sign in ["one-roof-base", "entry probe"] {
        let line = format!(
            "$oneroof demo --size small 2> talk & for i in $(seq 600); do grep -q '{sign}' talk && break; sleep 0.1; done
             grep -q '{sign}' talk || exit 99; kill -INT $!; wait $!"
        );
        let _ = sandbox.bash(&line).exits(130);
        nothing_is_left(&sandbox);
    }
}

/// No server, no clone, no record that was not finished.
#[track_caller]
fn nothing_is_left(sandbox: &Sandbox) {
    sandbox.has_servers(0);
    let demos = fs::read_dir(sandbox.project().join(".oneroof"))
        .into_iter()
        .flatten();
    for demo in demos.map(|demo| demo.unwrap().path()) {
        for folder in [".oneroof/servers", ".oneroof/clones", "evidence"] {
            let entries = fs::read_dir(demo.join(folder)).into_iter().flatten();
            for path in entries.map(|entry| entry.unwrap().path()) {
                let is_left = path
                    .extension()
                    .is_some_and(|ending| ending == "json" || ending == "partial");
                assert!(!is_left, "{}", path.display());
            }
        }
    }
}
