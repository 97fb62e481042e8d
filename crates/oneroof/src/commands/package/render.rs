//! `oneroof package render`.

use std::path::PathBuf;

use clap::Args;
use oneroof_engine::render::{self, RenderOptions, RenderReport};

use crate::commands::Session;
use crate::commands::arguments::{PackageArgument, ParamsOption};
use crate::exit::Exit;

/// Write the release as plain psql scripts, to be read and run without oneroof
///
/// The scripts have the same transactions, checks and messages as `oneroof apply`, and the package's
/// own files byte for byte; README.txt beside them says how to run them and what only oneroof has.
/// Needs no database, unless --target asks one for its name and identity.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof package render one-roof --params governance.toml --out scripts/one-roof\n  \
    oneroof package render packages/add-customer-tier --target production --out scripts\n  \
    psql -X -d shop -f scripts/99_run_all.sql")]
pub(super) struct RenderArgs {
    #[command(flatten)]
    package: PackageArgument,
    /// Folder for the scripts: a new or empty one, or one that was rendered before
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    params: ParamsOption,
    /// Target of oneroof.toml whose parameters, database name and identity the scripts get
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
}

pub(super) async fn run(args: &RenderArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = match &args.target {
        Some(_) => {
            let (context, package) = session.context_and_package(&args.package)?;
            (Some(context), package)
        }
        None => (None, session.package(&args.package.package)?),
    };
    let options = RenderOptions {
        out: args.out.clone(),
        params: args.params.params.clone(),
        target: args.target.clone(),
    };
    let report = render::render(context.as_ref(), &package, &options).await?;
    session.printer.report(&report, text)?;
    if report.database.is_none() {
        session
            .printer
            .talk("next: fill in oneroof.expected_database in params.sql");
    }
    if report.gate_is_noted {
        session.printer.talk(
            "next: whoever may decide that sets oneroof.gate to READY in params.sql; that is no approval",
        );
    }
    Ok(Exit::Ok)
}

fn text(report: &RenderReport) -> String {
    let files = report.files.iter();
    let wrote: String = files
        .map(|file| format!("wrote {}/{file}\n", report.folder))
        .collect();
    format!(
        "{wrote}{} as psql scripts: {}, parameters {}\n",
        report.package, report.package_digest, report.params_digest
    )
}
