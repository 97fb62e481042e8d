//! `oneroof hub`, and its pages.

use serde_json::{Value, json};

use crate::dashboard::Dashboard;
use crate::sandbox::Sandbox;

fn json_of(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend_from_slice(arguments);
    serde_json::from_str(&sandbox.run(&all).exits(0).stdout).unwrap()
}

/// A project whose only target nobody needs to reach.
fn project() -> Sandbox {
    Sandbox::with_config(
        "format = 1\n[targets.gone]\nread = \"host=127.0.0.1 port=1 dbname=x user=y\"\n",
    )
}

#[test]
fn a_published_document_is_listed_read_and_found() {
    let sandbox = project();
    sandbox.write(
        "note.md",
        "# Restore from golden\n\nThe <script>alert(1)</script> runbook. See [why](why.md).",
    );
    sandbox.write("why.md", "# Why\n\nBecause a rehearsal said so.");
    let publish = |more: &[&str]| {
        let mut all = vec!["hub", "publish", "note.md", "--to", "knowledge/restore.md"];
        all.extend_from_slice(more);
        json_of(&sandbox, &all)[0].clone()
    };
    let first = publish(&["--tag", "runbook"]);
    assert_eq!(
        (&first["revision"], &first["unchanged"], &first["title"]),
        (&json!(1), &json!(false), &json!("Restore from golden"))
    );
    // Nothing changed; tags stay.
    let again = publish(&[]);
    assert_eq!(
        (&again["revision"], &again["unchanged"]),
        (&json!(1), &json!(true))
    );
    let _ = json_of(&sandbox, &["hub", "publish", "why.md"]);
    sandbox.write(
        "note.md",
        "# Restore from golden\n\nShorter. See [why](why.md).",
    );
    let second = publish(&[]);
    assert_eq!(
        (&second["revision"], &second["id"]),
        (&json!(2), &first["id"])
    );

    let list = json_of(&sandbox, &["hub", "list", "--tag", "runbook"]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["path"], "knowledge/restore.md");
    let id = first["id"].as_str().unwrap();
    let read = json_of(&sandbox, &["hub", "get", id]);
    assert!(read["text"].as_str().unwrap().contains("Shorter"));
    let why = json_of(&sandbox, &["hub", "get", "knowledge/why.md"]);
    assert_eq!(why["backlinks"][0]["path"], "knowledge/restore.md");
    let found = json_of(&sandbox, &["hub", "search", "restoring"]);
    assert_eq!(found["hits"][0]["path"], "knowledge/restore.md");
    assert_eq!(found["documents"], 2);
    // A shell's word with a space is a phrase.
    let phrase = json_of(&sandbox, &["hub", "search", "rehearsal said"]);
    assert_eq!(phrase["hits"].as_array().unwrap().len(), 1);

    let unknown = sandbox.run(&["hub", "get", "knowledge/restor.md"]).exits(2);
    assert!(
        unknown.stderr.contains("knowledge/restore.md"),
        "{}",
        unknown.stderr
    );
    for path in ["../out.md", "/etc/passwd.md", "a.html", ".git/a.md"] {
        let _ = sandbox
            .run(&["hub", "publish", "why.md", "--to", path])
            .exits(2);
    }
}

#[test]
fn the_sql_of_a_package_is_published_and_shown_on_pages() {
    let sandbox = project();
    let published = json_of(&sandbox, &["hub", "publish", "--package", "one-roof"]);
    let count = published.as_array().unwrap().len();
    assert!(count > 20, "{count}");
    let again = json_of(&sandbox, &["hub", "publish", "--package", "one-roof"]);
    let again = again.as_array().unwrap().iter();
    assert!(
        again
            .map(|one| &one["unchanged"])
            .all(|unchanged| unchanged == true)
    );
    sandbox.write(
        "hub/knowledge/hand.md",
        "# By hand\n\n<img src=x onerror=alert(1)>\n\n| a |\n|--:|\n| 1 |\n\n[x](javascript:alert(1))",
    );

    let dashboard = Dashboard::start(&sandbox, &[]);
    let list = dashboard.get("/api/v1/hub").json();
    assert_eq!(list["documents_in_all"], count + 1);
    let found = dashboard
        .get("/api/v1/hub?q=axis_registry%20path:tiers/")
        .json();
    let first = found["hits"][0]["path"].as_str().unwrap();
    assert!(first.ends_with("tiers/10_structure.sql"), "{first}");
    let page = dashboard.get(&format!("/hub/{first}"));
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Back to Knowledge Hub") && page.body.contains("Revision 1"));
    let page = dashboard.get("/hub/knowledge/hand.md");
    assert!(page.body.contains("<h2>By hand</h2>"), "{}", page.body);
    for forbidden in ["<img", "javascript:", " style="] {
        assert!(!page.body.contains(forbidden), "{forbidden}: {}", page.body);
    }
    // What is published while it runs is there in a moment.
    sandbox.write("new.md", "# Fresh xylophone");
    let _ = json_of(&sandbox, &["hub", "publish", "new.md"]);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    let found = dashboard.get("/api/v1/hub?q=xylophone").json();
    assert_eq!(found["hits"].as_array().unwrap().len(), 1);
    let missing = dashboard.get("/api/v1/hub/knowledge/none.md");
    assert_eq!(missing.status, 404, "{}", missing.body);
    assert_eq!(dashboard.get("/hub/..%2f..%2foneroof.toml").status, 404);
}
