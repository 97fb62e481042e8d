use crate::sandbox::Sandbox;

#[test]
fn wrong_usage_exits_with_2_and_names_what_was_meant() {
    let sandbox = Sandbox::new();
    let _ = sandbox
        .run(&["reherse"])
        .exits(2)
        .says(&["'reherse'", "rehearse"]);
    let _ = sandbox
        .run(&["probe", "one-roof"])
        .exits(2)
        .says(&["--target <TARGET>"]);
    let _ = sandbox.run(&[]).exits(2).says(&["Usage: oneroof"]);
    let report = sandbox.run(&["probe", "--jsno", "--json"]).exits(2).json();
    assert_eq!(report["error"]["kind"], "input");
    assert_eq!(report["error"]["exit"], 2);
}

#[test]
fn help_and_version_are_data() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(&["--help"]).exits(0);
    assert!(
        help.stdout.contains("Usage: oneroof") && help.stderr.is_empty(),
        "{help:#?}"
    );
    let version = sandbox.run(&["--version"]).exits(0);
    assert_eq!(
        version.stdout,
        format!("oneroof {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_closed_pipe_is_the_end_and_no_crash() {
    let sandbox = Sandbox::new();
    for command in [
        "explain",
        "explain --json",
        "completions bash",
        "man",
        "--help",
    ] {
        let outcome = sandbox.bash(&format!(
            "$oneroof {command} | true; echo ${{PIPESTATUS[0]}}"
        ));
        assert_eq!(
            (outcome.stdout.as_str(), outcome.stderr.as_str()),
            ("0\n", ""),
            "{command}"
        );
    }
    // Both ends closed: nobody is there to be told, and the exit code still tells.
    let _ = sandbox.bash("$oneroof explain nothing >&- 2>&-").exits(2);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let sandbox = Sandbox::new();
    let plain = sandbox.run(&["explain", "nothing"]).exits(2);
    assert!(!plain.stderr.contains('\u{1b}'), "{plain:#?}");
    let asked = sandbox
        .run(&["--color", "always", "explain", "nothing"])
        .exits(2);
    assert!(asked.stderr.contains('\u{1b}'), "{asked:#?}");
    let environment = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")];
    let refused = sandbox
        .run_with(&environment, &["explain", "nothing"])
        .exits(2);
    assert!(!refused.stderr.contains('\u{1b}'), "{refused:#?}");
}

#[test]
fn quiet_leaves_only_errors() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(&["init", "--quiet"]).exits(0);
    assert_eq!(outcome.stderr, "");
    let _ = sandbox
        .run(&["init", "--quiet"])
        .exits(2)
        .says(&["not overwritten"]);
}

#[test]
fn completions_and_manual_pages_are_made_for_every_command() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains("rehearse"), "{shell}");
    }
    assert!(
        sandbox
            .run(&["man"])
            .exits(0)
            .stdout
            .contains(".TH oneroof")
    );
    let _ = sandbox.run(&["man", "--folder", "pages"]).exits(0);
    assert!(
        sandbox
            .read("pages/oneroof-rehearse.1")
            .contains("rehearse")
    );
}
