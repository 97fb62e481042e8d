//! Rules that judge: chosen by the project, allowed by a comment, told in the words of other programs, and held against
//! what a rehearsal measured.

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::world::World;

const UP: &str = "alter table ticket add column token uuid default gen_random_uuid();\n\
    alter table ticket alter column title type varchar(90);\n\
    -- oneroof: allow drops-data: nobody reads it since May\n\
    alter table ticket drop column note;\n\
    alter table ticket rename column mail to email;\n";

fn rules(report: &Value) -> Vec<&str> {
    let diagnostics = report["diagnostics"].as_array().unwrap();
    diagnostics
        .iter()
        .map(|one| one["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn rules_are_chosen_allowed_and_told_in_other_formats() {
    let sandbox = Sandbox::with_config("format = 1\n");
    sandbox.write("db/1_ticket.up.sql", UP);
    sandbox.write("db/1_ticket.down.sql", "select 1;");
    let plain = sandbox
        .run(&["package", "check", "./db", "--json"])
        .exits(0)
        .json();
    let said = rules(&plain);
    for rule in ["volatile-default", "column-type-change", "rename"] {
        assert!(said.contains(&rule), "{rule}: {said:?}");
    }
    assert!(!said.contains(&"drops-data"), "{said:?}");

    sandbox.write(
        "oneroof.toml",
        "format = 1\n[checks]\nrename = \"error\"\nvolatile-default = \"off\"\n",
    );
    let chosen = sandbox
        .run(&["package", "check", "./db", "--json"])
        .exits(4)
        .json();
    assert_eq!(chosen["errors"], 1, "{chosen}");
    assert!(!rules(&chosen).contains(&"volatile-default"));

    let github = sandbox
        .run(&["package", "check", "./db", "--format", "github"])
        .exits(4)
        .stdout;
    assert!(
        github.contains("::error file=db/1_ticket.up.sql,line=5,col=1,title=rename::`ticket.mail` gets another name"),
        "{github}"
    );
    let sarif = sandbox
        .run(&["package", "check", "./db", "--format", "sarif"])
        .exits(4)
        .stdout;
    let log: Value = serde_json::from_str(&sarif).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rename = results
        .iter()
        .find(|result| result["ruleId"] == "rename")
        .unwrap();
    assert_eq!(
        (&log["version"], &rename["level"]),
        (&"2.1.0".into(), &"error".into())
    );
    let place = &rename["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "db/1_ticket.up.sql");
    assert_eq!(place["region"]["startLine"], 5);

    sandbox.write(
        "oneroof.toml",
        "format = 1\n[checks]\nsyntax-error = \"off\"\n",
    );
    let _ = sandbox
        .run(&["package", "check", "./db"])
        .exits(2)
        .says(&["`syntax-error` cannot be chosen"]);
}

#[test]
fn a_rehearsal_says_what_it_measured_of_a_fear() {
    let world = World::new();
    world.production(
        "shop",
        "create table public.ticket (id bigint primary key, title varchar(50), note text, mail text);
         insert into public.ticket select i, 'title', null, null from generate_series(1, 50) as i;",
    );
    let sandbox = &world.sandbox;
    sandbox.write(
        "db/1_token.up.sql",
        "alter table ticket add column token uuid default gen_random_uuid();\n",
    );
    sandbox.write(
        "db/1_token.down.sql",
        "alter table ticket drop column token;\n",
    );
    sandbox.write(
        "db/2_title.up.sql",
        "alter table ticket alter column title type varchar(90);\n",
    );
    sandbox.write(
        "db/2_title.down.sql",
        "alter table ticket alter column title type varchar(50);\n",
    );
    let report = sandbox
        .run(&[
            "rehearse",
            "./db",
            "--from",
            "shop",
            "--json",
            "--junit",
            "steps.xml",
        ])
        .exits(0)
        .json();
    let remarks = report["remarks"].as_array().unwrap();
    let said = |rule: &str| {
        let mine = remarks.iter().find(|remark| remark["rule"] == rule);
        mine.unwrap_or_else(|| panic!("{rule}: {remarks:#?}"))
    };
    let confirmed = said("volatile-default")["message"].as_str().unwrap();
    assert!(
        confirmed.contains("confirmed: public.ticket was written anew"),
        "{confirmed}"
    );
    assert!(
        confirmed.contains("(measured: ACCESS EXCLUSIVE on public.ticket for "),
        "{confirmed}"
    );
    let cleared = said("column-type-change");
    assert_eq!(cleared["severity"], "info");
    assert!(
        cleared["message"].as_str().unwrap().contains("cleared"),
        "{cleared}"
    );
    let steps = sandbox.read("steps.xml");
    assert!(
        steps.contains("failures=\"0\"") && steps.contains("name=\"12 rollback"),
        "{steps}"
    );
}

#[test]
fn what_the_proofs_find_is_told_as_annotations_and_sarif() {
    let sandbox = Sandbox::new();
    sandbox.write("db/sqitch.plan", "%project=t\n\nticket 2024\nmail 2024\n");
    sandbox.write(
        "db/deploy/ticket.sql",
        "BEGIN;\ncreate table ticket (id int);\nCOMMIT;\n",
    );
    sandbox.write(
        "db/revert/ticket.sql",
        "BEGIN;\ndrop table ticket;\nCOMMIT;\n",
    );
    sandbox.write(
        "db/verify/ticket.sql",
        "BEGIN;\nselect id from ticket where false;\nROLLBACK;\n",
    );
    sandbox.write(
        "db/deploy/mail.sql",
        "alter table ticket add column mail text;\n",
    );
    sandbox.write(
        "db/revert/mail.sql",
        "alter table ticket drop column mail;\n",
    );
    sandbox.write(
        "db/verify/mail.sql",
        "BEGIN;\n\nselect 1/count(*) from ticket where mail <> '';\nROLLBACK;\n",
    );
    let outcome = sandbox
        .run(&[
            "migrations",
            "check",
            "db",
            "--github",
            "--sarif",
            "proof.sarif",
        ])
        .exits(4);
    assert!(
        outcome.stdout.contains("::error file=db/deploy/mail.sql,line=3,col=1,title=migration-proof::its verify script fails"),
        "{outcome:#?}"
    );
    let log: Value = serde_json::from_str(&sandbox.read("proof.sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(
        results
            .iter()
            .any(|result| result["ruleId"] == "migration-proof"),
        "{log}"
    );
}
