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
    let _ = writeln!(text, "# oneroof {}\n\n{}\n", path.join(" "), help.trim_end());
    let commands = help.split("Commands:\n").nth(1).unwrap_or_default();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| {
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split(' ').next()?;
        (name != "help").then(|| name.to_owned())
    });
    for name in names.collect::<Vec<_>>() {
        path.push(name);
        collect(sandbox, path, text);
        path.pop();
    }
}
