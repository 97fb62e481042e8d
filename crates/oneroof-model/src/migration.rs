//! Migrations that were written for another tool: which tool, and what one of them is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A tool whose migrations can be rehearsed and released as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationTool {
    /// `1_name.up.sql` and `1_name.down.sql`.
    GolangMigrate,
    /// `1_name.sql`, or the pair of the above.
    Sqlx,
    /// A folder per migration, with `up.sql` and `down.sql`.
    Diesel,
    /// `sqitch.plan`, `deploy/`, `revert/`, `verify/`.
    Sqitch,
    /// `V1__name.sql`, `U1__name.sql`, `R__name.sql`.
    Flyway,
    /// One file with `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// One file with `-- migrate:up` and `-- migrate:down`.
    Dbmate,
    /// One file with `---- create above / drop below ----`.
    Tern,
    /// `1_name.sql` and `atlas.sum`.
    Atlas,
    /// `V1__name.sql` and `U1__name.sql`, both forward.
    Refinery,
    /// `committed/000001.sql` with `--! Previous:`.
    GraphileMigrate,
}

impl MigrationTool {
    /// All of them, in the order of the help.
    pub const ALL: [MigrationTool; 11] = [
        Self::GolangMigrate,
        Self::Sqlx,
        Self::Diesel,
        Self::Sqitch,
        Self::Flyway,
        Self::Goose,
        Self::Dbmate,
        Self::Tern,
        Self::Atlas,
        Self::Refinery,
        Self::GraphileMigrate,
    ];

    /// The word on the command line and in `release.toml`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GolangMigrate => "golang-migrate",
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Sqitch => "sqitch",
            Self::Flyway => "flyway",
            Self::Goose => "goose",
            Self::Dbmate => "dbmate",
            Self::Tern => "tern",
            Self::Atlas => "atlas",
            Self::Refinery => "refinery",
            Self::GraphileMigrate => "graphile-migrate",
        }
    }

    /// The tool that this word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<MigrationTool> {
        Self::ALL.into_iter().find(|tool| tool.as_str() == word)
    }

    /// How its files look: what a folder is taken for it by.
    #[must_use]
    pub fn layout(self) -> &'static str {
        match self {
            Self::GolangMigrate => "1_name.up.sql and 1_name.down.sql",
            Self::Sqlx => "1_name.sql, or 1_name.up.sql and 1_name.down.sql",
            Self::Diesel => "1_name/up.sql and 1_name/down.sql",
            Self::Sqitch => "sqitch.plan with deploy/, revert/ and verify/",
            Self::Flyway => "V1__name.sql, U1__name.sql and R__name.sql",
            Self::Goose => "1_name.sql with `-- +goose Up` and `-- +goose Down`",
            Self::Dbmate => "1_name.sql with `-- migrate:up` and `-- migrate:down`",
            Self::Tern => "1_name.sql with `---- create above / drop below ----`",
            Self::Atlas => "1_name.sql and atlas.sum",
            Self::Refinery => "V1__name.sql and U1__name.sql, both forward",
            Self::GraphileMigrate => "committed/000001.sql with `--! Previous:`",
        }
    }
}

impl fmt::Display for MigrationTool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A migration that the tool's own records call applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedMigration {
    /// As the tool writes it.
    pub version: String,
    /// What the tool knows it by, where that is not its version (Sqitch: the id of the change).
    pub id: Option<String>,
    /// Its checksum, where the tool keeps one: in hexadecimal, or as the tool writes it.
    pub checksum: Option<String>,
    /// `false`: the tool says that it failed half-way.
    pub finished: bool,
    /// The tool was told to begin here: this version and all before it count as applied.
    pub baseline: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_again_and_is_that_of_the_file_format() {
        for tool in MigrationTool::ALL {
            assert_eq!(MigrationTool::parse(tool.as_str()), Some(tool));
            let written = serde_json::to_value(tool).unwrap();
            assert_eq!(written, tool.as_str());
        }
        assert_eq!(MigrationTool::parse("liquibase"), None);
    }
}
