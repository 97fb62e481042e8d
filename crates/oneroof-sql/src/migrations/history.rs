//! The records that a tool keeps of what it applied: where they are, and the statements that write them its way.

use oneroof_model::MigrationTool;
use serde::Serialize;

use super::Migration;

/// The table of a tool's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HistoryTable {
    /// Its name, looked for along the search path unless it has a schema.
    pub name: &'static str,
    /// Makes it if it is not there; `None`: we do not write this tool's records.
    pub create: Option<&'static str>,
}

/// Where `tool` keeps its records.
#[must_use]
pub fn history_table(tool: MigrationTool) -> HistoryTable {
    let (name, create) = match tool {
        MigrationTool::GolangMigrate => (
            "schema_migrations",
            Some(
                "create table if not exists schema_migrations (\n    version bigint not null primary key,\n    dirty   boolean not null\n);\n",
            ),
        ),
        MigrationTool::Sqlx => (
            "_sqlx_migrations",
            Some(
                "create table if not exists _sqlx_migrations (\n    version        bigint primary key,\n    description    text not null,\n    installed_on   timestamptz not null default now(),\n    success        boolean not null,\n    checksum       bytea not null,\n    execution_time bigint not null\n);\n",
            ),
        ),
        MigrationTool::Diesel => (
            "__diesel_schema_migrations",
            Some(
                "create table if not exists __diesel_schema_migrations (\n    version varchar(50) primary key not null,\n    run_on  timestamp not null default current_timestamp\n);\n",
            ),
        ),
        MigrationTool::Flyway => (
            "flyway_schema_history",
            Some(
                "create table if not exists flyway_schema_history (\n    installed_rank integer not null,\n    version        varchar(50),\n    description    varchar(200) not null,\n    type           varchar(20) not null,\n    script         varchar(1000) not null,\n    checksum       integer,\n    installed_by   varchar(100) not null,\n    installed_on   timestamp not null default now(),\n    execution_time integer not null,\n    success        boolean not null,\n    constraint flyway_schema_history_pk primary key (installed_rank)\n);\ncreate index if not exists flyway_schema_history_s_idx on flyway_schema_history (success);\n",
            ),
        ),
        MigrationTool::Goose => (
            "goose_db_version",
            Some(
                "create table if not exists goose_db_version (\n    id         serial not null primary key,\n    version_id bigint not null,\n    is_applied boolean not null,\n    tstamp     timestamp default now()\n);\n",
            ),
        ),
        MigrationTool::Dbmate => (
            "schema_migrations",
            Some(
                "create table if not exists schema_migrations (version varchar(128) primary key);\n",
            ),
        ),
        MigrationTool::Tern => (
            "public.schema_version",
            Some("create table if not exists public.schema_version (version int4 not null);\n"),
        ),
        MigrationTool::Sqitch => ("sqitch.changes", None),
        MigrationTool::Atlas => ("atlas_schema_revisions.atlas_schema_revisions", None),
        MigrationTool::Refinery => ("refinery_schema_history", None),
        MigrationTool::GraphileMigrate => ("graphile_migrate.migrations", None),
    };
    HistoryTable { name, create }
}

/// The statements that record `migration` as applied, the tool's way.
#[must_use]
pub fn record(tool: MigrationTool, migration: &Migration) -> Option<String> {
    let version = number(&migration.version);
    let text = literal(&migration.version);
    Some(match tool {
        MigrationTool::GolangMigrate => format!(
            "delete from schema_migrations;\ninsert into schema_migrations (version, dirty) values ({version}, false);\n"
        ),
        MigrationTool::Sqlx => format!(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)\nvalues ({version}, {}, true, '\\x{}', 0);\n",
            literal(&migration.name),
            migration.checksum.as_deref().unwrap_or_default()
        ),
        MigrationTool::Diesel => {
            format!("insert into __diesel_schema_migrations (version) values ({text});\n")
        }
        MigrationTool::Flyway => format!(
            "insert into flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)\nselect coalesce(max(installed_rank), 0) + 1, {}, {}, 'SQL', {}, {}, current_user, 0, true\n  from flyway_schema_history;\n",
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
            format!(
                "insert into goose_db_version (version_id, is_applied) values ({version}, true);\n"
            )
        }
        MigrationTool::Dbmate => {
            format!("insert into schema_migrations (version) values ({text});\n")
        }
        MigrationTool::Tern => format!(
            "delete from public.schema_version;\ninsert into public.schema_version (version) values ({version});\n"
        ),
        MigrationTool::Sqitch
        | MigrationTool::Atlas
        | MigrationTool::Refinery
        | MigrationTool::GraphileMigrate => return None,
    })
}

/// The statements that take that record back; `before` is the migration before it.
#[must_use]
pub fn forget(
    tool: MigrationTool,
    migration: &Migration,
    before: Option<&Migration>,
) -> Option<String> {
    let version = number(&migration.version);
    let text = literal(&migration.version);
    let earlier = before.map(|before| number(&before.version));
    Some(match tool {
        MigrationTool::GolangMigrate => {
            let insert = earlier.map_or_else(String::new, |earlier| {
                format!(
                    "insert into schema_migrations (version, dirty) values ({earlier}, false);\n"
                )
            });
            format!("delete from schema_migrations;\n{insert}")
        }
        MigrationTool::Sqlx => format!("delete from _sqlx_migrations where version = {version};\n"),
        MigrationTool::Diesel => {
            format!("delete from __diesel_schema_migrations where version = {text};\n")
        }
        MigrationTool::Flyway => {
            format!(
                "delete from flyway_schema_history where script = {};\n",
                literal(&migration.up.file)
            )
        }
        MigrationTool::Goose => {
            format!("delete from goose_db_version where version_id = {version};\n")
        }
        MigrationTool::Dbmate => {
            format!("delete from schema_migrations where version = {text};\n")
        }
        MigrationTool::Tern => format!(
            "delete from public.schema_version;\ninsert into public.schema_version (version) values ({});\n",
            earlier.unwrap_or_else(|| "0".to_owned())
        ),
        MigrationTool::Sqitch
        | MigrationTool::Atlas
        | MigrationTool::Refinery
        | MigrationTool::GraphileMigrate => return None,
    })
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
    use crate::split::split;

    #[test]
    fn what_is_written_parses_and_quotes_names() {
        let names = [
            (MigrationTool::GolangMigrate, "07_it's.up.sql", ""),
            (MigrationTool::Sqlx, "07_it's.sql", ""),
            (MigrationTool::Diesel, "07_it's/up.sql", ""),
            (MigrationTool::Flyway, "V07__it's.sql", ""),
            (MigrationTool::Goose, "07_it's.sql", "-- +goose Up\n"),
            (MigrationTool::Dbmate, "07_it's.sql", "-- migrate:up\n"),
            (MigrationTool::Tern, "01_it's.sql", ""),
        ];
        for (tool, path, text) in names {
            let set = read(tool, &files(&[(path, text)]));
            let one = &set.migrations[0];
            for sql in [
                record(tool, one),
                forget(tool, one, None),
                forget(tool, one, Some(one)),
            ] {
                assert!(!split(&sql.unwrap()).unwrap().is_empty(), "{tool}");
            }
            assert!(split(history_table(tool).create.unwrap()).is_ok());
        }
        let set = read(MigrationTool::Sqlx, &files(&[("07_it's.sql", "")]));
        let said = record(MigrationTool::Sqlx, &set.migrations[0]).unwrap();
        assert!(
            said.contains("values (7, 'it''s', true, '\\x38b0"),
            "{said}"
        );
    }
}
