//! A database and short ways to ask it.

use std::sync::Arc;

use oneroof_pg::connect::{Session, SimpleOutcome};
use oneroof_pg::testing::{SUPERUSER, TestServer};

/// A database of the test's server, asked as superuser unless it says otherwise.
#[derive(Clone)]
pub(crate) struct Database {
    server: Arc<TestServer>,
    name: String,
    /// Stays open between the questions.
    held: Option<Arc<Session>>,
}

impl Database {
    pub(crate) fn new(server: Arc<TestServer>, name: &str) -> Database {
        Database {
            server,
            name: name.to_owned(),
            held: None,
        }
    }

    /// An open session.
    pub(crate) async fn session(&self, role: &str) -> Session {
        self.server.session(&self.name, role).await
    }

    /// The same database over one session for all questions: quicker, and a transaction can span them.
    pub(crate) async fn held(self) -> Database {
        let session = self.session(SUPERUSER).await;
        Database {
            held: Some(Arc::new(session)),
            ..self
        }
    }

    async fn ask(&self, sql: &str) -> SimpleOutcome {
        let outcome = match &self.held {
            Some(session) => session.simple(sql).await,
            None => {
                let session = self.session(SUPERUSER).await;
                let outcome = session.simple(sql).await;
                session.close().await;
                outcome
            }
        };
        outcome.unwrap_or_else(|error| panic!("{error}\nin: {sql}"))
    }

    /// Runs statements, in one transaction unless they say otherwise.
    pub(crate) async fn run(&self, sql: &str) {
        let _ = self.ask(sql).await;
    }

    /// All rows of the last statement, columns joined by ` | `, null as `∅`.
    pub(crate) async fn rows(&self, query: &str) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "∅".to_owned());
        let row = |row: &Vec<Option<String>>| row.iter().map(text).collect::<Vec<_>>().join(" | ");
        self.ask(query).await.rows.iter().map(row).collect()
    }

    /// The only row.
    pub(crate) async fn row(&self, query: &str) -> String {
        let rows = self.rows(query).await;
        assert_eq!(rows.len(), 1, "{rows:?}\nin: {query}");
        rows[0].clone()
    }

    /// Runs statements as a role, which must fail. Gives SQLSTATE and message.
    pub(crate) async fn fails(&self, role: &str, sql: &str) -> (String, String) {
        let session = self.session(SUPERUSER).await;
        let outcome = session
            .simple(&format!("begin; set local role {role}; {sql}"))
            .await;
        session.close().await;
        match outcome {
            Ok(_) => panic!("did not fail as {role}: {sql}"),
            Err(error) => {
                let error = error.server_error().unwrap();
                (error.sqlstate.clone(), error.to_string())
            }
        }
    }

    /// A scan, as an operator runs it; gives its number.
    pub(crate) async fn scan(&self) -> i64 {
        let scan = "set role one_roof_operator; select fn_governance_scan('tester', 'manual')";
        let outcome = self.ask(scan).await;
        self.run("reset role").await;
        outcome.rows[0][0].as_ref().unwrap().parse().unwrap()
    }

    /// A digest of the rows of every table but these; two equal ones mean that nothing else was written.
    pub(crate) async fn digest_without(&self, left_out: &[&str]) -> Vec<String> {
        let names: Vec<String> = left_out.iter().map(|name| format!("'{name}'")).collect();
        self.rows(&format!(
            "select c.relname, xpath('//digest/text()', query_to_xml(format(
                'select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '''')) as digest from %I.%I t',
                n.nspname, c.relname), false, true, ''))
             from pg_class c
             join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
               and c.relname not in ({})
             order by n.nspname, c.relname",
            names.join(", ")
        ))
        .await
    }
}
