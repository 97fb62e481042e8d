use crate::sandbox::Sandbox;

#[test]
fn a_new_package_is_checked_and_sealed_and_a_change_shows() {
    let sandbox = Sandbox::new();
    let _ = sandbox.run(&["package", "new", "packages/first"]).exits(0);
    let report = sandbox
        .run(&["package", "check", "packages/first", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&report["errors"], &report["sealed"]),
        (&0.into(), &false.into()),
        "{report}"
    );
    let sealed = sandbox
        .run(&["package", "seal", "packages/first", "--json"])
        .exits(0)
        .json();
    let _ = sandbox.run(&["package", "diff", "packages/first"]).exits(0);

    let tier = sandbox.read("packages/first/tiers/10_structure.sql");
    sandbox.write(
        "packages/first/tiers/10_structure.sql",
        &format!("{tier}\n-- one more line\n"),
    );
    let changed = sandbox
        .run(&["package", "diff", "packages/first", "--json"])
        .exits(4)
        .json();
    assert_eq!(changed["files"][0]["path"], "tiers/10_structure.sql");
    assert_eq!(changed["left"], sealed["digest"]);
    assert_eq!(changed["error"]["exit"], 4);
}

#[test]
fn errors_of_a_package_have_file_line_and_column() {
    let sandbox = Sandbox::new();
    let _ = sandbox.run(&["package", "new", "broken"]).exits(0);
    sandbox.write("broken/tiers/10_structure.sql", "select 1;\n  commit;\n");
    let outcome = sandbox
        .run(&["package", "check", "broken"])
        .exits(4)
        .says(&["exit 4 (failed)"]);
    assert!(
        outcome
            .stdout
            .contains("tiers/10_structure.sql:2:3: error: "),
        "{outcome:#?}"
    );
    let _ = sandbox.run(&["package", "seal", "broken"]).exits(3).says(&[
        "exit 3 (refused: package-invalid)",
        "tiers/10_structure.sql:2:3",
    ]);
}

#[test]
fn packages_are_found_by_path_by_name_and_among_the_bundled_ones() {
    let sandbox = Sandbox::with_config("format = 1\n");
    let _ = sandbox.run(&["package", "new", "packages/mine"]).exits(0);
    for word in ["packages/mine", "mine"] {
        let report = sandbox
            .run(&["package", "check", word, "--json"])
            .exits(0)
            .json();
        assert!(
            report["package"].as_str().unwrap().starts_with("mine@"),
            "{report}"
        );
    }
    let report = sandbox
        .run(&["package", "check", "one-roof", "--json"])
        .exits(0)
        .json();
    assert!(
        report["package"].as_str().unwrap().starts_with("one-roof@"),
        "{report}"
    );
    let _ = sandbox
        .run(&["package", "check", "one-rof"])
        .exits(2)
        .says(&["did you mean `one-roof`?"]);
    let _ = sandbox
        .run(&["package", "new", "packages/mine"])
        .exits(2)
        .says(&["is not empty"]);
}
