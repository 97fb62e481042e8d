use crate::sandbox::Sandbox;

/// The package of [`Sandbox::with_package`].
const PROBE: [&str; 4] = ["probe", "mine", "--target", "production"];
const BUNDLED: [&str; 4] = ["probe", "one-roof-base", "--target", "production"];

#[track_caller]
fn check(config: &str, exit: i32, says: &[&str]) {
    let _ = Sandbox::with_package(config)
        .run(&PROBE)
        .exits(exit)
        .says(says);
}

#[test]
fn mistakes_in_the_file_name_their_place_and_what_was_meant() {
    check(
        "format = 1\n[targets.production]\nraed = 'service=shop'\n",
        2,
        &[
            "oneroof.toml:3:1",
            "unknown field `raed`",
            "hint: did you mean `read`?",
        ],
    );
    check(
        "format = 1\n[targets.production]\nread = 'host=h pasword=x'\n",
        2,
        &["oneroof.toml:3:8", "unknown setting `pasword`"],
    );
    check(
        "format = 1\n[targets.production]\nread = 7\n",
        2,
        &["oneroof.toml:3:8", "expected a string"],
    );
    check("format = 1\n[targets.production\n", 2, &["oneroof.toml:2:"]);
    check("", 2, &["missing field `format`"]);
    check(
        "format = 1\n[targets.prodution]\n",
        2,
        &["find target `production`", "did you mean `prodution`?"],
    );
}

#[test]
fn a_password_is_refused_and_never_repeated() {
    let sandbox = Sandbox::with_package(
        "format = 1\n[targets.production]\nread = 'postgresql://me:hunter2@db/shop'\n",
    );
    let outcome =
        sandbox
            .run(&PROBE)
            .exits(2)
            .says(&["oneroof.toml:3:8", "a password", "PGPASSFILE"]);
    assert!(!outcome.stderr.contains("hunter2"));
    sandbox.write(
        "oneroof.toml",
        "format = 1\n[targets.production]\nread = 'service=none'\n",
    );
    let arguments = [
        "adopt",
        "production",
        "--execute",
        "--dba",
        "host=db password=hunter2",
    ];
    let outcome = sandbox
        .run(&arguments)
        .exits(2)
        .says(&["--dba", "PGPASSFILE"]);
    assert!(!outcome.stderr.contains("hunter2"));
}

#[test]
fn a_missing_connection_is_refused_by_its_role() {
    let sandbox = Sandbox::with_package("format = 1\n[targets.production]\n");
    let _ = sandbox.run(&PROBE).exits(3).says(&[
        "refused: ",
        "`read`",
        "exit 3 (refused: role-missing)",
    ]);
    let report = sandbox
        .run(&["probe", "mine", "--target", "production", "--json"])
        .exits(3)
        .json();
    assert_eq!(report["error"]["code"], "role-missing");
    assert_eq!(report["error"]["exit"], 3);
    assert!(report["error"]["hint"].is_string());
}

#[test]
fn a_server_that_is_not_there_says_where_it_was_looked_for() {
    let config =
        "format = 1\n[targets.production]\nread = 'host=127.0.0.1 port=1 dbname=shop user=me'\n";
    let sandbox = Sandbox::with_package(config);
    let _ = sandbox.run(&PROBE).exits(1).says(&[
        "error: failed to",
        "because: ",
        "127.0.0.1:1",
        "hint: ",
    ]);
    let report = sandbox
        .run(&["--json", "probe", "mine", "--target", "production"])
        .exits(1)
        .json();
    assert_eq!(report["error"]["kind"], "error");
}

#[test]
fn without_a_project_the_message_says_how_to_get_one() {
    let _ = Sandbox::new().run(&PROBE).exits(2).says(&[
        "no oneroof.toml in",
        "`oneroof init`",
        "`--project FOLDER`",
    ]);
    let _ = Sandbox::new()
        .run(&["--project", "gone", "probe", "mine", "--target", "x"])
        .exits(2)
        .says(&["find `gone/oneroof.toml`"]);
}

#[test]
fn the_project_is_found_upward_by_flag_by_environment_and_as_a_kept_demo() {
    let other = "format = 1\n[targets.other]\n";
    let found =
        |outcome: crate::sandbox::Outcome| outcome.exits(2).says(&["the targets are: other"]);

    let sandbox = Sandbox::with_config(other);
    sandbox.write("below/keep", "");
    let _ = found(sandbox.bash("cd below && $oneroof probe one-roof-base --target production"));

    let sandbox = Sandbox::new();
    sandbox.write("elsewhere/oneroof.toml", other);
    let _ = found(sandbox.run(&[
        "--project",
        "elsewhere",
        "probe",
        "one-roof",
        "--target",
        "production",
    ]));
    let _ = found(sandbox.run_with(&[("ONEROOF_PROJECT", "elsewhere")], &BUNDLED));

    let sandbox = Sandbox::new();
    sandbox.write(".oneroof/demo-1/oneroof.toml", other);
    let outcome = found(sandbox.run(&BUNDLED));
    assert!(
        outcome
            .stderr
            .starts_with("using the demo that was kept in "),
        "{outcome:#?}"
    );
}

#[test]
fn private_servers_are_where_the_file_says_else_the_environment() {
    let sandbox = Sandbox::with_config("format = 1\n");
    let demo = || {
        sandbox.run_with(
            &[("ONEROOF_SERVER_FOLDER", "of_the_environment")],
            &["demo"],
        )
    };
    let place = sandbox.project().join("of_the_environment");
    let _ = demo()
        .exits(1)
        .says(&[&format!("use `{}`", place.display())]);
    sandbox.write(
        "oneroof.toml",
        "format = 1\n[postgres]\nfolder = \"of_the_file\"\n",
    );
    let _ = demo().exits(1).says(&[&format!(
        "use `{}`",
        sandbox.project().join("of_the_file").display()
    )]);
}
