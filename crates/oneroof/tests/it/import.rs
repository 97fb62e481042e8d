//! Migrations of other tools: taken for what they are, rehearsed as they are, released as packages.

use crate::sandbox::Sandbox;
use crate::world::World;

/// The same three steps, written for each tool: table, column (in a transaction of its own), index.
pub(crate) fn write(sandbox: &Sandbox, tool: &str) {
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

fn rehearsed_as_they_are(tools: &[&str]) {
    let world = World::new();
    world.production("shop", "");
    world.sql("shop", "grant all on schema public to app_owner");
    let sandbox = &world.sandbox;
    for tool in tools {
        write(sandbox, tool);
        if *tool == "sqlx" {
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

#[test]
fn bare_folders_of_pairs_are_rehearsed_as_they_are() {
    rehearsed_as_they_are(&["golang-migrate", "sqlx", "diesel"]);
}

#[test]
fn bare_folders_of_other_layouts_are_rehearsed_as_they_are() {
    rehearsed_as_they_are(&["sqitch", "flyway", "goose"]);
}

#[test]
fn every_tool_gives_a_package_that_passes_its_check() {
    let sandbox = Sandbox::with_config("format = 1\n");
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
        write(&sandbox, tool);
        let package = format!("packages/of-{tool}");
        let report = sandbox
            .run(&[
                "package", "import", tool, "--from", tool, "--into", &package, "--json",
            ])
            .exits(0)
            .json();
        assert_eq!(report["with_rollback"], 3, "{report}");
        let _ = sandbox.run(&["package", "check", &package]).exits(0);
        let sealed = sandbox
            .run(&["package", "seal", &package, "--json"])
            .exits(0)
            .json();
        // The digest covers the bytes of the files where they lie, and they are as they were.
        let manifest = sandbox.read(&format!("{package}/manifest-sha256.txt"));
        assert!(manifest.contains(&format!("  {tool}/")), "{manifest}");
        let _ = sandbox
            .bash(&format!(
                "sha256sum --ignore-missing --strict -c {package}/manifest-sha256.txt"
            ))
            .exits(0);
        let edited = sandbox.bash(&format!(
            "find {tool} -name '*mail*.sql' -o -path '*mail/up.sql' | head -1 | xargs -I F sh -c 'echo \"-- edited\" >> F'"
        ));
        let _ = edited.exits(0);
        let changed = sandbox
            .run(&["package", "diff", &package, "--json"])
            .exits(4)
            .json();
        assert_eq!(
            changed["files"].as_array().unwrap().len(),
            1,
            "{tool}: {changed}"
        );
        assert_eq!(changed["left"], sealed["digest"]);
    }
}

#[test]
fn only_what_is_pending_is_rehearsed_and_what_was_edited_is_refused() {
    let world = World::new();
    world.production(
        "shop",
        "create table public.schema_migrations (version bigint primary key, dirty boolean not null);
         insert into public.schema_migrations values (1, false);
         create table public.ticket (id bigint primary key, title text not null);",
    );
    world.sql("shop", "grant all on schema public to app_owner");
    let sandbox = &world.sandbox;
    write(sandbox, "golang-migrate");
    let report = sandbox.run(&["rehearse", "golang-migrate", "--from", "shop", "--json"]);
    // A word without a slash is a folder too, if it is there.
    let report = report
        .exits(0)
        .says(&["1 applied on `shop` by its records in `schema_migrations`, 2 pending"])
        .json();
    assert_eq!(report["tiers"].as_array().unwrap().len(), 2);

    world.sql("shop", "update public.schema_migrations set dirty = true");
    let _ = sandbox
        .run(&["rehearse", "golang-migrate", "--from", "shop"])
        .exits(3)
        .says(&["version 1 failed half-way"]);

    write(sandbox, "sqlx");
    world.sql(
        "shop",
        "create table public._sqlx_migrations (version bigint primary key, description text not null,
             installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null,
             execution_time bigint not null);
         insert into public._sqlx_migrations values (1, 'ticket', now(), true, 'edited', 0);
         grant select on public._sqlx_migrations to app_read;",
    );
    let _ = sandbox
        .run(&[
            "rehearse",
            "./sqlx",
            "--migrations-of",
            "sqlx",
            "--from",
            "shop",
        ])
        .exits(3)
        .says(&["00000000000001_ticket.up.sql` was edited after it was applied"]);
}
