//! Migrations of other tools: taken for what they are, rehearsed as they are, released as packages.

use crate::sandbox::Sandbox;
use crate::world::World;

/// The same three steps, written for each tool: table, column (in a transaction of its own), index.
fn write(sandbox: &Sandbox, tool: &str) {
    let up = [
        "create table ticket (id bigint primary key, title text not null);\n",
        "BEGIN;\nalter table ticket add column mail text;\nCOMMIT;\n",
        "create index concurrently ticket_mail on ticket (mail);\n",
    ];
    let down = [
        "drop table ticket;\n",
        "BEGIN;\nalter table ticket drop column mail;\nCOMMIT;\n",
        "drop index ticket_mail;\n",
    ];
    let names = ["ticket", "mail", "mail_index"];
    for (number, ((up, down), name)) in up.iter().zip(down).zip(names).enumerate() {
        let number = number + 1;
        let file = |path: &str, text: &str| sandbox.write(&format!("{tool}/{path}"), text);
        match tool {
            "golang-migrate" | "sqlx" => {
                let digits = if tool == "sqlx" { 14 } else { 6 };
                file(&format!("{number:0digits$}_{name}.up.sql"), up);
                file(&format!("{number:0digits$}_{name}.down.sql"), down);
            }
            "diesel" => {
                file(&format!("2024-01-0{number}-000000_{name}/up.sql"), up);
                file(&format!("2024-01-0{number}-000000_{name}/down.sql"), down);
            }
            "flyway" => {
                file(&format!("V{number}__{name}.sql"), up);
                file(&format!("U{number}__{name}.sql"), down);
            }
            "goose" => file(
                &format!("0000{number}_{name}.sql"),
                &format!("-- +goose Up\n{up}-- +goose Down\n{down}"),
            ),
            "dbmate" => file(
                &format!("2024010{number}_{name}.sql"),
                &format!("-- migrate:up\n{up}-- migrate:down\n{down}"),
            ),
            "tern" => file(
                &format!("00{number}_{name}.sql"),
                &format!("{up}---- create above / drop below ----\n{down}"),
            ),
            "sqitch" => {
                file(
                    &format!("deploy/{name}.sql"),
                    &format!("\\set ON_ERROR_STOP on\n{up}"),
                );
                file(&format!("revert/{name}.sql"), down);
            }
            other => panic!("{other}"),
        }
    }
    if tool == "sqitch" {
        let plan = names.map(|name| format!("{name} 2024-01-01T00:00:00Z A <a@example.org> # x\n"));
        sandbox.write(
            "sqitch/sqitch.plan",
            &format!("%syntax-version=1.0.0\n%project=t\n\n{}", plan.concat()),
        );
        sandbox.write(
            "sqitch/verify/mail.sql",
            "BEGIN;\nselect id, mail from ticket where false;\nROLLBACK;\n",
        );
    }
}

#[test]
fn a_bare_folder_of_every_tool_is_rehearsed_as_it_is() {
    let world = World::new();
    world.production("shop", "");
    world.sql("shop", "grant all on schema public to app_owner");
    let sandbox = &world.sandbox;
    for tool in [
        "golang-migrate",
        "sqlx",
        "diesel",
        "sqitch",
        "flyway",
        "goose",
        "dbmate",
        "tern",
    ] {
        write(sandbox, tool);
        if tool == "sqlx" {
            sandbox.write("sqlx/Cargo.toml", "[dependencies]\nsqlx = \"0.8\"\n");
        }
        let folder = format!("./{tool}");
        let outcome = sandbox
            .run(&["rehearse", &folder, "--from", "shop", "--json"])
            .exits(0)
            .says(&[
                &format!("has 3 migrations of {tool} (by "),
                "all are pending",
            ]);
        let report = outcome.json();
        assert_eq!(report["verdict"], "passed", "{tool}: {report}");
        assert_eq!(report["tiers"].as_array().unwrap().len(), 3, "{tool}");
    }
}
