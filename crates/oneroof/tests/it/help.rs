use std::fmt::Write as _;

use crate::sandbox::Sandbox;

/// The reference of the command line is this snapshot: a change of any help text shows in review.
#[test]
fn the_help_of_every_command() {
    let sandbox = Sandbox::new();
    let mut text = String::new();
    collect(&sandbox, &mut Vec::new(), &mut text);
    insta::assert_snapshot!("help", text);
}

fn collect(sandbox: &Sandbox, path: &mut Vec<String>, text: &mut String) {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let help = sandbox.run(&arguments).exits(0).stdout;
    let title = format!("oneroof {}", path.join(" "));
    let _ = writeln!(text, "# {}\n\n{}\n", title.trim_end(), shown(path, &help));
    for name in commands(&help) {
        path.push(name);
        collect(sandbox, path, text);
        path.pop();
    }
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let commands = help.split("Commands:\n").nth(1).unwrap_or_default();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| {
        let line = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '))?;
        let name = line.split(' ').next()?;
        (name != "help").then(|| name.to_owned())
    });
    names.collect()
}

/// The global options are the same everywhere: shown once, at the top. The examples behind them
/// begin at the left edge again.
fn shown(path: &[String], help: &str) -> String {
    let mut is_global = false;
    let mut text = String::new();
    for line in help.lines() {
        if !line.starts_with(' ') && !line.is_empty() {
            is_global = line == "Global options:" && !path.is_empty();
        }
        if !is_global {
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text.trim_end().to_owned()
}

#[test]
fn the_reference_has_every_verb_of_governance() {
    let page = include_str!("../../../../docs/reference/governance-verbs.md");
    let sandbox = Sandbox::new();
    for verb in [
        "coverage",
        "drift",
        "event",
        "owner",
        "reconcile",
        "scan",
        "sync",
        "topic",
    ] {
        assert!(page.contains(&format!("| `{verb}")), "{verb}");
        for command in commands(&sandbox.run(&[verb, "--help"]).exits(0).stdout) {
            let line = format!("`{verb} {command}");
            assert!(page.contains(&line), "{line}` is not on the page");
        }
    }
}
