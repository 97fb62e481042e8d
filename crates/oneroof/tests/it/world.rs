//! A project, a real server with its roles, and databases in it, for tests that change something.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oneroof_pg::catalog::{self, DataDigest, Definition};
use oneroof_pg::clone::{CloneRegistry, ScratchOptions, make_scratch};
use oneroof_pg::connect::Session;
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::ServerConfig;
use oneroof_pg::programs::Program;
use oneroof_pg::testing::{self, SUPERUSER, TestServer};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::sandbox::{Outcome, Sandbox};

/// How long a test waits for something that must happen.
const WAIT_MAX: Duration = Duration::from_secs(45);

/// A server that only this test knows, and a project whose targets are its databases. Roles of every
/// target: `app_read`, `app_clone` and `app_apply`; `app_owner` owns the tables and cannot log in.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    server: Arc<TestServer>,
    runtime: Runtime,
}

const ROLES: &str = "
    create role app_owner nologin;
    create role app_read login;
    create role app_clone login bypassrls;
    create role app_apply login;
    grant pg_read_all_data, pg_read_all_stats to app_read;
    grant pg_read_all_data to app_clone;
    grant app_owner to app_apply;
";

impl World {
    /// Starts the server and makes the roles; `oneroof.toml` has no targets yet.
    pub(crate) fn new() -> World {
        let world = World::without_roles();
        world.sql("postgres", ROLES);
        world
    }

    /// The same for fixtures that make their own roles.
    pub(crate) fn without_roles() -> World {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(TestServer::start(testing::system_binaries()));
        World::with_server(Arc::new(server), runtime)
    }

    /// The same on a server of this major.
    pub(crate) fn of_major(major: u32) -> World {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(TestServer::of_major(major));
        World::with_server(server, runtime)
    }

    /// The same on a server of this major that gives its files to `app_clone`.
    pub(crate) fn that_replicates(major: u32) -> World {
        let runtime = Runtime::new().unwrap();
        let binaries = testing::binaries_of(major);
        let mut config = ServerConfig::new(binaries, testing::registry());
        for (name, value) in [("wal_level", "replica"), ("max_wal_senders", "4")] {
            config.settings.push((name.to_owned(), value.to_owned()));
        }
        let server = runtime.block_on(TestServer::start_with(config));
        let rules = server.server().data_folder().join("pg_hba.conf");
        fs::write(rules, "local all all trust\nlocal replication all trust\n").unwrap();
        let world = World::with_server(Arc::new(server), runtime);
        world.sql("postgres", ROLES);
        world.sql("postgres", "alter role app_clone replication");
        world.sql("postgres", "select pg_reload_conf()");
        world
    }

    fn with_server(server: Arc<TestServer>, runtime: Runtime) -> World {
        World {
            sandbox: Sandbox::with_config("format = 1\n"),
            server,
            runtime,
        }
    }

    /// An ordinary database: what has no mark is a production.
    pub(crate) fn production(&self, name: &str, sql: &str) {
        self.sql(
            "postgres",
            &format!("create database {name} owner app_owner template template0"),
        );
        self.sql(name, &format!("set role app_owner; {sql}"));
        self.target(name, name, "app");
    }

    /// A scratch database of this project, adopted: what a release may change.
    pub(crate) fn scratch(&self, name: &str, sql: &str) {
        self.make_scratch(name, "app_owner");
        self.sql(name, &format!("set role app_owner; {sql}"));
        self.target(name, name, "app");
        self.adopt(name);
    }

    /// An empty database that bears the mark of a scratch; no target yet.
    pub(crate) fn make_scratch(&self, name: &str, owner: &str) {
        let options = ScratchOptions {
            database: name.to_owned(),
            owner: owner.to_owned(),
            source: name.to_owned(),
            server_id: self.server.server().id().to_owned(),
            clones: CloneRegistry::at(self.sandbox.project().join(".oneroof/clones")),
        };
        let admin = self.conninfo("postgres", SUPERUSER);
        let _ = self
            .runtime
            .block_on(make_scratch(&admin, &options))
            .unwrap();
    }

    /// Runs psql of the server's own binaries on a database; `arguments` is a piece of a line of bash.
    pub(crate) fn psql(&self, database: &str, role: &str, arguments: &str) -> Outcome {
        let psql = Program::Psql
            .in_folder(&testing::system_binaries().folder)
            .unwrap();
        let connection = self.words(database, role);
        self.sandbox.bash(&format!(
            "'{}' -X -d \"{connection}\" {arguments}",
            psql.display()
        ))
    }

    /// What a database is made of, and the hashes of its rows without what differs between two runs.
    pub(crate) fn state(&self, database: &str, volatile: &[String]) -> (Definition, DataDigest) {
        let session = self.session(database);
        self.runtime.block_on(async {
            let definition = catalog::definition(&session).await.unwrap();
            let data = catalog::data_digest_of_run(&session, volatile)
                .await
                .unwrap();
            session.close().await;
            (definition, data)
        })
    }

    /// Puts the ledger into a target, as a DBA does.
    pub(crate) fn adopt(&self, target: &str) {
        let dba = self.words(target, SUPERUSER);
        let _ = self
            .sandbox
            .run(&["adopt", target, "--execute", "--dba", &dba])
            .exits(0);
    }

    /// Adds a target with the three roles `<prefix>_read`, `<prefix>_clone`, `<prefix>_apply`.
    pub(crate) fn target(&self, name: &str, database: &str, prefix: &str) {
        let mut config = self.sandbox.read("oneroof.toml");
        let _ = writeln!(config, "\n[targets.{name}]");
        for role in ["read", "clone", "apply"] {
            let connection = self.words(database, &format!("{prefix}_{role}"));
            let _ = writeln!(config, "{role} = \"{connection}\"");
        }
        self.sandbox.write("oneroof.toml", &config);
    }

    /// Appends lines to `oneroof.toml`.
    pub(crate) fn configure(&self, lines: &str) {
        let config = self.sandbox.read("oneroof.toml");
        self.sandbox
            .write("oneroof.toml", &format!("{config}\n{lines}\n"));
    }

    /// A connection as it is written in `oneroof.toml`.
    pub(crate) fn words(&self, database: &str, role: &str) -> String {
        self.conninfo(database, role).to_keyword_value()
    }

    fn conninfo(&self, database: &str, role: &str) -> ConnInfo {
        self.server.conninfo(database, role)
    }

    /// Runs statements as superuser.
    pub(crate) fn sql(&self, database: &str, sql: &str) {
        let session = self.session(database);
        self.on(&session, sql);
        self.runtime.block_on(session.close());
    }

    /// The first column of the only row, as text.
    pub(crate) fn value(&self, database: &str, query: &str) -> String {
        self.read(&self.conninfo(database, SUPERUSER), query)
    }

    /// The same over a connection that a report printed.
    pub(crate) fn value_at(&self, connection: &str, query: &str) -> String {
        let nothing = oneroof_pg::conninfo::LibpqEnvironment::from_vars([]);
        self.read(&ConnInfo::parse(connection, &nothing).unwrap(), query)
    }

    /// Runs statements over a connection that a report printed.
    pub(crate) fn sql_at(&self, connection: &str, sql: &str) {
        let session = self.session_at(connection);
        self.on(&session, sql);
        self.end(session);
    }

    /// A session over a connection that a report printed; it stays open.
    pub(crate) fn session_at(&self, connection: &str) -> Session {
        let nothing = oneroof_pg::conninfo::LibpqEnvironment::from_vars([]);
        let conninfo = ConnInfo::parse(connection, &nothing).unwrap();
        let options = oneroof_pg::connect::SessionOptions::read_write("oneroof/test");
        self.runtime
            .block_on(oneroof_pg::connect::connect(&conninfo, &options))
            .unwrap()
    }

    /// Ends a session.
    pub(crate) fn end(&self, session: Session) {
        self.runtime.block_on(session.close());
    }

    fn read(&self, conninfo: &ConnInfo, query: &str) -> String {
        let options = oneroof_pg::connect::SessionOptions::read_only("oneroof/test");
        self.runtime.block_on(async {
            let session = oneroof_pg::connect::connect(conninfo, &options)
                .await
                .unwrap();
            let outcome = session
                .simple(query)
                .await
                .unwrap_or_else(|error| panic!("{error}\nin: {query}"));
            session.close().await;
            outcome.rows[0][0].clone().unwrap_or_default()
        })
    }

    /// A superuser's session that stays open: a blocker, for example.
    pub(crate) fn session(&self, database: &str) -> Session {
        self.runtime
            .block_on(self.server.session(database, SUPERUSER))
    }

    /// Runs statements in an open session.
    pub(crate) fn on(&self, session: &Session, sql: &str) {
        self.runtime
            .block_on(session.simple(sql))
            .unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
    }

    /// Waits for what is asked in an open session.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Waits until the query's value is `t`.
    pub(crate) fn wait_for(&self, database: &str, query: &str) {
        let started = Instant::now();
        while self.value(database, query) != "t" {
            assert!(started.elapsed() < WAIT_MAX, "never true: {query}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until this holds.
    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < WAIT_MAX, "never happened: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until a tier is in the middle of `pg_sleep`.
    pub(crate) fn wait_for_sleeper(&self, database: &str) {
        self.wait_for(database, &sleepers("true"));
    }

    /// Cancels what sleeps.
    pub(crate) fn wake_sleeper(&self, database: &str) {
        self.wait_for(database, &sleepers("pg_cancel_backend(pid)"));
    }

    /// Ends the sessions that sleep.
    pub(crate) fn terminate_sleeper(&self, database: &str) {
        self.wait_for(database, &sleepers("pg_terminate_backend(pid)"));
    }

    /// Kills the server process of a session that sleeps.
    pub(crate) fn kill_sleeper(&self, database: &str) {
        let pid = self.value(
            database,
            &sleepers("true")
                .replace("bool_or(true)", "max(pid)::text")
                .replace("false", "'0'"),
        );
        let _ = self.sandbox.bash(&format!("kill -9 {pid}")).exits(0);
    }

    /// Waits until the server lets us in again.
    pub(crate) fn wait_until_it_answers(&self, database: &str) {
        let conninfo = self.conninfo(database, SUPERUSER);
        let options = oneroof_pg::connect::SessionOptions::read_only("oneroof/test");
        self.wait_until("the server answers", || {
            self.runtime
                .block_on(oneroof_pg::connect::connect(&conninfo, &options))
                .is_ok()
        });
    }

    /// Kills the server without a word, as the power does.
    pub(crate) fn kill_server(&self) {
        let pid = self.server.server().pid().unwrap();
        let _ = self.sandbox.bash(&format!("kill -9 {pid}")).exits(0);
    }

    /// Entries of the ledger: kind and tier, oldest first.
    pub(crate) fn ledger(&self, database: &str) -> String {
        self.value(
            database,
            "select coalesce(string_agg(concat_ws(':', kind, tier), ' ' order by seq), '') from oneroof.entry",
        )
    }

    /// Runs oneroof; its arguments are the words of `line`.
    pub(crate) fn run(&self, line: &str) -> Outcome {
        self.sandbox.run(&line.split(' ').collect::<Vec<_>>())
    }

    /// Runs oneroof with `--json`, and gives the exit code and the document.
    pub(crate) fn json(&self, line: &str) -> (i32, Value) {
        let outcome = self.run(&format!("{line} --json"));
        (outcome.code.unwrap_or(-1), outcome.json())
    }

    /// Runs oneroof, which must refuse with this code and say what to do next. Gives the error.
    #[track_caller]
    pub(crate) fn refused(&self, line: &str, code: &str) -> Value {
        let error = self.error(line, 3, "refused");
        assert_eq!(error["code"], code, "{line}: {error:#}");
        error
    }

    /// Runs oneroof, which must end with an error of this kind. Gives it.
    #[track_caller]
    pub(crate) fn error(&self, line: &str, exit: i32, kind: &str) -> Value {
        let (code, document) = self.json(line);
        let error = &document["error"];
        assert_eq!(code, exit, "{line}: {document:#}");
        assert_eq!(
            (&error["kind"], &error["exit"]),
            (&kind.into(), &exit.into()),
            "{line}: {error:#}"
        );
        let is_text = |member: &str| error[member].as_str().is_some_and(|text| !text.is_empty());
        assert!(is_text("message"), "{line}: {error:#}");
        // What PostgreSQL says about a statement often has no hint; then its place must do.
        assert!(
            is_text("hint") || is_text("sqlstate") && is_text("file") || is_text("seen"),
            "{line} does not say what to do: {error:#}"
        );
        error.clone()
    }

    /// Runs oneroof, which must succeed. Gives its report.
    #[track_caller]
    pub(crate) fn done(&self, line: &str) -> Value {
        let (code, document) = self.json(line);
        assert_eq!(code, 0, "{line}: {document:#}");
        document
    }

    /// Folders of private servers that the project knows.
    pub(crate) fn private_servers(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        let Ok(entries) = fs::read_dir(self.sandbox.project().join(".oneroof/servers")) else {
            return folders;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let entry: Value =
                    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
                folders.push(PathBuf::from(entry["folder"].as_str().unwrap()));
            }
        }
        folders
    }

    /// Runs oneroof, sends it a signal as soon as the query's value is `t`, and waits for its end.
    pub(crate) fn broken_off(
        &self,
        line: &str,
        database: &str,
        query: &str,
        signal: &str,
    ) -> Outcome {
        std::thread::scope(|scope| {
            let line = format!("echo $$ > pid; exec $oneroof {line}");
            let run = scope.spawn(move || self.sandbox.bash(&line));
            self.wait_for(database, query);
            let _ = self
                .sandbox
                .bash(&format!("kill -{signal} $(cat pid)"))
                .exits(0);
            run.join().unwrap()
        })
    }

    /// Neither a private server nor an unfinished record is left.
    #[track_caller]
    pub(crate) fn nothing_is_left(&self) {
        assert_eq!(self.private_servers(), Vec::<PathBuf>::new());
        assert_eq!(
            self.entries("evidence")
                .into_iter()
                .filter(|name| name.ends_with(".partial"))
                .collect::<Vec<_>>(),
            Vec::<String>::new()
        );
    }

    /// Names in a folder of the project.
    pub(crate) fn entries(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.sandbox.project().join(folder)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Writes a package with these tiers, and seals it.
    pub(crate) fn package(&self, name: &str, more: &str, tiers: &[Tier<'_>]) {
        self.write_package(name, more, tiers);
        self.seal(name);
    }

    pub(crate) fn seal(&self, name: &str) {
        let _ = self
            .sandbox
            .run(&["package", "seal", &format!("packages/{name}")])
            .exits(0);
    }

    /// Writes a package; `more` is put between its head and its tiers.
    pub(crate) fn write_package(&self, name: &str, more: &str, tiers: &[Tier<'_>]) {
        let mut plan = format!(
            "format = 1\n\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nsummary = \"a test\"\n\
             postgres = \">=14, <19\"\nrun_as = \"app_owner\"\n\n{more}\n"
        );
        for tier in tiers {
            let id = tier.id;
            let undo = match tier.undo {
                GENERATED => String::new(),
                _ => format!("rollback = \"rollback/{id}.sql\"\n"),
            };
            let _ = writeln!(
                plan,
                "[[tier]]\nid = \"{id}\"\nfile = \"tiers/{id}.sql\"\nsummary = \"{id}\"\n{undo}{}\n",
                tier.plan
            );
            self.sandbox
                .write(&format!("packages/{name}/tiers/{id}.sql"), tier.sql);
            if tier.undo != GENERATED {
                self.sandbox
                    .write(&format!("packages/{name}/rollback/{id}.sql"), tier.undo);
            }
        }
        self.sandbox
            .write(&format!("packages/{name}/release.toml"), &plan);
    }
}

impl Drop for World {
    /// A test that failed may have left a kept clone.
    fn drop(&mut self) {
        for file in self.entries(".oneroof/servers") {
            if let Some(id) = file.strip_suffix(".json") {
                let _ = self.sandbox.run(&["clone", "drop", id]);
            }
        }
    }
}

/// Does `what` with every session that sleeps.
fn sleepers(what: &str) -> String {
    format!(
        "select coalesce(bool_or({what}), false) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()
           and state = 'active' and wait_event = 'PgSleep'"
    )
}

/// `undo` of a tier without a rollback file.
pub(crate) const GENERATED: &str = "generated";

/// A tier of a package that a test writes.
#[derive(Clone, Copy)]
pub(crate) struct Tier<'a> {
    pub(crate) id: &'a str,
    /// Further lines of its table in `release.toml`.
    pub(crate) plan: &'a str,
    pub(crate) sql: &'a str,
    pub(crate) undo: &'a str,
}

/// A tier with nothing further in `release.toml`.
pub(crate) const fn tier<'a>(id: &'a str, sql: &'a str, undo: &'a str) -> Tier<'a> {
    Tier {
        id,
        plan: "",
        sql,
        undo,
    }
}

/// Is this part in that member of the error?
#[track_caller]
pub(crate) fn says(error: &Value, member: &str, parts: &[&str]) {
    let value = &error[member];
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    for part in parts {
        assert!(
            text.contains(part),
            "`{part}` is not in {member} of {error:#}"
        );
    }
}
