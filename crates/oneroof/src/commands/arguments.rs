//! Arguments that several commands take, worded once.

use std::path::PathBuf;

use clap::Args;

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
