//! `params.sql`: how psql behaves, and the values of the run.

use std::fmt::Write as _;

use super::Release;
use super::quote::{comment, dollar, identifier, literal};

impl Release<'_> {
    pub(super) fn params(&self) -> String {
        let plan = &self.package.plan;
        let mut text = format!(
            "-- params.sql of release {}, rendered by oneroof. Every script reads it first.\n\
             -- package {}\n-- parameters {}\n\n",
            plan.release_tag(),
            self.package.digest,
            self.parameters.digest()
        );
        text.push_str(include_str!("sql/psql.sql"));
        text.push_str("\n-- The database that this release was approved for.");
        match self.database.as_ref() {
            None => text.push_str(" FILL IN ITS NAME: without it every script refuses.\n"),
            Some(database) => match &database.seen {
                None => text.push_str(" The name is the package's own.\n"),
                Some((_, target)) => {
                    let _ = writeln!(text, " It was read from target `{}`.", comment(target));
                }
            },
        }
        let name = self.database.as_ref().map_or("", |known| &known.name);
        let oid = self
            .database
            .as_ref()
            .and_then(|known| known.seen.as_ref())
            .map_or_else(String::new, |(oid, _)| oid.to_string());
        let _ = writeln!(text, "set oneroof.expected_database = {};", literal(name));
        text.push_str("-- Its OID, which a database of the same name on another server does not have. Empty: not asked.\n");
        let _ = writeln!(text, "set oneroof_run.database_oid = {};", literal(&oid));
        if self.gate().is_none() {
            text.push_str(
                "\n-- The gate. Nothing in this database says that the release is approved, so somebody who may decide\n\
                 -- that writes READY here. That is a note and no approval: it is bound to nothing, it does not expire,\n\
                 -- and nobody has signed it. Approvals need oneroof.\n\
                 set oneroof.gate = 'CLOSED';\n",
            );
        }
        text.push_str("\n-- What the release writes into its rows, and the name of this run.\n");
        let _ = writeln!(
            text,
            "set oneroof.release_tag = {};",
            literal(&plan.release_tag())
        );
        text.push_str(include_str!("sql/run_id.sql"));
        text.push_str("\n-- How the scripts read a metric: its value as JSON, and the detail that some queries give.\n");
        let _ = writeln!(
            text,
            "set oneroof_run.read = {};",
            dollar("read", include_str!("sql/read.sql"))
        );
        if plan.parameters.is_empty() {
            return text;
        }
        text.push_str(
            "\n-- The parameters, as they were resolved. Another value is another release: render it again.\n",
        );
        for (name, value) in self.parameters.settings() {
            let meaning = plan
                .parameters
                .get(name)
                .map_or("", |parameter| &parameter.meaning);
            if !meaning.is_empty() {
                let _ = writeln!(text, "-- {}", comment(meaning));
            }
            let _ = writeln!(
                text,
                "set oneroof.{} = {};",
                identifier(name),
                literal(&value)
            );
        }
        text
    }
}
