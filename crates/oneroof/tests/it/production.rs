//! A production as a user has it: a server of its own, three roles without superuser, a project.

use std::sync::Arc;

use oneroof_pg::testing::{SUPERUSER, TestServer, system_binaries};

use crate::sandbox::Sandbox;

/// Database and project. The server ends with it.
pub(crate) struct Production {
    pub(crate) server: Arc<TestServer>,
    pub(crate) database: String,
    /// Its `oneroof.toml` has target `production`; package `mine` is sealed.
    pub(crate) sandbox: Sandbox,
}

impl Production {
    pub(crate) async fn new() -> Production {
        let server = Arc::new(TestServer::start(system_binaries()).await);
        let database = server.database().await;
        let name = database.name().to_owned();
        database
            .run(&format!(
                "create role shop_read login;
                 create role shop_clone login bypassrls;
                 create role shop_apply login;
                 grant pg_read_all_stats to shop_read;
                 grant pg_read_all_data to shop_read, shop_clone;
                 create role shop_owner;
                 grant shop_owner to shop_apply;
                 alter database {name} owner to shop_owner;
                 alter schema public owner to shop_owner;
                 create table public.customer (id bigint primary key, name text not null);
                 alter table public.customer owner to shop_owner;
                 insert into public.customer select i, 'customer ' || i from generate_series(1, 1000) as i;"
            ))
            .await;
        let connection = |user: &str| server.conninfo(&name, user).to_keyword_value();
        let sandbox = Sandbox::with_package(&format!(
            "format = 1\n[targets.production]\nread = \"{}\"\nclone = \"{}\"\napply = \"{}\"\n",
            connection("shop_read"),
            connection("shop_clone"),
            connection("shop_apply")
        ));
        let _ = sandbox.run(&["package", "seal", "packages/mine"]).exits(0);
        Production {
            server,
            database: name,
            sandbox,
        }
    }

    /// A DBA's connection to a database.
    fn dba(&self, database: &str) -> String {
        self.server.conninfo(database, SUPERUSER).to_keyword_value()
    }
}

#[tokio::test]
async fn a_production_is_read_and_never_changed() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    let probe = sandbox
        .run(&["probe", "mine", "--target", "production", "--json"])
        .exits(0)
        .json();
    assert_eq!(probe["database"], production.database.as_str());
    assert_eq!(probe["metrics"][0]["value"], 0);
    let _ = sandbox
        .run(&["verify", "mine", "--target", "production"])
        .exits(4)
        .says(&["table public.release_note is missing", "exit 4 (failed)"]);
    for verb in ["apply", "rollback"] {
        let _ = sandbox
            .run(&[verb, "mine", "--target", "production"])
            .exits(3)
            .says(&["exit 3 (refused: not-adopted)", "oneroof adopt production"]);
        let report = sandbox
            .run(&[
                verb,
                "mine",
                "--target",
                "production",
                "--execute",
                "--json",
            ])
            .exits(3)
            .says(&["exit 3 (refused: not-adopted)"])
            .json();
        assert_eq!(report["error"]["code"], "not-adopted");
    }
}

#[tokio::test]
async fn adopting_is_the_act_of_a_dba() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    let sql = sandbox
        .run(&["adopt", "production"])
        .exits(0)
        .says(&["nothing was changed"])
        .stdout;
    assert!(
        sql.contains("create schema") && sql.contains("oneroof.append"),
        "{sql}"
    );
    let _ = sandbox
        .run(&["adopt", "production", "--execute"])
        .exits(3)
        .says(&["exit 3 (refused: role-missing)", "--dba"]);
    let adopt =
        |connection: &str| sandbox.run(&["adopt", "production", "--execute", "--dba", connection]);
    let _ = adopt(&production.dba("postgres"))
        .exits(3)
        .says(&["exit 3 (refused: wrong-database)"]);
    let first = adopt(&production.dba(&production.database)).exits(0).stdout;
    assert!(
        first.starts_with("target `production` is adopted: "),
        "{first}"
    );
    let second = adopt(&production.dba(&production.database)).exits(0).stdout;
    assert!(
        second.starts_with("target `production` was adopted already: "),
        "{second}"
    );

    let plan = sandbox
        .run(&["apply", "mine", "--target", "production", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&plan["class"], &plan["executed"]),
        (&"production".into(), &false.into()),
        "{plan}"
    );
    let undo = sandbox
        .run(&["rollback", "mine", "--target", "production", "--json"])
        .exits(0)
        .json();
    assert_eq!(undo["nothing_to_do"], true, "{undo}");
}

#[tokio::test]
async fn slips_in_names_say_what_to_do() {
    let production = Production::new().await;
    let words = production.dba("shop_gone");
    production.sandbox.write(
        "oneroof.toml",
        &format!("format = 1\n[targets.production]\nread = \"{words}\"\n"),
    );
    let _ = production
        .sandbox
        .run(&["probe", "mine", "--target", "production"])
        .exits(1)
        .says(&["database `shop_gone` does not exist", "hint: "]);
    let words = production
        .server
        .conninfo(&production.database, "nobody_here")
        .to_keyword_value();
    production.sandbox.write(
        "oneroof.toml",
        &format!("format = 1\n[targets.production]\nread = \"{words}\"\n"),
    );
    let _ = production
        .sandbox
        .run(&["probe", "mine", "--target", "production"])
        .exits(1)
        .says(&["role `nobody_here` does not exist", "hint: "]);
}
