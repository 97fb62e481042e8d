use oneroof_model::RefusalCode;
use oneroof_model::readonly::GuardRule;

use crate::sandbox::Sandbox;

#[test]
fn every_refusal_code_has_a_page() {
    let sandbox = Sandbox::new();
    let list = sandbox.run(&["explain"]).exits(0).stdout;
    for code in RefusalCode::ALL {
        let page = sandbox.run(&["explain", code.as_str()]).exits(0).stdout;
        assert!(page.starts_with(&format!("# {code}\n")), "{page}");
        assert!(page.contains("## What to do\n"), "{page}");
        assert!(list.contains(code.as_str()), "{list}");
    }
    let report = sandbox
        .run(&["explain", "gate-closed", "--json"])
        .exits(0)
        .json();
    assert_eq!(report["code"], "gate-closed");
    assert!(
        report["title"]
            .as_str()
            .is_some_and(|title| title.contains("production")),
        "{report}"
    );
}

#[test]
fn every_guard_rule_is_explained() {
    let sandbox = Sandbox::new();
    for rule in GuardRule::ALL {
        let page = sandbox.run(&["explain", rule.as_str()]).exits(0).stdout;
        assert!(page.starts_with(&format!("# {rule}\n")), "{page}");
    }
}

#[test]
fn rules_are_explained_too_and_slips_are_understood() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["explain", "drop-cascade"]).exits(0).stdout;
    assert!(page.starts_with("# drop-cascade"), "{page}");
    let _ = sandbox.run(&["explain", "gate-closd"]).exits(2).says(&[
        "failed to find the page of `gate-closd`",
        "did you mean `gate-closed`?",
    ]);
}
