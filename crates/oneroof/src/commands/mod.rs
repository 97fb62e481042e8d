//! The commands: one file each, with its arguments (their doc comments are the help) and one
//! function that calls one verb of the engine and prints what it answers.

mod adopt;
mod apply;
mod approve;
mod arguments;
mod audit;
mod change;
mod clone;
mod clone_create;
mod clone_snapshot;
mod completions;
mod coverage;
mod demo;
mod diff;
mod doctor;
mod drift;
mod event;
mod evidence;
mod explain;
mod fingerprint;
mod fixture;
mod gate;
mod guard;
mod hub;
mod init;
mod ledger;
mod man;
mod mcp;

mod migrations;
mod options;
mod owner;
mod package;
mod policy;
mod probe;
mod query;
mod readiness;
mod reconcile;
mod rehearse;
mod revalidate;
mod rollback;
mod scan;
mod serve;
mod status;
mod sync;
mod topic;
mod verify;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use oneroof_engine::context::Context;
use oneroof_engine::migrations::{Direction, for_target};
use oneroof_engine::store::package_files::OpenPackage;

use self::arguments::{MigrationsOptions, PackageArgument, TargetOption};
use crate::config::project::Project;
use crate::env;
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::printer::{Printer, PrinterOptions};

/// Rehearse, apply and prove changes to a PostgreSQL production.
///
/// A release package (SQL files and their plan) is rehearsed on a fresh clone of a production,
/// from the first tier to the full rollback. The same bytes are then applied, or nothing is.
#[derive(Debug, Parser)]
#[command(
    name = "oneroof",
    version,
    max_term_width = 100,
    after_help = "Begin with `oneroof demo`: it needs nothing but PostgreSQL's programs.\n\
                  Exit codes: 0 done, 1 unexpected error, 2 wrong usage or input, 3 refused \
                  (nothing was changed), 4 failed, 10 the gate is closed, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: GlobalArgs,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct GlobalArgs {
    /// Folder of oneroof.toml [default: here, else the nearest folder above, else the newest kept
    /// demo]
    #[arg(long, global = true, value_name = "FOLDER", env = env::PROJECT, hide_env_values = true)]
    project: Option<PathBuf>,

    /// Print data as JSON on stdout, errors too
    #[arg(long, global = true)]
    json: bool,

    /// Say nothing on stderr but errors
    #[arg(long, global = true)]
    quiet: bool,

    /// Use colours; `auto` asks the terminal and NO_COLOR
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = false
    )]
    color: ColorWhen,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Adopt(adopt::AdoptArgs),
    Doctor(doctor::DoctorArgs),
    Package(package::PackageArgs),
    Migrations(migrations::MigrationsArgs),
    Rehearse(rehearse::RehearseArgs),
    Options(options::OptionsArgs),
    Probe(probe::ProbeArgs),
    Fingerprint(fingerprint::FingerprintArgs),
    Diff(diff::DiffArgs),
    Policy(policy::PolicyArgs),
    Status(status::StatusArgs),
    Gate(gate::GateArgs),
    Approve(approve::ApproveArgs),
    Apply(apply::ApplyArgs),
    Verify(verify::VerifyArgs),
    Rollback(rollback::RollbackArgs),
    Ledger(ledger::LedgerArgs),
    Readiness(readiness::ReadinessArgs),
    Audit(audit::AuditArgs),
    Evidence(evidence::EvidenceArgs),
    Sync(sync::SyncArgs),
    Clone(clone::CloneArgs),
    Revalidate(revalidate::RevalidateArgs),
    Coverage(coverage::CoverageArgs),
    Drift(drift::DriftArgs),
    Scan(scan::ScanArgs),
    Owner(owner::OwnerArgs),
    Topic(topic::TopicArgs),
    Reconcile(reconcile::ReconcileArgs),
    Event(event::EventArgs),
    Fixture(fixture::FixtureArgs),
    Query(query::QueryArgs),
    Guard(guard::GuardArgs),
    Hub(hub::HubArgs),
    Serve(serve::ServeArgs),
    Mcp(mcp::McpArgs),
    Explain(explain::ExplainArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// What every command is given.
pub(crate) struct Session {
    /// The only writer of stdout and stderr.
    pub(crate) printer: Printer,
    project: Option<PathBuf>,
}

impl Cli {
    /// What the global options mean.
    pub(crate) fn session(&self) -> Session {
        let color = match self.global.color {
            ColorWhen::Auto => anstream::ColorChoice::Auto,
            ColorWhen::Always => anstream::ColorChoice::Always,
            ColorWhen::Never => anstream::ColorChoice::Never,
        };
        Session {
            printer: Printer::new(PrinterOptions {
                json: self.global.json,
                quiet: self.global.quiet,
                color,
            }),
            project: self.global.project.clone(),
        }
    }

    /// Does what was asked.
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<Exit> {
        match self.command {
            Command::Demo(args) => demo::run(&args, session).await,
            Command::Init(args) => init::run(&args, session).await,
            Command::Adopt(args) => adopt::run(&args, session).await,
            Command::Doctor(args) => doctor::run(&args, session).await,
            Command::Package(args) => package::run(&args, session).await,
            Command::Migrations(args) => migrations::run(&args, session).await,
            Command::Rehearse(args) => rehearse::run(&args, session).await,
            Command::Options(args) => options::run(&args, session).await,
            Command::Probe(args) => probe::run(&args, session).await,
            Command::Fingerprint(args) => fingerprint::run(&args, session).await,
            Command::Diff(args) => diff::run(&args, session).await,
            Command::Policy(args) => policy::run(&args, session).await,
            Command::Status(args) => status::run(&args, session).await,
            Command::Gate(args) => gate::run(&args, session).await,
            Command::Approve(args) => approve::run(&args, session).await,
            Command::Apply(args) => apply::run(&args, session).await,
            Command::Verify(args) => verify::run(&args, session).await,
            Command::Rollback(args) => rollback::run(&args, session).await,
            Command::Ledger(args) => ledger::run(&args, session).await,
            Command::Readiness(args) => readiness::run(&args, session).await,
            Command::Audit(args) => audit::run(&args, session).await,
            Command::Evidence(args) => evidence::run(&args, session).await,
            Command::Sync(args) => sync::run(&args, session).await,
            Command::Clone(args) => clone::run(&args, session).await,
            Command::Revalidate(args) => revalidate::run(&args, session).await,
            Command::Coverage(args) => coverage::run(&args, session).await,
            Command::Drift(args) => drift::run(&args, session).await,
            Command::Scan(args) => scan::run(&args, session).await,
            Command::Owner(args) => owner::run(&args, session).await,
            Command::Topic(args) => topic::run(&args, session).await,
            Command::Reconcile(args) => reconcile::run(&args, session).await,
            Command::Event(args) => event::run(&args, session).await,
            Command::Fixture(args) => fixture::run(&args, session).await,
            Command::Query(args) => query::run(&args, session).await,
            Command::Guard(args) => guard::run(&args, session).await,
            Command::Hub(args) => hub::run(&args, session),
            Command::Serve(args) => serve::run(&args, session).await,
            Command::Mcp(args) => mcp::run(&args, session).await,
            Command::Explain(args) => explain::run(&args, session),
            Command::Completions(args) => completions::run(&args, session),
            Command::Man(args) => man::run(&args, session),
        }
    }
}

impl Session {
    /// The project; an error if there is none.
    fn project(&self) -> anyhow::Result<Project> {
        Project::require(self.project.as_deref(), &self.printer)
    }

    /// The engine's context of the project, and a package: what most verbs take.
    fn context_and_package(
        &self,
        package: &PackageArgument,
    ) -> anyhow::Result<(Context, OpenPackage)> {
        let project = self.project()?;
        let package = OpenPackage::open(Some(&project.packages_folder()), &package.package)?;
        Ok((project.context(&self.printer), package))
    }

    /// The same for a target: a bare folder of migrations is what is pending there, or stands.
    async fn context_and_package_for(
        &self,
        package: &PackageArgument,
        target: &str,
        direction: Direction,
        migrations: &MigrationsOptions,
    ) -> anyhow::Result<(Context, OpenPackage)> {
        let (context, package) = self.context_and_package(package)?;
        let (tool, plan) = (migrations.tool(), migrations.plan());
        let (package, said) = for_target(&context, package, target, direction, tool, &plan).await?;
        if let Some(said) = said {
            self.printer.talk(&said);
        }
        Ok((context, package))
    }

    /// The same for a gate: of what is to be done there, or of its rollback.
    async fn context_and_package_of_gate(
        &self,
        package: &PackageArgument,
        target: &TargetOption,
        rollback: bool,
        migrations: &MigrationsOptions,
    ) -> anyhow::Result<(Context, OpenPackage)> {
        let direction = match rollback {
            true => Direction::Standing,
            false => Direction::Forward,
        };
        self.context_and_package_for(package, &target.target, direction, migrations)
            .await
    }

    /// A package, for commands that also work without a project.
    fn package(&self, word: &str) -> anyhow::Result<OpenPackage> {
        let project = Project::find(self.project.as_deref(), &self.printer)?;
        let folder = project.map(|project| project.packages_folder());
        Ok(OpenPackage::open(folder.as_deref(), word)?)
    }
}

/// Prints help, version, or what is wrong with the command line, the way clap words it.
pub(crate) fn usage_error(error: &clap::Error) -> Exit {
    // A closed pipe is the end of printing.
    let _ = error.print();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return Exit::Ok;
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.to_string();
        let message = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
        let color = anstream::ColorChoice::Never;
        let printer = Printer::new(PrinterOptions {
            json: true,
            quiet: true,
            color,
        });
        ErrorReport::of_usage(message.to_owned()).print_json(&printer);
    }
    Exit::Usage
}
