use crate::sandbox::Sandbox;

#[test]
fn init_writes_a_file_that_the_other_commands_accept() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(&["init"]).exits(0);
    assert_eq!(outcome.stdout, "wrote oneroof.toml\n");
    assert!(sandbox.read("oneroof.toml").contains("format = 1"));
    assert_eq!(sandbox.read(".gitignore"), ".oneroof/\n");
    let _ = sandbox
        .run(&["probe", "one-roof", "--target", "production"])
        .exits(2)
        .says(&[
            "failed to find target `production`",
            "no [targets.NAME] yet",
        ]);
}

#[test]
fn init_never_overwrites() {
    let sandbox = Sandbox::with_config("# mine\n");
    sandbox.write(".gitignore", "target\n");
    let _ = sandbox
        .run(&["init"])
        .exits(2)
        .says(&["`oneroof.toml`", "not overwritten"]);
    assert_eq!(sandbox.read("oneroof.toml"), "# mine\n");
    assert_eq!(sandbox.read(".gitignore"), "target\n");
}

#[test]
fn init_makes_the_folder_and_keeps_what_git_ignores() {
    let sandbox = Sandbox::new();
    sandbox.write("new/.gitignore", "target");
    let _ = sandbox
        .run(&["init", "--project", "new", "--json"])
        .exits(0);
    assert_eq!(sandbox.read("new/.gitignore"), "target\n.oneroof/\n");
}
