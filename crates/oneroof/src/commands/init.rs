//! `oneroof init`: a commented `oneroof.toml`; `--governance`: a `governance.toml` beside it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use oneroof_engine::proposal::{self, Inventory, Proposal, ProposalOptions};
use serde::Serialize;

use super::Session;
use crate::config::project::{self, Project};
use crate::config::{self, wire};
use crate::exit::Exit;
use crate::ui::error::InputError;
use crate::ui::table::Table;

/// The name of the governance file.
const GOVERNANCE_FILE: &str = "governance.toml";

/// Write a commented oneroof.toml, or a governance.toml
///
/// Writes it into the current folder, or into the one that `--project` names, and keeps the local
/// folder `.oneroof/` out of Git. A file that exists is never overwritten.
///
/// With `--governance` it proposes what is governed and who is accountable, in governance.toml beside
/// oneroof.toml, for you to edit and review. With `--target` it looks at that database (reading only):
/// it finds the groups, chooses the schema, says what the inventory leaves out, and prints what a DBA
/// must run first. The target then uses the file: one line `params` is added to it in oneroof.toml.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof init && $EDITOR oneroof.toml\n  \
    oneroof init --governance --inventory catalog --target production\n  \
    oneroof init --governance --inventory directus > what-a-dba-runs.sql")]
pub(crate) struct InitArgs {
    /// Write governance.toml: what is governed, and who is accountable for it
    #[arg(long, requires = "inventory")]
    governance: bool,
    /// Where the governed objects are listed
    #[arg(long, value_name = "PROVIDER", requires = "governance")]
    inventory: Option<InventoryArgument>,
    /// Target to look at; without, governance.toml is a template
    #[arg(long, value_name = "TARGET", requires = "governance")]
    target: Option<String>,
    /// Schema of our own tables [default: public, else one_roof where public has the names already]
    #[arg(long, value_name = "SCHEMA", requires = "governance")]
    schema: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InventoryArgument {
    /// Tables of schemas
    Catalog,
    /// Collections in folders of Directus
    Directus,
}

#[derive(Serialize)]
struct InitReport {
    file: String,
}

#[derive(Serialize)]
struct GovernanceReport {
    /// What was written, oldest name first.
    written: Vec<String>,
    /// The target that now uses the file.
    wired: Option<String>,
    #[serde(flatten)]
    proposal: Proposal,
}

pub(crate) async fn run(args: &InitArgs, session: &Session) -> anyhow::Result<Exit> {
    if let Some(inventory) = args.inventory {
        return governance(args, inventory, session).await;
    }
    let file = write_config(&own_folder(session)?)?;
    let report = InitReport {
        file: project::shown(&file),
    };
    session
        .printer
        .report(&report, |report| format!("wrote {}", report.file))?;
    session
        .printer
        .talk("next: name a target in it, then `oneroof probe one-roof --target NAME`");
    Ok(Exit::Ok)
}

async fn governance(
    args: &InitArgs,
    inventory: InventoryArgument,
    session: &Session,
) -> anyhow::Result<Exit> {
    let own = own_folder(session)?;
    let project = match &session.project {
        Some(_) if !own.join(config::FILE_NAME).is_file() => None,
        given => Project::find(given.as_deref(), &session.printer)?,
    };
    let root = project.as_ref().map_or(own, |project| project.root.clone());
    let file = root.join(GOVERNANCE_FILE);
    // Before anything is asked or written.
    if file.exists() {
        return Err(exists(&file).into());
    }
    let options = ProposalOptions {
        inventory: match inventory {
            InventoryArgument::Catalog => Inventory::Catalog,
            InventoryArgument::Directus => Inventory::Directus,
        },
        target: args.target.clone(),
        schema: args.schema.clone(),
    };
    let proposal = match &project {
        Some(project) => proposal::propose(&project.context(&session.printer), &options).await?,
        None if options.target.is_some() => {
            // Says that there is no project, and what makes one.
            let _ = session.project()?;
            proposal::template(&options)
        }
        None => proposal::template(&options),
    };
    let mut written = Vec::new();
    if project.is_none() {
        written.push(project::shown(&write_config(&root)?));
    }
    write_new(&file, &proposal.text)?;
    written.push(project::shown(&file));
    let wired = wire_target(project.as_ref(), args.target.as_deref())?;
    let report = GovernanceReport {
        written,
        wired,
        proposal,
    };
    session.printer.report(&report, text)?;
    for line in next_steps(&report) {
        session.printer.talk(&line);
    }
    Ok(Exit::Ok)
}

/// Makes the target use the file: the one that was named, else the only one. Gives its name.
fn wire_target(project: Option<&Project>, named: Option<&str>) -> anyhow::Result<Option<String>> {
    let Some(project) = project else {
        return Ok(None);
    };
    let targets = &project.config.targets;
    let only = targets.keys().next().filter(|_| targets.len() == 1);
    let Some(target) = named.or(only.map(String::as_str)) else {
        return Ok(None);
    };
    let file = project.root.join(config::FILE_NAME);
    let shown = project::shown(&file);
    let text = fs::read_to_string(&file).with_context(|| format!("read `{shown}`"))?;
    let Some(text) = wire::with_params(&text, target, GOVERNANCE_FILE) else {
        let uses = targets
            .get(target)
            .is_some_and(|target| target.params.contains(&project.root.join(GOVERNANCE_FILE)));
        return Ok(uses.then(|| target.to_owned()));
    };
    fs::write(&file, text).with_context(|| format!("write `{shown}`"))?;
    Ok(Some(target.to_owned()))
}

/// For people: what was found, and behind it the lines for a DBA, which are SQL.
fn text(report: &GovernanceReport) -> String {
    let proposal = &report.proposal;
    let mut lines = vec![format!("-- wrote {}", report.written.join(", "))];
    if let Some(target) = &report.wired {
        lines.push(format!(
            "-- target `{target}` uses it: params in {}",
            config::FILE_NAME
        ));
    }
    if proposal.target.is_some() {
        let because = if proposal.names_taken.is_empty() {
            String::new()
        } else {
            format!(
                ", because these names are taken: {}",
                proposal.names_taken.join(", ")
            )
        };
        lines.push(format!(
            "-- schema of our tables: {}{because}",
            proposal.schema
        ));
        lines.push(format!(
            "-- labels: {}; approval tables of the application: {}",
            proposal.vocabulary, proposal.approval_spine
        ));
        let mut table = Table::new(["container", "group", "objects"]);
        for group in &proposal.groups {
            table.row([&group.container, &group.group, &group.objects.to_string()]);
        }
        lines.extend(table.text().lines().map(|line| format!("-- {line}")));
        if !proposal.left_out.is_empty() {
            lines.push(format!(
                "-- left out of the inventory: {}",
                proposal.left_out.join(", ")
            ));
        }
        lines.push(match proposal.dba.len() {
            0 => "-- a DBA has nothing to run first".to_owned(),
            _ => "-- a DBA runs this first:".to_owned(),
        });
        lines.extend(proposal.dba.iter().cloned());
    }
    lines.join("\n")
}

fn next_steps(report: &GovernanceReport) -> Vec<String> {
    let mut lines = Vec::new();
    if report.wired.is_none() {
        lines.push(format!(
            "next: add `params = [\"{GOVERNANCE_FILE}\"]` to the target in {}",
            config::FILE_NAME
        ));
    }
    lines.push(format!(
        "next: edit {GOVERNANCE_FILE} (agencies, owner_matrix, ratified_approval), have it reviewed, then \
         `oneroof rehearse one-roof-base --from {}`",
        report.wired.as_deref().unwrap_or("TARGET")
    ));
    lines
}

/// The folder that the user means, made if it is not there yet.
fn own_folder(session: &Session) -> anyhow::Result<PathBuf> {
    let current = project::current_folder()?;
    Ok(match &session.project {
        Some(folder) => current.join(folder),
        None => current,
    })
}

/// Writes the commented `oneroof.toml`.
fn write_config(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("make folder `{}`", folder.display()))?;
    let file = folder.join(config::FILE_NAME);
    write_new(&file, config::DEFAULT)?;
    ignore_local_folder(folder)?;
    Ok(file)
}

fn exists(file: &Path) -> InputError {
    let message = format!(
        "write `{}`: it exists already and is not overwritten",
        project::shown(file)
    );
    InputError::new(message, "edit it, or move it away first")
}

fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut open) => open
            .write_all(text.as_bytes())
            .with_context(|| format!("write `{}`", project::shown(file))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists(file).into()),
        Err(error) => {
            Err(anyhow::Error::new(error).context(format!("write `{}`", project::shown(file))))
        }
    }
}

/// Adds `.oneroof/` to `.gitignore`: it holds registries of this machine and golden snapshots.
fn ignore_local_folder(folder: &Path) -> anyhow::Result<()> {
    let file = folder.join(".gitignore");
    let before = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("read `{}`", file.display())),
    };
    if before
        .lines()
        .any(|line| line.trim().trim_start_matches('/') == ".oneroof/")
    {
        return Ok(());
    }
    let line_end = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    fs::write(&file, format!("{before}{line_end}.oneroof/\n"))
        .with_context(|| format!("write `{}`", file.display()))
}
