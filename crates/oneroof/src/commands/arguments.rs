//! Arguments that several commands take, worded once.

use std::path::PathBuf;

use clap::Args;
use oneroof_engine::migrations::import::PlanOptions;
use oneroof_model::{MigrationTool, TableName};

/// Which package.
#[derive(Debug, Args)]
pub(crate) struct PackageArgument {
    /// Package folder, or a name: of a package in the project's packages/ folder, else of a
    /// bundled one
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: String,
}

/// On which target.
#[derive(Debug, Args)]
pub(crate) struct TargetOption {
    /// Target of oneroof.toml, or `clone:ID`
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: String,
}

/// With which values.
#[derive(Debug, Args)]
pub(crate) struct ParamsOption {
    /// TOML file with parameter values, over those of oneroof.toml; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) params: Vec<PathBuf>,
}

/// Only look, or act.
#[derive(Debug, Args)]
pub(crate) struct ExecuteFlag {
    /// Act; without it the command only shows what it would do
    #[arg(long)]
    pub(crate) execute: bool,
}

/// What may be said about a bare folder of migrations, where a package is expected.
#[derive(Debug, Args)]
#[command(next_help_heading = "A bare folder of migrations")]
pub(crate) struct MigrationsOptions {
    /// Whose migrations they are [default: found out by their names]
    #[arg(long = "migrations-of", value_name = "TOOL", value_parser = super::package::import::tools())]
    tool: Option<String>,
    /// Why nothing undoes those that have no way back and get none from the ledger
    #[arg(long, value_name = "WHY")]
    irreversible: Option<String>,
    /// Let each tier write the tool's own record too
    #[arg(long)]
    record_history: bool,
    /// Where the tool keeps its records, SCHEMA.TABLE [default: where it does by default]
    #[arg(long, value_name = "TABLE", value_parser = TableName::parse)]
    history_table: Option<TableName>,
}

impl MigrationsOptions {
    /// Whose they are, if that was said.
    pub(crate) fn tool(&self) -> Option<MigrationTool> {
        self.tool.as_deref().and_then(MigrationTool::parse)
    }

    /// What the plan of the folder is made with.
    pub(crate) fn plan(&self) -> PlanOptions {
        PlanOptions {
            irreversible: self.irreversible.clone(),
            record_history: self.record_history,
            history_table: self.history_table.clone(),
            ..PlanOptions::default()
        }
    }
}
