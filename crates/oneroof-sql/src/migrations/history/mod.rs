//! The records that a tool keeps of what it applied: where they are, and the statements that write them its way.

mod sqitch;

use oneroof_model::{MigrationTool, TableName};

use super::{Migration, MigrationSet};
use crate::split::split;

/// The records of a set of migrations.
#[derive(Debug, Clone)]
pub struct History<'a> {
    set: &'a MigrationSet,
    table: TableName,
}

/// What makes the tables of a tool's records, and what takes them away while nothing is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// Statements.
    pub sql: String,
    /// Their way back.
    pub rollback: String,
    /// Rows that they put into tables that are there.
    pub rows: Vec<Rows>,
}

/// What a target has of a tool's records already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, or it is not known.
    #[default]
    Nothing,
    /// The tables, and not the project (Sqitch keeps several in one registry).
    Tables,
    /// Everything.
    All,
}

/// Rows that a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Their table.
    pub table: String,
    /// Which ones, as a condition.
    pub predicate: String,
}

/// Where `tool` keeps its records unless it is told otherwise; looked for along the search path without a schema.
#[must_use]
pub fn default_table(tool: MigrationTool) -> TableName {
    let (schema, table) = match tool {
        MigrationTool::GolangMigrate | MigrationTool::Dbmate => (None, "schema_migrations"),
        MigrationTool::Sqlx => (None, "_sqlx_migrations"),
        MigrationTool::Diesel => (None, "__diesel_schema_migrations"),
        MigrationTool::Flyway => (None, "flyway_schema_history"),
        MigrationTool::Goose => (None, "goose_db_version"),
        MigrationTool::Tern => (Some("public"), "schema_version"),
        MigrationTool::Sqitch => (Some("sqitch"), "changes"),
        MigrationTool::Atlas => (Some("atlas_schema_revisions"), "atlas_schema_revisions"),
        MigrationTool::Refinery => (None, "refinery_schema_history"),
        MigrationTool::GraphileMigrate => (Some("graphile_migrate"), "migrations"),
    };
    TableName::new(schema, table)
}

impl<'a> History<'a> {
    /// The records of `set`: in the table that was named, or the one of the tool's own settings, or its default.
    #[must_use]
    pub fn of(set: &'a MigrationSet, named: Option<&TableName>) -> History<'a> {
        let own = || set.history.clone();
        let table = named.cloned().or_else(own);
        History {
            set,
            table: table.unwrap_or_else(|| default_table(set.tool)),
        }
    }

    /// The table; of Sqitch's six that of the changes.
    #[must_use]
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// Why the tool's records cannot be written, if they cannot.
    #[must_use]
    pub fn cannot(&self) -> Option<String> {
        let schema = self.table.schema();
        match self.set.tool {
            MigrationTool::Sqitch | MigrationTool::Atlas | MigrationTool::GraphileMigrate
                if schema.is_none() =>
            {
                Some(format!("`{}` is named without its schema", self.table))
            }
            MigrationTool::Sqitch if self.table.table() != "changes" => Some(format!(
                "the registry of Sqitch is a schema with a table `changes`, and `{}` is none",
                self.table
            )),
            MigrationTool::Sqitch => self.set.no_record.clone(),
            _ => None,
        }
    }

    /// Columns that say when something was done, as `table.column`: they differ from run to run.
    #[must_use]
    pub fn times(&self) -> Vec<String> {
        let own = |column: &str| vec![format!("{}.{column}", self.table.sql())];
        match self.set.tool {
            MigrationTool::GolangMigrate | MigrationTool::Dbmate | MigrationTool::Tern => {
                Vec::new()
            }
            MigrationTool::Sqlx | MigrationTool::Flyway => own("installed_on"),
            MigrationTool::Diesel => own("run_on"),
            MigrationTool::Goose => own("tstamp"),
            MigrationTool::Atlas => own("executed_at"),
            MigrationTool::Refinery => own("applied_on"),
            MigrationTool::GraphileMigrate => own("date"),
            MigrationTool::Sqitch => [
                ("changes", "committed_at"),
                ("tags", "committed_at"),
                ("events", "committed_at"),
                ("projects", "created_at"),
                ("releases", "installed_at"),
            ]
            .into_iter()
            .map(|(table, column)| format!("{}.{column}", self.table.beside(table).sql()))
            .collect(),
        }
    }

    /// The project whose records they are, where several share the tables.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        let own = self.first_change()?;
        Some(own.project.as_str())
    }

    /// Makes what is not there; `None`: nothing is missing.
    #[must_use]
    pub fn creation(&self, standing: Standing) -> Option<Creation> {
        match (standing, self.project()) {
            (Standing::Nothing, _) => Some(self.tables()),
            (Standing::Tables, Some(project)) => Some(Creation {
                sql: self.named(include_str!("create/sqitch_project.sql")),
                rollback: self.named(include_str!("drop/sqitch_project.sql")),
                rows: vec![Rows {
                    table: self.table.beside("projects").sql(),
                    predicate: format!("project = {}", literal(project)),
                }],
            }),
            (Standing::Tables, None) | (Standing::All, _) => None,
        }
    }

    fn tables(&self) -> Creation {
        let plain = include_str!("drop/table.sql");
        let of_no_record =
            |condition: &str| plain.replace("\"no record\"", &format!("({condition})"));
        let (sql, rollback) = match self.set.tool {
            MigrationTool::GolangMigrate => (
                include_str!("create/golang_migrate.sql"),
                of_no_record("false"),
            ),
            MigrationTool::Sqlx => (include_str!("create/sqlx.sql"), of_no_record("false")),
            MigrationTool::Diesel => (include_str!("create/diesel.sql"), of_no_record("false")),
            MigrationTool::Flyway => (include_str!("create/flyway.sql"), of_no_record("false")),
            MigrationTool::Goose => (
                include_str!("create/goose.sql"),
                of_no_record("version_id = 0"),
            ),
            MigrationTool::Dbmate => (include_str!("create/dbmate.sql"), of_no_record("false")),
            MigrationTool::Tern => (include_str!("create/tern.sql"), of_no_record("version = 0")),
            MigrationTool::Refinery => (include_str!("create/refinery.sql"), of_no_record("false")),
            MigrationTool::Atlas => (
                include_str!("create/atlas.sql"),
                include_str!("drop/atlas.sql").to_owned(),
            ),
            MigrationTool::GraphileMigrate => (
                include_str!("create/graphile_migrate.sql"),
                include_str!("drop/graphile_migrate.sql").to_owned(),
            ),
            MigrationTool::Sqitch => (
                include_str!("create/sqitch.sql"),
                include_str!("drop/sqitch.sql").to_owned(),
            ),
        };
        let mut sql = sql.to_owned();
        if self.set.tool == MigrationTool::Refinery && self.needs_wide_versions() {
            sql = sql.replace("int4", "int8");
        }
        Creation {
            sql: self.named(&sql),
            rollback: self.named(&rollback),
            rows: Vec::new(),
        }
    }

    /// refinery: is a version too big for `int4`?
    fn needs_wide_versions(&self) -> bool {
        let mut all = self.set.migrations.iter();
        all.any(|migration| migration.checksum.is_none())
    }

    /// A statement with the names that hold here.
    fn named(&self, sql: &str) -> String {
        let schema = TableName::new(None, self.table.schema().unwrap_or("public"));
        let beside =
            |suffix: &str| TableName::new(None, &format!("{}{suffix}", self.table.table())).sql();
        let (name, email) = self.committer();
        let own = self.first_change();
        let text = |text: Option<&str>| text.map_or("null".to_owned(), literal);
        sql.replace("\"the table\"", &self.table.sql())
            .replace("\"the schema\"", &schema.sql())
            .replace("\"the name_pk\"", &beside("_pk"))
            .replace("\"the name_s_idx\"", &beside("_s_idx"))
            .replace(
                "\"the project\"",
                &text(own.map(|own| own.project.as_str())),
            )
            .replace("\"the uri\"", &text(own.and_then(|own| own.uri.as_deref())))
            .replace("\"the committer\"", &name)
            .replace("\"the committer email\"", &email)
    }

    /// The statements that record `migration` as applied, the tool's way.
    #[must_use]
    pub fn record(&self, migration: &Migration) -> String {
        let table = self.table.sql();
        let version = number(&migration.version);
        let text = literal(&migration.version);
        match self.set.tool {
            MigrationTool::GolangMigrate => format!(
                "delete from {table};\ninsert into {table} (version, dirty) values ({version}, false);\n"
            ),
            MigrationTool::Sqlx => format!(
                "insert into {table} (version, description, success, checksum, execution_time)\nvalues ({version}, {}, true, '\\x{}', 0);\n",
                literal(&migration.name),
                migration.checksum.as_deref().unwrap_or_default()
            ),
            MigrationTool::Diesel | MigrationTool::Dbmate => {
                format!("insert into {table} (version) values ({text});\n")
            }
            MigrationTool::Flyway => format!(
                "insert into {table} (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)\nselect coalesce(max(installed_rank), 0) + 1, {}, {}, 'SQL', {}, {}, current_user, 0, true\n  from {table};\n",
                if migration.repeatable {
                    "null".to_owned()
                } else {
                    text
                },
                literal(&migration.name),
                literal(&migration.up.file),
                migration.checksum.as_deref().unwrap_or("null")
            ),
            MigrationTool::Goose => {
                format!("insert into {table} (version_id, is_applied) values ({version}, true);\n")
            }
            MigrationTool::Tern => {
                format!("delete from {table};\ninsert into {table} (version) values ({version});\n")
            }
            MigrationTool::Atlas => {
                let statements = split(&migration.up.text).map_or(0, |statements| statements.len());
                format!(
                    "insert into {table} (version, description, type, applied, total, executed_at, execution_time, error, error_stmt, hash, partial_hashes, operator_version)\nvalues ({text}, {}, 2, {statements}, {statements}, clock_timestamp(), 0, '', '', {}, 'null', 'oneroof');\n",
                    literal(&migration.name),
                    literal(migration.checksum.as_deref().unwrap_or_default())
                )
            }
            MigrationTool::Refinery => {
                let checksum =
                    |sum: &Option<String>| sum.as_deref().map_or("null".to_owned(), literal);
                format!(
                    "insert into {table} (version, name, applied_on, checksum)\nselect {version}, {}, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),\n       case a.atttypid when 'int8'::regtype then {} else {} end\n  from pg_catalog.pg_attribute as a\n where a.attrelid = {}::regclass and a.attname = 'version';\n",
                    literal(&migration.name),
                    checksum(&migration.wide_checksum),
                    checksum(&migration.checksum),
                    literal(&table)
                )
            }
            MigrationTool::GraphileMigrate => format!(
                "insert into {table} (hash, previous_hash, filename)\nvalues ({}, {}, {});\n",
                literal(migration.checksum.as_deref().unwrap_or_default()),
                migration
                    .previous
                    .as_deref()
                    .map_or("null".to_owned(), literal),
                literal(&format!("{}.sql", migration.version))
            ),
            MigrationTool::Sqitch => self.record_change(migration),
        }
    }

    /// The statements that take that record back.
    #[must_use]
    pub fn forget(&self, migration: &Migration) -> String {
        let table = self.table.sql();
        let all = self.set.migrations.iter();
        let before = all.take_while(|one| *one != migration).last();
        let earlier = before.map(|before| number(&before.version));
        match self.set.tool {
            MigrationTool::GolangMigrate => {
                let insert = earlier.map_or_else(String::new, |earlier| {
                    format!("insert into {table} (version, dirty) values ({earlier}, false);\n")
                });
                format!("delete from {table};\n{insert}")
            }
            MigrationTool::Tern => format!(
                "delete from {table};\ninsert into {table} (version) values ({});\n",
                earlier.unwrap_or_else(|| "0".to_owned())
            ),
            MigrationTool::Sqitch => self.forget_change(migration),
            _ => self
                .rows(migration)
                .iter()
                .map(|rows| format!("delete from {} where {};\n", rows.table, rows.predicate))
                .collect(),
        }
    }

    /// The rows that the record is.
    #[must_use]
    pub fn rows(&self, migration: &Migration) -> Vec<Rows> {
        let text = literal(&migration.version);
        let predicate = match self.set.tool {
            MigrationTool::Sqitch => return self.rows_of_change(migration),
            MigrationTool::Diesel | MigrationTool::Dbmate | MigrationTool::Atlas => {
                format!("version = {text}")
            }
            MigrationTool::Goose => format!("version_id = {}", number(&migration.version)),
            MigrationTool::Flyway => format!("script = {}", literal(&migration.up.file)),
            MigrationTool::GraphileMigrate => {
                format!(
                    "filename = {}",
                    literal(&format!("{}.sql", migration.version))
                )
            }
            MigrationTool::GolangMigrate
            | MigrationTool::Sqlx
            | MigrationTool::Tern
            | MigrationTool::Refinery => format!("version = {}", number(&migration.version)),
        };
        vec![Rows {
            table: self.table.sql(),
            predicate,
        }]
    }
}

/// Only digits: the version of a file whose name begins with a number.
fn number(version: &str) -> String {
    let digits: String = version.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        "0".to_owned()
    } else {
        digits.to_owned()
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::testing::files;
    use super::*;

    #[test]
    fn what_is_written_parses_and_quotes_names() {
        let plan = "%project=it's\n\nit's [!b] 2024-01-01T00:00:00Z A <a@b.c> # it's\n@v1 2024-01-01T00:00:00Z A <a@b.c>\n";
        let names: &[(MigrationTool, &[(&str, &str)])] = &[
            (MigrationTool::GolangMigrate, &[("07_it's.up.sql", "")]),
            (MigrationTool::Sqlx, &[("07_it's.sql", "")]),
            (MigrationTool::Diesel, &[("07_it's/up.sql", "")]),
            (MigrationTool::Flyway, &[("V07__it's.sql", "")]),
            (MigrationTool::Goose, &[("07_it's.sql", "-- +goose Up\n")]),
            (MigrationTool::Dbmate, &[("07_it's.sql", "-- migrate:up\n")]),
            (MigrationTool::Tern, &[("01_it's.sql", "")]),
            (
                MigrationTool::Atlas,
                &[("07_it's.sql", "select 1; select 2")],
            ),
            (MigrationTool::Refinery, &[("V7__it's.sql", "")]),
            (
                MigrationTool::GraphileMigrate,
                &[(
                    "committed/000007.sql",
                    "--! Previous: -\n--! Hash: sha1:it's\n",
                )],
            ),
            (
                MigrationTool::Sqitch,
                &[("sqitch.plan", plan), ("deploy/it's.sql", "")],
            ),
        ];
        for (tool, list) in names {
            let set = read(*tool, &files(list));
            let one = &set.migrations[0];
            let named = TableName::parse("\"It's mine\".changes").unwrap();
            for table in [None, Some(&named)] {
                let history = History::of(&set, table);
                assert_eq!(history.cannot(), None, "{tool}");
                let creation = history.creation(Standing::Nothing).unwrap();
                for sql in [
                    history.record(one),
                    history.forget(one),
                    creation.sql,
                    creation.rollback,
                ] {
                    assert!(!split(&sql).unwrap().is_empty(), "{tool}: {sql}");
                    assert!(!sql.contains("\"the ") && !sql.contains("\"no "), "{sql}");
                    assert_eq!(table.is_some(), sql.contains("\"It's mine\""), "{sql}");
                }
                assert!(!history.rows(one).is_empty());
            }
        }
        let set = read(MigrationTool::Sqlx, &files(&[("07_it's.sql", "")]));
        let said = History::of(&set, None).record(&set.migrations[0]);
        assert!(
            said.contains("values (7, 'it''s', true, '\\x38b0"),
            "{said}"
        );
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let list = files(&[("sqitch.plan", "a 2024\n"), ("deploy/a.sql", "")]);
        let set = read(MigrationTool::Sqitch, &list);
        let why = History::of(&set, None).cannot().unwrap();
        assert!(why.contains("%project=NAME"), "{why}");
        let other = TableName::parse("history").unwrap();
        let why = History::of(&set, Some(&other)).cannot().unwrap();
        assert!(why.contains("without its schema"), "{why}");
    }
}
